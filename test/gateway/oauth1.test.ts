/** Calls that are signed by OAuth 1.0a, as clients of ADL LRS send them. @see RFC 5849 §3; xAPI 1.0.3 Part 3 §4 */
import { encoded, header } from '../support/oauth1-signer.ts';
import { addSigner, inHeader, inQuery, ISSUER, letHave, RSA, sign, type Keys } from './oauth1-scene.ts';
import { gatewayScene, JSON_TYPE, refusalOf, VERSION_1, type Headers } from './support.ts';

const STATE =
  '/xapi/activities/state?activityId=https%3A%2F%2Fa.example%2Fa%20b&stateId=s%2Bt~u&agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.example%22%7D';
const STATEMENT =
  '{"actor":{"mbox":"mailto:a@b.example"},"verb":{"id":"https://v.example"},"object":{"id":"https://a.example"}}';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

const scene = gatewayScene({ options: { oauth1: true }, lrsRegistration: { authority: 'kept' } });
let keys: Keys;
let client: Awaited<ReturnType<typeof addSigner>>['client'];
beforeAll(async () => {
  ({ keys, client } = await addSigner(scene.gateway, 'all', { org: 'default' }));
});

async function expectPasses(target: string, headers: Headers, body?: string | Buffer) {
  const answer = await scene.ask(target, headers, body);
  expect([answer.status, answer.upstream.length, answer.body]).toEqual([200, 1, '{}']);
  const [request] = answer.upstream;
  if (!request) throw new Error('the LRS was not asked');
  return request;
}

