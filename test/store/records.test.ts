import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import { followRecords, type Reader, type Records } from '../../services/store/records.ts';
import { keyOf, StoreUnavailable, type Key, type PlainKind, type Store } from '../../services/store/store.ts';
import { startRedis } from '../support/redis-server.ts';
import { tempStore, type TempStore } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';

interface Note {
  text: string;
}

const KEY = keyOf('a note');
const decode = (text: string): Note => ({ text });

let opened: TempStore;
let other: Store;
let reads: number;
/** What the next read of the store waits for. */
let gate: Promise<void> | undefined;
let following: Records[] = [];

beforeEach(async () => {
  opened = await tempStore();
  other = opened.connect();
  reads = 0;
  gate = undefined;
  await opened.store.write('client', KEY, 'first');
});
afterEach(async () => {
  for (const records of following) await records.close();
  following = [];
  await opened.close();
});

/** The store, which counts its reads, and can be made to answer late what it has read in time. */
function watched(store: Store): Store {
  return {
    ...store,
    read: async (kind: PlainKind, key: Key) => {
      reads += 1;
      const answer = await store.read(kind, key);
      await gate;
      return answer;
    },
  };
}

async function follow(cacheSeconds = 30, store = opened.store): Promise<Records> {
  const records = await followRecords(watched(store), cacheSeconds);
  following.push(records);
  return records;
}

const readerOf = (records: Records): Reader<Note> => records.reader({ kind: 'client', decode, capacity: 100 });

async function change(by: Store, text: string): Promise<void> {
  await by.write('client', KEY, text);
  await by.announce('client', KEY);
}

describe('a reader of records', () => {
  it('reads the store once, and gives the same record to everybody', async () => {
    const reader = readerOf(await follow());
    const first = await reader.read(KEY);
    expect(first).toEqual({ text: 'first' });
    expect(await reader.read(KEY)).toBe(first);
    expect(reads).toBe(1);
  });

  it('reads the store every time, where the time to cache is 0', async () => {
    const reader = readerOf(await follow(0));
    await reader.read(KEY);
    await other.write('client', KEY, 'second');
    expect(await reader.read(KEY)).toEqual({ text: 'second' });
    expect(reads).toBe(2);
  });

  it('does not remember that there was nothing: what is added is found at once', async () => {
    const reader = readerOf(await follow());
    const key = keyOf('another note');
    expect(await reader.read(key)).toBeUndefined();
    await other.write('client', key, 'added');
    expect(await reader.read(key)).toEqual({ text: 'added' });
  });

  it('reads again what was withdrawn in this process', async () => {
    const reader = readerOf(await follow());
    await reader.read(KEY);
    await change(opened.store, 'second');
    expect(await reader.read(KEY)).toEqual({ text: 'second' });
  });

  it('reads again what was withdrawn by another process, at the very next read', async () => {
    const reader = readerOf(await follow());
    await reader.read(KEY);
    await change(other, 'second');
    expect(await reader.read(KEY)).toEqual({ text: 'second' });
  });

  it('keeps what was not withdrawn', async () => {
    const reader = readerOf(await follow());
    await reader.read(KEY);
    await opened.store.announce('client', keyOf('another note'));
    await opened.store.announce('access-token', KEY);
    await reader.read(KEY);
    expect(reads).toBe(1);
  });

  it('trap, a fill in flight: does not keep what was read before a withdrawal and came after it', async () => {
    const reader = readerOf(await follow());
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const reading = reader.read(KEY);
    await eventually(() => expect(reads).toBe(1), { everyMs: 1 });
    await change(opened.store, 'second');
    held.resolve();
    expect(await reading).toEqual({ text: 'first' });
    expect(await reader.read(KEY)).toEqual({ text: 'second' });
  });

  it('trap, a fill in flight: also where another process withdrew it', async () => {
    const reader = readerOf(await follow());
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const reading = reader.read(KEY);
    await eventually(() => expect(reads).toBe(1), { everyMs: 1 });
    await change(other, 'second');
    held.resolve();
    await reading;
    expect(await reader.read(KEY)).toEqual({ text: 'second' });
  });

  it('keeps a record no longer than it may, whether or not anybody withdraws it', async () => {
    const reader = readerOf(await follow(1));
    await reader.read(KEY);
    await other.write('client', KEY, 'second');
    expect(await reader.read(KEY)).toEqual({ text: 'first' });
    await pause(1050);
    expect(await reader.read(KEY)).toEqual({ text: 'second' });
  });

  it.each([0.2, 0, -5])('keeps a record that lives %d seconds no longer than that', async (seconds) => {
    const records = await follow(30);
    const reader = records.reader({ kind: 'client', decode, capacity: 100, lifeSeconds: () => seconds });
    await reader.read(KEY);
    await pause(250);
    await reader.read(KEY);
    expect(reads).toBe(2);
  });

  it('holds no more records than its capacity, those that were used last', async () => {
    const records = await follow();
    const reader = records.reader({ kind: 'client', decode, capacity: 2 });
    const keys = ['a', 'b', 'c'].map(keyOf) as [Key, Key, Key];
    for (const key of keys) await opened.store.write('client', key, 'x');
    for (const key of [...keys, keys[1], keys[2]]) await reader.read(key);
    reads = 0;
    await reader.read(keys[1]);
    await reader.read(keys[2]);
    expect(reads).toBe(0);
    await reader.read(keys[0]);
    expect(reads).toBe(1);
  });

  it('is not emptied of what is asked for again and again by all that is asked for once', async () => {
    const records = await follow();
    const reader = records.reader({ kind: 'client', decode, capacity: 100 });
    const often = Array.from({ length: 100 }, (_, n) => keyOf(`often ${n}`));
    const once = Array.from({ length: 3000 }, (_, n) => keyOf(`once ${n}`));
    for (const key of [...often, ...once]) await opened.store.write('client', key, 'x');
    for (const key of [...often, ...once]) await reader.read(key);
    reads = 0;
    for (const key of often) await reader.read(key);
    expect(reads).toBe(0);
  });

  it('tells every reader of a kind of a withdrawal', async () => {
    const records = await follow();
    const [one, two] = [readerOf(records), readerOf(records)];
    await Promise.all([one.read(KEY), two.read(KEY)]);
    await change(other, 'second');
    await records.settled();
    expect(await one.read(KEY)).toEqual({ text: 'second' });
    expect(await two.read(KEY)).toEqual({ text: 'second' });
  });

  it('passes on what decoding throws, and keeps nothing of it', async () => {
    const records = await follow();
    let broken = true;
    const reader = records.reader({
      kind: 'client',
      capacity: 100,
      decode: (text) => {
        if (broken) throw new Error('not a note');
        return decode(text);
      },
    });
    await expect(reader.read(KEY)).rejects.toThrow('not a note');
    broken = false;
    expect(await reader.read(KEY)).toEqual({ text: 'first' });
  });
});

