/** Tokens that are bound to a key of the client's. @see RFC 9449 */
import type { JWK } from 'jose';
import { createHmac } from 'node:crypto';
import { DRIVERS } from '../support/stores.ts';
import { newProver, rawJwt, type Prover, type Said } from '../support/dpop.ts';
import {
  answerOf,
  ISSUER,
  nowSeconds,
  refusalOf,
  runTokenService,
  type Credentials,
  type Form,
  type TokenAnswer,
  type TokenService,
} from '../support/token-service.ts';
import { newProof, openBrowser, walk } from '../support/people-flow.ts';
import { personScene, REDIRECT_URI, type PersonScene, type Tokens } from './person-scene.ts';
import { openTwoProcesses, type TwoProcesses } from './two-processes.ts';

const TOKEN = `${ISSUER}/oauth2/token`;
const USERINFO = `${ISSUER}/oauth2/userinfo`;
const PUBLIC = { public: true } as const;

let scene: PersonScene;
let service: TokenService;
let credentials: Credentials;
let key: Prover;
beforeAll(async () => {
  scene = await personScene();
  service = scene.service;
  credentials = await service.addClient({ scope: 'all introspect' });
  key = await newProver();
});
afterAll(() => scene.close());

const askWith = (proof: string, form: Form = {}, at = service) =>
  at.askToken({ grant_type: 'client_credentials', ...credentials, ...form }).set('DPoP', proof);
const proofBy = (prover: Prover, said?: Said) => prover.prove('POST', TOKEN, said);

describe('a token that is asked for with a proof', () => {
  it('is bound to the key of the proof, and says so', async () => {
    const { token_type, access_token } = answerOf<TokenAnswer>(await askWith(await proofBy(key)));
    expect(token_type).toBe('DPoP');
    expect(await service.introspect(credentials, access_token)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: key.jkt },
    });
  });

  it.each(['ES256', 'Ed25519', 'EdDSA'])('is to be had with %s', async (alg) => {
    const prover = await newProver(alg);
    expect((await askWith(await proofBy(prover))).body).toMatchObject({ token_type: 'DPoP' });
  });

  it.each(['/oauth2/access_token', '/api/organizations/default/oauth2/token'])(
    'is asked for at %s by a proof for that URL, and no other',
    async (path) => {
      const ask = async (htu: string) =>
        service
          .send('post', path)
          .type('form')
          .send({ grant_type: 'client_credentials', ...credentials })
          .set('DPoP', await key.prove('POST', htu));
      expect((await ask(`${ISSUER}${path}`)).body).toMatchObject({ token_type: 'DPoP' });
      expect(refusalOf(await ask(TOKEN))).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    },
  );

  it('is announced, with the algorithms', async () => {
    const answer = await service.send('get', '/.well-known/oauth-authorization-server');
    expect(answer.body).toMatchObject({ dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'] });
  });

  it('is all that a client gets that is registered for no other', async () => {
    const bound = await service.addClient({ dpop_bound_access_tokens: true });
    expect(refusalOf(await service.askToken({ grant_type: 'client_credentials', ...bound }))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      error_description: expect.stringContaining('DPoP') as unknown,
    });
    expect((await askWith(await proofBy(key), bound)).body).toMatchObject({ token_type: 'DPoP' });
  });
});

