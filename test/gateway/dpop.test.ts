/** Tokens that are bound to a key: good with a proof by that key for this very call, and for nothing else. @see RFC 9449 §7 */
import { createHmac } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { newProver, rawJwt, type Prover, type Said } from '../support/dpop.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { startEchoLrs } from '../support/echo-lrs.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { nowSeconds } from '../support/token-service.ts';
import { askPort, gatewayScene, refusalOf, VERSION_1, type Asked, type Headers } from './support.ts';

const ISSUER = 'https://lrs.example.org';
const PATH = '/xapi/activities/state';
const TARGET = `GET ${PATH}?stateId=a`;
const URL_CALLED = `${ISSUER}${PATH}`;
const CHALLENGE =
  /^DPoP realm="xapi", error="(?<error>\w+)", error_description="[^"]+", resource_metadata="[^"]+", algs="ES256 Ed25519 EdDSA"$/;

const scene = gatewayScene();
let key: Prover;
let token: string;
beforeAll(async () => {
  key = await newProver();
  ({ token } = await scene.gateway.mint('all', {}, { cnf: { jkt: key.jkt } }));
});

const headersFor = (proof: string, said: Headers = {}): Headers => ({
  ...VERSION_1,
  Authorization: `DPoP ${token}`,
  DPoP: proof,
  ...said,
});
const askWith = (proof: string, said?: Headers) => scene.ask(TARGET, headersFor(proof, said));
const proofFor = (said: Said = {}, by = key) => by.prove('GET', URL_CALLED, { token, ...said });

function expectRefused(answer: Asked, error: string): void {
  expect(answer.upstream).toEqual([]);
  expect(refusalOf(answer)).toMatchObject({ status: 401, error });
  expect(CHALLENGE.exec(answer.header('WWW-Authenticate') ?? '')?.groups).toEqual({ error });
}

describe('a bound token, with a proof by its key', () => {
  it.each(['DPoP', 'dpop', 'DPOP'])(
    'passes, the scheme written %s, and the LRS sees nothing of either',
    async (scheme) => {
      const { status, upstream } = await askWith(await proofFor(), { Authorization: `${scheme} ${token}` });
      expect([status, upstream.length]).toEqual([200, 1]);
      expect(JSON.stringify(upstream)).not.toContain(token);
      expect(Object.keys(upstream[0]?.headers ?? {})).not.toContain('dpop');
    },
  );

  it.each(['Ed25519', 'EdDSA'])('passes, by %s', async (alg) => {
    const other = await newProver(alg);
    const { token: bound } = await scene.gateway.mint('all', {}, { cnf: { jkt: other.jkt } });
    const proof = await other.prove('GET', URL_CALLED, { token: bound });
    expect((await askWith(proof, { Authorization: `DPoP ${bound}` })).status).toBe(200);
  });

  it.each([`${URL_CALLED}?stateId=a`, `${URL_CALLED}#here`, 'HTTPS://LRS.EXAMPLE.ORG:443/xapi/activities/state'])(
    'passes, where the proof is for %s',
    async (htu) => {
      expect((await askWith(await proofFor({ claims: { htu } }))).status).toBe(200);
    },
  );

  it('passes at the LRS of an organization, called by its path', async () => {
    const path = '/api/organizations/default/lrs/activities/state';
    const proof = await key.prove('GET', `${ISSUER}${path}`, { token });
    expect((await scene.ask(`GET ${path}?stateId=a`, headersFor(proof))).status).toBe(200);
  });

  it('passes in the alternate request syntax, by a proof for the POST that is sent', async () => {
    const ask = async (method: string) => {
      const form = new URLSearchParams({ Authorization: `DPoP ${token}`, stateId: 'a', ...VERSION_1 }).toString();
      const proof = await key.prove(method, URL_CALLED, { token });
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
      return scene.ask(`POST ${PATH}?method=GET`, { DPoP: proof, ...type }, form);
    };
    expect((await ask('POST')).status).toBe(200);
    expect(refusalOf(await ask('GET'))).toMatchObject({ status: 401, error: 'invalid_dpop_proof' });
  });

  it('is told what its scopes do not reach, as who sends DPoP', async () => {
    const { token: narrow } = await scene.gateway.mint('statements/write', {}, { cnf: { jkt: key.jkt } });
    const proof = await proofFor({ token: narrow });
    const answer = await askWith(proof, { Authorization: `DPoP ${narrow}` });
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    expect(answer.header('WWW-Authenticate')).toMatch(/^DPoP .*scope="/);
  });
});

describe('a bound token is refused', () => {
  it('as a bearer token, which is what whoever stole it would send', async () => {
    expectRefused(await scene.ask(TARGET, { ...VERSION_1, Authorization: `Bearer ${token}` }), 'invalid_token');
  });

  it('as a bearer token with a good proof', async () => {
    expectRefused(await askWith(await proofFor(), { Authorization: `Bearer ${token}` }), 'invalid_token');
  });

  it('without a proof', async () => {
    const answer = await scene.ask(TARGET, { ...VERSION_1, Authorization: `DPoP ${token}` });
    expectRefused(answer, 'invalid_dpop_proof');
  });

  it('with a proof by another key', async () => {
    expectRefused(await askWith(await proofFor({}, await newProver())), 'invalid_token');
  });

  it('with a proof that was used before', async () => {
    const proof = await proofFor();
    expect((await askWith(proof)).status).toBe(200);
    expectRefused(await askWith(proof), 'invalid_dpop_proof');
  });

  it.each<[string, Said]>([
    ['for another method', { claims: { htm: 'PUT' } }],
    ['for a method in small letters', { claims: { htm: 'get' } }],
    ['for another resource', { claims: { htu: `${ISSUER}/xapi/statements` } }],
    ['for another host', { claims: { htu: `https://evil.example${PATH}` } }],
    ['for the host that the call names', { claims: { htu: `http://gateway.example${PATH}` } }],
    ['for http', { claims: { htu: `http://lrs.example.org${PATH}` } }],
    ['for a URL with a user', { claims: { htu: `https://ann@lrs.example.org${PATH}` } }],
    ['for a URL in a list', { claims: { htu: [URL_CALLED] } }],
    ['for a path alone', { claims: { htu: PATH } }],
    ['without a URL', { claims: { htu: undefined } }],
    ['without a method', { claims: { htm: undefined } }],
    ['without the hash of the token', { claims: { ath: undefined } }],
    ['for another token', { token: 'another' }],
    ['without an id', { claims: { jti: undefined } }],
    ['with an empty id', { claims: { jti: '' } }],
    ['with an id that is an object', { claims: { jti: {} } }],
    ['without a time', { claims: { iat: undefined } }],
    ['with a time that is text', { claims: { iat: String(nowSeconds()) } }],
    ['that has expired', { claims: { exp: nowSeconds() - 60 } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['of no type', { header: { typ: undefined } }],
    ['without a key', { header: { jwk: undefined } }],
    ['with a list of keys', { header: { jwk: [] } }],
  ])('with a proof %s', async (_why, said) => {
    expectRefused(await askWith(await proofFor(said)), 'invalid_dpop_proof');
  });

  it('with a proof that has the private key in it', async () => {
    expectRefused(await askWith(await proofFor({ header: { jwk: key.privateJwk } })), 'invalid_dpop_proof');
  });

  it.each<[string, (jwk: JWK) => string]>([
    ['without a signature', (jwk) => rawJwt({ typ: 'dpop+jwt', alg: 'none', jwk }, claims())],
    ['with HS256 by the public key', (jwk) => symmetric(jwk, Buffer.from(JSON.stringify(jwk)))],
    ['with the signature of nobody', (jwk) => rawJwt({ typ: 'dpop+jwt', alg: 'ES256', jwk }, claims(), 'AAAA')],
    ['that is no JWT', () => 'proof'],
    ['that is two', (jwk) => `${symmetric(jwk, Buffer.from('a'))}, ${symmetric(jwk, Buffer.from('b'))}`],
  ])('with a proof %s', async (_why, proof) => {
    expectRefused(await askWith(proof(key.publicJwk)), 'invalid_dpop_proof');
  });

  it('with a proof by a symmetric key, though the token be bound to that', async () => {
    const secret = Buffer.from('a shared secret of thirty-two b.');
    const jwk = { kty: 'oct', k: secret.toString('base64url') };
    const { token: bound } = await scene.gateway.mint('all', {}, { cnf: { jkt: await calculateJwkThumbprint(jwk) } });
    const answer = await askWith(symmetric(jwk, secret), { Authorization: `DPoP ${bound}` });
    expectRefused(answer, 'invalid_dpop_proof');
  });

  it('with two proofs, in one spelling or two', async () => {
    const [one, other] = [await proofFor(), await proofFor()];
    const answer = await askWith(one, { dpop: other });
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('under another Host, whatever the proof is for', async () => {
    const forged = { 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' };
    const proof = await proofFor({ claims: { htu: `https://evil.example${PATH}` } });
    expectRefused(await askWith(proof, forged), 'invalid_dpop_proof');
    expect((await askWith(await proofFor(), forged)).status).toBe(200);
  });

  const claims = () => ({ jti: 'a', htm: 'GET', htu: URL_CALLED, iat: nowSeconds() });
  function symmetric(jwk: JWK, secret: Buffer): string {
    const unsigned = rawJwt({ typ: 'dpop+jwt', alg: 'HS256', jwk }, claims()).slice(0, -1);
    return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
  }
});

describe('a token that is bound to nothing', () => {
  it('is refused as DPoP, with a proof as without', async () => {
    const { token: free } = await scene.gateway.mint('all');
    for (const proof of [undefined, await proofFor({ token: free })]) {
      const headers = { ...VERSION_1, Authorization: `DPoP ${free}`, ...(proof !== undefined && { DPoP: proof }) };
      expectRefused(await scene.ask(TARGET, headers), 'invalid_token');
    }
  });

  it('passes as a bearer token, whatever the DPoP header has', async () => {
    const { bearer } = await scene.gateway.mint('all');
    expect((await askWith('anything', { Authorization: bearer })).status).toBe(200);
  });
});

describe('a token that is bound to a certificate', () => {
  it('is refused without that', async () => {
    const cnf = { 'x5t#S256': key.jkt };
    const { bearer } = await scene.gateway.mint('all', {}, { cnf });
    const answer = await scene.ask(TARGET, { ...VERSION_1, Authorization: bearer });
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_token' });
  });
});

describe('a client that is registered for bound tokens only', () => {
  it('cannot call with its secret', async () => {
    const { basic } = await scene.gateway.register('all', { dpop_bound_access_tokens: true });
    const answer = await scene.ask(TARGET, { ...VERSION_1, Authorization: basic });
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'unauthenticated' });
  });
});

describe('a proof by a clock that is wrong', () => {
  it.each([-3600, -75, 90, 3600])('by %d seconds is answered with a nonce, with which it is good', async (offset) => {
    const iat = () => nowSeconds() + offset;
    const stale = await askWith(await proofFor({ claims: { iat: iat() } }));
    expectRefused(stale, 'use_dpop_nonce');
    const nonce = stale.header('DPoP-Nonce');
    const good = await askWith(await proofFor({ claims: { iat: iat(), nonce } }));
    expect(good.status).toBe(200);
    const again = await proofFor({ claims: { iat: iat(), nonce } });
    expect([(await askWith(again)).status, (await askWith(again)).status]).toEqual([200, 401]);
  });

  it.each(['made up', '', 7, null])('does not become good by the nonce %j', async (nonce) => {
    const answer = await askWith(await proofFor({ claims: { nonce } }));
    expectRefused(answer, 'use_dpop_nonce');
    expect(answer.header('DPoP-Nonce')).toMatch(/^[\w-]{43}$/);
  });

  it('does not become good by a nonce of the token service', async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const proof = await key.prove('POST', `${ISSUER}/oauth2/token`, { claims: { iat: 1 } });
    const { basic } = await scene.gateway.register('all');
    const asked = await fetch(`${scene.gateway.url}/oauth2/token`, {
      method: 'POST',
      body,
      headers: { Authorization: basic, DPoP: proof },
    });
    const nonce = asked.headers.get('dpop-nonce');
    expect(nonce).toMatch(/^[\w-]{43}$/);
    expectRefused(await askWith(await proofFor({ claims: { nonce } })), 'use_dpop_nonce');
  });
});

describe('what pages and clients are told', () => {
  it('is that they may send proofs, and read nonces', async () => {
    const preflight = await scene.ask(`OPTIONS ${PATH}`, {
      Origin: 'https://tool.example',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization, dpop',
    });
    expect(preflight.header('Access-Control-Allow-Headers')).toContain('DPoP');
    const answer = await askWith(await proofFor(), { Origin: 'https://tool.example' });
    expect(answer.header('Access-Control-Expose-Headers')).toContain('DPoP-Nonce');
  });

  it('is in the metadata of the resource', async () => {
    const { body } = await scene.ask('GET /.well-known/oauth-protected-resource/xapi');
    expect(JSON.parse(body)).toMatchObject({ dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'] });
  });
});

describe.each(DRIVERS)('two gateways on %s', (_name, open) => {
  let shared: SharedStore;
  let lrs: Awaited<ReturnType<typeof startEchoLrs>>;
  const gateways: RunningGateway[] = [];
  beforeAll(async () => {
    [shared, lrs] = [await open(), await startEchoLrs()];
    for (const isNonceRequired of [false, false, true])
      gateways.push(
        await startTestGateway({
          lrsUrl: lrs.url,
          store: await shared.connect(),
          options: { isNonceRequired, seal: TEST_SEAL },
        }),
      );
  }, 20_000);
  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
    await lrs?.close();
    await shared?.close();
  });

  it('take one proof, sent twenty times at once, once', async () => {
    const [first, second] = gateways as [RunningGateway, RunningGateway];
    const { token: bound } = await first.mint('all', {}, { cnf: { jkt: key.jkt } });
    for (let round = 0; round < 5; round++) {
      const headers = {
        ...VERSION_1,
        Authorization: `DPoP ${bound}`,
        DPoP: await key.prove('GET', URL_CALLED, { token: bound }),
      };
      const before = lrs.requests.length;
      const ask = (n: number) => askPort((n % 2 ? first : second).port, TARGET, headers);
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(n)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
      expect(lrs.requests.length - before).toBe(1);
    }
  }, 20_000);

  it('one of which needs a nonce, which any of them gives', async () => {
    const [free, , strict] = gateways as [RunningGateway, RunningGateway, RunningGateway];
    const { token: bound } = await free.mint('all', {}, { cnf: { jkt: key.jkt } });
    const ask = async ({ port }: RunningGateway, said: Record<string, unknown> = {}) =>
      askPort(port, TARGET, {
        ...VERSION_1,
        Authorization: `DPoP ${bound}`,
        DPoP: await key.prove('GET', URL_CALLED, { token: bound, claims: said }),
      });
    expect(refusalOf(await ask(strict))).toMatchObject({ status: 401, error: 'use_dpop_nonce' });
    const nonce = (await ask(free, { iat: 1 })).header('DPoP-Nonce');
    expect((await ask(strict, { nonce })).status).toBe(200);
  });
});
