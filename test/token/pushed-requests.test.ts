/** @see RFC 9126 */
import type { Response } from 'supertest';
import type { Client } from '../../services/shared/client.ts';
import { keyOf } from '../../services/store/store.ts';
import { newProof, openBrowser, walk, type Browser } from '../support/people-flow.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { refusalOf, type Credentials } from '../support/token-service.ts';
import { personScene, REDIRECT_URI, type PersonScene, type Tokens } from './person-scene.ts';

const PAR = '/oauth2/par';

describe.each(DRIVERS)('over %s', (_name, open) => {
  let shared: SharedStore;
  let scene: PersonScene;
  beforeAll(async () => {
    shared = await open();
    scene = await personScene({ store: await shared.connect(), cacheSeconds: 0 });
  });
  afterAll(async () => {
    await scene?.close();
    await shared?.close();
  });

  interface Pushed {
    request_uri: string;
    verifier: string;
  }

  const post = (form: Record<string, string | undefined>, tool: Credentials): PromiseLike<Response> =>
    scene.service.post(
      PAR,
      tool,
      JSON.parse(JSON.stringify({ client_id: tool.client_id, ...form })) as Record<string, string>,
    );

  function parameters(said: Record<string, string | undefined> = {}) {
    const { verifier, challenge } = newProof();
    const usual = {
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid statements/write state offline_access',
      state: 'a state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    return { form: { ...usual, ...said }, verifier };
  }

  async function push(said: Record<string, string | undefined> = {}, tool = scene.tool): Promise<Pushed> {
    const { form, verifier } = parameters(said);
    const response = await post(form, tool);
    if (response.status !== 201) throw new Error(`${response.status} ${response.text}`);
    return { ...(response.body as { request_uri: string }), verifier };
  }

  const target = ({ request_uri }: Pushed, more: Record<string, string> = {}, { client_id } = scene.tool) =>
    `/oauth2/authorize?${new URLSearchParams({ client_id, request_uri, ...more }).toString()}`;

  async function codeOf(
    pushed: Pushed,
    more: Record<string, string> = {},
    browser: Browser = openBrowser(scene.service),
  ) {
    const url = await walk(browser, target(pushed, more), { identifier: scene.person.email });
    return { url, code: url.searchParams.get('code') ?? '', verifier: pushed.verifier };
  }

  async function tokensOf(pushed: Pushed, more: Record<string, string> = {}): Promise<Tokens> {
    const response = await scene.redeem(await codeOf(pushed, more));
    if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
    return response.body as Tokens;
  }

  it('a request is pushed, and its URI, for a minute, is all that the browser carries', async () => {
    const response = await post(parameters().form, scene.tool);
    expect([response.status, response.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(response.body).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{20,}$/) as string,
      expires_in: 60,
    });
  });

  it('the person signs in and agrees on the way, and the client has what it pushed: scopes, state, PKCE', async () => {
    const code = await codeOf(await push());
    expect(code.url.searchParams.get('state')).toBe('a state');
    const { scope } = (await scene.redeem(code).expect(200)).body as Tokens;
    expect(scope.split(' ').sort()).toEqual(['offline_access', 'openid', 'state', 'statements/write']);
    expect((await scene.redeem({ ...(await codeOf(await push())), verifier: 'x'.repeat(43) })).status).toBe(400);
  });

  it('scopes are read as they are anywhere: other spellings, and `profile` beside `openid`', async () => {
    expect((await tokensOf(await push({ scope: 'openid,profile' }))).scope).toBe('openid profile');
    expect((await tokensOf(await push({ scope: 'xapi:read' }))).scope).toContain('all/read');
  });

  it('restrictions that are pushed are those of the token', async () => {
    const authorization_details = JSON.stringify([{ type: 'xapi', verbs: ['https://example.org/verbs/did'] }]);
    const { access_token } = await tokensOf(await push({ scope: 'statements/write', authorization_details }));
    expect(await scene.introspect(access_token)).toMatchObject({
      authorization_details: JSON.parse(authorization_details) as unknown,
    });
  });

  it('trap, what is beside the URI: the URL adds nothing to what was pushed, and changes nothing of it', async () => {
    const more = { scope: 'all', redirect_uri: 'https://evil.example/', state: 'another', code_challenge: 'x' };
    const code = await codeOf(await push({ scope: 'state' }), more);
    expect(`${code.url.origin}${code.url.pathname}`).toBe('https://tool.example.com/callback');
    expect(code.url.searchParams.get('state')).toBe('a state');
    const { scope } = (await scene.redeem(code).expect(200)).body as Tokens;
    expect(scope.split(' ').sort()).toEqual(['offline_access', 'state']);
  });

  /** Where the browser is sent, its client is told in its own name, and given nothing. */
  const errorAt = ({ location = '' }: { location: string | undefined }) => {
    const { origin, searchParams } = new URL(location);
    expect([origin, searchParams.has('code'), searchParams.has('state')]).toEqual([
      'https://tool.example.com',
      false,
      false,
    ]);
    return searchParams.get('error');
  };
  const ask = (pushed: Pushed, tool = scene.tool) => openBrowser(scene.service).get(target(pushed, {}, tool));

  it("another client's URI is refused, and tells nothing of what was pushed; its own client can use it still", async () => {
    const thief = await scene.addTool();
    const pushed = await push();
    expect(errorAt(await ask(pushed, thief))).toBe('invalid_request_uri');
    expect((await tokensOf(pushed)).scope).toContain('state');
  });

  it.each([
    ['urn:ietf:params:oauth:request_uri:nothing', 'invalid_request_uri'],
    ['https://evil.example/request.jwt', 'request_uri_not_supported'],
    ['urn:example:x', 'request_uri_not_supported'],
  ])('a URI that was not given is refused: %s', async (request_uri, error) => {
    expect(errorAt(await ask({ request_uri, verifier: '' }))).toBe(error);
  });

  it('a URI that was used is refused', async () => {
    const pushed = await push();
    expect((await codeOf(pushed)).code).not.toBe('');
    expect(errorAt(await ask(pushed))).toBe('invalid_request_uri');
  });

  it('trap, a replay while the first is on its way: of ten at once one is given a code', async () => {
    const browser = openBrowser(scene.service);
    await codeOf(await push(), {}, browser);
    const pushed = await push();
    const seen = await Promise.all(Array.from({ length: 10 }, () => browser.get(target(pushed))));
    const given = seen.map(({ location }) => location && new URL(location).searchParams.get('code')).filter(Boolean);
    expect(given).toHaveLength(1);
  });

  it('trap, a long sign-in: what expired meanwhile goes on, once, and cannot begin anew', async () => {
    const pushed = await push();
    const [one, two] = [openBrowser(scene.service), openBrowser(scene.service)];
    const stops = [await one.follow(target(pushed)), await two.follow(target(pushed))];
    await expire(pushed);
    expect(errorAt(await ask(pushed))).toBe('invalid_request_uri');
    const identifier = scene.person.email;
    const first = await walk(one, stops[0]?.at ?? '', { identifier });
    expect(first.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    const second = await walk(two, stops[1]?.at ?? '', { identifier });
    expect(second.searchParams.get('error')).toBe('invalid_request_uri');
    expect(second.searchParams.has('code')).toBe(false);
  });

  it.each([
    ['an unregistered redirect URI', { redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    ['another request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'request_uri_not_supported'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a resource that there is not', { resource: 'https://evil.example/' }, 'invalid_target'],
    [
      'restrictions that are none',
      { authorization_details: '[{"type":"xapi","no":1}]' },
      'invalid_authorization_details',
    ],
    ['a newline', { state: 'a\nb' }, 'invalid_request'],
  ])('%s is refused when it is pushed', async (_what, said, error) => {
    expect(refusalOf(await post(parameters(said).form, scene.tool))).toMatchObject({ status: 400, error });
  });

  it('only the client itself pushes: by its secret, or as one that has none', async () => {
    const wrong = { ...scene.tool, client_secret: 'guessed' };
    expect(refusalOf(await post(parameters().form, wrong))).toMatchObject({ status: 401, error: 'invalid_client' });
    const { client_id } = await scene.addTool({ public: true, secrets: [] });
    const form = { ...parameters().form, client_id };
    expect((await scene.service.send('post', PAR).type('form').send(form)).status).toBe(201);
  });

  it('a client that is registered so has to push its requests', async () => {
    const tool = await scene.addTool({ require_pushed_authorization_requests: true } satisfies Partial<Client>);
    const { client_id } = tool;
    const { url } = await scene.authorize({ with: { client_id } });
    expect(url.searchParams.get('error')).toBe('invalid_request');
    const pushed = await push({}, tool);
    const ended = await walk(openBrowser(scene.service), target(pushed, {}, tool), { identifier: scene.person.email });
    expect(ended.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
  });

  /** As if its minute were over. */
  async function expire({ request_uri }: Pushed): Promise<void> {
    const key = keyOf(`PushedAuthorizationRequest ${request_uri.split(':').at(-1)}`);
    const found = await scene.service.store.readOnce('pushed-request', key);
    const payload = JSON.parse(found?.value ?? '') as { exp: number };
    const text = JSON.stringify({ ...payload, exp: Math.floor(Date.now() / 1000) - 1 });
    await scene.service.store.write('pushed-request', key, text, 3600);
  }
});
