/** Clients with a certificate, which a proxy in front saw and tells the gateway of. @see RFC 8705, RFC 9440 */
import { hash, X509Certificate } from 'node:crypto';
import { readCertificates, type PublicJwk } from '../../services/shared/client-keys.ts';
import type { Client } from '../../services/shared/client.ts';
import { createSeal } from '../../services/shared/seal.ts';
import { dated, makeSelfSigned } from '../support/certificates.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { nowSeconds } from '../support/token-service.ts';
import { askPort, refusalOf, VERSION_1, type Headers } from './support.ts';

const TARGET = 'GET /xapi/activities/state?stateId=a';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const BY_CERTIFICATE = { token_endpoint_auth_method: 'self_signed_tls_client_auth' } as const;
const BOUND = { tls_client_certificate_bound_access_tokens: true } as const;

interface Certificate {
  pem: string;
  header: Headers;
  thumbprint: string;
}

let lrs: EchoLrs;
/** Behind a proxy that it trusts, and with nobody in front. */
let behind: RunningGateway;
let open: RunningGateway;
let own: Certificate;
let other: Certificate;
beforeAll(async () => {
  lrs = await startEchoLrs();
  behind = await startTestGateway({ lrsUrl: lrs.url, options: { trustedProxies: ['127.0.0.1/32'] } });
  open = await startTestGateway({ lrsUrl: lrs.url, store: behind.store });
  [own, other] = [await newCertificate(), await newCertificate()];
}, 30_000);
afterAll(async () => {
  await open?.close();
  await behind?.close();
  await lrs?.close();
});

async function newCertificate(): Promise<Certificate> {
  return certificateOf(await makeSelfSigned('a client'));
}

function certificateOf(pem: string): Certificate {
  const { raw } = new X509Certificate(pem);
  return {
    pem,
    header: { 'Client-Cert': `:${raw.toString('base64')}:` },
    thumbprint: hash('sha256', raw, 'base64url'),
  };
}

const keyIn = (pem: string) => new X509Certificate(pem).publicKey.export({ format: 'jwk' }) as PublicJwk;

const register = (said: Partial<Client> = {}, scope = 'all introspect') =>
  behind.register(scope, { ...BY_CERTIFICATE, jwks: readCertificates(own.pem), secrets: [], ...said });

async function askToken(clientId: string, headers: Headers = {}, at = behind.port, form: Headers = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, ...form }).toString();
  const answer = await askPort(at, 'POST /oauth2/token', { ...FORM, ...headers }, body);
  return {
    status: answer.status,
    body: JSON.parse(answer.body) as { access_token: string; token_type: string; error: string },
  };
}

async function ask(token: string, headers: Headers = {}, at = behind) {
  const before = lrs.requests.length;
  const answer = await askPort(at.port, TARGET, { ...VERSION_1, Authorization: `Bearer ${token}`, ...headers });
  return { answer, status: answer.status, upstream: lrs.requests.slice(before) };
}

