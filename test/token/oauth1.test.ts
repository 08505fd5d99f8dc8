/** OAuth 1.0a as at ADL LRS, three-legged: over HTTP. @see RFC 5849 §2 */
import { generateKeyPairSync } from 'node:crypto';
import request from 'supertest';
import { encoded, header, signed } from '../support/oauth1-signer.ts';
import { hiddenFields, offered, openBrowser } from '../support/people-flow.ts';
import { ISSUER, runTokenService } from '../support/token-service.ts';
import { AUTHORIZE, CALLBACK, INITIATE, oauth1Scene, TOKEN, type OAuth1Scene } from './oauth1-scene.ts';

/** RFC 5849 §3.2 and the "OAuth Problem Reporting" extension. */
const REFUSED = { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-store' };

describe('OAuth 1.0a', () => {
  let scene: OAuth1Scene;
  beforeAll(async () => {
    scene = await oauth1Scene();
  });
  afterAll(async () => {
    await scene?.close();
  });

  it('begins, asks the person, and gives what calls are signed with', async () => {
    const begun = await scene.initiate(scene.signer, { form: [['scope', 'statements/write state']] });
    expect([begun.status, begun.headers['content-type']]).toEqual([200, 'application/x-www-form-urlencoded']);
    expect(Object.keys(begun.form).sort()).toEqual(['oauth_callback_confirmed', 'oauth_token', 'oauth_token_secret']);
    expect(begun.form.oauth_callback_confirmed).toBe('true');
    expect(begun.headers['cache-control']).toBe('no-store');
    const temporary = { token: begun.form.oauth_token ?? '', secret: begun.form.oauth_token_secret ?? '' };

    const back = await scene.authorize(temporary);
    expect(`${back.origin}${back.pathname}`).toBe('https://tool.example.com/oauth');
    expect(Object.fromEntries(back.searchParams)).toEqual({
      course: '7',
      oauth_token: temporary.token,
      oauth_verifier: expect.stringMatching(/^[\w-]{43}$/) as string,
    });

    const redeemed = await scene.redeem(temporary, back.searchParams.get('oauth_verifier') ?? '');
    expect(redeemed.status).toBe(200);
    expect(Object.keys(redeemed.form).sort()).toEqual(['oauth_token', 'oauth_token_secret']);
    const { oauth_token: token = '' } = redeemed.form;
    expect(token).not.toBe(temporary.token);
    expect(await scene.recordOf(token)).toMatchObject({
      client_id: scene.signer.client_id,
      scope: 'statements/write state',
      sub: scene.person.person_id,
      org: 'default',
    });
    const lines = scene.service.logged.map((line) => JSON.parse(line) as object);
    const who = { client: scene.signer.client_id, granted: true };
    expect(lines).toContainEqual(expect.objectContaining({ audit: 'token', route: INITIATE, ...who }));
    expect(lines).toContainEqual(expect.objectContaining({ audit: 'consent', ...who }));
    const what = { person: scene.person.person_id, scope: 'statements/write state' };
    expect(lines).toContainEqual(expect.objectContaining({ audit: 'token', route: TOKEN, ...who, ...what }));
    const secrets = [temporary.secret, temporary.token, scene.signer.secret, ...Object.values(redeemed.form)];
    for (const secret of secrets) expect(scene.service.logged.join('')).not.toContain(secret);
  });

  it.each(['GET', 'POST'])(
    'is asked by %s with the parameters in the header, the query, or the form',
    async (method) => {
      const url = `${ISSUER}${INITIATE}?scope=state`;
      const said = { method, consumerKey: scene.signer.client_id, clientSecret: scene.signer.secret };
      const callback = { oauth_callback: 'oob' };
      const send = (path: string) => request(scene.service.url)[method === 'GET' ? 'get' : 'post'](path);
      await send(`${INITIATE}?scope=state`)
        .set('Authorization', header([['realm', 'xapi'], ...signed({ ...said, url, oauth: callback })]))
        .expect(200);
      await send(`${INITIATE}?scope=state&${encoded(signed({ ...said, url, oauth: callback }))}`).expect(200);
      if (method === 'GET') return;
      const parameters = signed({ ...said, url, oauth: callback });
      await send(`${INITIATE}?scope=state`).type('form').send(encoded(parameters)).expect(200);
    },
  );

  it.each(['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT', 'RSA-SHA1'])('takes signatures by %s', async (signatureMethod) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsa_public_key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const isRsa = signatureMethod === 'RSA-SHA1';
    const by = isRsa ? await scene.addSigner({ oauth1: { rsa_public_key } }) : scene.signer;
    const how = { signatureMethod, ...(isRsa && { rsaKey: privateKey }) };
    const begun = await scene.initiate(by, how);
    expect(begun.status).toBe(200);
    const temporary = { token: begun.form.oauth_token ?? '', secret: begun.form.oauth_token_secret ?? '' };
    const verifier = await scene.verifierOf(temporary);
    expect((await scene.redeem(temporary, verifier, by, how)).status).toBe(200);
  });

  it('PLAINTEXT has no need of a nonce and a timestamp; the others do', async () => {
    const none = { oauth_timestamp: undefined, oauth_nonce: undefined };
    expect((await scene.initiate(scene.signer, { signatureMethod: 'PLAINTEXT', oauth: none })).status).toBe(200);
    expect((await scene.initiate(scene.signer, { oauth: none })).status).toBe(400);
  });

  it.each([
    ['what the specification assumes where nothing is asked', undefined, 'statements/write statements/read/mine'],
    ['by spaces', 'state profile', 'state profile'],
    ['by commas', 'state,profile', 'state profile'],
    ['by the names of other systems', 'xapi:read', 'all/read'],
    ['without what there is not', 'state everything', 'state'],
  ])('gives scopes: %s', async (_case, scope, given) => {
    const { record } = await scene.granted({ scope });
    expect(record?.scope.split(' ').sort()).toEqual(given.split(' ').sort());
  });

  it('takes scope from the query, too', async () => {
    const { status } = await scene.call(`${INITIATE}?scope=state`, scene.signer, {
      method: 'GET',
      oauth: { oauth_callback: 'oob' },
    });
    expect(status).toBe(200);
  });

  it('gives no more than the client has, nor than the person has', async () => {
    const by = await scene.addSigner({ scope: 'statements/write state' });
    const { email } = await scene.addPerson({ scope: 'all/read state' });
    const walk = { identifier: email };
    const { record } = await scene.granted({ by, scope: 'all' }, { walk });
    expect(record?.scope).toBe('state');
  });

  it('saves what the person took away, which ADL LRS does not', async () => {
    const { email } = await scene.addPerson();
    const how = { walk: { identifier: email, without: ['statements/write'] } };
    const { record } = await scene.granted({ scope: 'statements/write state' }, how);
    expect(record?.scope).toBe('state');
  });

  it('shows ten digits to the person of a client that cannot be called back, as often as they look', async () => {
    const temporary = await scene.begin({ callback: 'oob' });
    const browser = openBrowser(scene.service);
    const end = await scene.authorize(temporary, { browser });
    const page = await browser.get(end.href);
    expect(page.text).toContain('Enter this number in your application');
    const verifier = /<code translate="no">(\d{10})<\/code>/.exec(page.text)?.[1] ?? '';
    expect((await browser.get(end.href)).text).toContain(verifier);
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect((await openBrowser(scene.service).get(end.href)).text).not.toContain(verifier);
    expect((await scene.redeem(temporary, verifier)).status).toBe(200);
  });

  it.each([CALLBACK, 'oob'])('says that the person said no, where the callback is %s', async (callback) => {
    const temporary = await scene.begin({ callback });
    const browser = openBrowser(scene.service);
    const end = await scene.authorize(temporary, { browser, walk: { saysNo: true } });
    if (callback === 'oob') expect((await browser.get(end.href)).text).toContain('Nothing was allowed');
    else
      expect(Object.fromEntries(end.searchParams)).toEqual({
        course: '7',
        oauth_token: temporary.token,
        oauth_problem: 'permission_denied',
      });
    const refused = await scene.redeem(temporary, 'guessed');
    expect([refused.status, refused.form.oauth_problem]).toEqual([401, 'permission_denied']);
  });

  it('lets another person sign in, and asks again what they would allow', async () => {
    const [ann, ben] = [await scene.addPerson(), await scene.addPerson()];
    const browser = openBrowser(scene.service);
    await scene.authorize(await scene.begin(), { browser, walk: { identifier: ann.email } });
    const temporary = await scene.begin();
    const page = await browser.follow(`${ISSUER}${AUTHORIZE}?oauth_token=${temporary.token}`);
    expect(page.text).toContain(ann.email);
    const login = await browser.get(`${new URL(page.at).pathname}/login`);
    const form = { ...hiddenFields(login.text), identifier: ben.email, password: 'correct horse battery staple' };
    const sent = await browser.post(`${new URL(page.at).pathname}/login`, form);
    const again = await browser.follow(sent.location ?? '');
    expect(again.text).toContain(ben.email);
    expect(offered(again.text)).toEqual(['allow:statements/write', 'allow:statements/read/mine']);
  });

  it('errors are forms with a word and a sentence, and say which scheme to use', async () => {
    const unsigned = await request(scene.service.url).post(INITIATE);
    expect(unsigned.status).toBe(400);
    expect(unsigned.headers).toMatchObject(REFUSED);
    expect(Object.fromEntries(new URLSearchParams(unsigned.text))).toEqual({
      oauth_problem: 'parameter_absent',
      oauth_problem_advice: expect.stringMatching(/sign this request/) as string,
    });
    const wrong = await scene.initiate({ ...scene.signer, secret: 'another' });
    expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([401, `OAuth realm="${ISSUER}"`]);
    expect(wrong.form.oauth_problem).toBe('signature_invalid');
    expect(Object.keys(wrong.form).sort()).toEqual(['oauth_problem', 'oauth_problem_advice']);
    const unknown = await scene.initiate({ ...scene.signer, client_id: 'nobody' });
    expect(unknown.form).toEqual(wrong.form);
    await request(scene.service.url).put(INITIATE).expect(405).expect('Allow', 'GET, POST');
  });

  it('says to a client that acts for itself only what would have to be registered', async () => {
    const by = await scene.addSigner({ grant_types: ['client_credentials'] });
    const refused = await scene.initiate(by);
    expect([refused.status, refused.form.oauth_problem]).toEqual([403, 'consumer_key_rejected']);
    expect(refused.form.oauth_problem_advice).toContain('--grant-type authorization_code');
  });
});

it('is not there unless it is switched on', async () => {
  const service = await runTokenService();
  try {
    for (const path of [INITIATE, AUTHORIZE, TOKEN])
      for (const method of ['get', 'post'] as const) await service.send(method, path).expect(404);
  } finally {
    await service.close();
  }
});
