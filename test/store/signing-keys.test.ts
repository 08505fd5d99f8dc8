/** Keys that take over from one another: what is published when, and that nothing is lost on the way. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeal, KEY_BYTES } from '../../services/shared/seal.ts';
import { followRecords } from '../../services/store/records.ts';
import { listKeys, retireKey, rotateKeys, type KeyView } from '../../services/store/rotate-keys.ts';
import {
  followSigningKeys,
  KeysSealedOtherwise,
  loadSigningKeys,
  SIGNING_KEYS,
} from '../../services/store/signing-keys.ts';
import type { Store } from '../../services/store/store.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { newSeal, nowSeconds } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';

const DAY = 86_400;
const LATER = { afterSeconds: 900, longestLifeSeconds: 3600 };
const PURPOSES = ['ES256', 'RS256', 'cookies'];

interface Stored {
  jwks: { kid: string; alg: string }[];
  cookieKeys: string[];
  times?: Record<string, { from?: number; until?: number }>;
}

describe.each(DRIVERS)('the signing keys in %s', (_name, open) => {
  let shared: SharedStore;
  let store: Store;
  let seal: ReturnType<typeof newSeal>;
  beforeAll(async () => {
    shared = await open();
    store = await shared.connect();
  });
  beforeEach(async () => {
    seal = newSeal();
    await store.remove('keys', SIGNING_KEYS);
  });
  afterAll(() => shared.close());

  const load = () => loadSigningKeys(store, seal);
  const stored = async () =>
    JSON.parse(seal.open((await store.read('keys', SIGNING_KEYS)) ?? '', 'signing keys') ?? 'null') as Stored;
  const write = (keys: Stored) => store.write('keys', SIGNING_KEYS, seal.seal(JSON.stringify(keys), 'signing keys'));
  const kids = async (state?: KeyView['state'], purpose?: string) =>
    (await listKeys(store, seal))
      .filter((key) => (state ?? key.state) === key.state && (purpose ?? key.purpose) === key.purpose)
      .map(({ kid }) => kid);

  it('are one for each purpose at first, and sign', async () => {
    await load();
    expect((await listKeys(store, seal)).map(({ purpose, state }) => `${purpose} ${state}`)).toEqual([
      'ES256 current',
      'RS256 current',
      'cookies current',
    ]);
  });

  it('are published with those that will sign, behind those that do, ES256 before RS256', async () => {
    const before = await load();
    const fresh = await rotateKeys(store, seal, LATER);
    expect(fresh.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(PURPOSES.map((one) => `${one} published`));
    for (const { from = 0, until } of fresh) {
      expect(Math.abs(from - nowSeconds() - 900)).toBeLessThanOrEqual(2);
      expect(until).toBeUndefined();
    }
    const after = await load();
    const [elliptic, rsa] = before.jwks;
    expect(after.jwks.map(({ kid }) => kid)).toEqual([elliptic?.kid, fresh[0]?.kid, rsa?.kid, fresh[1]?.kid]);
    expect(after.cookieKeys).toEqual([before.cookieKeys[0], expect.any(String)]);
  });

  it('are read by a version that knows no times: it signs with one that is published everywhere', async () => {
    const { jwks, cookieKeys } = await load();
    await rotateKeys(store, seal, LATER);
    const old = await stored();
    for (const { alg, kid } of jwks) expect(old.jwks.find((jwk) => jwk.alg === alg)?.kid).toBe(kid);
    expect(old.cookieKeys[0]).toBe(cookieKeys[0]);
    expect(old.jwks).toHaveLength(4);
  });

  it('take over by the clock in every process, without a word more to any', async () => {
    const before = await load();
    let announced = 0;
    const counting: Store = { ...store, announce: (...said) => ((announced += 1), store.announce(...said)) };
    const others = await Promise.all([shared.connect(), shared.connect()]);
    const records = await Promise.all(others.map((other) => followRecords(other, 300)));
    const follows = records.map((each, n) => followSigningKeys(each, others[n] ?? store, seal));
    const first = async () => (await Promise.all(follows.map(async (keys) => keys()))).map(({ jwks }) => jwks[0]?.kid);
    expect(await first()).toEqual([before.jwks[0]?.kid, before.jwks[0]?.kid]);

    const [fresh] = await rotateKeys(counting, seal, { ...LATER, afterSeconds: 2 });
    expect(announced).toBe(1);
    await eventually(async () => {
      for (const keys of follows) expect((await keys()).jwks.map(({ kid }) => kid)).toContain(fresh?.kid);
    });
    expect(await first()).toEqual([before.jwks[0]?.kid, before.jwks[0]?.kid]);
    await sleep(((fresh?.from ?? 0) - Date.now() / 1000) * 1000 + 20);
    expect(await first()).toEqual([fresh?.kid, fresh?.kid]);
    expect(announced).toBe(1);
    const now = await follows[0]?.();
    expect(now?.jwks.map(({ kid }) => kid)).toContain(before.jwks[0]?.kid);
    expect(now?.cookieKeys).toHaveLength(2);
    expect(now?.cookieKeys[1]).toBe(before.cookieKeys[0]);
    for (const each of records) await each.close();
  });

  it('stay published for thirty days after another took over', async () => {
    await load();
    const old = await kids();
    const [fresh] = await rotateKeys(store, seal, LATER);
    for (const { kid, until } of await listKeys(store, seal))
      expect(until).toBe(old.includes(kid) ? (fresh?.from ?? 0) + 30 * DAY : undefined);
  });

  it('stay published for as long as what they signed can live, where that is longer', async () => {
    await load();
    const old = await kids();
    const [fresh] = await rotateKeys(store, seal, { afterSeconds: 0, longestLifeSeconds: 90 * DAY });
    await rotateKeys(store, seal, { afterSeconds: 1000, longestLifeSeconds: 60 });
    const left = await listKeys(store, seal);
    for (const kid of old) expect(left.find((key) => key.kid === kid)?.until).toBe((fresh?.from ?? 0) + 90 * DAY);
  });

  it('are published no more when their time is over, and gone with the next rotation', async () => {
    const keys = await load();
    await rotateKeys(store, seal, { afterSeconds: 0, longestLifeSeconds: 0 });
    const record = await stored();
    const over = Object.entries(record.times ?? {}).map(([kid, { from, until }]) => [
      kid,
      { ...(from !== undefined && { from }), ...(until !== undefined && { until: nowSeconds() - 1 }) },
    ]);
    await write({ ...record, times: Object.fromEntries(over) as NonNullable<Stored['times']> });
    const left = await load();
    expect([left.jwks.length, left.cookieKeys.length]).toEqual([2, 1]);
    for (const { kid } of keys.jwks) expect(left.jwks.map((jwk) => jwk.kid)).not.toContain(kid);
    expect((await stored()).jwks).toHaveLength(4);
    await rotateKeys(store, seal, LATER);
    expect((await stored()).jwks).toHaveLength(4);
    expect(JSON.stringify(await stored())).not.toContain(keys.jwks[0]?.kid);
  });

  it('from before there were rotations go on as they were, and can be rotated', async () => {
    const { jwks, cookieKeys } = await load();
    await write({ jwks: jwks as Stored['jwks'], cookieKeys });
    expect(await load()).toEqual({ jwks, cookieKeys });
    const fresh = await rotateKeys(store, seal, { ...LATER, afterSeconds: 0 });
    const after = await load();
    expect(after.jwks.map(({ kid }) => kid)).toEqual([fresh[0]?.kid, jwks[0]?.kid, fresh[1]?.kid, jwks[1]?.kid]);
    expect(after.cookieKeys[1]).toBe(cookieKeys[0]);
  });

  it('are all there after ten rotations at once', async () => {
    await load();
    const old = await kids();
    const connections = await Promise.all([1, 2, 3].map(() => shared.connect()));
    const rotations = Array.from({ length: 10 }, (_, n) => rotateKeys(connections[n % 3] ?? store, seal, LATER));
    const fresh = (await Promise.all(rotations)).flat().map(({ kid }) => kid);
    expect(fresh).toHaveLength(30);
    expect((await kids()).sort()).toEqual([...old, ...fresh].sort());
    expect((await kids('current')).sort()).toEqual([...old].sort());
  });

  it('are those of one rotation and one retirement, where both come at once', async () => {
    await load();
    const [compromised = ''] = await kids('current', 'ES256');
    const other = await shared.connect();
    const [fresh] = await Promise.all([rotateKeys(other, seal, LATER), retireKey(store, seal, compromised)]);
    const left = await kids();
    expect(left).not.toContain(compromised);
    for (const { kid } of fresh) expect(left).toContain(kid);
    expect(await kids('current')).toHaveLength(3);
  });

  describe('of which one is retired', () => {
    it('have the next one in its place, where one was to come, and no gap on any clock', async () => {
      await rotateKeys(store, seal, { ...LATER, afterSeconds: 0 });
      const [next, later] = [
        await rotateKeys(store, seal, LATER),
        await rotateKeys(store, seal, { ...LATER, afterSeconds: 1800 }),
      ];
      const [compromised = ''] = await kids('current', 'ES256');
      const { from } = (await listKeys(store, seal)).find(({ kid }) => kid === compromised) ?? {};
      const done = await retireKey(store, seal, compromised);
      expect(done?.retired).toMatchObject({ kid: compromised, purpose: 'ES256', state: 'current' });
      expect(done?.left).toEqual(await listKeys(store, seal));
      expect(await kids()).not.toContain(compromised);
      expect((await load()).jwks.map(({ kid }) => kid)).not.toContain(compromised);
      expect(await kids('current', 'ES256')).toEqual([next[0]?.kid]);
      expect(await kids('published', 'ES256')).toEqual([later[0]?.kid]);
      expect(done?.left.find(({ kid }) => kid === next[0]?.kid)?.from).toBe(from);
      expect(await kids('current', 'RS256')).not.toEqual([next[1]?.kid]);
    });

    it('have a new one in its place, where none was to come', async () => {
      const { jwks, cookieKeys } = await load();
      const [compromised = ''] = await kids('current', 'RS256');
      await retireKey(store, seal, compromised);
      const after = await load();
      expect(after.jwks).toHaveLength(2);
      expect(after.jwks[0]).toEqual(jwks[0]);
      expect(after.jwks[1]).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' });
      expect(after.jwks[1]?.kid).not.toBe(compromised);
      expect(after.cookieKeys).toEqual(cookieKeys);
    });

    it('are otherwise as they were, where it did not sign', async () => {
      await rotateKeys(store, seal, { ...LATER, afterSeconds: 0 });
      const [retired = ''] = await kids('retired', 'ES256');
      const current = await kids('current');
      expect((await retireKey(store, seal, retired))?.retired.state).toBe('retired');
      await rotateKeys(store, seal, LATER);
      const [waiting = ''] = await kids('published', 'ES256');
      expect((await retireKey(store, seal, waiting))?.retired.state).toBe('published');
      expect(await kids(undefined, 'ES256')).toEqual([current[0]]);
      expect((await listKeys(store, seal))[0]?.until).toBeUndefined();
      expect(await kids('current')).toEqual(current);
    });

    it('can be those of cookies', async () => {
      const { cookieKeys } = await load();
      const [kid = ''] = await kids('current', 'cookies');
      expect(cookieKeys).not.toContain(kid);
      await retireKey(store, seal, kid);
      const after = (await load()).cookieKeys;
      expect(after).toHaveLength(1);
      expect(after).not.toEqual(cookieKeys);
    });

    it('are untouched, where there is none of this name', async () => {
      await load();
      const before = await store.read('keys', SIGNING_KEYS);
      expect(await retireKey(store, seal, 'nothing')).toBeUndefined();
      expect(await store.read('keys', SIGNING_KEYS)).toBe(before);
    });
  });

  it('are known to every process in time, where the one that rotated ended before it could say so', async () => {
    await load();
    const other = await shared.connect();
    const records = await followRecords(other, 1);
    const keys = followSigningKeys(records, other, seal);
    await keys();
    const dying: Store = { ...store, announce: () => Promise.reject(new Error('killed')) };
    await expect(rotateKeys(dying, seal, LATER)).rejects.toThrow('killed');
    await eventually(async () => expect((await keys()).jwks).toHaveLength(4));
    await records.close();
  });

  it('are as they were, where the one that rotates ends before it has written', async () => {
    const before = await load();
    const dying: Store = { ...store, swap: () => Promise.reject(new Error('killed')) };
    await expect(rotateKeys(dying, seal, LATER)).rejects.toThrow('killed');
    expect(await load()).toEqual(before);
  });

  it('are sealed with the newest encryption key, and nothing of them can be read in the store', async () => {
    const [old, fresh] = [randomBytes(KEY_BYTES), randomBytes(KEY_BYTES)];
    seal = createSeal([old], 'store');
    await load();
    await rotateKeys(store, createSeal([fresh, old], 'store'), LATER);
    const sealed = (await store.read('keys', SIGNING_KEYS)) ?? '';
    seal = createSeal([fresh], 'store');
    const { jwks, cookieKeys } = await load();
    expect(jwks).toHaveLength(4);
    for (const secret of [jwks[0]?.d, jwks[0]?.kid, cookieKeys[1], 'cookieKeys', 'times', 'RS256']) {
      expect(secret).toBeTruthy();
      expect(sealed).not.toContain(secret);
    }
  });

  it('are not touched by whoever cannot open them', async () => {
    await load();
    const before = await store.read('keys', SIGNING_KEYS);
    await expect(rotateKeys(store, newSeal(), LATER)).rejects.toThrow(KeysSealedOtherwise);
    await expect(retireKey(store, newSeal(), 'x')).rejects.toThrow(KeysSealedOtherwise);
    await expect(listKeys(store, newSeal())).rejects.toThrow(KeysSealedOtherwise);
    expect(await store.read('keys', SIGNING_KEYS)).toBe(before);
  });
});
