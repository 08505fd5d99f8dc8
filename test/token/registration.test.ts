/** Clients that register themselves: with a token of an administrator's, and never with more than it allows. @see RFC 7591, RFC 7592 */
import { exportJWK, generateKeyPair } from 'jose';
import type request from 'supertest';
import { generateStaticToken } from '../../services/shared/static-token.ts';
import { createRegistrationTokens, type Allowance } from '../../services/store/registration-tokens.ts';
import type { Client } from '../../services/shared/client.ts';
import { DRIVERS } from '../support/stores.ts';
import {
  ISSUER,
  newSeal,
  nowSeconds,
  refusalOf,
  runTokenService,
  type Credentials,
  type TokenService,
} from '../support/token-service.ts';
import { hiddenFields, newProof, openBrowser, walk } from '../support/people-flow.ts';
import { personScene, type PersonScene } from './person-scene.ts';

const PATH = '/oauth2/register';
const CALLBACK = 'https://tool.example.com/callback?from=hallpass';

interface Registered extends Credentials {
  client_name: string;
  scope: string;
  grant_types: string[];
  redirect_uris?: string[];
  registration_access_token: string;
  registration_client_uri: string;
  [name: string]: unknown;
}

let scene: PersonScene;
let service: TokenService;
beforeAll(async () => {
  scene = await personScene();
  service = scene.service;
});
afterAll(() => scene.close());

const allowance = (said: Partial<Allowance> = {}): Allowance => ({
  org: 'default',
  scope: 'statements/write state',
  grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
  uses: 1,
  exp: nowSeconds() + 600,
  ...said,
});

const tokenFor = async (said: Partial<Allowance> = {}, at = service) =>
  (await createRegistrationTokens(at.store).create(allowance(said))).token;

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

function register(token: string | undefined, metadata: object, at = service): request.Test {
  const test = at.send('post', PATH);
  return (token === undefined ? test : test.set(bearer(token))).send(metadata);
}

async function registered(metadata: object = {}, said: Partial<Allowance> = {}): Promise<Registered> {
  const response = await register(await tokenFor(said), { redirect_uris: [CALLBACK], ...metadata });
  if (response.status !== 201) throw new Error(`${response.status} ${response.text}`);
  return response.body as Registered;
}

const stored = async ({ client_id }: { client_id: string }) => (await service.clients.find(client_id)) as Client;

/** The address that a person is sent back to for it. */
async function sentBack(client_id: string): Promise<URLSearchParams> {
  const { url } = await scene.authorize({ with: { client_id, redirect_uri: CALLBACK, scope: 'state' } });
  return url.searchParams;
}

const manage = (method: 'get' | 'put' | 'delete', { client_id }: { client_id: string }, token: string) =>
  service.send(method, `${PATH}/${client_id}`).set(bearer(token));

/** What is sent to change a registration into what it is already. */
const own = ({ client_id, client_name, redirect_uris, grant_types, scope }: Registered) => ({
  client_id,
  client_name,
  redirect_uris,
  grant_types,
  scope,
});

