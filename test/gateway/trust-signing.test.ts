/** What is signed for an LRS: by which key, for how long, and how often. @see RFC 7519 §4.1 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWK } from 'jose';
import { createSign } from '../../services/gateway/assertion.ts';
import { followRecords, type Records } from '../../services/store/records.ts';
import { retireKey, rotateKeys } from '../../services/store/rotate-keys.ts';
import {
  followSigningKeys,
  loadSigningKeys,
  SIGNING_KEYS,
  type SigningAlgorithm,
  type SigningKeys,
} from '../../services/store/signing-keys.ts';
import { createSeal } from '../../services/shared/seal.ts';
import { eventually } from '../support/wait.ts';
import { newSeal, nowSeconds, tempStore, type TempStore } from '../support/token-service.ts';

const CLAIMS = { iss: 'https://lrs.example.org', sub: 'tool-1', scope: 'all' };
const MOST_SECONDS = 60;

let opened: TempStore;
let records: Records;
const seal = newSeal();
beforeEach(async () => {
  opened = await tempStore();
  records = await followRecords(opened.store, 30);
});
afterEach(async () => {
  await records.close();
  await opened.close();
});

const follow = () => followSigningKeys(records, opened.store, seal);
const publicPart = ({ d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...jwk }: JWK): JWK => jwk;

/** As a version did it that knew no times: the new key before the old one, which stays published. */
async function rotate(): Promise<SigningKeys> {
  const other = await tempStore();
  const [keys, fresh] = [await loadSigningKeys(opened.store, seal), await loadSigningKeys(other.store, seal)];
  await other.close();
  const byAlgorithm = (alg: string) => [...fresh.jwks, ...keys.jwks].filter((jwk) => jwk.alg === alg);
  const rotated = { ...keys, jwks: [...byAlgorithm('ES256'), ...byAlgorithm('RS256')] };
  await opened.store.write('keys', SIGNING_KEYS, seal.seal(JSON.stringify(rotated), 'signing keys'));
  await opened.store.announce('keys', SIGNING_KEYS);
  return rotated;
}

