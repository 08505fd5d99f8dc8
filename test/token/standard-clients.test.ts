/** Libraries that others wrote from the RFCs, against the token service. */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { freePort } from '../support/free-port.ts';
import { runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';

let service: TokenService;
let issuer: URL;
beforeAll(async () => {
  const port = await freePort();
  service = await runTokenService({ issuer: `http://127.0.0.1:${port}`, port });
  issuer = new URL(service.issuer);
});
afterAll(() => service.close());

describe.each(['oauth2', 'oidc'] as const)('openid-client, discovering by %s', (algorithm) => {
  describe.each(['ClientSecretPost', 'ClientSecretBasic'] as const)('and authenticating by %s', (method) => {
    const discover = ({ client_id, client_secret }: Credentials) =>
      openid.discovery(issuer, client_id, client_secret, openid[method](client_secret), {
        algorithm,
        execute: [openid.allowInsecureRequests],
      });

    it('gets a token, reads what it is, withdraws it', async () => {
      const config = await discover(await service.addClient({ scope: 'all' }));
      const { access_token, token_type, scope, expires_in } = await openid.clientCredentialsGrant(config, {
        scope: 'statements/write state',
        resource: `${service.issuer}/xapi`,
      });
      expect({ token_type, scope, expires_in }).toEqual({
        token_type: 'bearer',
        scope: 'statements/write state',
        expires_in: 3600,
      });
      expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({ active: true, scope });
      await openid.tokenRevocation(config, access_token);
      expect(await openid.tokenIntrospection(config, access_token)).toEqual({ active: false });
    });

    it('gets one for a resource, tied to what it asks for', async () => {
      const config = await discover(await service.addClient({ scope: 'all' }));
      const { protected_resources: resources = [] } = config.serverMetadata() as { protected_resources?: string[] };
      expect(config.serverMetadata().authorization_details_types_supported).toEqual(['xapi']);
      const details = [{ type: 'xapi', activity: 'https://example.org/course/*', 'no-void': true }];
      const { access_token, authorization_details } = await openid.clientCredentialsGrant(config, {
        scope: 'statements/write',
        resource: resources[0] ?? '',
        authorization_details: JSON.stringify(details),
      });
      expect(authorization_details).toEqual(details);
      expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({
        active: true,
        aud: `${service.issuer}/xapi`,
        authorization_details: details,
      });
    });

    it.each<[parameters: Record<string, string>, code: string]>([
      [{ authorization_details: '[{"type":"payment"}]' }, 'invalid_authorization_details'],
      [{ resource: 'https://other.example.org' }, 'invalid_target'],
    ])('reads that what it asks for is not to be had here: %j', async (parameters, error) => {
      const config = await discover(await service.addClient());
      await expect(openid.clientCredentialsGrant(config, parameters)).rejects.toMatchObject({ error, status: 400 });
    });

    it('reads the code and description of a refusal', async () => {
      const config = await discover(await service.addClient({ scope: 'state' }));
      await expect(openid.clientCredentialsGrant(config, { scope: 'profile' })).rejects.toMatchObject({
        error: 'invalid_scope',
        status: 400,
        error_description: expect.stringContaining('it may ask for state') as unknown,
      });
    });

    it('reads that it is nobody we know', async () => {
      const config = await discover({ client_id: 'nobody', client_secret: 'nothing' });
      const refused = openid.clientCredentialsGrant(config);
      await expect(refused).rejects.toMatchObject(
        method === 'ClientSecretPost' ? { error: 'invalid_client', status: 401 } : { status: 401 },
      );
    });
  });
});

describe.each(['ClientSecretPost', 'ClientSecretBasic'] as const)('oauth4webapi, authenticating by %s', (method) => {
  const insecure = { [oauth.allowInsecureRequests]: true };

  it('accepts every answer: metadata, token, introspection, revocation', async () => {
    const { client_id, client_secret } = await service.addClient({ scope: 'all' });
    const client = { client_id };
    const authentication = oauth[method](client_secret);
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const granted = await oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(server, client, authentication, { scope: 'xapi:all' }, insecure),
    );
    expect(granted).toMatchObject({ token_type: 'bearer', scope: 'all', expires_in: 3600 });

    const details = [{ type: 'xapi', verbs: ['http://adlnet.gov/expapi/verbs/passed'] }];
    const parameters = { resource: `${service.issuer}/xapi`, authorization_details: JSON.stringify(details) };
    const tied = await oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, insecure),
    );
    expect(tied).toMatchObject({ scope: 'all', authorization_details: details });

    const introspect = async () =>
      oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, authentication, granted.access_token, insecure),
      );
    expect(await introspect()).toMatchObject({ active: true, client_id });
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, granted.access_token, insecure),
    );
    expect(await introspect()).toEqual({ active: false });
  });
});

describe('private_key_jwt', () => {
  async function addClientWithKeys() {
    const { privateKey, publicKey } = await openid.randomDPoPKeyPair('ES256', { extractable: true });
    const { kty = '', crv = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
    const { client_id } = await service.addClient({
      scope: 'all',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty, crv, x, y, kid: 'signing' }] },
      secrets: [],
    });
    return { client_id, key: { key: privateKey, kid: 'signing' } };
  }

  it('is what openid-client authenticates by: a token, what it is, its end', async () => {
    const { client_id, key } = await addClientWithKeys();
    const config = await openid.discovery(issuer, client_id, undefined, openid.PrivateKeyJwt(key), {
      execute: [openid.allowInsecureRequests],
    });
    const { access_token } = await openid.clientCredentialsGrant(config, { scope: 'state' });
    expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({ active: true, scope: 'state' });
    await openid.tokenRevocation(config, access_token);
    expect(await openid.tokenIntrospection(config, access_token)).toEqual({ active: false });
  });

  it('is what oauth4webapi authenticates by', async () => {
    const { client_id, key } = await addClientWithKeys();
    const insecure = { [oauth.allowInsecureRequests]: true };
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const granted = await oauth.processClientCredentialsResponse(
      server,
      { client_id },
      await oauth.clientCredentialsGrantRequest(server, { client_id }, oauth.PrivateKeyJwt(key), {}, insecure),
    );
    expect(granted).toMatchObject({ token_type: 'bearer', scope: 'all' });
  });
});