describe('POST /oauth2/register', () => {
  it('registers a client, and answers with all that it is registered with', async () => {
    const response = await register(await tokenFor({ org: 'default' }), {
      client_name: 'Course player',
      client_uri: 'https://tool.example.com',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'statements/write',
    });
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    const { client_id, client_id_issued_at, client_secret, registration_access_token, ...rest } =
      response.body as Registered;
    expect(rest).toEqual({
      client_secret_expires_at: 0,
      client_name: 'Course player',
      client_uri: 'https://tool.example.com/',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'statements/write',
      id_token_signed_response_alg: 'ES256',
      registration_client_uri: `${ISSUER}${PATH}/${client_id}`,
    });
    expect(Math.abs(Number(client_id_issued_at) - nowSeconds())).toBeLessThan(60);
    expect(client_secret).toMatch(/^[\w-]{43}$/);
    expect(registration_access_token).toMatch(/^[\w-]{43}$/);
  });

  it('keeps of a secret, and of the token of the registration, no more than their hashes', async () => {
    const answer = await registered();
    const text = JSON.stringify(await stored(answer));
    expect(text).not.toContain(answer.client_secret);
    expect(text).not.toContain(answer.registration_access_token);
  });

  it('is an audit line, with the client and its scopes, and without a secret', async () => {
    const token = await tokenFor();
    const answer = (await register(token, { redirect_uris: [CALLBACK], client_name: 'Audited' })).body as Registered;
    await register('wrong', {});
    const lines = service.logged.filter((line) => line.includes('"audit":"registration"'));
    expect(JSON.parse(lines.at(-2) ?? '{}')).toMatchObject({
      granted: true,
      client: answer.client_id,
      org: 'default',
      scope: 'statements/write state',
    });
    expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({ granted: false, reason: 'invalid_token' });
    for (const secret of [token, answer.client_secret, answer.registration_access_token])
      expect(service.logged.join('')).not.toContain(secret);
  });

  it('is in the metadata', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration'])
      expect((await service.send('get', `/.well-known/${name}`)).body).toMatchObject({
        registration_endpoint: `${ISSUER}${PATH}`,
      });
  });

  it('gives what the token allows where nothing is said: its scopes, and codes alone', async () => {
    const answer = await registered();
    expect(answer).toMatchObject({ scope: 'statements/write state', grant_types: ['authorization_code'] });
    expect(answer.client_name).toBe(answer.client_id);
    const machine = await registered({ redirect_uris: undefined }, { grant_types: ['client_credentials'] });
    expect(machine).toMatchObject({ grant_types: ['client_credentials'], response_types: [] });
    expect((await service.issue(machine)).scope).toBe('statements/write state');
  });

  it('leaves out, and does not answer with, what it does not know', async () => {
    const answer = await registered({ logo_uri: 'https://tool.example.com/l.png', contacts: ['a@b.example'], x: 1 });
    for (const name of ['logo_uri', 'contacts', 'x']) expect(answer).not.toHaveProperty(name);
  });

  it('registers a client without a secret: it has none, and no client_credentials', async () => {
    const answer = await registered({
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback', 'org.example.app:/callback'],
      grant_types: ['client_credentials', 'authorization_code'],
    });
    expect(answer).not.toHaveProperty('client_secret');
    expect(answer).toMatchObject({ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] });
    expect(await stored(answer)).toMatchObject({ public: true, secrets: [] });
  });

  it('registers one that signs assertions: by its public keys, which it can exchange', async () => {
    const newKeys = async () => {
      const { publicKey } = await generateKeyPair('ES256', { extractable: true });
      return { keys: [{ ...(await exportJWK(publicKey)), kid: 'mine' }] };
    };
    const jwks = await newKeys();
    const answer = await registered({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    expect(answer).toMatchObject({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    expect(answer).not.toHaveProperty('client_secret');
    expect((await stored(answer)).secrets).toEqual([]);
    const others = await newKeys();
    const changed = await manage('put', answer, answer.registration_access_token).send({
      ...own(answer),
      jwks: others,
    });
    expect(changed.body).toMatchObject({ token_endpoint_auth_method: 'private_key_jwt', jwks: others });
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    for (const wrong of [undefined, { keys: [await exportJWK(privateKey)] }, { keys: [] }]) {
      const said = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt', jwks: wrong };
      expect(refusalOf(await register(await tokenFor(), said))).toMatchObject({ error: 'invalid_client_metadata' });
    }
  });

  it('registers a device, which is sent back to nowhere', async () => {
    const grant_types = ['urn:ietf:params:oauth:grant-type:device_code' as const];
    const answer = await registered({ redirect_uris: undefined, grant_types }, { grant_types });
    expect(answer).toMatchObject({ grant_types, response_types: [] });
  });

  it('has it push its requests, where it asks for that: what the browser carries is refused, what it pushed is not', async () => {
    const metadata = { require_pushed_authorization_requests: true, token_endpoint_auth_method: 'client_secret_post' };
    const tool = await registered(metadata);
    expect(tool).toMatchObject({ require_pushed_authorization_requests: true });
    expect((await sentBack(tool.client_id)).get('error')).toBe('invalid_request');
    const { challenge } = newProof();
    const pushed = await service.post('/oauth2/par', tool, {
      ...{ response_type: 'code', client_id: tool.client_id, redirect_uri: CALLBACK, scope: 'state' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    });
    const { request_uri } = pushed.body as { request_uri: string };
    const query = new URLSearchParams({ client_id: tool.client_id, request_uri }).toString();
    const { email } = scene.person;
    const back = await walk(openBrowser(service), `/oauth2/authorize?${query}`, { identifier: email });
    expect(back.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    await manage('put', tool, tool.registration_access_token).send(own(tool)).expect(200);
    expect((await sentBack(tool.client_id)).get('code')).toMatch(/^[\w-]{43}$/);
  });

  it('binds its tokens to its key, where it asks for that', async () => {
    expect(await registered({ dpop_bound_access_tokens: true })).toMatchObject({ dpop_bound_access_tokens: true });
    expect(await registered({ dpop_bound_access_tokens: false })).not.toHaveProperty('dpop_bound_access_tokens');
  });
});

describe('nothing that grants access can be self-asserted', () => {
  it('scopes are narrowed to those of the token, and the answer says so', async () => {
    expect((await registered({ scope: 'all introspect admin statements/write' })).scope).toBe('statements/write state');
    expect((await registered({ scope: 'state/read statements/read' })).scope).toBe('state/read');
    expect((await registered({ scope: 'openid profile email' })).scope).toBe('');
    expect((await registered({ scope: 'openid xapi:write' })).scope).toBe('statements/write state/write');
  });

  it.each(['admin', 'introspect', 'scim wsapi:all', 'statements/read', 'nonsense', ''])(
    'and where nothing of them is left it is refused: %j',
    async (scope) => {
      const refusal = refusalOf(await register(await tokenFor(), { redirect_uris: [CALLBACK], scope }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
      expect(refusal.error_description).toContain('statements/write state');
    },
  );

  it('grant types are narrowed likewise', async () => {
    const asked = ['authorization_code', 'refresh_token', 'client_credentials', 'implicit', 'password'];
    const only = { grant_types: ['authorization_code' as const] };
    expect((await registered({ grant_types: asked }, only)).grant_types).toEqual(['authorization_code']);
    for (const grant_types of [['client_credentials'], ['implicit'], ['refresh_token'], []])
      expect(refusalOf(await register(await tokenFor(only), { redirect_uris: [CALLBACK], grant_types }))).toMatchObject(
        { status: 400, error: 'invalid_client_metadata' },
      );
  });

  const ASSERTED: [name: string, value: unknown][] = [
    ['org', 'berlin'],
    ['generation', 7],
    ['active', true],
    ['public', true],
    ['unverified', false],
    ['known_since', 1],
    ['secrets', [{ hash: 'sha256:x', created_at: 1 }]],
    ['client_secret', 'chosen by the client itself'],
    ['client_id', 'client-of-my-choice'],
    ['registration_access_token', 'chosen'],
    ['registration_token', 'chosen'],
    ['restrictions', []],
    ['authority', { mbox: 'mailto:admin@example.org' }],
    ['lrs_credential', { username: 'admin', password: 'x' }],
    ['default_scope', 'all'],
    ['strict', false],
    ['pkce', false],
    ['token_seconds', 999_999],
    ['max_token_seconds', 999_999],
    ['access_token_format', 'jwt'],
    ['allowed_origins', ['https://evil.example']],
    ['enforce_define', false],
    ['owner', 'Example University'],
    ['description', 'Checked by your administrator'],
    ['backchannel_logout_uri', 'http://169.254.169.254/'],
  ];

  it.each(ASSERTED)(
    'trap, extra metadata: %s is refused when it registers, and when it changes that',
    async (name, value) => {
      const refused = refusalOf(await register(await tokenFor(), { redirect_uris: [CALLBACK], [name]: value }));
      expect(refused).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
      const answer = await registered();
      const before = await stored(answer);
      const own_ = name === 'client_id' || name === 'client_secret' ? {} : { client_id: answer.client_id };
      const put = await manage('put', answer, answer.registration_access_token).send({
        ...own(answer),
        ...own_,
        [name]: value,
      });
      expect(refusalOf(put)).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
      expect(await stored(answer)).toEqual(before);
    },
  );

  it.each(['__proto__', 'constructor', 'toString'])('nor does a member called %s come to anything', async (name) => {
    const text = `{"redirect_uris": ["${CALLBACK}"], "${name}": {"org": "berlin", "scope": "all"}}`;
    const response = await service
      .send('post', PATH)
      .set(bearer(await tokenFor()))
      .set('Content-Type', 'application/json')
      .send(text);
    expect(response.status).toBe(201);
    expect(await stored(response.body as Registered)).toMatchObject({
      org: 'default',
      scope: 'statements/write state',
    });
  });

  it('the organization is the token’s, and has to be there', async () => {
    const refusal = refusalOf(await register(await tokenFor({ org: 'berlin' }), { redirect_uris: [CALLBACK] }));
    expect(refusal).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it('a token of it lives no longer than an hour, whatever it asks', async () => {
    const machine = await registered({ redirect_uris: undefined }, { grant_types: ['client_credentials'] });
    expect((await service.issue(machine, { expire_seconds: '999999' })).expires_in).toBe(3600);
  });
});

describe('metadata that is not as it should be', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://tool.example.com/callback',
    'https://tool.example.com/*',
    'https://tool.example.com/#fragment',
    'https://user@tool.example.com/',
    'https://tool.example.com/\nx',
    'https://tool.example.com/../x',
    'tool:/callback',
    '/callback',
    `https://tool.example.com/${'x'.repeat(3000)}`,
    '',
  ])('a redirect URI that could be another’s, or none: number %# of these is invalid_redirect_uri', async (uri) => {
    const refusal = refusalOf(await register(await tokenFor(), { redirect_uris: [CALLBACK, uri] }));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_redirect_uri' });
  });

  it.each<[object, string]>([
    [{}, 'invalid_redirect_uri'],
    [{ redirect_uris: [] }, 'invalid_redirect_uri'],
    [{ redirect_uris: CALLBACK }, 'invalid_redirect_uri'],
    [{ redirect_uris: [1] }, 'invalid_redirect_uri'],
    [{ redirect_uris: Array.from({ length: 21 }, (_, n) => `${CALLBACK}${n}`) }, 'invalid_redirect_uri'],
    [{ redirect_uris: [CALLBACK], post_logout_redirect_uris: ['javascript:1'] }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_uri: 'javascript:alert(1)' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_uri: `https://a.example/${'x'.repeat(2000)}` }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: '' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: 'x'.repeat(101) }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: 'two\nlines' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: 'turned \u202earound' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: 'zero\u200bwidth' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: 'M\u043e\u043edle' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: '…' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], client_name: ['a'] }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], scope: ['state'] }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], grant_types: 'authorization_code' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], response_types: ['token'] }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_jwt' }, 'invalid_client_metadata'],
    [{ redirect_uris: [CALLBACK], dpop_bound_access_tokens: 'true' }, 'invalid_client_metadata'],
  ])('number %# of these is refused, and uses nothing up', async (metadata, error) => {
    const token = await tokenFor();
    expect(refusalOf(await register(token, metadata))).toMatchObject({ status: 400, error });
    /* What was refused used nothing up. */
    expect((await register(token, { redirect_uris: [CALLBACK] })).status).toBe(201);
  });

  it.each<[type: string, text: string]>([
    ['application/json', ''],
    ['application/json', 'null'],
    ['application/json', '[]'],
    ['application/json', '{"redirect_uris": ["https://a.example/"], "redirect_uris": ["https://evil.example/"]}'],
    ['application/json', '{'],
    ['application/x-www-form-urlencoded', 'redirect_uris=https://a.example/'],
    ['text/plain', '{}'],
  ])('a body of %s that is %j is invalid_client_metadata', async (type, text) => {
    const response = await service
      .send('post', PATH)
      .set(bearer(await tokenFor()))
      .set('Content-Type', type)
      .send(text);
    expect(refusalOf(response)).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
  });

  it('a body of ten megabytes is 413, and never read for a stranger', async () => {
    const big = JSON.stringify({ redirect_uris: [CALLBACK], x: 'x'.repeat(10_000_000) });
    const send = (token: string) =>
      fetch(`${service.url}${PATH}`, {
        method: 'POST',
        headers: { ...bearer(token), 'Content-Type': 'application/json' },
        body: big,
      }).then(
        ({ status }) => status,
        () => 'the connection ended',
      );
    expect([413, 'the connection ended']).toContain(await send(await tokenFor()));
    expect([401, 'the connection ended']).toContain(await send('wrong'));
    expect((await register(await tokenFor(), { redirect_uris: [CALLBACK] })).status).toBe(201);
  });

  it('a name is nobody else’s, however it is written', async () => {
    await service.addClient({ client_name: 'Course Player 2', authority: { mbox: 'mailto:boss@example.org' } });
    for (const client_name of [
      'Course Player 2',
      'course-player  2',
      'Cóurse Plαyer 2'.replace('α', 'a'),
      'mailto:boss@example.org',
    ]) {
      const refusal = refusalOf(await register(await tokenFor(), { redirect_uris: [CALLBACK], client_name }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
      expect(refusal.error_description).toContain('taken');
    }
  });

  it('a name is free again at once, where its client deleted itself or was refused for something else', async () => {
    const said = { redirect_uris: [CALLBACK], client_name: 'Again and again' };
    for (let n = 0; n < 2; n++) {
      const answer = await registered(said);
      expect(
        (await manage('put', answer, answer.registration_access_token).send({ ...own(answer), scope: 'x' })).status,
      ).toBe(400);
      await manage('delete', answer, answer.registration_access_token).expect(204);
    }
  });

  it('nor does a client take another name that way', async () => {
    const [one, other] = [await registered({ client_name: 'First of two' }), await registered()];
    const put = await manage('put', other, other.registration_access_token).send({
      ...own(other),
      client_name: one.client_name,
    });
    expect(refusalOf(put).error_description).toContain('taken');
  });

  it('of two that ask for one name at once, one gets it', async () => {
    const tokens = [await tokenFor(), await tokenFor()];
    const answers = await Promise.all(
      tokens.map((token) => register(token, { redirect_uris: [CALLBACK], client_name: 'The same name' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
  });
});

describe('without a good token', () => {
  it('nobody registers: none, a wrong one, one in the URL, an access token, a client’s secret', async () => {
    const credentials = await service.addClient();
    const { access_token } = await service.issue(credentials);
    const none = await register(undefined, { redirect_uris: [CALLBACK] });
    expect(refusalOf(none)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(none.headers['www-authenticate']).toBe(`Bearer realm="${ISSUER}"`);
    for (const token of ['wrong', access_token, credentials.client_secret]) {
      const response = await register(token, { redirect_uris: [CALLBACK] });
      expect(refusalOf(response)).toMatchObject({ status: 401, error: 'invalid_token' });
      expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
    }
    const inUrl = await service
      .send('post', `${PATH}?access_token=${await tokenFor()}`)
      .send({ redirect_uris: [CALLBACK] });
    expect(refusalOf(inUrl).status).toBe(401);
  });

  it('nor with one that has expired, or was revoked', async () => {
    const tokens = createRegistrationTokens(service.store);
    const { token, id } = await tokens.create(allowance());
    expect(await tokens.revoke(id)).toBe(true);
    expect(await tokens.revoke(id)).toBe(false);
    expect(refusalOf(await register(token, { redirect_uris: [CALLBACK] })).status).toBe(401);
    const short = await tokenFor({ exp: nowSeconds() + 1 });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(refusalOf(await register(short, { redirect_uris: [CALLBACK] })).status).toBe(401);
  });

  it('and one is good for as many clients as it was made for, one unless said otherwise', async () => {
    for (const uses of [1, 3]) {
      const token = await tokenFor({ uses });
      const statuses: number[] = [];
      for (let n = 0; n <= uses; n++) statuses.push((await register(token, { redirect_uris: [CALLBACK] })).status);
      expect(statuses).toEqual([...Array.from({ length: uses }, () => 201), 401]);
    }
  });

  it.each(['get', 'put', 'patch', 'delete'] as const)('there is no %s at the path', async (method) => {
    const response = await service.send(method, PATH);
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('POST');
  });
});

describe.each(DRIVERS)('a race for one token, on %s', (_driver, open) => {
  it('has as many winners as it is good for, in two processes at once', async () => {
    const shared = await open();
    const seal = newSeal();
    const services: TokenService[] = [];
    try {
      for (let n = 0; n < 2; n++) services.push(await runTokenService({ store: await shared.connect(), seal }));
      const [first] = services;
      for (const uses of [1, 3]) {
        const token = await tokenFor({ uses }, first);
        const before = (await first?.clients.list())?.length ?? 0;
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, n) =>
            register(token, { redirect_uris: [CALLBACK] }, services[n % 2] as TokenService),
          ),
        );
        const statuses = answers.map(({ status }) => status);
        expect(statuses.filter((status) => status === 201)).toHaveLength(uses);
        expect(statuses.filter((status) => status === 401)).toHaveLength(12 - uses);
        expect((await first?.clients.list())?.length).toBe(before + uses);
      }
    } finally {
      for (const each of services) await each.close();
      await shared.close();
    }
  });
});

describe('a client that registered itself', () => {
  it('keeps its labels and its static token, until it takes bound tokens only; it is told of neither', async () => {
    const answer = await registered({ grant_types: ['client_credentials'], scope: 'state' });
    const { stored: static_token } = generateStaticToken(answer.client_id);
    await service.clients.change(answer.client_id, (client) => ({ ...client, labels: ['hr'], static_token }));
    const change = (more: object) =>
      manage('put', answer, answer.registration_access_token).send({ ...own(answer), ...more });
    const kept = await change({ client_name: 'Renamed tool' });
    expect([kept.status, kept.text.includes('static_token'), kept.text.includes('labels')]).toEqual([
      200,
      false,
      false,
    ]);
    expect(await stored(answer)).toMatchObject({ labels: ['hr'], static_token });
    expect((await change({ dpop_bound_access_tokens: true })).status).toBe(200);
    expect(await stored(answer)).not.toHaveProperty('static_token');
  });

  it('reads what it is registered with, and is not told its secret again', async () => {
    const answer = await registered({ client_name: 'Reader' });
    const response = await manage('get', answer, answer.registration_access_token).expect(200);
    const { client_secret: _secret, client_secret_expires_at: _end, ...rest } = answer;
    expect(response.body).toEqual(rest);
  });

  it('changes what it says of itself', async () => {
    const answer = await registered({ client_name: 'Changing' });
    const redirect_uris = ['https://tool.example.com/other'];
    const response = await manage('put', answer, answer.registration_access_token).send({
      ...own(answer),
      client_name: 'Changed',
      redirect_uris,
      client_secret: answer.client_secret,
    });
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ client_name: 'Changed', redirect_uris });
    expect(await stored(answer)).toMatchObject({ client_name: 'Changed', redirect_uris, unverified: true });
  });

  it('never gets more by that than it had: scopes, grants, a life without a secret', async () => {
    const answer = await registered({ scope: 'state/read', grant_types: ['authorization_code'] });
    const put = (said: object) =>
      manage('put', answer, answer.registration_access_token).send({ ...own(answer), ...said });
    expect((await put({ scope: 'all state' })).body).toMatchObject({ scope: 'state/read' });
    expect(refusalOf(await put({ scope: 'statements/write' })).status).toBe(400);
    expect((await put({ grant_types: ['authorization_code', 'client_credentials'] })).body).toMatchObject({
      grant_types: ['authorization_code'],
    });
    expect(refusalOf(await put({ token_endpoint_auth_method: 'none' })).status).toBe(400);
    expect(refusalOf(await put({ redirect_uris: ['javascript:alert(1)'] })).error).toBe('invalid_redirect_uri');
    expect(refusalOf(await put({ client_id: undefined })).status).toBe(400);
    expect(refusalOf(await put({ client_id: 'another' })).status).toBe(400);
    expect(refusalOf(await put({ client_secret: 'another' })).status).toBe(400);
    expect(await stored(answer)).toMatchObject({ scope: 'state/read', grant_types: ['authorization_code'] });
  });

  it('is held to what an administrator took from it', async () => {
    const answer = await registered();
    await service.clients.change(answer.client_id, (client) => ({ ...client, scope: 'state/read' }));
    const response = await manage('put', answer, answer.registration_access_token).send(own(answer));
    expect(response.body).toMatchObject({ scope: 'state/read' });
  });

  it('is unverified again where what was verified is not what it is any more, and keeps it otherwise', async () => {
    const answer = await registered({ client_name: 'Verified tool' });
    await service.clients.change(answer.client_id, ({ unverified: _, ...client }) => client);
    const put = (said: object) =>
      manage('put', answer, answer.registration_access_token)
        .send({ ...own(answer), ...said })
        .expect(200);
    await put({ scope: 'state' });
    expect(await stored(answer)).not.toHaveProperty('unverified');
    await put({ redirect_uris: ['https://evil.example/callback'] });
    expect(await stored(answer)).toMatchObject({ unverified: true });
  });

  it('deletes itself, with all its tokens', async () => {
    const answer = await registered({ redirect_uris: undefined, grant_types: ['client_credentials'] });
    const { access_token } = await service.issue(answer);
    const response = await manage('delete', answer, answer.registration_access_token);
    expect([response.status, response.text]).toEqual([204, '']);
    const inspector = await service.addClient({ scope: 'introspect' });
    expect(await service.introspect(inspector, access_token)).toEqual({ active: false });
    expect((await manage('get', answer, answer.registration_access_token)).status).toBe(401);
  });

  it('is read, changed and deleted by nobody else', async () => {
    const [answer, other] = [await registered(), await registered()];
    const tokens = [other.registration_access_token, answer.client_secret, 'wrong', await tokenFor()];
    for (const method of ['get', 'put', 'delete'] as const) {
      for (const token of tokens) {
        const response = await manage(method, answer, token).send(method === 'put' ? own(answer) : undefined);
        expect(refusalOf(response)).toMatchObject({ status: 401, error: 'invalid_token' });
      }
      expect((await service.send(method, `${PATH}/${answer.client_id}`)).status).toBe(401);
    }
    expect(await stored(answer)).toMatchObject({ client_id: answer.client_id });
  });

  it('is 401 as well where there is none, and where an administrator registered it', async () => {
    const { client_id, client_secret } = await service.addClient();
    for (const id of [client_id, 'nobody', '__proto__', 'constructor'])
      expect((await manage('get', { client_id: id }, client_secret)).status).toBe(401);
  });

  it('is 403 while an administrator has switched it off', async () => {
    const answer = await registered();
    await service.clients.change(answer.client_id, (client) => ({ ...client, active: false }));
    for (const method of ['get', 'put', 'delete'] as const)
      expect(refusalOf(await manage(method, answer, answer.registration_access_token))).toMatchObject({ status: 403 });
  });
});