describe('a client that is registered with its certificate', () => {
  it('gets a token by it, and is told of that token and revokes it so', async () => {
    const { client } = await register();
    const { body, status } = await askToken(client.client_id, own.header);
    expect([status, body.token_type]).toEqual([200, 'Bearer']);
    const form = new URLSearchParams({ client_id: client.client_id, token: body.access_token }).toString();
    const post = (path: string, headers: Headers) =>
      askPort(behind.port, `POST ${path}`, { ...FORM, ...headers }, form);
    expect(JSON.parse((await post('/oauth2/introspect', own.header)).body)).toMatchObject({ active: true });
    expect((await post('/oauth2/revoke', other.header)).status).toBe(401);
    expect((await post('/oauth2/revoke', own.header)).status).toBe(200);
    expect((await ask(body.access_token)).status).toBe(401);
  });

  it('may have two certificates, and keys of RSA', async () => {
    const rsa = await makeSelfSigned('a client', ['-newkey', 'rsa:2048', '-nodes']);
    const { client } = await register({ jwks: readCertificates(`${other.pem}\n${rsa}`) });
    const header = { 'Client-Cert': `:${new X509Certificate(rsa).raw.toString('base64')}:` };
    expect((await askToken(client.client_id, header)).status).toBe(200);
    expect((await askToken(client.client_id, other.header)).status).toBe(200);
    expect((await askToken(client.client_id, own.header)).status).toBe(401);
  });

  it.each<[string, () => Headers]>([
    ['without one', () => ({})],
    ['with another', () => other.header],
    [
      'with one that is not in the form of the header',
      () => ({ 'Client-Cert': own.header['Client-Cert']?.slice(1) ?? '' }),
    ],
    ['with what is no certificate', () => ({ 'Client-Cert': ':AAAA:' })],
    ['with its PEM', () => ({ 'Client-Cert': encodeURIComponent(own.pem) })],
    ['with it under another name', () => ({ 'X-Client-Cert': own.header['Client-Cert'] ?? '' })],
    ['with it under another spelling', () => ({ Client_Cert: own.header['Client-Cert'] ?? '' })],
    ['with what the gateway tells the token service', () => told(own.header['Client-Cert'] ?? '')],
    ['with what the gateway would seal', () => ({ 'X-Hallpass-Client-Cert': sealed() })],
  ])('gets none %s', async (_how, headers) => {
    const { client } = await register();
    const { status, body } = await askToken(client.client_id, headers());
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });

  it.each([
    ['that has expired', '240101', '240102'],
    ['that is not good yet', '480101', '490101'],
  ])('gets none with a certificate %s, though it is the one', async (_which, from, to) => {
    const own = certificateOf(dated(await makeSelfSigned('a client'), from, to));
    const jwks = { keys: [{ ...keyIn(own.pem), x5c: [(own.header['Client-Cert'] ?? '').slice(1, -1)] }] };
    const { client } = await register({ jwks });
    const refused = await askToken(client.client_id, own.header);
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client']);
    const again = certificateOf(dated(own.pem, '240101', '480101'));
    const good = { keys: [{ ...keyIn(again.pem), x5c: [(again.header['Client-Cert'] ?? '').slice(1, -1)] }] };
    await behind.clients.change(client.client_id, (was) => ({ ...was, jwks: good }));
    expect((await askToken(client.client_id, again.header)).status).toBe(200);
  });

  it('gets none where nobody in front is trusted', async () => {
    const { client } = await register();
    expect((await askToken(client.client_id, own.header, open.port)).status).toBe(401);
  });

  it('gets none with two certificates, of which a proxy may have added one', async () => {
    const { client } = await register();
    for (const second of ['client-cert', 'Client_Cert']) {
      const headers = { ...own.header, [second]: other.header['Client-Cert'] ?? '' };
      expect((await askToken(client.client_id, headers)).status).toBe(400);
    }
  });

  it('gets none at the token service itself, but by what the gateway sealed a moment ago', async () => {
    const { client } = await register();
    const statusWith = async (headers: Headers) => (await askToken(client.client_id, headers, behind.tokenPort)).status;
    expect(await statusWith(own.header)).toBe(401);
    expect(await statusWith(told(own.header['Client-Cert'] ?? ''))).toBe(401);
    expect(
      await statusWith({ 'X-Hallpass-Client-Cert': sealed(0, createSeal([Buffer.alloc(32, 1)], 'hallpass')) }),
    ).toBe(401);
    expect(await statusWith({ 'X-Hallpass-Client-Cert': sealed(-120) })).toBe(401);
    expect(await statusWith({ 'X-Hallpass-Client-Cert': sealed() })).toBe(200);
  });

  it('has no secret, and no assertion', async () => {
    const { client, secret } = await behind.register('all');
    await behind.clients.change(client.client_id, (now) => ({
      ...now,
      ...BY_CERTIFICATE,
      jwks: readCertificates(own.pem),
    }));
    expect((await askToken(client.client_id, own.header, behind.port, { client_secret: secret })).status).toBe(401);
    expect((await askToken(client.client_id, own.header)).status).toBe(200);
  });

  const told = (value: string): Headers => ({ 'X-Hallpass-Client-Cert': value });
  const sealed = (offset = 0, seal = TEST_SEAL) => {
    const { raw } = new X509Certificate(own.pem);
    return seal.seal(JSON.stringify([raw.toString('base64'), nowSeconds() + offset]), 'client certificate');
  };
});

