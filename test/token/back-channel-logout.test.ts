/** Clients are told when somebody has signed out. @see OpenID Connect Back-Channel Logout 1.0 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import { user as userCommand } from '../../services/cli/user.ts';
import type { Client } from '../../services/shared/client.ts';
import { TEST_SEAL } from '../support/gateway.ts';
import { PASSWORD } from '../support/people.ts';
import { hiddenFields, openBrowser, type Browser } from '../support/people-flow.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { ISSUER, type Credentials } from '../support/token-service.ts';
import { runCommand } from '../cli/command.ts';
import { personScene, type PersonScene, type Tokens } from './person-scene.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** A client's own server: it notes what it is sent, and answers as the path says. */
async function startReceiver() {
  const received: { path: string; type: string | undefined; token: string }[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      const token = new URLSearchParams(body).get('logout_token') ?? '';
      received.push({ path: req.url ?? '', type: req.headers['content-type'], token });
      if (req.url === '/hangs') return;
      if (req.url === '/redirects') return void res.writeHead(307, { Location: '/redirected' }).end();
      res.writeHead(req.url === '/fails' ? 500 : 200).end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    of: (path: string) => received.filter((one) => one.path === path),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A token service with a store that the command line has too, and a client's server; both for the tests around it. */
function world(open: () => Promise<SharedStore>) {
  let shared: SharedStore;
  let scene: PersonScene;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  beforeAll(async () => {
    shared = await open();
    [receiver, scene] = await Promise.all([
      startReceiver(),
      personScene({ store: await shared.connect(), seal: TEST_SEAL }),
    ]);
  });
  afterAll(async () => {
    await scene.close();
    await receiver.close();
    await shared.close();
  });

  const addTold = (path: string, said: Partial<Client> = {}) =>
    scene.addTool({ backchannel_logout_uri: `${receiver.url}${path}`, ...said });

  async function signIn(
    tool: Credentials,
    identifier: string,
    browser = openBrowser(scene.service),
    scope = 'openid state',
  ) {
    const code = await scene.authorize({ browser, walk: { identifier }, with: { client_id: tool.client_id, scope } });
    return { browser, ...((await scene.redeem(code, {}, tool).expect(200)).body as Tokens) };
  }

  async function signOut(browser: Browser): Promise<void> {
    const page = await browser.get('/oauth2/logout');
    const answer = await browser.post('/oauth2/logout/confirm', { ...hiddenFields(page.text), logout: 'yes' });
    expect(answer.status).toBe(303);
  }

  const keys = () => createRemoteJWKSet(new URL(`${scene.service.url}/oauth2/jwks`));
  /** As §2.6 has it validated. */
  async function verified(token: string, { client_id }: Credentials): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys(), {
      issuer: ISSUER,
      audience: client_id,
      typ: 'logout+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['iat', 'exp', 'jti', 'sub'],
    });
    expect(payload['events']).toEqual({ [EVENT]: {} });
    expect(payload).not.toHaveProperty('nonce');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(120);
    return payload;
  }

  const cli = (args: string[], input = '') =>
    runCommand(
      userCommand,
      args,
      {
        HALLPASS_STORE: shared.address,
        HALLPASS_ISSUER: ISSUER,
        HALLPASS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64url'),
      },
      input,
    );

  return {
    ...{ addTold, signIn, signOut, verified, cli },
    get scene() {
      return scene;
    },
    get receiver() {
      return receiver;
    },
  };
}