describe('an assertion', () => {
  it.each(['ES256', 'RS256'] as const)(
    'is signed by the current %s key of the store, and names it',
    async (algorithm) => {
      const token = await createSign(follow())(CLAIMS, algorithm);
      const { jwks } = await loadSigningKeys(opened.store, seal);
      expect(decodeProtectedHeader(token)).toEqual({
        alg: algorithm,
        kid: jwks.find(({ alg }) => alg === algorithm)?.kid,
        typ: 'JWT',
      });
      const published = createLocalJWKSet({ keys: jwks.map(publicPart) });
      const { payload } = await jwtVerify(token, published, { algorithms: [algorithm] });
      expect(payload).toMatchObject(CLAIMS);
    },
  );

  it('lives for a minute at most, begins in the past and has an id of its own', async () => {
    const sign = createSign(follow());
    const { iat = NaN, exp = NaN, jti } = decodeJwt(await sign(CLAIMS, 'ES256'));
    expect(exp - iat).toBeLessThanOrEqual(MOST_SECONDS);
    expect(exp).toBeGreaterThan(nowSeconds() + 15);
    expect(exp).toBeLessThanOrEqual(nowSeconds() + MOST_SECONDS);
    expect(iat).toBeLessThan(nowSeconds());
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(decodeJwt(await sign({ ...CLAIMS, sub: 'tool-2' }, 'ES256')).jti).not.toBe(jti);
  });

  it('is signed once for calls that come at once, and used again by those that follow', async () => {
    const sign = createSign(follow());
    const atOnce = await Promise.all(Array.from({ length: 50 }, () => sign(CLAIMS, 'ES256')));
    expect(new Set([...atOnce, await sign({ ...CLAIMS }, 'ES256')]).size).toBe(1);
  });

  it('is another one for anything else that is said', async () => {
    const sign = createSign(follow());
    const said = [CLAIMS, { ...CLAIMS, sub: 'tool-2' }, { ...CLAIMS, scope: 'all/read' }, { ...CLAIMS, aud: 'x' }];
    const tokens = await Promise.all(said.map((claims) => sign(claims, 'ES256')));
    expect(new Set([...tokens, await sign(CLAIMS, 'RS256')]).size).toBe(5);
  });

  it('is renewed before it runs out', async () => {
    const sign = createSign(follow(), 22);
    const first = await sign(CLAIMS, 'ES256');
    expect(await sign(CLAIMS, 'ES256')).toBe(first);
    await sleep(2500);
    const second = decodeJwt(await sign(CLAIMS, 'ES256'));
    expect(second.jti).not.toBe(decodeJwt(first).jti);
    expect(second.exp).toBeGreaterThan(decodeJwt(first).exp ?? NaN);
  });

  it.each(['announced', 'by another process'])(
    'is signed anew, by the new key, as soon as a rotation is %s',
    async (how) => {
      const sign = createSign(follow());
      const before = await sign(CLAIMS, 'ES256');
      const mine = opened.store;
      if (how === 'by another process') opened = { ...opened, store: opened.connect() };
      const { jwks } = await rotate();
      await eventually(async () => {
        const after = await sign(CLAIMS, 'ES256');
        expect(decodeProtectedHeader(after).kid).toBe(jwks[0]?.kid);
        expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
      });
      opened = { ...opened, store: mine };
    },
  );

  it('is not signed by a key that is only published, and by it alone from its second on, without a word', async () => {
    const sign = createSign(follow());
    const headerOf = async (algorithm: SigningAlgorithm) => decodeProtectedHeader(await sign(CLAIMS, algorithm));
    const old = [(await headerOf('ES256')).kid, (await headerOf('RS256')).kid];
    const fresh = await rotateKeys(opened.store, seal, { afterSeconds: 2, longestLifeSeconds: 0 });
    const begin = (fresh[0]?.from ?? NaN) * 1000;
    const seen = new Set<string | undefined>();
    while (Date.now() < begin - 20) {
      seen.add((await headerOf('ES256')).kid).add((await headerOf('RS256')).kid);
      await sleep(20);
    }
    expect([...seen].sort()).toEqual([...old].sort());
    await sleep(begin - Date.now() + 5);
    expect(await headerOf('ES256')).toMatchObject({ alg: 'ES256', kid: fresh[0]?.kid });
    expect(await headerOf('RS256')).toMatchObject({ alg: 'RS256', kid: fresh[1]?.kid });
  });

  it('is signed by another key as soon as its own is retired, though it had some life left', async () => {
    const sign = createSign(follow());
    const { kid = '' } = decodeProtectedHeader(await sign(CLAIMS, 'ES256'));
    await retireKey(opened.store, seal, kid);
    expect(decodeProtectedHeader(await sign(CLAIMS, 'ES256')).kid).not.toBe(kid);
  });

  it('is used again, and signed by a new key at once, where nothing is cached', async () => {
    const uncached = await followRecords(opened.store, 0);
    const sign = createSign(followSigningKeys(uncached, opened.store, seal));
    const before = await sign(CLAIMS, 'ES256');
    expect(await sign(CLAIMS, 'ES256')).toBe(before);
    const { jwks } = await rotate();
    expect(decodeProtectedHeader(await sign(CLAIMS, 'ES256')).kid).toBe(jwks[0]?.kid);
    await uncached.close();
  });

  it('is not made where the keys cannot be opened', async () => {
    await loadSigningKeys(opened.store, seal);
    const other = createSeal([randomBytes(32)], 'store');
    const sign = createSign(followSigningKeys(records, opened.store, other));
    await expect(sign(CLAIMS, 'ES256')).rejects.toThrow(/HALLPASS_ENCRYPTION_KEY has changed/);
    await expect(createSign(follow())(CLAIMS, 'ES256')).resolves.toMatch(/^ey/);
  });

  it('is signed again after a failure: nothing of that is remembered', async () => {
    const keys = await loadSigningKeys(opened.store, seal);
    let current: SigningKeys = { ...keys, jwks: keys.jwks.slice(0, 1) };
    const sign = createSign(() => Promise.resolve(current));
    await expect(sign(CLAIMS, 'RS256')).rejects.toThrow(/no signing key for RS256/);
    current = keys;
    await expect(sign(CLAIMS, 'RS256')).resolves.toMatch(/^ey/);
  });
});

describe('keys that were made before there was one for RS256', () => {
  it('get one, and keep the others', async () => {
    const { jwks, cookieKeys } = await loadSigningKeys(opened.store, seal);
    const [elliptic] = jwks;
    const old = seal.seal(JSON.stringify({ jwks: [elliptic], cookieKeys }), 'signing keys');
    await opened.store.write('keys', SIGNING_KEYS, old);
    const completed = await Promise.all([1, 2, 3].map(() => loadSigningKeys(opened.connect(), seal)));
    for (const keys of completed) expect(keys).toEqual(completed[0]);
    expect(completed[0]?.jwks).toEqual([elliptic, expect.objectContaining({ kty: 'RSA', alg: 'RS256' })]);
    expect(completed[0]?.cookieKeys).toEqual(cookieKeys);
  });
});