describe('a reader of what ends something by being there', () => {
  const NOT_THERE: Note = { text: 'nothing' };
  const denialsOf = (records: Records): Reader<Note> =>
    records.reader({ kind: 'token-denial', decode, absent: NOT_THERE, capacity: 100 });
  const deny = async (by: Store) => {
    await by.write('token-denial', KEY, 'denied', 60);
    await by.announce('token-denial', KEY);
  };

  it('remembers that there was nothing, until it is announced, here or elsewhere', async () => {
    for (const by of [opened.store, other]) {
      const reader = denialsOf(await follow());
      reads = 0;
      expect(await reader.read(KEY)).toBe(NOT_THERE);
      expect(await reader.read(KEY)).toBe(NOT_THERE);
      expect(reads).toBe(1);
      await deny(by);
      expect(await reader.read(KEY)).toEqual({ text: 'denied' });
      await opened.store.remove('token-denial', KEY);
    }
  });

  it('asks every time, where the time to cache is 0', async () => {
    const reader = denialsOf(await follow(0));
    expect(await reader.read(KEY)).toBe(NOT_THERE);
    await other.write('token-denial', KEY, 'denied', 60);
    expect(await reader.read(KEY)).toEqual({ text: 'denied' });
  });

  it('trap, a fill in flight: does not remember that there was nothing, where it came meanwhile', async () => {
    const reader = denialsOf(await follow());
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const late = reader.read(KEY);
    await eventually(() => expect(reads).toBe(1));
    await deny(other);
    gate = undefined;
    resolve();
    expect(await late).toBe(NOT_THERE);
    expect(await reader.read(KEY)).toEqual({ text: 'denied' });
  });
});

describe('a reader whose store goes away', () => {
  it('says that nobody can tell, rather than answer from memory', async () => {
    const redis = await startRedis({ appendonly: true });
    const address = readStoreAddress(redis.url);
    if (!address) throw new Error('not a store');
    const store = openStore(address, pino({ level: 'silent' }));
    await eventually(() => store.ping());
    await store.write('client', KEY, 'first');
    const records = await followRecords(store, 30);
    const reader = readerOf(records);
    await reader.read(KEY);

    // That the connection has closed is heard in a turn of its own, which may come after Redis's end.
    await redis.stop();
    await eventually(() => expect(Promise.resolve(reader.read(KEY))).rejects.toThrow(StoreUnavailable));
    await redis.start();
    await eventually(async () => expect(await reader.read(KEY)).toEqual({ text: 'first' }), { timeoutMs: 10_000 });

    await records.close();
    await store.close();
    await redis.close();
  });
});
