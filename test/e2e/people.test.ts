/** A person lets a tool act for them, through the one public door, as the libraries that tools are built with do it. */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import type { RunningGateway } from '../support/gateway.ts';
import { ISSUER, openPeopleDoor, type PeopleDoor } from './people-door.ts';

const REDIRECT_URI = 'https://tool.example.com/callback';
const VERSION = { 'X-Experience-API-Version': '1.0.3' };

let door: PeopleDoor;
let gateway: RunningGateway;
beforeAll(async () => {
  door = await openPeopleDoor();
  ({ gateway } = door);
});
afterAll(() => door?.close());

async function mine(token: string): Promise<{ authority: { objectType: string; member: unknown[] } }[]> {
  const response = await fetch(`${gateway.url}/xapi/statements`, {
    headers: { ...VERSION, Authorization: `Bearer ${token}` },
  });
  return ((await response.json()) as { statements: never[] }).statements;
}

describe.each([
  ['with a secret', {}],
  ['without', { public: true as const, secrets: [] }],
])('a client %s', (_which, said) => {
  const register = () => door.register(REDIRECT_URI, said);
  const isPublic = 'public' in said;

  it('made with openid-client: discovery, consent, tokens, userinfo, statements, refresh, revocation', async () => {
    const { person } = door;
    const { client_id, client_secret } = await register();
    const config = await door.discover(client_id, isPublic ? openid.None() : openid.ClientSecretPost(client_secret));
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const target = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid profile email offline_access statements/write statements/read/mine',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    });
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    const tokens = await openid.authorizationCodeGrant(config, await door.browse(target.href), checks);
    const { sub = '' } = tokens.claims() ?? {};
    expect(sub).toBe(person.person_id);
    expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toMatchObject({
      name: person.name,
      email: person.email,
      preferred_username: person.username,
    });
    expect((await door.store(tokens.access_token)).status).toBe(200);
    const [written] = await mine(tokens.access_token);
    expect(written?.authority).toMatchObject({ objectType: 'Group' });
    expect(JSON.stringify(written?.authority)).toContain(person.person_id);

    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect((await door.store(next.access_token)).status).toBe(200);
    await openid.tokenRevocation(config, next.refresh_token ?? '');
    for (const { access_token } of [tokens, next]) expect((await door.store(access_token)).status).toBe(401);
    await expect(openid.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('made with oauth4webapi: plain OAuth, and no more than was granted', async () => {
    const { person } = door;
    const { client_id, client_secret } = await register();
    const options = { [oauth.customFetch]: door.fetch as never };
    const discovery = await oauth.discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2', ...options });
    const as = await oauth.processDiscoveryResponse(new URL(ISSUER), discovery);
    const client = { client_id };
    const authentication = isPublic ? oauth.None() : oauth.ClientSecretBasic(client_secret);
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const target = new URL(as.authorization_endpoint ?? '');
    target.search = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      scope: 'state statements/read',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    const parameters = oauth.validateAuthResponse(as, client, await door.browse(target.href), state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      parameters,
      REDIRECT_URI,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response);
    /* The person has `statements/read/mine` of what was asked for as `statements/read`. */
    expect(tokens.scope?.split(' ').sort()).toEqual(['offline_access', 'state', 'statements/read/mine']);
    expect((await door.store(tokens.access_token)).status).toBe(403);
    await gateway.people.change(person.person_id, (now) => ({ ...now, scope: 'state' }));
    const read = await fetch(`${gateway.url}/xapi/statements`, {
      headers: { ...VERSION, Authorization: `Bearer ${tokens.access_token}` },
    });
    expect(read.status).toBe(403);
    await gateway.people.change(person.person_id, () => person);
  });
});

describe('the public door', () => {
  it('keeps the cookies that the sign-in needs, and passes on nothing beside its paths', async () => {
    const browser = door.openBrowser();
    const { client } = await gateway.register('all', {
      grant_types: ['authorization_code'],
      redirect_uris: [REDIRECT_URI],
      pkce: false,
    });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
    });
    const seen = await browser.get(`/oauth2/authorize/?${query.toString()}`);
    expect(seen.status).toBe(303);
    expect(seen.location).toMatch(/^\/sign-in\/[\w-]+$/);
    expect([...browser.cookies.keys()]).toEqual(
      expect.arrayContaining(['__Secure-hallpass_interaction', '__Secure-hallpass_resume']),
    );
    for (const path of [
      '/sign-in/',
      '/sign-in/a/b',
      '/sign-in/a/login/',
      '/sign-in/%61',
      '/sign-in/callback/School',
      '/sign-in/callback/school/elsewhere',
      '/oauth2/authorize/a/b',
      '/session/end/confirm',
    ])
      expect([path, (await browser.get(path)).text]).toEqual([path, expect.stringContaining('"not_found"') as string]);
  });

  it('has the way back from another provider, which leads nobody anywhere who was not sent there', async () => {
    for (const path of ['/sign-in/callback/school?state=a&code=b', '/sign-in/a/elsewhere?state=a&code=b']) {
      const seen = await door.openBrowser().get(path);
      expect([path, seen.text.includes('<h1>Please start again</h1>')]).toEqual([path, true]);
    }
  });

  it('lets a page of a client without a secret ask for its tokens, and no other page', async () => {
    const { client } = await gateway.register('all', {
      grant_types: ['authorization_code'],
      redirect_uris: [REDIRECT_URI],
      public: true,
      secrets: [],
    });
    const asking = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' };
    const from = async (origin: string, method: 'OPTIONS' | 'POST') => {
      const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: client.client_id, code: 'x' });
      const headers = { Origin: origin, ...(method === 'OPTIONS' && asking) };
      const form = method === 'POST' && { body };
      const answer = await fetch(`${gateway.url}/oauth2/token`, { method, headers, ...form });
      return [answer.status, answer.headers.get('access-control-allow-origin')];
    };
    const [own, other] = ['https://tool.example.com', 'https://evil.example'];
    expect(await from(own, 'OPTIONS')).toEqual([204, own]);
    expect(await from(own, 'POST')).toEqual([400, own]);
    expect(await from(other, 'POST')).toEqual([400, null]);
  });
});
