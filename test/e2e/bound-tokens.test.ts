/** Tokens that are bound to a key, from discovery to a stored statement, as the libraries that know DPoP do it. @see RFC 9449 */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ISSUER, openPeopleDoor, STATEMENT, STATEMENT_HEADERS, type PeopleDoor } from './people-door.ts';

const STATEMENTS = new URL(`${ISSUER}/xapi/statements`);
const REDIRECT_URI = 'https://tool.example.com/callback';

describe.each([
  ['where a proof needs no nonce', false],
  ['where each proof needs one', true],
])('%s', (_where, isNonceRequired) => {
  let door: PeopleDoor;
  beforeAll(async () => {
    door = await openPeopleDoor({ isNonceRequired });
  });
  afterAll(() => door?.close());

  const asTheWorld = (url: string, init: object) => door.fetch(url, init);
  const statusAs = async (scheme: string, token: string) => (await door.store(token, scheme)).status;

  it('a public client made with openid-client acts for a person, who is told of; it refreshes, and revokes', async () => {
    const { person } = door;
    const said = { public: true as const, secrets: [], dpop_bound_access_tokens: true as const };
    const { client_id } = await door.register(REDIRECT_URI, said);
    const config = await door.discover(client_id, openid.None());
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const target = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid email offline_access statements/write',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
    });
    const checks = { pkceCodeVerifier, idTokenExpected: true };
    const tokens = await openid.authorizationCodeGrant(config, await door.browse(target.href), checks, undefined, {
      DPoP,
    });
    expect(tokens.token_type).toBe('dpop');
    const userinfo = await openid.fetchUserInfo(config, tokens.access_token, person.person_id, { DPoP });
    expect(userinfo.email).toBe(person.email);

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP });
    for (const { access_token } of [tokens, refreshed]) {
      const store = () =>
        openid.fetchProtectedResource(
          config,
          access_token,
          STATEMENTS,
          'POST',
          STATEMENT,
          new Headers(STATEMENT_HEADERS),
          {
            DPoP,
          },
        );
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
      const { client: registered, secret } = await door.gateway.register('all', { access_token_format: format });
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
        oauth.protectedResourceRequest(access_token, 'POST', STATEMENTS, new Headers(STATEMENT_HEADERS), STATEMENT, {
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