describe('a call for the client itself', () => {
  it.each(['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'])('passes when it is signed by %s', async (signatureMethod) => {
    await expectPasses(`GET ${STATE}`, inHeader(keys, STATE, { signatureMethod }));
  });

  it('passes when it is signed by RSA-SHA1 with the key that is registered', async () => {
    const { keys: own } = await addSigner(scene.gateway, 'all', { oauth1: { rsa_public_key: RSA.publicKey } });
    await expectPasses(`GET ${STATE}`, inHeader(own, STATE, { signatureMethod: 'RSA-SHA1' }));
  });

  it.each([undefined, ''])('passes with the token %j: two-legged', async (token) => {
    await expectPasses(`GET ${STATE}`, inHeader({ ...keys, ...(token !== undefined && { token }) }, STATE));
  });

  it('passes with what PLAINTEXT may leave out', async () => {
    const oauth = { oauth_timestamp: undefined, oauth_nonce: undefined, oauth_version: undefined };
    const headers = inHeader(keys, STATE, { signatureMethod: 'PLAINTEXT', oauth });
    await expectPasses(`GET ${STATE}`, headers);
    await expectPasses(`GET ${STATE}`, headers);
  });

  it('crosses to the LRS with the query as it came, and without what it was signed by', async () => {
    const { url, rawHeaders } = await expectPasses(`GET ${STATE}`, inHeader(keys, STATE));
    expect(url).toBe(STATE.replace('/xapi', '/lrs/xapi'));
    expect(rawHeaders.join()).not.toContain('oauth');
  });

  it('passes when it is signed in the query, which then crosses as if it were not', async () => {
    const { url, headers } = await expectPasses(`GET ${inQuery(keys, STATE)}`, VERSION_1);
    expect(url).toBe(STATE.replace('/xapi', '/lrs/xapi'));
    expect(headers.authorization).toMatch(/^Basic /);
    const about = await expectPasses(`GET ${inQuery(keys, '/xapi/statements')}`, VERSION_1);
    expect(about.url).toBe('/lrs/xapi/statements');
  });

  it('passes when the signature stands between the parameters', async () => {
    const [path = '', parameters = ''] = STATE.split('?');
    const target = `${path}?${encoded(sign(keys, STATE))}&${parameters}`;
    expect((await expectPasses(`GET ${target}`, VERSION_1)).url).toBe(STATE.replace('/xapi', '/lrs/xapi'));
  });

  it('stores a statement under the authority of the client, an Agent', async () => {
    const target = '/xapi/statements';
    const headers = { ...inHeader(keys, target, { method: 'POST' }), ...JSON_TYPE };
    const { body } = await expectPasses(`POST ${target}`, headers, STATEMENT);
    const account = { homePage: `${ISSUER}/oauth2/token`, name: client.client_id };
    expect(JSON.parse(body.toString())).toMatchObject({ authority: { objectType: 'Agent', account } });
  });

  it('stores a document of any bytes: its body is not signed', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128, 61, 38]);
    const headers = { ...inHeader(keys, STATE, { method: 'PUT' }), 'Content-Type': 'application/octet-stream' };
    expect((await expectPasses(`PUT ${STATE}`, headers, bytes)).body).toEqual(bytes);
  });

  it('stores a document that is a form, as it came: its fields are signed', async () => {
    const form: [string, string][] = [
      ['b 1', 'ü&='],
      ['a', ''],
      ['b 1', '~'],
    ];
    const headers = { ...inHeader(keys, STATE, { method: 'PUT', form }), ...FORM };
    const text = 'b+1=%c3%bc%26%3D&a&b%201=~';
    expect((await expectPasses(`PUT ${STATE}`, headers, text)).body.toString()).toBe(text);
    const answer = await scene.ask(
      `PUT ${STATE}`,
      { ...inHeader(keys, STATE, { method: 'PUT', form }), ...FORM },
      `${text}&c=d`,
    );
    expect([answer.status, answer.upstream]).toEqual([401, []]);
  });

  it('is held to the scope of the client', async () => {
    const { keys: narrow } = await addSigner(scene.gateway, 'state');
    await expectPasses(`GET ${STATE}`, inHeader(narrow, STATE));
    const answer = await scene.ask('GET /xapi/statements', inHeader(narrow, '/xapi/statements'));
    expect([answer.status, answer.upstream]).toEqual([403, []]);
    expect(answer.header('WWW-Authenticate')).toMatch(
      /^OAuth realm="xapi", error="insufficient_scope".*scope="all all\/read/,
    );
  });

  it('is held to the restrictions of the client', async () => {
    const restrictions = [{ activity: 'https://other.example/' }];
    const { keys: narrow } = await addSigner(scene.gateway, 'all', { restrictions });
    const answer = await scene.ask(`GET ${STATE}`, inHeader(narrow, STATE));
    expect([answer.status, answer.upstream]).toEqual([403, []]);
  });

  it('passes at the path of its organization', async () => {
    const target = STATE.replace('/xapi/', '/api/organizations/default/lrs/');
    await expectPasses(`GET ${target}`, inHeader(keys, target));
  });

  it('passes with a header that is laid out otherwise', async () => {
    const pairs = sign(keys, STATE);
    const laidOut = pairs.map(([name, value]) => `${name}="${encodeURIComponent(value)}"`).reverse();
    await expectPasses(`GET ${STATE}`, { ...VERSION_1, Authorization: `oauth ${laidOut.join(',')}` });
    const again = sign(keys, STATE);
    const spaced = again.map(([name, value]) => `${name}="${encodeURIComponent(value)}"`).join(' , \t');
    await expectPasses(`GET ${STATE}`, { ...VERSION_1, Authorization: `OAUTH   ${spaced},` });
  });

  it('passes with a parameter of an extension, which is signed and means nothing here', async () => {
    const oauth = { oauth_body_hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=' };
    await expectPasses(`GET ${STATE}`, inHeader(keys, STATE, { oauth }));
    expect((await expectPasses(`GET ${inQuery(keys, STATE, { oauth })}`, VERSION_1)).url).not.toContain('oauth');
  });

  it('passes in lower-case escapes, which say the same', async () => {
    const pairs = sign(keys, STATE);
    const lower = header(pairs).replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
    await expectPasses(`GET ${STATE}`, { ...VERSION_1, Authorization: lower });
    const target = STATE.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
      .replace('~', '%7E')
      .replace('%20', '+');
    await expectPasses(`GET ${target}`, inHeader(keys, STATE));
  });
});