describe.each(['opaque', 'jwt'] as const)('a token that is bound to a certificate (%s)', (access_token_format) => {
  let token: string;
  let clientId: string;
  beforeAll(async () => {
    const { client } = await register({ ...BOUND, access_token_format });
    clientId = client.client_id;
    token = (await askToken(clientId, own.header)).body.access_token;
  });

  it('says to which', async () => {
    const form = new URLSearchParams({ client_id: clientId, token }).toString();
    const { body } = await askPort(behind.port, 'POST /oauth2/introspect', { ...FORM, ...own.header }, form);
    expect(JSON.parse(body)).toMatchObject({
      active: true,
      token_type: 'Bearer',
      cnf: { 'x5t#S256': own.thumbprint },
    });
  });

  it('is good with that, of which the LRS sees nothing', async () => {
    const { status, upstream } = await ask(token, own.header);
    expect([status, upstream.length]).toEqual([200, 1]);
    expect(Object.keys(upstream[0]?.headers ?? {})).not.toContain('client-cert');
  });

  it.each<[string, () => Headers, boolean]>([
    ['without one', () => ({}), true],
    ['with another', () => other.header, true],
    ['with what is none', () => ({ 'Client-Cert': 'anything' }), true],
    ['with it, where nobody in front is trusted', () => own.header, false],
    ['as DPoP', () => ({ ...own.header, Authorization: `DPoP ${token}` }), true],
  ])('is refused %s', async (_how, headers, isBehind) => {
    const { answer, upstream } = await ask(token, headers(), isBehind ? behind : open);
    expect(upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_token' });
  });
});

it('a token that is bound to a certificate is worth nothing once that has expired', async () => {
  const expired = certificateOf(dated(own.pem, '240101', '240102'));
  const bound = await behind.mint('all', {}, { cnf: { 'x5t#S256': expired.thumbprint } });
  expect((await ask(bound.token, expired.header)).upstream).toEqual([]);
  const valid = await behind.mint('all', {}, { cnf: { 'x5t#S256': own.thumbprint } });
  expect((await ask(valid.token, own.header)).status).toBe(200);
});

describe('a client that is registered for such tokens only', () => {
  it('gets none without a certificate, though it has a secret, and cannot call with that', async () => {
    const { client, secret, basic } = await behind.register('all', BOUND);
    const form = { client_secret: secret };
    const without = await askToken(client.client_id, {}, behind.port, form);
    expect([without.status, without.body.error]).toEqual([400, 'invalid_grant']);
    const { access_token } = (await askToken(client.client_id, other.header, behind.port, form)).body;
    expect((await ask(access_token, other.header)).status).toBe(200);
    expect((await ask(access_token, own.header)).status).toBe(401);
    expect((await askPort(behind.port, TARGET, { ...VERSION_1, ...own.header, Authorization: basic })).status).toBe(
      401,
    );
  });
});

describe('what there is', () => {
  it('is in the metadata of both services', async () => {
    const metadata = async (path: string) => JSON.parse((await askPort(behind.port, `GET ${path}`)).body) as unknown;
    expect(await metadata('/.well-known/oauth-authorization-server')).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      token_endpoint_auth_methods_supported: expect.arrayContaining(['self_signed_tls_client_auth']) as unknown,
    });
    expect(await metadata('/.well-known/oauth-protected-resource/xapi')).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
    });
  });
});
