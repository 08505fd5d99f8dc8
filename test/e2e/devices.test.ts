/** Devices, and pushed requests, through the one public door, as the libraries that tools are built with do it. */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { DEVICE_CODE, type Client } from '../../services/shared/client.ts';
import type { Person } from '../../services/shared/person.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { newPersonWithPassword } from '../support/people.ts';
import { openBrowser, walk } from '../support/people-flow.ts';
import { confirm } from '../token/device-scene.ts';

const ISSUER = 'https://lrs.example.org';
const REDIRECT_URI = 'https://tool.example.com/callback';
const CREDENTIAL = { username: 'gateway-user', password: 'gateway-password' };
const STATEMENT = {
  actor: { mbox: 'mailto:ann@example.org' },
  verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
  object: { id: 'https://example.org/course/1' },
};

let lrs: SampleLrs;
let gateway: RunningGateway;
let person: Person;
beforeAll(async () => {
  const credentials = [CREDENTIAL];
  lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials, authority: 'kept', maxPageSize: 50 });
  gateway = await startTestGateway({
    lrsUrl: `http://127.0.0.1:${lrs.port}/xapi`,
    lrsRegistration: { authority: 'kept' },
  });
  person = await newPersonWithPassword({ scope: 'statements/write statements/read/mine state' });
  await gateway.people.add(person);
});
afterAll(async () => {
  await gateway?.close();
  await lrs?.close();
});

/** The world believes us to be at the issuer. */
function asTheWorld(url: string, init: object): Promise<Response> {
  return fetch(url.replace(ISSUER, gateway.url), init);
}

const browser = () => openBrowser({ issuer: ISSUER, url: gateway.url });
const identifier = () => ({ identifier: person.username });

async function store(token: string): Promise<number> {
  const headers = { 'X-Experience-API-Version': '1.0.3', 'Content-Type': 'application/json' };
  const response = await fetch(`${gateway.url}/xapi/statements`, {
    method: 'POST',
    headers: { ...headers, Authorization: `Bearer ${token}` },
    body: JSON.stringify(STATEMENT),
  });
  return response.status;
}

async function discovered(clientId: string, method: openid.ClientAuth): Promise<openid.Configuration> {
  const config = await openid.discovery(new URL(ISSUER), clientId, undefined, method, {
    [openid.customFetch]: asTheWorld,
  });
  config[openid.customFetch] = asTheWorld;
  return config;
}

/** A person reads the code from the device and enters it. */
async function allow(userCode: string): Promise<string | null> {
  const own = browser();
  const gone = await confirm(own, userCode, 'mine');
  return (await walk(own, gone.location ?? '', identifier())).searchParams.get('outcome');
}

describe.each([
  ['with a secret', {}],
  ['without', { public: true as const, secrets: [] }],
])('a client %s', (_which, said: Partial<Client>) => {
  const isPublic = said.public === true;
  const register = (more: Partial<Client>) => gateway.register('all', { ...said, ...more });
  const device = { grant_types: [DEVICE_CODE, 'refresh_token'] as Client['grant_types'] };
  const code = {
    grant_types: ['authorization_code', 'refresh_token'] as Client['grant_types'],
    redirect_uris: [REDIRECT_URI],
    require_pushed_authorization_requests: true as const,
  };

  it('made with openid-client runs on a device: polled while the person answers, statements, refresh, revocation', async () => {
    const { client, secret } = await register(device);
    const config = await discovered(client.client_id, isPublic ? openid.None() : openid.ClientSecretPost(secret));
    const scope = 'openid offline_access statements/write';
    const asked = await openid.initiateDeviceAuthorization(config, { scope });
    const polled = openid.pollDeviceAuthorizationGrant(config, { ...asked, interval: 1 });
    expect(await allow(asked.user_code)).toBe('allowed');
    const tokens = await polled;
    expect(tokens.claims()?.sub).toBe(person.person_id);
    expect(await store(tokens.access_token)).toBe(200);
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(await store(next.access_token)).toBe(200);
    await openid.tokenRevocation(config, next.refresh_token ?? '');
    for (const { access_token } of [tokens, next]) expect(await store(access_token)).toBe(401);
  });

  it('made with oauth4webapi runs on a device', async () => {
    const { client: registered, secret } = await register(device);
    const options = { [oauth.customFetch]: asTheWorld as never };
    const discovery = await oauth.discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2', ...options });
    const as = await oauth.processDiscoveryResponse(new URL(ISSUER), discovery);
    const client = { client_id: registered.client_id };
    const authentication = isPublic ? oauth.None() : oauth.ClientSecretBasic(secret);
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
    const { client, secret } = await register(code);
    const config = await discovered(client.client_id, isPublic ? openid.None() : openid.ClientSecretBasic(secret));
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
    const back = await walk(browser(), target.href, identifier());
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    const tokens = await openid.authorizationCodeGrant(config, back, checks);
    expect(tokens.claims()?.sub).toBe(person.person_id);
    expect(tokens.refresh_token).toBeDefined();
    expect(await store(tokens.access_token)).toBe(200);
  });

  it('made with oauth4webapi pushes its request', async () => {
    const { client: registered, secret } = await register(code);
    const options = { [oauth.customFetch]: asTheWorld as never };
    const discovery = await oauth.discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2', ...options });
    const as = await oauth.processDiscoveryResponse(new URL(ISSUER), discovery);
    const client = { client_id: registered.client_id };
    const authentication = isPublic ? oauth.None() : oauth.ClientSecretBasic(secret);
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
    const back = await walk(browser(), `${as.authorization_endpoint}?${query.toString()}`, identifier());
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