describe('a person who is asked by a client that registered itself', () => {
  const NOTICE = 'Nobody here has checked who runs this application';

  async function consentPage(tool: Registered): Promise<string> {
    const browser = openBrowser(service);
    const target = `/oauth2/authorize?${new URLSearchParams({
      ...{ response_type: 'code', client_id: tool.client_id, redirect_uri: CALLBACK, scope: 'state' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', ui_locales: 'en' },
    }).toString()}`;
    const login = await browser.follow(target);
    const at = new URL(login.at).pathname.replace(/\/login$/, '');
    const { email: identifier } = scene.person;
    const password = 'correct horse battery staple';
    const answer = await browser.post(`${at}/login`, { ...hiddenFields(login.text), identifier, password });
    return (await browser.follow(answer.location ?? '')).text;
  }

  it('reads that nobody has looked at it, until an administrator has', async () => {
    const tool = await registered({ client_name: 'Unknown tool', client_uri: 'https://tool.example.com' });
    expect(await consentPage(tool)).toContain(NOTICE);
    await service.clients.change(tool.client_id, ({ unverified: _, ...client }) => client);
    expect(await consentPage(tool)).not.toContain(NOTICE);
  });

  it('lets it act, and is asked again where it is sent somewhere else since', async () => {
    const tool = await registered({ client_name: 'Acting tool', grant_types: ['authorization_code', 'refresh_token'] });
    const { client_id, client_secret } = tool;
    const by = { client_id, client_secret };
    const browser = openBrowser(service);
    const asked = { with: { client_id: tool.client_id, scope: 'state' }, browser };
    const code = await scene.authorize(asked);
    const tokens = (await scene.redeem(code, {}, by)).body as { access_token: string; refresh_token: string };
    expect(await service.introspect(tool, tokens.access_token)).toMatchObject({
      active: true,
      sub: scene.person.person_id,
      scope: 'offline_access state',
    });
    expect((await scene.refresh(tokens.refresh_token, {}, by)).status).toBe(200);
    expect((await browser.follow(authorizationUrl(tool, CALLBACK))).at).toContain('tool.example.com');
    const elsewhere = 'https://evil.example/callback';
    await manage('put', tool, tool.registration_access_token)
      .send({ ...own(tool), redirect_uris: [elsewhere] })
      .expect(200);
    const seen = await browser.follow(authorizationUrl(tool, elsewhere));
    expect(new URL(seen.at).pathname).toMatch(/^\/sign-in\//);
    expect(seen.text).toContain(NOTICE);
    /* What it was let do before, it can still be kept from. */
    expect((await browser.get('/sign-in/granted')).text).toContain('Acting tool');
  });

  function authorizationUrl({ client_id }: Registered, redirect_uri: string): string {
    const parameters = { response_type: 'code', client_id, redirect_uri, scope: 'state', ui_locales: 'en' };
    const proof = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
    return `/oauth2/authorize?${new URLSearchParams({ ...parameters, ...proof }).toString()}`;
  }
});