describe('a proof is refused', () => {
  const seconds = (offset: number) => ({ claims: { iat: nowSeconds() + offset } });
  it.each<[string, () => Promise<string> | string]>([
    ['for another URL', () => key.prove('POST', `${ISSUER}/oauth2/revoke`)],
    ['for another host', () => key.prove('POST', 'https://evil.example/oauth2/token')],
    ['for http', () => key.prove('POST', TOKEN.replace('https:', 'http:'))],
    ['for another method', () => key.prove('GET', TOKEN)],
    ['without a jti', () => proofBy(key, { claims: { jti: undefined } })],
    ['without the time', () => proofBy(key, { claims: { iat: undefined } })],
    ['of another type', () => proofBy(key, { header: { typ: 'JWT' } })],
    ['without a key', () => proofBy(key, { header: { jwk: undefined } })],
    ['with the private key in it', () => proofBy(key, { header: { jwk: key.privateJwk } })],
    ['with the key of somebody else', async () => proofBy(key, { header: { jwk: (await newProver()).publicJwk } })],
    ['with a symmetric key', () => symmetric({ kty: 'oct', k: Buffer.from('a shared secret').toString('base64url') })],
    ['with HS256 by the public key', () => symmetric(key.publicJwk)],
    ['without a signature', () => rawJwt({ typ: 'dpop+jwt', alg: 'none', jwk: key.publicJwk }, usual())],
    ['that is no JWT', () => 'proof'],
  ])('%s', async (_why, prove) => {
    const proof = await prove();
    expect(refusalOf(await askWith(proof))).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
  });

  it('that comes twice', async () => {
    const [one, other] = [await proofBy(key), await proofBy(key)];
    expect(refusalOf(await askWith(`${one}, ${other}`))).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
  });

  it('that was used before', async () => {
    const proof = await proofBy(key);
    answerOf(await askWith(proof));
    expect(refusalOf(await askWith(proof))).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
  });

  it.each([-3600, -301, 330, 3600])('that was made %d seconds from now, with a nonce for the next', async (offset) => {
    const stale = await askWith(await proofBy(key, seconds(offset)));
    expect(refusalOf(stale)).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
    const nonce = stale.headers['dpop-nonce'];
    const again = await proofBy(key, { claims: { iat: nowSeconds() + offset, nonce } });
    expect((await askWith(again)).body).toMatchObject({ token_type: 'DPoP' });
  });

  it('with a nonce that is none of ours', async () => {
    const answer = await askWith(await proofBy(key, { claims: { nonce: 'made up' } }));
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
    expect(answer.headers['dpop-nonce']).toMatch(/^[\w-]{20,}$/);
  });

  const usual = () => ({ jti: 'a', htm: 'POST', htu: TOKEN, iat: nowSeconds() });
  function symmetric(jwk: JWK): string {
    const unsigned = rawJwt({ typ: 'dpop+jwt', alg: 'HS256', jwk }, usual()).slice(0, -1);
    const secret = Buffer.from(jwk.k ?? JSON.stringify(jwk), 'base64url');
    return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
  }
});

describe('where every proof needs a nonce', () => {
  let strict: TokenService;
  beforeAll(async () => {
    strict = await runTokenService({ isNonceRequired: true, store: service.store, seal: service.seal });
  });
  afterAll(() => strict.close());

  it('one without is told which, and one with it is good, at another process as well', async () => {
    const without = await askWith(await proofBy(key), {}, strict);
    expect(refusalOf(without)).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
    const nonce = without.headers['dpop-nonce'] as string;
    for (const at of [strict, service])
      expect((await askWith(await proofBy(key, { claims: { nonce } }), {}, at)).body).toMatchObject({
        token_type: 'DPoP',
      });
  });
});

