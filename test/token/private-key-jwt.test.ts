/** Clients that authenticate by an assertion signed with a key of their own. @see RFC 7523, OIDC Core §9 */
import { createHmac, randomUUID } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { PublicJwk } from '../../services/shared/client-keys.ts';
import type { Client } from '../../services/shared/client.ts';
import { newProver, rawJwt } from '../support/dpop.ts';
import { DRIVERS } from '../support/stores.ts';
import {
  answerOf,
  ISSUER,
  nowSeconds,
  refusalOf,
  runTokenService,
  type Form,
  type TokenAnswer,
  type TokenService,
} from '../support/token-service.ts';
import { openTwoProcesses, type TwoProcesses } from './two-processes.ts';

const TOKEN = `${ISSUER}/oauth2/token`;
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Signer {
  clientId: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
  assert: (claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: CryptoKey) => Promise<string>;
}

let service: TokenService;
let signer: Signer;
beforeAll(async () => {
  service = await runTokenService();
  signer = await register(service);
});
afterAll(() => service.close());

async function register(at: TokenService, alg = 'ES256', said: Partial<Client> = {}, kid = 'first'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid };
  const { client_id: clientId } = await at.addClient({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk as PublicJwk] },
    secrets: [],
    ...said,
  });
  return {
    clientId,
    privateKey,
    publicKey,
    jwk,
    assert: (claims = {}, header = {}, key = privateKey) =>
      new SignJWT({ ...claimsOf(clientId), ...claims }).setProtectedHeader({ alg, kid, ...header }).sign(key),
  };
}

function claimsOf(clientId: string): Record<string, unknown> {
  const now = nowSeconds();
  return { iss: clientId, sub: clientId, aud: ISSUER, jti: randomUUID(), iat: now, exp: now + 60 };
}

const withAssertion = (client_assertion: string): Form => ({ client_assertion_type: TYPE, client_assertion });
const ask = (assertion: string, form: Form = {}, at = service) =>
  at.askToken({ grant_type: 'client_credentials', ...withAssertion(assertion), ...form });

async function expectRefused(assertion: string, form: Form = {}): Promise<void> {
  const refusal = refusalOf(await ask(assertion, form));
  expect(refusal).toMatchObject({ status: 401, error: 'invalid_client' });
}

describe('a client with a key of its own', () => {
  it.each(['ES256', 'PS256', 'RS256', 'Ed25519', 'EdDSA'])('gets a token, by %s', async (alg) => {
    const { assert } = await register(service, alg);
    expect(answerOf<TokenAnswer>(await ask(await assert()))).toMatchObject({ token_type: 'Bearer' });
  });

  it.each([[ISSUER], [TOKEN], [[ISSUER]], [['https://other.example.org', TOKEN]]])(
    'may address it to %j',
    async (aud) => {
      expect((await ask(await signer.assert({ aud }))).status).toBe(200);
    },
  );

  it.each(['/oauth2/access_token', '/api/organizations/default/oauth2/token'])(
    'may address it to the issuer, to the token endpoint, or to %s where it asks there',
    async (path) => {
      for (const aud of [ISSUER, TOKEN, `${ISSUER}${path}`]) {
        const form = { grant_type: 'client_credentials', ...withAssertion(await signer.assert({ aud })) };
        expect([aud, (await service.send('post', path).type('form').send(form)).status]).toEqual([aud, 200]);
      }
    },
  );

  it('is told of its token, and revokes it, by assertions as well', async () => {
    const { access_token: token } = answerOf<TokenAnswer>(await ask(await signer.assert()));
    const post = async (path: string) =>
      service
        .send('post', path)
        .type('form')
        .send({ token, ...withAssertion(await signer.assert()) });
    expect((await post('/oauth2/introspect')).body).toMatchObject({ active: true, client_id: signer.clientId });
    expect((await post('/oauth2/revoke')).status).toBe(200);
    expect((await post('/oauth2/introspect')).body).toEqual({ active: false });
  });

  it('may have two, of which either signs, so that one can take the place of the other', async () => {
    const [old, young] = [await generateKeyPair('ES256', { extractable: true }), await register(service)];
    const jwk = { ...(await exportJWK(old.publicKey)), kid: 'old' } as PublicJwk;
    await service.clients.change(young.clientId, (client) => ({
      ...client,
      jwks: { keys: [jwk, ...(client.jwks?.keys ?? [])] },
    }));
    expect((await ask(await young.assert())).status).toBe(200);
    expect((await ask(await young.assert({}, { kid: 'old' }, old.privateKey))).status).toBe(200);
    expect((await ask(await young.assert({}, { kid: undefined }, old.privateKey))).status).toBe(200);
    await expectRefused(await young.assert({}, { kid: 'first' }, old.privateKey));
  });

  it('can get tokens that are bound to another key', async () => {
    const prover = await newProver();
    const answer = await ask(await signer.assert()).set('DPoP', await prover.prove('POST', TOKEN));
    expect(answer.body).toMatchObject({ token_type: 'DPoP' });
  });

  it('is told so in the metadata', async () => {
    const answer = await service.send('get', '/.well-known/oauth-authorization-server');
    expect(answer.body).toMatchObject({
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']) as unknown,
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'PS256', 'RS256', 'Ed25519', 'EdDSA'],
    });
  });
});

