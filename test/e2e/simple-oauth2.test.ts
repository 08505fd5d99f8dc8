/** simple-oauth2, as its users configure it, through the one public door. */
import { AuthorizationCode, ClientCredentials, type ModuleOptions } from 'simple-oauth2';
import { newProof } from '../support/people-flow.ts';
import { ISSUER, openPeopleDoor, type PeopleDoor } from './people-door.ts';

const REDIRECT_URI = 'http://localhost:3000/callback';

let door: PeopleDoor;
beforeAll(async () => {
  door = await openPeopleDoor();
});
afterAll(() => door.close());

type Options = NonNullable<ModuleOptions['options']>;

interface Paths {
  token: string;
  revoke: string;
  authorize: string;
}

interface Credentials {
  client_id: string;
  client_secret: string;
}

const PATHS: Paths = { token: '/oauth2/token', revoke: '/oauth2/revoke', authorize: '/oauth2/authorize' };
const OPEN_EDX: Paths = {
  token: '/oauth2/access_token',
  revoke: '/oauth2/revoke_token',
  authorize: '/oauth2/authorize/',
};

function common({ client_id, client_secret }: Credentials, { token, revoke }: Paths) {
  const auth = { tokenHost: door.gateway.url, tokenPath: token, revokePath: revoke };
  return { client: { id: client_id, secret: client_secret }, auth };
}

function forItself(credentials: Credentials, paths: Paths, options: Options): ClientCredentials {
  return new ClientCredentials({ ...common(credentials, paths), options });
}

function forPeople(credentials: Credentials, paths: Paths, options: Options): AuthorizationCode {
  const { client, auth } = common(credentials, paths);
  return new AuthorizationCode({
    client,
    auth: { ...auth, authorizeHost: ISSUER, authorizePath: paths.authorize },
    options,
  });
}

/** How the library says what the server refused. */
const refusal = (error: string, status: number) => ({
  data: {
    payload: expect.objectContaining({ error }) as unknown,
    res: expect.objectContaining({ statusCode: status }) as unknown,
  },
});

describe.each<[string, Paths, Options]>([
  ['its defaults: HTTP Basic', PATHS, {}],
  ['the secret in the form', PATHS, { authorizationMethod: 'body' }],
  ['a comma between scopes, at Open edX’s paths', OPEN_EDX, { scopeSeparator: ',' }],
])('with %s', (_what, paths, options) => {
  it('gets a token for the client itself, uses it, and revokes it', async () => {
    const { client, secret } = await door.gateway.register('statements/write state');
    const credentials = { client_id: client.client_id, client_secret: secret };
    const token = await forItself(credentials, paths, options).getToken({
      scope: ['statements/write', 'state'],
    });
    expect(token.token).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'statements/write state' });
    expect(token.expired()).toBe(false);
    const { access_token } = token.token as { access_token: string };
    expect((await door.store(access_token)).status).toBe(200);
    await token.revoke('access_token');
    expect((await door.store(access_token)).status).toBe(401);
  });

  it.each([
    ['with PKCE', true],
    ['without, where the client is registered so', false],
  ])('gets a token for a person, %s, refreshes it, and revokes all of it', async (_how, isProved) => {
    const credentials = await door.register(REDIRECT_URI, isProved ? {} : { pkce: false });
    const client = forPeople(credentials, paths, options);
    const { verifier, challenge } = newProof();
    const proof = isProved ? { code_challenge: challenge, code_challenge_method: 'S256' } : {};
    const target = client.authorizeURL({
      redirect_uri: REDIRECT_URI,
      scope: ['email', 'statements/write'],
      state: 'a state',
      ...proof,
    });
    const { searchParams } = await door.browse(target);
    expect(searchParams.get('state')).toBe('a state');
    const token = await client.getToken({
      code: searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      ...(isProved && { code_verifier: verifier }),
    });
    const first = token.token as { access_token: string; scope: string };
    expect(first.scope.split(' ').sort()).toEqual(['email', 'offline_access', 'statements/write']);
    expect((await door.store(first.access_token)).status).toBe(200);

    const next = await token.refresh();
    const second = next.token as { access_token: string };
    expect(second.access_token).not.toBe(first.access_token);
    expect((await door.store(second.access_token)).status).toBe(200);
    await next.revokeAll();
    for (const { access_token } of [first, second]) expect((await door.store(access_token)).status).toBe(401);
    await expect(next.refresh()).rejects.toMatchObject(refusal('invalid_grant', 400));
  });
});

describe('what is refused', () => {
  it('is read by it: code and status', async () => {
    const credentials = await door.register(REDIRECT_URI);
    const client = forPeople(credentials, PATHS, {});
    const noCode = client.getToken({ code: 'none', redirect_uri: REDIRECT_URI });
    await expect(noCode).rejects.toMatchObject(refusal('invalid_grant', 400));
    const wrong = forItself({ ...credentials, client_secret: 'wrong' }, PATHS, {});
    await expect(wrong.getToken({})).rejects.toMatchObject({ output: { statusCode: 401 } });
  });

  it('trap, a downgrade: a client that is not registered so cannot go without PKCE', async () => {
    const client = forPeople(await door.register(REDIRECT_URI), PATHS, {});
    const { searchParams } = await door.browse(client.authorizeURL({ redirect_uri: REDIRECT_URI, scope: 'email' }));
    expect([searchParams.get('error'), searchParams.has('code')]).toEqual(['invalid_request', false]);
  });
});
