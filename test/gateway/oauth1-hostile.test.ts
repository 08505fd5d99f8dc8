/** Signatures of OAuth 1 that must not pass, and what is told to whoever sends them. @see RFC 5849 §3.2, §4 */
import { randomBytes } from 'node:crypto';
import { createSeal } from '../../services/shared/seal.ts';
import { keyOf } from '../../services/store/store.ts';
import { encoded, header } from '../support/oauth1-signer.ts';
import { addSigner, inHeader, inQuery, letHave, RSA, sign, type Keys } from './oauth1-scene.ts';
import { gatewayScene, refusalOf, VERSION_1, type Asked, type Headers } from './support.ts';

const STATE = '/xapi/activities/state?activityId=https%3A%2F%2Fa.example%2Fa&stateId=s&agent=%7B%7D';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

const scene = gatewayScene({ options: { oauth1: true } });
type Signer = Awaited<ReturnType<typeof addSigner>>;
let signer: Signer;
let keys: Keys;
beforeAll(async () => {
  signer = await addSigner(scene.gateway, 'all');
  ({ keys } = signer);
});

const get = (headers: Headers, target = STATE) => scene.ask(`GET ${target}`, headers);
const nowSeconds = () => Math.floor(Date.now() / 1000);

/** The sentence of a refusal, of which nothing reached the LRS. */
async function refused(asked: Promise<Asked>, status: number): Promise<string> {
  const answer = await asked;
  expect([answer.status, answer.upstream]).toEqual([status, []]);
  if (status === 401) expect(answer.header('WWW-Authenticate')).toMatch(/^OAuth realm="xapi"/);
  return refusalOf(answer).error_description;
}

const NO_SUCH = /^no client signs like this: /;
const NO_TOKEN =
  /^this oauth_token is unknown, expired or revoked; get a new one at https:\/\/lrs\.example\.org\/xapi\/OAuth\/initiate$/;

describe('what was changed after it was signed', () => {
  it.each<[string, (signature: Headers) => Promise<Asked>]>([
    ['a parameter', (signature) => get(signature, STATE.replace('stateId=s', 'stateId=t'))],
    ['one parameter more', (signature) => get(signature, `${STATE}&registration=a`)],
    ['one parameter less', (signature) => get(signature, STATE.replace('&stateId=s', ''))],
    ['the path', () => get(inHeader(keys, '/xapi/statements'), '/xapi/about')],
    [
      'the organization in the path',
      (signature) => get(signature, STATE.replace('/xapi/', '/api/organizations/default/lrs/')),
    ],
    ['the method', (signature) => scene.ask(`DELETE ${STATE}`, signature)],
    ['the method, to HEAD', (signature) => scene.ask(`HEAD ${STATE}`, signature)],
  ])('does not pass: %s', async (_what, ask) => {
    const answer = await ask(inHeader(keys, STATE));
    expect([answer.status, answer.upstream]).toEqual([401, []]);
  });

  it.each([
    'http://lrs.example.org',
    'https://gateway.example',
    'https://lrs.example.org:8443',
    'https://LRS.example.org.evil.example',
  ])('does not pass, signed for %s', async (origin) => {
    expect(await refused(get(inHeader(keys, STATE, { url: origin + STATE })), 401)).toMatch(NO_SUCH);
  });

  it('does not pass with a protocol parameter changed', async () => {
    for (const [name, value] of [
      ['oauth_timestamp', String(nowSeconds() - 7)],
      ['oauth_nonce', 'another'],
      ['oauth_signature_method', 'HMAC-SHA256'],
      ['oauth_version', undefined],
      ['oauth_token', ''],
      ['oauth_extra', 'a'],
    ] as const) {
      const pairs = sign(keys, STATE).filter(([said]) => said !== name);
      const changed = header(value === undefined ? pairs : [...pairs, [name, value]]);
      expect(await refused(get({ ...VERSION_1, Authorization: changed }), 401)).toMatch(NO_SUCH);
    }
  });

  it('passes whatever Host it came to: what counts is the public URL', async () => {
    expect((await get(inHeader(keys, STATE))).status).toBe(200);
  });
});

