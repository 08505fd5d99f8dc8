/** What every driver must do, run against each of them by the test files beside this one. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { keyOf, type Store, type Withdrawal } from '../../services/store/store.ts';
import { eventually } from '../support/wait.ts';

export interface Driven {
  /** Two connections to the same store, as two processes have them. */
  one: Store;
  other: Store;
  /** Every byte the store holds, keys and values, as text. */
  dump(): Promise<string>;
  /** The names of keys that never expire. */
  immortal(): Promise<string[]>;
  close(): Promise<void>;
}

const ROUNDS = 200;
const RACERS = 50;

export function describeStore(driver: string, open: () => Promise<Driven>): void {
  describe(`a store on ${driver}`, () => {
    let driven: Driven;
    let one: Store;
    let other: Store;
    const fresh = () => keyOf(randomBytes(16).toString('hex'));

    beforeAll(async () => {
      driven = await open();
      ({ one, other } = driven);
    }, 60_000);
    afterAll(() => driven.close());

    it('reads on one connection what was written on another', async () => {
      const key = fresh();
      await one.write('access-token', key, 'a value', 60);
      expect(await other.read('access-token', key)).toBe('a value');
    });

    it('has nothing under a key that was never written, or under the same key of another kind', async () => {
      const key = fresh();
      await one.write('access-token', key, 'a value', 60);
      expect(await one.read('grant', key)).toBeUndefined();
      expect(await one.read('access-token', fresh())).toBeUndefined();
    });

    it('replaces what was there, value and life', async () => {
      const key = fresh();
      await one.write('access-token', key, 'first', 1);
      await one.write('access-token', key, 'second', 60);
      await pause(2100);
      expect(await other.read('access-token', key)).toBe('second');
    });

    it('forgets a record when its life is over', async () => {
      const [plain, once] = [fresh(), fresh()];
      await one.write('access-token', plain, 'a value', 1);
      await one.write('authorization-code', once, 'a value', 1);
      await pause(2100);
      expect(await one.read('access-token', plain)).toBeUndefined();
      expect(await one.readOnce('authorization-code', once)).toBeUndefined();
    });

    it('forgets a record that was removed, for every reader', async () => {
      const key = fresh();
      await one.write('access-token', key, 'a value', 60);
      await other.remove('access-token', key);
      expect(await one.read('access-token', key)).toBeUndefined();
    });

    it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a life of %p seconds', async (ttlSeconds) => {
      await expect(one.write('access-token', fresh(), 'a value', ttlSeconds)).rejects.toThrow(RangeError);
    });

    it('keeps any text unchanged: quotes, newlines, NUL, emoji, a hundred kilobytes', async () => {
      for (const text of ['', `'";--\r\n\u0000`, '😀 é ₧', 'x'.repeat(100_000), '{"__proto__":{}}']) {
        const key = fresh();
        await one.write('access-token', key, text, 60);
        expect(await other.read('access-token', key)).toBe(text);
      }
    });

    it('writes new for exactly one of many, and again once that one has expired', async () => {
      const key = fresh();
      const writers = Array.from({ length: RACERS }, (_, n) =>
        (n % 2 ? one : other).writeNew('replay', key, String(n), 1),
      );
      expect((await Promise.all(writers)).filter(Boolean)).toHaveLength(1);
      await pause(2100);
      expect(await one.writeNew('replay', key, 'again', 60)).toBe(true);
    });

    it('swaps a value only for the one that was expected', async () => {
      const key = fresh();
      await one.write('client', key, 'first');
      expect(await other.swap('client', key, 'something else', 'second')).toBe(false);
      const swaps = Array.from({ length: RACERS }, (_, n) =>
        (n % 2 ? one : other).swap('client', key, 'first', `${n}`),
      );
      expect((await Promise.all(swaps)).filter(Boolean)).toHaveLength(1);
      await one.remove('client', key);
      expect(await one.swap('client', key, 'first', 'second')).toBe(false);
    });

    it(`lets exactly one of ${RACERS} redeem a code, in each of ${ROUNDS} rounds`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const key = fresh();
        await one.write('authorization-code', key, 'a code', 60);
        const racers = Array.from({ length: RACERS }, (_, n) =>
          (n % 2 ? one : other).consume('authorization-code', key),
        );
        expect((await Promise.all(racers)).filter(Boolean)).toHaveLength(1);
      }
    }, 120_000);

    it('says when a code was spent, beside its value', async () => {
      const key = fresh();
      const before = Math.floor(Date.now() / 1000);
      await one.write('refresh-token', key, 'a token', 60);
      expect(await other.readOnce('refresh-token', key)).toEqual({ value: 'a token' });
      await one.consume('refresh-token', key);
      const spent = await other.readOnce('refresh-token', key);
      expect(spent?.value).toBe('a token');
      expect(spent?.consumedAt).toBeGreaterThanOrEqual(before);
    });

    it('makes nothing by consuming what is absent or has expired', async () => {
      const [absent, expired] = [fresh(), fresh()];
      await one.write('authorization-code', expired, 'a code', 1);
      await pause(2100);
      expect(await one.consume('authorization-code', absent)).toBe(false);
      expect(await one.consume('authorization-code', expired)).toBe(false);
      expect(await one.readOnce('authorization-code', expired)).toBeUndefined();
    });

    it('lists every record of a listed kind, and none that was removed', async () => {
      const keys = Array.from({ length: 450 }, fresh);
      for (const key of keys) await one.write('client', key, `client ${key}`);
      const removed = keys.slice(0, 50);
      for (const key of removed) await other.remove('client', key);
      const listed = new Set(await Array.fromAsync(one.list('client')));
      expect(keys.slice(50).every((key) => listed.has(`client ${key}`))).toBe(true);
      expect(removed.some((key) => listed.has(`client ${key}`))).toBe(false);
    });

    it('removes every record of a grant and says which', async () => {
      const grant = fresh();
      const [token, code] = [fresh(), fresh()];
      await one.link(grant, 'access-token', token, 60);
      await one.write('access-token', token, 'a token', 60);
      await one.link(grant, 'authorization-code', code, 60);
      await one.write('authorization-code', code, 'a code', 60);
      const noted = await other.linked(grant);
      const unlinked = await other.unlink(grant);
      for (const links of [noted, unlinked]) {
        expect(links).toHaveLength(2);
        expect(links).toEqual(
          expect.arrayContaining([
            { kind: 'access-token', key: token },
            { kind: 'authorization-code', key: code },
          ]),
        );
      }
      expect(await one.linked(grant)).toEqual([]);
      expect(await one.read('access-token', token)).toBeUndefined();
      expect(await one.readOnce('authorization-code', code)).toBeUndefined();
      expect(await one.unlink(grant)).toEqual([]);
    });

    it('tells followers in this process at once, and those in others without being asked twice', async () => {
      const [here, there]: [Withdrawal[], Withdrawal[]] = [[], []];
      const [local, remote] = await Promise.all([one.follow((w) => here.push(w)), other.follow((w) => there.push(w))]);
      await eventually(() => expect(local.isCurrent() && remote.isCurrent()).toBe(true));
      here.length = there.length = 0;
      const key = fresh();
      await one.announce('access-token', key);
      expect(here).toContainEqual({ kind: 'access-token', key });
      await eventually(() => {
        expect(remote.isCurrent()).toBe(true);
        expect(there).toContainEqual({ kind: 'access-token', key });
      });
      await Promise.all([local.close(), remote.close()]);
    });

    it('hands on nothing after a follower has closed', async () => {
      const heard: Withdrawal[] = [];
      const following = await one.follow((w) => heard.push(w));
      await following.close();
      heard.length = 0;
      await one.announce('client', fresh());
      expect(heard).toEqual([]);
    });

    it('keeps no key of an expiring kind without a time to live', async () => {
      const [grant, token, code, replay] = [fresh(), fresh(), fresh(), fresh()];
      await one.link(grant, 'access-token', token, 60);
      await one.write('access-token', token, 'a token', 60);
      await one.write('authorization-code', code, 'a code', 60);
      await one.consume('authorization-code', code);
      await one.writeNew('replay', replay, '1', 60);
      const immortal = await driven.immortal();
      for (const key of [grant, token, code, replay]) expect(immortal.filter((name) => name.includes(key))).toEqual([]);
    });

    it('drops what has expired from a grant at the next link, so that no grant grows for ever', async () => {
      const grant = fresh();
      const [early, late] = [fresh(), fresh()];
      await one.link(grant, 'access-token', early, 1);
      await pause(2100);
      await one.link(grant, 'access-token', late, 60);
      expect((await one.unlink(grant)).map(({ key }) => key)).toContain(late);
    });

    it('holds no byte of an id: a dump lets nobody in', async () => {
      const token = randomBytes(32).toString('base64url');
      await one.write('access-token', keyOf(token), '{"scope":"all"}', 60);
      await one.link(keyOf(`grant ${token}`), 'access-token', keyOf(token), 60);
      await one.announce('access-token', keyOf(token));
      const dump = await driven.dump();
      expect(dump).toContain(keyOf(token));
      expect(dump).not.toContain(token);
    });

    it('answers a ping', async () => {
      await expect(one.ping()).resolves.toBeUndefined();
    });
  });
}
