/** Tokens that are bound to a key, from discovery to a stored statement, as the libraries that know DPoP do it. @see RFC 9449 */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import type { Person } from '../../services/shared/person.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { newPersonWithPassword } from '../support/people.ts';
import { openBrowser, walk } from '../support/people-flow.ts';

const ISSUER = 'https://lrs.example.org';
const STATEMENTS = new URL(`${ISSUER}/xapi/statements`);
const REDIRECT_URI = 'https://tool.example.com/callback';
const CREDENTIAL = { username: 'gateway-user', password: 'gateway-password' };
const STATEMENT = JSON.stringify({
  actor: { mbox: 'mailto:ann@example.org' },
  verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
  object: { id: 'https://example.org/course/1' },
});
const HEADERS = { 'X-Experience-API-Version': '1.0.3', 'Content-Type': 'application/json' };

describe.each([
  ['where a proof needs no nonce', false],
  ['where each proof needs one', true],
])('%s', (_where, isNonceRequired) => {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  let person: Person;
  beforeAll(async () => {
    lrs = await startSampleLrs({
      host: '127.0.0.1',
      port: 0,
      credentials: [CREDENTIAL],
      authority: 'kept',
      maxPageSize: 50,
    });
    gateway = await startTestGateway({
      lrsUrl: `http://127.0.0.1:${lrs.port}/xapi`,
      lrsRegistration: { authority: 'kept' },
      options: { isNonceRequired },
    });
    person = await newPersonWithPassword({ scope: 'statements/write state' });
    await gateway.people.add(person);
  });
  afterAll(async () => {
    await gateway?.close();
    await lrs?.close();
  });

  /** The world believes us to be at the issuer. */
  const asTheWorld = (url: string, init: object) => fetch(url.replace(ISSUER, gateway.url), init);
  const browse = (target: URL) =>
    walk(openBrowser({ issuer: ISSUER, url: gateway.url }), target.href, { identifier: person.username });
  const statusAs = async (scheme: string, token: string) => {
    const headers = { ...HEADERS, Authorization: `${scheme} ${token}` };
    return (await fetch(`${gateway.url}/xapi/statements`, { method: 'POST', headers, body: STATEMENT })).status;
  };

  async function configure(clientId: string, method: openid.ClientAuth) {
    const config = await openid.discovery(new URL(ISSUER), clientId, undefined, method, {
      [openid.customFetch]: asTheWorld,
    });
    config[openid.customFetch] = asTheWorld;
    return { config, DPoP: openid.getDPoPHandle(config, await openid.randomDPoPKeyPair()) };
  }

  it('a public client made with openid-client acts for a person, who is told of; it refreshes, and revokes', async () => {
    const { client } = await gateway.register('all', {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [REDIRECT_URI],
      public: true,
      secrets: [],
      dpop_bound_access_tokens: true,
    });
    const { config, DPoP } = await configure(client.client_id, openid.None());
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const target = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid email offline_access statements/write',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
    });
    const checks = { pkceCodeVerifier, idTokenExpected: true };
    const tokens = await openid.authorizationCodeGrant(config, await browse(target), checks, undefined, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    const userinfo = await openid.fetchUserInfo(config, tokens.access_token, person.person_id, { DPoP });
    expect(userinfo.email).toBe(person.email);

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP });
    for (const { access_token } of [tokens, refreshed]) {
      const store = () =>
        openid.fetchProtectedResource(config, access_token, STATEMENTS, 'POST', STATEMENT, new Headers(HEADERS), {
          DPoP,
        });
      expect([(await store()).status, (await store()).status]).toEqual([200, 200]);
      expect([await statusAs('Bearer', access_token), await statusAs('DPoP', access_token)]).toEqual([401, 401]);
    }

    const thief = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const stolen = openid.refreshTokenGrant(config, refreshed.refresh_token ?? '', undefined, { DPoP: thief });
    await expect(stolen).rejects.toMatchObject({ error: 'invalid_grant' });
    await openid.tokenRevocation(config, refreshed.refresh_token ?? '');
    await expect(
      openid.fetchProtectedResource(config, refreshed.access_token, STATEMENTS, 'GET', undefined, undefined, { DPoP }),
    ).rejects.toMatchObject({ status: 401 });
  });

  it.each(['opaque', 'jwt'] as const)(
    'a client made with oauth4webapi acts for itself, by %s tokens',
    async (format) => {
      const { client: registered, secret } = await gateway.register('all', { access_token_format: format });
      const options = { [oauth.customFetch]: asTheWorld as never };
      const resource = await oauth.resourceDiscoveryRequest(new URL(`${ISSUER}/xapi`), options);
      const { dpop_signing_alg_values_supported: algs } = await oauth.processResourceDiscoveryResponse(
        new URL(`${ISSUER}/xapi`),
        resource,
      );
      expect(algs).toContain('ES256');
      const as = await oauth.processDiscoveryResponse(
        new URL(ISSUER),
        await oauth.discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2', ...options }),
      );
      const client: oauth.Client = { client_id: registered.client_id };
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
      const ask = () =>
        oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic(secret), new URLSearchParams(), {
          DPoP,
          ...options,
        });
      const tokens = await oauth
        .processClientCredentialsResponse(as, client, await ask())
        .catch(async (error: unknown) => {
          if (!oauth.isDPoPNonceError(error)) throw error;
          return oauth.processClientCredentialsResponse(as, client, await ask());
        });
      expect(tokens.token_type).toBe('dpop');
      const { access_token } = tokens;
      const store = () =>
        oauth.protectedResourceRequest(access_token, 'POST', STATEMENTS, new Headers(HEADERS), STATEMENT, {
          DPoP,
          ...options,
        });
      const stored = await store().catch((error: unknown) => {
        if (oauth.isDPoPNonceError(error)) return store();
        throw error;
      });
      expect(stored.status).toBe(200);
      expect(await statusAs('Bearer', access_token)).toBe(401);
      const introspected = await oauth.introspectionRequest(
        as,
        client,
        oauth.ClientSecretBasic(secret),
        access_token,
        options,
      );
      expect(await introspected.json()).toMatchObject({
        active: true,
        token_type: 'DPoP',
        cnf: { jkt: await DPoP.calculateThumbprint() },
      });
    },
  );
});