describe('alternate request syntax', () => {
  const target = '/xapi/activities/state?method=PUT';
  const fields: [string, string][] = [
    ['activityId', 'https://a.example/'],
    ['stateId', 's'],
    ['agent', '{"mbox":"mailto:a@b.example"}'],
    ['content', '{"a": "é + &"}'],
    ['Content-Type', 'application/json'],
    ['X-Experience-API-Version', '1.0.3'],
  ];
  const expected = { method: 'PUT', body: Buffer.from('{"a": "é + &"}') };

  it('passes when it is signed in the header: the POST is signed, and every field', async () => {
    const headers = { ...inHeader(keys, target, { method: 'POST', form: fields }), ...FORM };
    expect(await expectPasses(`POST ${target}`, headers, encoded(fields))).toMatchObject(expected);
  });

  it('passes when it is signed in the form, whose oauth_ fields do not cross', async () => {
    const all = [...fields, ...sign(keys, target, { method: 'POST', form: fields })];
    const crossed = await expectPasses(`POST ${target}`, FORM, encoded(all));
    expect(crossed).toMatchObject(expected);
    expect(crossed.url).toBe(
      '/lrs/xapi/activities/state?activityId=https%3A%2F%2Fa.example%2F&stateId=s&agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.example%22%7D',
    );
  });

  it('is refused with a field, or the method it stands for, changed after it was signed', async () => {
    const headers = () => ({ ...inHeader(keys, target, { method: 'POST', form: fields }), ...FORM });
    const changed = fields.map(([name, value]): [string, string] => [name, name === 'stateId' ? 't' : value]);
    for (const [asked, form] of [
      [target, changed],
      [target.replace('PUT', 'POST'), fields],
    ] as const) {
      const answer = await scene.ask(`POST ${asked}`, headers(), encoded(form));
      expect([answer.status, answer.upstream]).toEqual([401, []]);
    }
  });

  it('is refused with OAuth in the Authorization field: that would have to sign itself', async () => {
    const authorization = header(sign(keys, target, { method: 'POST', form: fields }));
    const answer = await scene.ask(`POST ${target}`, FORM, encoded([...fields, ['Authorization', authorization]]));
    expect([answer.status, answer.upstream]).toEqual([400, []]);
    expect(refusalOf(answer).error_description).toContain('belongs in the header');
  });
});

describe('a call for a person', () => {
  it('passes, and its authority is a Group of the client and the person', async () => {
    const own = await letHave(scene.gateway, client, keys);
    const target = '/xapi/statements';
    const headers = { ...inHeader(own, target, { method: 'POST' }), ...JSON_TYPE };
    const { body } = await expectPasses(`POST ${target}`, headers, STATEMENT);
    const account = (homePage: string, name: string) => ({ objectType: 'Agent', account: { homePage, name } });
    expect(JSON.parse(body.toString())).toMatchObject({
      authority: {
        objectType: 'Group',
        member: [account(`${ISSUER}/oauth2/token`, client.client_id), account(ISSUER, own.sub)],
      },
    });
  });

  it.each(['HMAC-SHA256', 'PLAINTEXT'])('passes by %s', async (signatureMethod) => {
    const own = await letHave(scene.gateway, client, keys);
    await expectPasses(`GET ${STATE}`, inHeader(own, STATE, { signatureMethod }));
  });

  it('is held to the scope of the token', async () => {
    const own = await letHave(scene.gateway, client, keys, { scope: 'state' });
    await expectPasses(`GET ${STATE}`, inHeader(own, STATE));
    expect((await scene.ask('GET /xapi/statements', inHeader(own, '/xapi/statements'))).status).toBe(403);
  });
});

describe('who sent nothing', () => {
  it('is told of OAuth, beside the others', async () => {
    const answer = await scene.ask(`GET ${STATE}`, VERSION_1);
    expect(answer.header('WWW-Authenticate')).toBe(
      `Bearer realm="xapi", resource_metadata="${ISSUER}/.well-known/oauth-protected-resource/xapi", Basic realm="xapi", charset="UTF-8", OAuth realm="xapi"`,
    );
  });

  it('may call by a token as ever', async () => {
    const { bearer } = await scene.gateway.mint('all');
    await expectPasses(`GET ${STATE}`, { ...VERSION_1, Authorization: bearer });
  });
});

describe('a gateway without OAuth 1', () => {
  const without = gatewayScene();

  it('knows no such scheme, no such parameters and no such paths', async () => {
    const { keys: own } = await addSigner(without.gateway, 'all');
    const inTheHeader = await without.ask(`GET ${STATE}`, inHeader(own, STATE));
    expect([inTheHeader.status, inTheHeader.header('WWW-Authenticate')?.includes('OAuth')]).toEqual([401, false]);
    const inTheQuery = await without.ask(`GET ${inQuery(own, STATE)}`, VERSION_1);
    expect([inTheQuery.status, refusalOf(inTheQuery).error_description]).toEqual([
      400,
      expect.stringContaining('"oauth_consumer_key" is not a parameter here'),
    ]);
    for (const path of ['initiate', 'authorize', 'token'])
      expect((await without.ask(`GET /xapi/OAuth/${path}`, VERSION_1)).status).toBe(404);
  });
});