describe.each(DRIVERS)('with a store in %s', (_name, open) => {
  const here = world(open);

  it('sends each client that the person used in this session a token that it can verify, with its own `sid`', async () => {
    const { email, person_id } = await here.scene.addPerson();
    const one = await here.addTold('/one', { backchannel_logout_session_required: true });
    const two = await here.addTold('/two', { backchannel_logout_session_required: true });
    const [unused, plain] = [await here.addTold('/unused'), await here.addTold('/plain')];
    const first = await here.signIn(one, email);
    const second = await here.signIn(two, email, first.browser);
    await here.signIn(plain, email, first.browser);
    expect(unused.client_id).toBeDefined();
    await here.signOut(first.browser);

    for (const [path, tool, idToken] of [
      ['/one', one, first.id_token],
      ['/two', two, second.id_token],
    ] as const) {
      const [message, ...others] = here.receiver.of(path);
      expect(others).toEqual([]);
      expect(message?.type).toMatch(/^application\/x-www-form-urlencoded\b/);
      const payload = await here.verified(message?.token ?? '', tool);
      expect(payload.sub).toBe(person_id);
      const { sid } = decodeJwt(idToken ?? '');
      expect(sid).toEqual(expect.any(String));
      expect(payload['sid']).toBe(sid);
    }
    expect(await here.verified(here.receiver.of('/plain')[0]?.token ?? '', plain)).not.toHaveProperty('sid');
    expect(here.receiver.of('/unused')).toEqual([]);
    const told = here.scene.service.logged.filter((line) => line.includes('"audit":"back-channel-logout"'));
    expect(told).toHaveLength(3);
    for (const { token } of here.receiver.received) expect(here.scene.service.logged.join()).not.toContain(token);
  });

  it.each<[string, string[], string]>([
    ['has another password', ['password', '--password-stdin'], 'another password of seven words'],
    ['is switched off', ['update', '--inactive'], ''],
    ['is deleted', ['delete'], ''],
  ])(
    'tells them too where the person %s, in every session, which is gone from the store',
    async (_what, args, input) => {
      const { email, person_id } = await here.scene.addPerson();
      const path = `/cli-${args[0]}`;
      const tool = await here.addTold(path, { backchannel_logout_session_required: true });
      const silent = await here.addTold('/fails');
      const { client_id } = silent;
      const [one, two] = [await here.signIn(tool, email), await here.signIn(tool, email)];
      await here.signIn(silent, email, one.browser);
      const [verb = '', ...rest] = args;
      const { noted } = await here.cli([verb, email, ...rest], input);
      expect(noted).toBe(`hallpass: client ${client_id} could not be told that the person is signed out`);

      const sids = here.receiver.of(path).map(async ({ token }) => (await here.verified(token, tool))['sid']);
      const expected = [one, two].map(({ id_token }) => decodeJwt(id_token ?? '')['sid']);
      expect((await Promise.all(sids)).sort()).toEqual(expected.sort());
      for (const { browser } of [one, two])
        expect((await browser.get('/sign-in/granted')).text).toContain('type="password"');
      expect(here.receiver.received.at(-1)?.token).not.toContain(person_id);
    },
  );

  it('ends what a client may do while the person is signed in, and leaves what it may do while they are away', async () => {
    const { email } = await here.scene.addPerson();
    const tool = await here.scene.addTool();
    const short = await here.signIn(tool, email);
    const again = await here.signIn(tool, email, short.browser);
    const long = await here.signIn(tool, email, short.browser, 'openid state offline_access');
    const elsewhere = await here.signIn(tool, email);
    const isActive = async ({ access_token }: Tokens) =>
      (await here.scene.service.introspect(tool, access_token)).active;
    expect(await Promise.all([short, again, long, elsewhere].map(isActive))).toEqual([true, true, true, true]);
    await here.signOut(short.browser);
    expect(await Promise.all([short, again, long, elsewhere].map(isActive))).toEqual([false, false, true, true]);
    await here.scene.refresh(long.refresh_token ?? '', {}, tool).expect(200);
  });
});

describe('a client', () => {
  const here = world(DRIVERS[0]?.[1] ?? (() => Promise.reject(new Error('no store'))));

  it.each(['/fails', '/redirects', '/closed'])(
    'signs out all the same where the client does not hear of it: %s',
    async (path) => {
      const { email } = await here.scene.addPerson();
      const uri = path === '/closed' ? { backchannel_logout_uri: 'http://127.0.0.1:1/closed' } : {};
      const { browser } = await here.signIn(await here.addTold(path, uri), email);
      await here.signOut(browser);
      const [line] = here.scene.service.logged
        .filter((logged) => logged.includes('client not told of a sign-out'))
        .slice(-1);
      expect(JSON.parse(line ?? '{}')).toMatchObject({ audit: 'back-channel-logout', granted: false });
      expect((await browser.get('/sign-in/granted')).text).toContain('type="password"');
      expect(here.receiver.of('/redirected')).toEqual([]);
    },
  );

  it('waits for nobody for ever', async () => {
    const { email } = await here.scene.addPerson();
    const { browser } = await here.signIn(await here.addTold('/hangs'), email);
    await here.signOut(browser);
    expect(here.receiver.of('/hangs')).toHaveLength(1);
    expect(here.scene.service.logged.join()).toContain('aborted due to timeout');
  }, 30_000);

  it('trap, SSRF: asks no host in the clear but this machine’s own, whatever a registration says', async () => {
    const { email } = await here.scene.addPerson();
    const { browser } = await here.signIn(
      await here.scene.addTool({ backchannel_logout_uri: 'http://10.0.0.1/latest' }),
      email,
    );
    await here.signOut(browser);
    expect(here.scene.service.logged.at(-2) ?? '').toContain('should be an https URI');
  });

  it('tells nobody where nothing of the session ended', async () => {
    const { email } = await here.scene.addPerson();
    await here.signIn(await here.addTold('/kept'), email);
    await here.cli(['update', email, '--name', 'Another Name']);
    expect(here.receiver.of('/kept')).toEqual([]);
  });

  it('ends the session of whoever was signed in before, where somebody else signs in', async () => {
    const [ann, ben] = [await here.scene.addPerson(), await here.scene.addPerson()];
    const tool = await here.addTold('/switched');
    const { browser } = await here.signIn(tool, ann.email);
    const page = await browser.get('/sign-in/granted');
    expect(page.text).toContain(ann.email);
    const begun = await browser.follow(
      `/oauth2/authorize?${new URLSearchParams({
        ...{ response_type: 'code', client_id: tool.client_id, scope: 'openid state', prompt: 'login' },
        redirect_uri: 'https://tool.example.com/callback?from=hallpass',
        ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
      }).toString()}`,
    );
    const at = new URL(begun.at).pathname;
    const form = { ...hiddenFields(begun.text), identifier: ben.email, password: PASSWORD };
    expect((await browser.post(`${at}/login`, form)).status).toBe(200);
    expect((await here.verified(here.receiver.of('/switched')[0]?.token ?? '', tool)).sub).toBe(ann.person_id);
  });
});
