/** Devices, and pushed requests, through the one public door, as the libraries that tools are built with do it. */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { DEVICE_CODE, type Client } from '../../services/shared/client.ts';
import { confirm } from '../token/device-scene.ts';
import { ISSUER, openPeopleDoor, type PeopleDoor } from './people-door.ts';

const REDIRECT_URI = 'https://tool.example.com/callback';

let door: PeopleDoor;
beforeAll(async () => {
  door = await openPeopleDoor();
});
afterAll(() => door?.close());

const store = async (token: string) => (await door.store(token)).status;

/** A person reads the code from the device and enters it. */
async function allow(userCode: string): Promise<string | null> {
  const own = door.openBrowser();
  const gone = await confirm(own, userCode, 'mine');
  return (await door.browse(gone.location ?? '', own)).searchParams.get('outcome');
}

describe.each([
  ['with a secret', {}],
  ['without', { public: true as const, secrets: [] }],
])('a client %s', (_which, said: Partial<Client>) => {
  const isPublic = said.public === true;
  const register = (more: Partial<Client>) => door.register(REDIRECT_URI, { ...said, ...more });
  const device: Partial<Client> = { grant_types: [DEVICE_CODE, 'refresh_token'], redirect_uris: [] };
  const code = { require_pushed_authorization_requests: true as const };

  it('made with openid-client runs on a device: polled while the person answers, statements, refresh, revocation', async () => {
    const { client_id, client_secret } = await register(device);
    const config = await door.discover(client_id, isPublic ? openid.None() : openid.ClientSecretPost(client_secret));
    const scope = 'openid offline_access statements/write';
    const asked = await openid.initiateDeviceAuthorization(config, { scope });
    const polled = openid.pollDeviceAuthorizationGrant(config, { ...asked, interval: 1 });
    expect(await allow(asked.user_code)).toBe('allowed');
    const tokens = await polled;
    expect(tokens.claims()?.sub).toBe(door.person.person_id);
    expect(await store(tokens.access_token)).toBe(200);
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(await store(next.access_token)).toBe(200);
    await openid.tokenRevocation(config, next.refresh_token ?? '');
    for (const { access_token } of [tokens, next]) expect(await store(access_token)).toBe(401);
  });

  it('made with oauth4webapi runs on a device', async () => {
    const { client_id, client_secret } = await register(device);
    const options = { [oauth.customFetch]: door.fetch as never };
    const discovery = await oauth.discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2', ...options });
    const as = await oauth.processDiscoveryResponse(new URL(ISSUER), discovery);
    const client = { client_id };
    const authentication = isPublic ? oauth.None() : oauth.ClientSecretBasic(client_secret);
    const wish = new URLSearchParams({ scope: 'statements/write' });
    const asked = await oauth.processDeviceAuthorizationResponse(
      as,
      client,
      await oauth.deviceAuthorizationRequest(as, client, authentication, wish, options),
    );
    const poll = async () =>
      oauth.processDeviceCodeResponse(
        as,
        client,
        await oauth.deviceCodeGrantRequest(as, client, authentication, asked.device_code, options),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await expect(poll()).rejects.toMatchObject({ error: 'slow_down' });
    await allow(asked.user_code);
    const tokens = await poll();
    expect(tokens.scope?.split(' ').sort()).toEqual(['offline_access', 'statements/write']);
    expect(await store(tokens.access_token)).toBe(200);
  });

  it('made with openid-client pushes its request', async () => {
    const { client_id, client_secret } = await register(code);
    const config = await door.discover(client_id, isPublic ? openid.None() : openid.ClientSecretBasic(client_secret));
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const target = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid offline_access statements/write',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    });
    expect([...target.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const back = await door.browse(target.href);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    const tokens = await openid.authorizationCodeGrant(config, back, checks);
    expect(tokens.claims()?.sub).toBe(door.person.person_id);
    expect(tokens.refresh_token).toBeDefined();
    expect(await store(tokens.access_token)).toBe(200);
  });

  it('made with oauth4webapi pushes its request', async () => {
    const { client_id, client_secret } = await register(code);
    const options = { [oauth.customFetch]: door.fetch as never };
    const discovery = await oauth.discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2', ...options });
    const as = await oauth.processDiscoveryResponse(new URL(ISSUER), discovery);
    const client = { client_id };
    const authentication = isPublic ? oauth.None() : oauth.ClientSecretBasic(client_secret);
    const verifier = oauth.generateRandomCodeVerifier();
    const parameters = {
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'statements/write',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    const response = await oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options);
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response);
    const query = new URLSearchParams({ ...client, request_uri });
    const back = await door.browse(`${as.authorization_endpoint}?${query.toString()}`);
    const answer = oauth.validateAuthResponse(as, client, back);
    const redeemed = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      answer,
      REDIRECT_URI,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, redeemed);
    expect(await store(tokens.access_token)).toBe(200);
  });
});