describe('what came of a code', () => {
  const open = (said = {}) => scene.addTool(said);
  const start = (tool: Credentials, parameters = {}) =>
    scene.authorize({ with: { client_id: tool.client_id, ...parameters } });
  const formOf = (tool: Credentials, isPublic: boolean): Credentials =>
    (isPublic ? { client_id: tool.client_id } : tool) as Credentials;

  it.each([true, false])('is bound, its refresh token too where the client is public (%s)', async (isPublic) => {
    const tool = await open(isPublic ? PUBLIC : {});
    const by = formOf(tool, isPublic);
    const code = await start(tool);
    const redeemed = await scene.redeem(code, {}, by).set('DPoP', await proofBy(key));
    const { token_type, refresh_token = '' } = answerOf<Tokens>(redeemed);
    expect(token_type).toBe('DPoP');

    const other = await newProver();
    const stolen = await scene.refresh(refresh_token, {}, by).set('DPoP', await proofBy(other));
    expect(stolen.status).toBe(isPublic ? 400 : 200);
    if (!isPublic) return;
    expect(refusalOf(await scene.refresh(refresh_token, {}, by))).toMatchObject({ error: 'invalid_grant' });
    const kept = await scene.refresh(refresh_token, {}, by).set('DPoP', await proofBy(key));
    const { access_token } = answerOf<Tokens>(kept);
    expect(await service.introspect(credentials, access_token)).toMatchObject({ cnf: { jkt: key.jkt } });
  });

  it('is for the key that the code was asked for with, and no other', async () => {
    const tool = await open(PUBLIC);
    const redeemBy = async (proof?: string) => {
      const redeem = scene.redeem(await start(tool, { dpop_jkt: key.jkt }), {}, formOf(tool, true));
      return proof === undefined ? redeem : redeem.set('DPoP', proof);
    };
    expect(refusalOf(await redeemBy())).toMatchObject({ error: 'invalid_grant' });
    expect(refusalOf(await redeemBy(await proofBy(await newProver())))).toMatchObject({ error: 'invalid_grant' });
    expect((await redeemBy(await proofBy(key))).body).toMatchObject({ token_type: 'DPoP' });
  });

  it('is for the key that the request was pushed with', async () => {
    const tool = await open(PUBLIC);
    const redeemBy = async (prover: Prover) => {
      const { verifier, challenge } = newProof();
      const pushed = await service
        .send('post', '/oauth2/par')
        .type('form')
        .send({
          response_type: 'code',
          client_id: tool.client_id,
          redirect_uri: REDIRECT_URI,
          scope: 'state',
          code_challenge: challenge,
          code_challenge_method: 'S256',
        })
        .set('DPoP', await key.prove('POST', `${ISSUER}/oauth2/par`));
      const { request_uri } = pushed.body as { request_uri: string };
      const target = new URLSearchParams({ client_id: tool.client_id, request_uri }).toString();
      const url = await walk(openBrowser(service), `/oauth2/authorize?${target}`, { identifier: scene.person.email });
      const code = { url, code: url.searchParams.get('code') ?? '', verifier };
      return scene.redeem(code, {}, formOf(tool, true)).set('DPoP', await proofBy(prover));
    };
    expect(refusalOf(await redeemBy(await newProver()))).toMatchObject({ error: 'invalid_grant' });
    expect((await redeemBy(key)).body).toMatchObject({ token_type: 'DPoP' });
  });

  it('tells who the person is to whoever has the key', async () => {
    const code = await scene.authorize({ with: { scope: 'openid email' } });
    const redeemed = await scene.redeem(code).set('DPoP', await proofBy(key));
    const { access_token: token } = answerOf<Tokens>(redeemed);
    const ask = (scheme: string, proof?: string) => {
      const asking = service.send('get', '/oauth2/userinfo').set('Authorization', `${scheme} ${token}`);
      return proof === undefined ? asking : asking.set('DPoP', proof);
    };
    expect((await ask('DPoP', await key.prove('GET', USERINFO, { token }))).body).toMatchObject({
      sub: scene.person.person_id,
      email: scene.person.email,
    });
    const refused = [
      await ask('Bearer'),
      await ask('Bearer', await key.prove('GET', USERINFO, { token })),
      await ask('DPoP'),
      await ask('DPoP', await key.prove('GET', USERINFO)),
      await ask('DPoP', await key.prove('GET', USERINFO, { token: 'another' })),
      await ask('DPoP', await key.prove('POST', USERINFO, { token })),
      await ask('DPoP', await (await newProver()).prove('GET', USERINFO, { token })),
    ];
    for (const { status, body } of refused) {
      expect([400, 401]).toContain(status);
      expect(body).not.toHaveProperty('sub');
    }
  });
});

describe('what is logged', () => {
  it('has no proof in it, neither of one that was good nor of one that was refused', async () => {
    const proofs = [await proofBy(key), await proofBy(key, { claims: { htu: 'https://other.example.org' } })];
    for (const proof of proofs) await askWith(proof);
    const logged = service.logged.join('\n');
    for (const part of proofs.flatMap((proof) => proof.split('.'))) expect(logged).not.toContain(part);
    expect(logged).toContain('"reason":"invalid_dpop_proof"');
  });
});

describe.each(DRIVERS)('one proof, twenty times at once, at two processes on %s', (_name, open) => {
  let processes: TwoProcesses;
  beforeAll(async () => {
    processes = await openTwoProcesses(open);
  }, 20_000);
  afterAll(() => processes?.close());

  it('gets one token', async () => {
    const client = await processes.first.addClient();
    for (let round = 0; round < 5; round++) {
      const proof = await proofBy(key);
      const answers = await processes.race((at) =>
        at.askToken({ grant_type: 'client_credentials', ...client }).set('DPoP', proof),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const lost of answers.filter(({ status }) => status !== 200))
        expect(refusalOf(lost)).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    }
  }, 20_000);
});
