/** Libraries that others wrote from the RFCs, registering the clients that they then are. @see RFC 7591 */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { createRegistrationTokens } from '../../services/store/registration-tokens.ts';
import { freePort } from '../support/free-port.ts';
import { openBrowser, walk } from '../support/people-flow.ts';
import { nowSeconds } from '../support/token-service.ts';
import { personScene, type PersonScene } from './person-scene.ts';

let scene: PersonScene;
let issuer: URL;
beforeAll(async () => {
  const port = await freePort();
  scene = await personScene({ issuer: `http://127.0.0.1:${port}`, port });
  issuer = new URL(scene.service.issuer);
});
afterAll(() => scene.close());

const CALLBACK = 'https://tool.example.com/callback';

async function initialAccessToken(): Promise<string> {
  const { token } = await createRegistrationTokens(scene.service.store).create({
    org: 'default',
    scope: 'statements/write state',
    grant_types: ['authorization_code', 'refresh_token'],
    uses: 1,
    exp: nowSeconds() + 600,
  });
  return token;
}

const metadata = (said: object = {}) => ({
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'openid statements/write offline_access',
  ...said,
});

describe.each(['client_secret_basic', 'client_secret_post', 'none'])('openid-client, registering for %s', (method) => {
  it('registers, signs a person in, refreshes, and reads who it is', async () => {
    const config = await openid.dynamicClientRegistration(
      issuer,
      metadata({ token_endpoint_auth_method: method, client_name: `Tool by ${method}` }),
      method === 'none' ? openid.None() : undefined,
      { initialAccessToken: await initialAccessToken(), execute: [openid.allowInsecureRequests] },
    );
    expect(config.clientMetadata()).toMatchObject({ scope: 'statements/write', client_name: `Tool by ${method}` });
    const verifier = openid.randomPKCECodeVerifier();
    const target = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid statements/write offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 'a state',
    });
    const arrived = await walk(openBrowser(scene.service), `${target.pathname}${target.search}`, {
      identifier: scene.person.email,
    });
    const tokens = await openid.authorizationCodeGrant(config, arrived, {
      pkceCodeVerifier: verifier,
      expectedState: 'a state',
    });
    expect(tokens.claims()).toMatchObject({ sub: scene.person.person_id });
    expect(tokens.scope?.split(' ')).toContain('statements/write');
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    const who = await openid.fetchUserInfo(config, refreshed.access_token, scene.person.person_id);
    expect(who.sub).toBe(scene.person.person_id);
  });
});

describe('openid-client', () => {
  it('reads why it is refused: by the token, and by what it says of itself', async () => {
    const register = (token: string, said: object) =>
      openid.dynamicClientRegistration(issuer, metadata(said), undefined, {
        initialAccessToken: token,
        execute: [openid.allowInsecureRequests],
      });
    await expect(register('wrong', {})).rejects.toMatchObject({ status: 401 });
    await expect(register(await initialAccessToken(), { org: 'berlin' })).rejects.toMatchObject({
      error: 'invalid_client_metadata',
      status: 400,
    });
    await expect(register(await initialAccessToken(), { redirect_uris: ['javascript:1'] })).rejects.toMatchObject({
      error: 'invalid_redirect_uri',
    });
  });
});

describe('oauth4webapi', () => {
  it('registers, and the client reads and deletes what it registered', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const response = await oauth.dynamicClientRegistrationRequest(server, metadata(), {
      initialAccessToken: await initialAccessToken(),
      ...insecure,
    });
    const client = await oauth.processDynamicClientRegistrationResponse(response);
    const { registration_client_uri: uri, registration_access_token: token } = client as unknown as Record<
      string,
      string
    >;
    const manage = (method: string) => fetch(uri ?? '', { method, headers: { Authorization: `Bearer ${token}` } });
    expect(await (await manage('GET')).json()).toMatchObject({
      client_id: client.client_id,
      scope: 'statements/write',
    });
    expect((await manage('DELETE')).status).toBe(204);
    expect((await manage('GET')).status).toBe(401);
  });
});