describe('who signs', () => {
  it.each<[string, () => Partial<Keys>]>([
    ['the secret of another client', () => ({ clientSecret: 'another' })],
    ['no secret', () => ({ clientSecret: '' })],
    ['a client that is not registered, and no secret', () => ({ consumerKey: 'nobody', clientSecret: '' })],
    ['a client that is not registered', () => ({ consumerKey: 'nobody' })],
    ['a name of JavaScript', () => ({ consumerKey: '__proto__' })],
    ['the id in capitals', () => ({ consumerKey: keys.consumerKey.toUpperCase() })],
    ['the secret as it is kept', () => ({ clientSecret: signer.client.oauth1?.secret ?? '' })],
    ['a secret of a token that there is not', () => ({ tokenSecret: 'a' })],
  ])('does not pass with %s, which are all told the same', async (_what, said) => {
    for (const signatureMethod of ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'])
      expect(await refused(get(inHeader({ ...keys, ...said() }, STATE, { signatureMethod })), 401)).toMatch(NO_SUCH);
  });

  it('is told neither the signature that would be right, nor what it is made of', async () => {
    const answer = await get({
      ...VERSION_1,
      Authorization: header([
        ...sign(keys, STATE).filter(([name]) => name !== 'oauth_signature'),
        ['oauth_signature', 'AAAA'],
      ]),
    });
    const [, right = ''] = sign(keys, STATE).find(([name]) => name === 'oauth_signature') ?? [];
    const told = JSON.stringify([answer.body, [...answer.headers]]) + scene.gateway.logged();
    for (const secret of [right, keys.clientSecret ?? '', 'GET&https', 'oauth_nonce%3D'])
      expect(told).not.toContain(secret);
    expect(scene.gateway.logged()).toContain(`"client":"${keys.consumerKey}"`);
  });

  it('does not pass where its client cannot sign, is not active, or may not act for itself', async () => {
    const { bearer: _, client } = await scene.gateway.mint('all');
    expect(await refused(get(inHeader({ ...keys, consumerKey: client.client_id }, STATE)), 401)).toMatch(NO_SUCH);
    const inactive = await addSigner(scene.gateway, 'all', { active: false });
    expect(await refused(get(inHeader(inactive.keys, STATE)), 401)).toMatch(NO_SUCH);
    const forPeople = await addSigner(scene.gateway, 'all', { grant_types: ['authorization_code'] });
    expect(await refused(get(inHeader(forPeople.keys, STATE)), 401)).toContain('for people only');
    const own = await letHave(scene.gateway, forPeople.client, forPeople.keys);
    expect((await get(inHeader(own, STATE))).status).toBe(200);
  });

  it.each([{ dpop_bound_access_tokens: true }, { tls_client_certificate_bound_access_tokens: true }] as const)(
    'does not pass where its client calls with bound tokens only: %j',
    async (bound) => {
      const { keys: own } = await addSigner(scene.gateway, 'all', bound);
      expect(await refused(get(inHeader(own, STATE)), 401)).toContain('bound tokens only');
    },
  );

  it('does not pass by the other methods where it is registered with an RSA key alone', async () => {
    const { keys: own } = await addSigner(scene.gateway, 'all', { oauth1: { rsa_public_key: RSA.publicKey } });
    for (const clientSecret of [RSA.publicKey, '', RSA.publicKey.trim(), 'undefined'])
      for (const signatureMethod of ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'])
        expect(await refused(get(inHeader({ ...own, clientSecret }, STATE, { signatureMethod })), 401)).toMatch(
          NO_SUCH,
        );
  });

  it('does not pass by RSA with no key registered, another key, or a signature that is none', async () => {
    expect(await refused(get(inHeader(keys, STATE, { signatureMethod: 'RSA-SHA1' })), 401)).toMatch(NO_SUCH);
    const { keys: own } = await addSigner(scene.gateway, 'all', { oauth1: { rsa_public_key: RSA.publicKey } });
    const pairs = sign(own, STATE, { signatureMethod: 'RSA-SHA1' }).filter(([name]) => name !== 'oauth_signature');
    for (const signature of ['a', '====', '\0', randomBytes(256).toString('base64'), 'é'])
      expect(
        await refused(get({ ...VERSION_1, Authorization: header([...pairs, ['oauth_signature', signature]]) }), 401),
      ).toMatch(NO_SUCH);
  });
});

it('says that something is wrong here, and lets nothing pass, where a secret was sealed with another key', async () => {
  const secret = createSeal([randomBytes(32)], 'hallpass').seal('a', 'OAuth 1 secret of client other-seal');
  const said = { client_id: 'other-seal', oauth1: { secret } };
  const { keys: own } = await addSigner(scene.gateway, 'all', said);
  const answer = await get(inHeader({ ...own, consumerKey: 'other-seal', clientSecret: 'a' }, STATE));
  expect([answer.status, answer.upstream]).toEqual([500, []]);
  const moved = { oauth1: { secret: signer.client.oauth1?.secret ?? '' } };
  const { keys: other } = await addSigner(scene.gateway, 'all', moved);
  expect((await get(inHeader({ ...other, clientSecret: keys.clientSecret ?? '' }, STATE))).status).toBe(500);
});

describe('the token', () => {
  it('is good for no other client, though that knows its secret', async () => {
    const own = await letHave(scene.gateway, signer.client, keys);
    const other = await addSigner(scene.gateway, 'all');
    const { token, tokenSecret } = own;
    expect(await refused(get(inHeader({ ...other.keys, token, tokenSecret }, STATE)), 401)).toMatch(NO_SUCH);
    expect((await get(inHeader(own, STATE))).status).toBe(200);
  });

  it('needs its own secret', async () => {
    const own = await letHave(scene.gateway, signer.client, keys);
    for (const tokenSecret of ['', 'another', own.token])
      expect(await refused(get(inHeader({ ...own, tokenSecret }, STATE)), 401)).toMatch(NO_SUCH);
  });

  it('is no bearer token, though it is in every call in the clear, and no bearer token is one', async () => {
    const { token } = await letHave(scene.gateway, signer.client, keys);
    for (const bearer of [token, keyOf(token)]) {
      const answer = await get({ ...VERSION_1, Authorization: `Bearer ${bearer}` });
      expect([answer.status, answer.upstream]).toEqual([401, []]);
    }
    const { token: bearer } = await scene.gateway.mint('all');
    expect(await refused(get(inHeader({ ...keys, token: bearer }, STATE)), 401)).toMatch(NO_TOKEN);
  });

  it.each<[string, Parameters<typeof letHave>[3]]>([
    ['has expired', { exp: nowSeconds() - 1 }],
    ['was issued under another generation of its client', { generation: 1 }],
    ['was issued under another generation of its person', { person_generation: 1 }],
    ['is of another organization than its client', { org: 'acme' }],
    ['is of nobody who is here', { sub: 'person:000000000000000000000000' }],
  ])('does not pass where it %s', async (_why, said) => {
    const own = await letHave(scene.gateway, signer.client, keys, said);
    expect(await refused(get(inHeader(own, STATE)), 401)).toMatch(NO_TOKEN);
  });

  it('does not pass where there is none like it', async () => {
    for (const token of ['never-issued', '__proto__', 'a'.repeat(1999)])
      expect(await refused(get(inHeader({ ...keys, token }, STATE)), 401)).toMatch(NO_TOKEN);
  });

  it('opens no LRS of another organization', async () => {
    const own = await letHave(scene.gateway, signer.client, keys);
    const target = STATE.replace('/xapi/', '/api/organizations/acme/lrs/');
    const answer = await get(inHeader(own, target), target);
    expect([answer.status, answer.upstream]).toEqual([403, []]);
  });

  it('ends at once with its client, and with its person', async () => {
    const { client, keys: signing } = await addSigner(scene.gateway, 'all');
    const [one, other] = [await letHave(scene.gateway, client, signing), await letHave(scene.gateway, client, signing)];
    for (const own of [one, other]) expect((await get(inHeader(own, STATE))).status).toBe(200);
    await scene.gateway.people.change(one.sub, (person) => ({ ...person, active: false }));
    expect(await refused(get(inHeader(one, STATE)), 401)).toMatch(NO_TOKEN);
    expect((await get(inHeader(other, STATE))).status).toBe(200);
    await scene.gateway.clients.change(client.client_id, (registered) => ({ ...registered, active: false }));
    for (const own of [other, signing]) expect(await refused(get(inHeader(own, STATE)), 401)).toMatch(NO_SUCH);
  });
});

describe('the time and the nonce', () => {
  it.each(['GET', 'HEAD'])('a %s passes once', async (method) => {
    const headers = inHeader(keys, STATE, { method });
    expect((await scene.ask(`${method} ${STATE}`, headers)).status).toBe(200);
    const again = await scene.ask(`${method} ${STATE}`, headers);
    expect([again.status, again.upstream]).toEqual([401, []]);
  });

  it('says what to do about a nonce that was used, by whatever place it comes in', async () => {
    const pairs = sign(keys, STATE);
    expect((await get({ ...VERSION_1, Authorization: header(pairs) })).status).toBe(200);
    expect(await refused(get({ ...VERSION_1, Authorization: header(pairs) }), 401)).toContain(
      'oauth_nonce was used before',
    );
    expect(await refused(get(VERSION_1, `${STATE}&${encoded(pairs)}`), 401)).toContain('oauth_nonce was used before');
    expect(await refused(get(VERSION_1, `${STATE}&${encoded(pairs.reverse())}`), 401)).toContain('oauth_nonce');
  });

  it('is used up by no call that was signed wrongly', async () => {
    const oauth = { oauth_nonce: 'the same', oauth_timestamp: String(nowSeconds()) };
    expect(await refused(get(inHeader({ ...keys, clientSecret: 'wrong' }, STATE, { oauth })), 401)).toMatch(NO_SUCH);
    expect((await get(inHeader(keys, STATE, { oauth }))).status).toBe(200);
  });

  it('may be the same for another client, token or time', async () => {
    const oauth = { oauth_nonce: 'everybody has it', oauth_timestamp: String(nowSeconds()) };
    const other = await addSigner(scene.gateway, 'all');
    const own = await letHave(scene.gateway, signer.client, keys);
    for (const by of [keys, other.keys, own]) expect((await get(inHeader(by, STATE, { oauth }))).status).toBe(200);
    const later = { ...oauth, oauth_timestamp: String(nowSeconds() - 9) };
    expect((await get(inHeader(keys, STATE, { oauth: later }))).status).toBe(200);
  });

  it.each([-299, 299])('passes %i seconds from now', async (seconds) => {
    const oauth = { oauth_timestamp: String(nowSeconds() + (seconds < 0 ? seconds + 10 : seconds - 10)) };
    expect((await get(inHeader(keys, STATE, { oauth }))).status).toBe(200);
  });

  it.each(['1', String(nowSeconds() - 400), String(nowSeconds() + 400), String(Date.now()), '9'.repeat(16)])(
    'is refused as too far from now: %s',
    async (oauth_timestamp) => {
      expect(await refused(get(inHeader(keys, STATE, { oauth: { oauth_timestamp } })), 401)).toContain(
        'oauth_timestamp is more than 300 seconds from now; it is in seconds',
      );
    },
  );

  it.each(['', '0', '-1', '1e9', '0x10', ' 1700000000', '1700000000.5', 'now', 'NaN', '9'.repeat(17), '٣'])(
    'is refused as no time at all: %j',
    async (oauth_timestamp) => {
      expect(await refused(get(inHeader(keys, STATE, { oauth: { oauth_timestamp } })), 400)).toContain(
        'a whole number',
      );
    },
  );

  it.each(['oauth_timestamp', 'oauth_nonce'])('is refused without %s, by PLAINTEXT too', async (name) => {
    for (const signatureMethod of ['HMAC-SHA1', 'PLAINTEXT'])
      expect(
        await refused(get(inHeader(keys, STATE, { signatureMethod, oauth: { [name]: undefined } })), 400),
      ).toContain(name);
    expect(
      await refused(get(inHeader(keys, STATE, { oauth: { oauth_nonce: undefined, oauth_timestamp: undefined } })), 400),
    ).toContain('oauth_timestamp');
    expect(await refused(get(inHeader(keys, STATE, { oauth: { oauth_nonce: '' } })), 400)).toContain('oauth_nonce');
  });
});

describe('what is malformed', () => {
  it.each<[string, string | undefined]>([
    ['oauth_consumer_key', undefined],
    ['oauth_consumer_key', ''],
    ['oauth_signature_method', undefined],
    ['oauth_signature_method', 'HMAC-MD5'],
    ['oauth_signature_method', 'hmac-sha1'],
    ['oauth_signature_method', 'constructor'],
    ['oauth_version', '2.0'],
    ['oauth_version', ''],
    ['oauth_nonce', 'n'.repeat(2001)],
    ['oauth_token', 't'.repeat(2001)],
  ])('is told which parameter it is: %s = %.20j', async (name, value) => {
    expect(await refused(get(inHeader(keys, STATE, { oauth: { [name]: value } })), 400)).toContain(name);
  });

  it.each<[string, string]>([
    ['OAuth', 'no oauth_consumer_key'],
    ['OAuth ', 'no oauth_consumer_key'],
    ['OAuth realm="xapi"', 'no oauth_consumer_key'],
    ['OAuth oauth_consumer_key=a', 'malformed'],
    ['OAuth oauth_consumer_key="a" oauth_nonce="b"', 'malformed'],
    ['OAuth oauth_consumer_key="a"; oauth_nonce="b"', 'malformed'],
    ["OAuth oauth_consumer_key='a'", 'malformed'],
    ['OAuth oauth_consumer_key="a\\"b"', 'malformed'],
    ['OAuth ,,', 'malformed'],
    ['OAuth oauth_consumer_key="%zz"', 'not percent-encoded UTF-8'],
    ['OAuth oauth_consumer_key="%ff"', 'not percent-encoded UTF-8'],
    ['OAuth oauth_nonce="a", oauth_nonce="a"', '"oauth_nonce" must not be sent more than once'],
    ['OAuth oauth_nonce="a", oauth%5Fnonce="b"', '"oauth_nonce" must not be sent more than once'],
    ['OAuth scope="all"', '"scope" belongs in the query or the form'],
    ['OAuth consumer_name="a"', '"consumer_name" belongs in the query or the form'],
  ])('is told how to write it: %s', async (authorization, advice) => {
    expect(await refused(get({ ...VERSION_1, Authorization: authorization }), 400)).toContain(advice);
  });

  it('is refused with a parameter twice, in the query', async () => {
    expect(await refused(get(VERSION_1, `${inQuery(keys, STATE)}&oauth_nonce=a`), 400)).toContain('more than once');
    expect(await refused(get(VERSION_1, `${inQuery(keys, STATE)}&oauth%5fsignature=a`), 400)).toContain(
      'more than once',
    );
  });

  it('is refused with oauth_ parameters in two places', async () => {
    expect(await refused(get(inHeader(keys, STATE), inQuery(keys, STATE)), 400)).toContain('in one place');
    expect(await refused(get(inHeader(keys, STATE), `${STATE}&oauth_verifier=a`), 400)).toContain('in one place');
    const target = '/xapi/activities/state?method=GET';
    const form: [string, string][] = [['stateId', 's']];
    const inTheForm = encoded([...form, ...sign(keys, target, { method: 'POST', form })]);
    const headers = { ...inHeader(keys, target, { method: 'POST', form }), ...FORM };
    expect(await refused(scene.ask(`POST ${target}`, headers, inTheForm), 400)).toContain('in one place');
  });

  it.each(['Bearer a', 'Basic YTpi', 'DPoP a', 'OAuth'])(
    'is refused with a signature in the query, and %s',
    async (authorization) => {
      const { bearer } = await scene.gateway.mint('all');
      for (const said of [authorization, bearer])
        expect(await refused(get({ ...VERSION_1, Authorization: said }, inQuery(keys, STATE)), 400)).toMatch(
          /not both|in one place/,
        );
    },
  );

  it('is refused where the query is signed, and not percent-encoded UTF-8', async () => {
    for (const wrong of ['%zz', '%ff', '%'])
      expect(await refused(get(VERSION_1, `${inQuery(keys, STATE)}&a=${wrong}`), 400)).toContain('UTF-8');
  });

  it('is refused in a header that is folded, or sent twice', async () => {
    const { Authorization: authorization = '' } = inHeader(keys, STATE);
    const folded = await get({
      ...VERSION_1,
      Authorization: authorization.replace(', oauth_nonce', ',\r\n oauth_nonce'),
    });
    expect([folded.status, folded.upstream]).toEqual([400, []]);
    const twice = await get({ ...VERSION_1, Authorization: authorization, authorization });
    expect([twice.status, twice.upstream]).toEqual([400, []]);
  });

  it('is refused with a nonce of a megabyte in a form, and the form over its bound', async () => {
    const target = '/xapi/activities/state?method=GET';
    const ask = (nonce: string) => {
      const pairs = sign(keys, target, { method: 'POST', oauth: { oauth_nonce: nonce } });
      return scene.ask(`POST ${target}`, { ...VERSION_1, ...FORM }, encoded(pairs));
    };
    expect(await refused(ask('n'.repeat(50_000)), 400)).toContain('oauth_nonce');
    const answer = await ask('n'.repeat(1_000_000));
    expect([answer.status, answer.upstream]).toEqual([413, []]);
    const document = await scene.ask(
      `PUT ${STATE}`,
      { ...inHeader(keys, STATE, { method: 'PUT' }), ...FORM },
      'a'.repeat(100_001),
    );
    expect([document.status, document.upstream]).toEqual([413, []]);
  });

  it('means the same in other escapes, and another thing in another letter', async () => {
    const tilde = STATE.replace('stateId=s', 'stateId=~');
    expect((await get(inHeader(keys, tilde), tilde.replace('~', '%7E'))).status).toBe(200);
    expect((await get(inHeader(keys, tilde), tilde.replace('~', '%7e'))).status).toBe(200);
    expect(await refused(get(inHeader(keys, tilde), tilde.replace('~', '%257E')), 401)).toMatch(NO_SUCH);
    const plus = STATE.replace('stateId=s', 'stateId=a%2Bb');
    expect((await get(inHeader(keys, plus), plus)).status).toBe(200);
    expect(await refused(get(inHeader(keys, plus), plus.replace('%2B', '+')), 401)).toMatch(NO_SUCH);
    const blank = STATE.replace('stateId=s', 'stateId=a%20b');
    expect((await get(inHeader(keys, blank), blank.replace('%20', '+'))).status).toBe(200);
  });
});

it('takes no preflight for a signed call, and needs no signature for it', async () => {
  const answer = await scene.ask(`OPTIONS ${inQuery(keys, STATE)}`, {
    Origin: 'https://tool.example',
    'Access-Control-Request-Method': 'GET',
  });
  expect([answer.status, answer.upstream]).toEqual([204, []]);
  expect(answer.header('Access-Control-Allow-Headers')?.toLowerCase()).toContain('authorization');
});