describe('an assertion is refused', () => {
  it.each<[string, Record<string, unknown>]>([
    ['for somebody else', { aud: 'https://other.example.org' }],
    ['for the host of the request', { aud: 'http://127.0.0.1/oauth2/token' }],
    ['for nobody', { aud: undefined }],
    ['for a thing', { aud: {} }],
    ['that has expired', { exp: nowSeconds() - 60 }],
    ['that never expires', { exp: undefined }],
    ['that expires in a day', { exp: nowSeconds() + 86_400 }],
    ['that expires when the number ends', { exp: Number.MAX_VALUE }],
    ['that expires by text', { exp: '9999999999' }],
    ['that is not good yet', { nbf: nowSeconds() + 600 }],
    ['without an id', { jti: undefined }],
    ['with an id that is a list', { jti: ['a'] }],
    ['of another issuer', { iss: 'somebody' }],
    ['of no issuer', { iss: undefined }],
  ])('%s', async (_why, claims) => {
    await expectRefused(await signer.assert(claims));
  });

  it.each([undefined, null, '', 7, {}, ['a'], 'nobody', '__proto__'])('about %j', async (sub) => {
    const { status, error } = refusalOf(await ask(await signer.assert({ sub })));
    expect([400, 401]).toContain(status);
    expect(['invalid_client', 'invalid_request']).toContain(error);
  });

  it('about another client than the one that asks', async () => {
    const other = await register(service);
    expect(refusalOf(await ask(await signer.assert(), { client_id: other.clientId })).status).toBe(400);
    await expectRefused(await signer.assert({ iss: other.clientId, sub: other.clientId }));
    await expectRefused(await signer.assert({ sub: other.clientId }));
  });

  it.each(['../../first', '/dev/null', 'https://evil.example/jwks', "' OR 1=1", 'second', '', 'x'.repeat(5000)])(
    'under the kid %.30j',
    async (kid) => {
      await expectRefused(await signer.assert({}, { kid }));
    },
  );

  it('by another client’s key, under whichever kid', async () => {
    const other = await register(service, 'ES256', {}, 'other');
    for (const kid of ['first', 'other', undefined])
      await expectRefused(await signer.assert({}, { kid }, other.privateKey));
  });

  it('by a key that it brings with it, or points to', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    for (const header of [{ jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/a.pem' }])
      await expectRefused(await signer.assert({}, header, privateKey));
  });

  it('by HS256 with the public key as the secret', async () => {
    const unsigned = rawJwt({ alg: 'HS256', kid: 'first' }, claimsOf(signer.clientId)).slice(0, -1);
    for (const secret of [JSON.stringify(signer.jwk), await exportSPKI(signer.publicKey)])
      await expectRefused(`${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`);
  });

  it.each(['none', 'NONE', 'HS256', 'ES384', 'RS256', '', 7, null])('with alg %j and no signature', async (alg) => {
    await expectRefused(rawJwt({ alg, kid: 'first' }, claimsOf(signer.clientId)));
  });

  it.each(['dpop+jwt', 'at+jwt', 'logout+jwt', 7])('of another kind: typ %j', async (typ) => {
    await expectRefused(await signer.assert({}, { typ }));
  });

  it.each(['JWT', 'client-authentication+jwt'])('but not for its typ %j', async (typ) => {
    expect((await ask(await signer.assert({}, { typ }))).status).toBe(200);
  });

  it.each(['', 'x', 'a.b.c', 'e30.e30.', 'bnVsbA.bnVsbA.', 'W10.W10.'])('that is no JWT: %j', async (assertion) => {
    expect([400, 401]).toContain(refusalOf(await ask(assertion)).status);
  });

  it('of another type, or of none', async () => {
    const form = { grant_type: 'client_credentials', client_assertion: await signer.assert() };
    for (const type of [{}, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }])
      expect(refusalOf(await service.askToken({ ...form, ...type })).status).toBe(400);
  });

  it('that was used before, also beside a DPoP header that is none', async () => {
    const assertion = await signer.assert();
    expect((await ask(assertion)).status).toBe(200);
    await expectRefused(assertion);
    for (const proof of ['junk', 'a.b.c', '.bnVsbA.'])
      expect(refusalOf(await ask(assertion).set('DPoP', proof))).toMatchObject({
        status: 401,
        error: 'invalid_client',
      });
  });

  it('of a client that is not active any more, or not there', async () => {
    const gone = await register(service, 'ES256', { active: false });
    await expectRefused(await gone.assert());
  });

  it('in the URL', async () => {
    const query = new URLSearchParams(withAssertion(await signer.assert())).toString();
    const answer = await service
      .send('post', `/oauth2/token?${query}`)
      .type('form')
      .send('grant_type=client_credentials');
    expect(refusalOf(answer).status).toBe(400);
  });
});

describe('one way to authenticate is not another', () => {
  it('a client with keys has no secret, though it had one', async () => {
    const had = await service.addClient();
    await service.clients.change(had.client_id, (client) => ({
      ...client,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [signer.jwk as PublicJwk] },
    }));
    const form = { grant_type: 'client_credentials' };
    expect(refusalOf(await service.askToken({ ...form, ...had })).status).toBe(401);
    expect((await service.post('/oauth2/token', had, form)).status).toBe(401);
    expect(refusalOf(await service.askToken({ ...form, client_id: had.client_id })).status).toBe(401);
  });

  it('a client with a secret has no keys', async () => {
    const { client_id } = await service.addClient({ jwks: { keys: [signer.jwk as PublicJwk] } });
    await expectRefused(await signer.assert({ iss: client_id, sub: client_id }));
  });

  it('both at once is none', async () => {
    const form = { client_id: signer.clientId, client_secret: 'anything' };
    expect(refusalOf(await ask(await signer.assert(), form))).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});

describe('what is logged', () => {
  it('has no assertion in it, but why one was refused', async () => {
    const assertions = [await signer.assert(), await signer.assert({ exp: nowSeconds() + 86_400 })];
    for (const assertion of assertions) await ask(assertion);
    const logged = service.logged.join('\n');
    for (const part of assertions.flatMap((assertion) => assertion.split('.').slice(1)))
      expect(logged).not.toContain(part);
    expect(logged).toContain('the assertion should expire within 3600 seconds');
  });
});

describe.each(DRIVERS)('one assertion, twenty times at once, at two processes on %s', (_name, open) => {
  let processes: TwoProcesses;
  beforeAll(async () => {
    processes = await openTwoProcesses(open);
  }, 20_000);
  afterAll(() => processes?.close());

  it('gets one token', async () => {
    const { assert } = await register(processes.first);
    for (let round = 0; round < 5; round++) {
      const assertion = await assert();
      const answers = await processes.race((at) => ask(assertion, {}, at));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
    }
  }, 20_000);
});
