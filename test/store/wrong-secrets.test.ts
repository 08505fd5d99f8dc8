/** Wrong client secrets: how many from one network, over several processes, without a way to lock anybody out. */
import { randomBytes, scryptSync } from 'node:crypto';
import type { Client } from '../../services/shared/client.ts';
import { generateSecret, storeGenerated, type StoredSecret } from '../../services/shared/secret.ts';
import { KINDS, type Store } from '../../services/store/store.ts';
import { createCompareSecret, MOST_WRONG, WINDOW_SECONDS } from '../../services/store/wrong-secrets.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { newClient, newSeal } from '../support/token-service.ts';

const SEAL = newSeal();
const HOME = '198.51.100.4';
const ELSEWHERE = '203.0.113.9';
const TOO_MANY = { retryAfterSeconds: expect.any(Number) as number };

const guess = () => randomBytes(8).toString('hex');
const guesses = (count: number) => Array.from({ length: count }, guess);

/** As imported ones are kept, at the least cost: hundreds are compared here. */
function imported(secret: string): StoredSecret {
  const hash = scryptSync(secret, 'salt', 32, { N: 128 });
  return {
    hash: `scrypt:128:${Buffer.from('salt').toString('base64url')}:${hash.toString('base64url')}`,
    created_at: 0,
  };
}

/** One whose secret somebody chose. */
function withImported(): { client: Client; client_secret: string } {
  const client_secret = 'correct horse 9';
  return { client: newClient({ secrets: [imported(client_secret)] }).client, client_secret };
}

/** A store that counts what it is asked. */
function counted(store: Store): { store: Store; asked: () => number } {
  let count = 0;
  const counting = Object.fromEntries(
    Object.entries(store as unknown as Record<string, (...values: unknown[]) => unknown>).map(([name, method]) => [
      name,
      (...values: unknown[]) => {
        count += 1;
        return method(...values);
      },
    ]),
  ) as unknown as Store;
  return { store: counting, asked: () => count };
}

describe.each(DRIVERS)('wrong client secrets, on %s', (_name, open) => {
  let shared: SharedStore;
  let store: Store;
  beforeAll(async () => {
    shared = await open();
    store = await shared.connect();
  });
  afterAll(() => shared.close());

  it('are told to wait once more than twenty different ones came from one network', async () => {
    const { client, client_secret } = newClient();
    const compare = createCompareSecret(store, SEAL);
    for (const wrong of guesses(MOST_WRONG)) expect(await compare(client, wrong, HOME)).toBe('wrong');
    expect(await compare(client, guess(), HOME)).toEqual(TOO_MANY);
    expect(await compare(client, client_secret, HOME)).toBe('right');
    expect(await compare(client, guess(), ELSEWHERE)).toBe('wrong');
    expect(await compare(client, guess(), undefined)).toBe('wrong');
  });

  it('keep nobody out of a client whose secret was generated, from wherever they came', async () => {
    const { client, client_secret } = newClient();
    const compare = createCompareSecret(store, SEAL);
    for (const wrong of guesses(MOST_WRONG * 2)) await compare(client, wrong, HOME);
    for (const address of [HOME, ELSEWHERE, undefined])
      expect(await compare(client, client_secret, address)).toBe('right');
  });

  it('keep their own network out of a client whose secret was chosen, which could be guessed, and no other', async () => {
    const { client, client_secret } = withImported();
    const compare = createCompareSecret(store, SEAL);
    await Promise.all(guesses(MOST_WRONG + 1).map((wrong) => compare(client, wrong, HOME)));
    expect(await compare(client, client_secret, HOME)).toEqual(TOO_MANY);
    expect(await compare(client, client_secret, ELSEWHERE)).toBe('right');
  });

  it('leave a client that has a secret of each kind the generated one', async () => {
    const { client, client_secret } = withImported();
    const generated = generateSecret();
    client.secrets.push(storeGenerated(generated, 0));
    const compare = createCompareSecret(store, SEAL);
    expect(await compare(client, client_secret, HOME)).toBe('right');
    await Promise.all(guesses(MOST_WRONG + 1).map((wrong) => compare(client, wrong, HOME)));
    expect(await compare(client, client_secret, HOME)).toEqual(TOO_MANY);
    expect(await compare(client, generated, HOME)).toBe('right');
  });

  it('are not guessed at by a machine that goes on with an old one', async () => {
    const { client, client_secret } = withImported();
    const compare = createCompareSecret(store, SEAL);
    const old = guess();
    for (let n = 0; n < 3; n++) expect(await compare(client, old, HOME)).toBe('wrong');
    await Promise.all(Array.from({ length: 40 }, () => compare(client, old, HOME)));
    expect(await compare(client, client_secret, HOME)).toBe('right');
    expect(await compare(client, old, HOME)).toBe('wrong');
  });

  it('count together in all processes, and for an hour', async () => {
    let now = 1_800_000_000;
    const processes = [store, await shared.connect()].map((one) => createCompareSecret(one, SEAL, () => now));
    const { client, client_secret } = withImported();
    const [one, other] = processes;
    for (const wrong of guesses(MOST_WRONG)) await one?.(client, wrong, HOME);
    expect(await other?.(client, guess(), HOME)).toEqual({ retryAfterSeconds: WINDOW_SECONDS });
    expect(await other?.(client, client_secret, HOME)).toEqual({ retryAfterSeconds: WINDOW_SECONDS });
    now += WINDOW_SECONDS - 1;
    expect(await one?.(client, guess(), HOME)).toEqual({ retryAfterSeconds: 1 });
    now += 1;
    for (const compare of processes) {
      expect(await compare(client, guess(), HOME)).toBe('wrong');
      expect(await compare(client, client_secret, HOME)).toBe('right');
    }
  });

  it('of however many at once, are looked at no more often than they may be wrong', async () => {
    const { client, client_secret } = withImported();
    const compare = createCompareSecret(store, SEAL);
    const answers = await Promise.all(guesses(100).map((wrong) => compare(client, wrong, HOME)));
    expect(answers.filter((answer) => answer === 'wrong').length).toBeLessThanOrEqual(MOST_WRONG);
    expect(await compare(client, client_secret, HOME)).toEqual(TOO_MANY);
  });

  it('of an IPv6 network count for all its addresses, and those that may be anybody’s not at all', async () => {
    const { client } = newClient();
    const compare = createCompareSecret(store, SEAL);
    for (const [n, wrong] of guesses(MOST_WRONG).entries()) await compare(client, wrong, `2001:db8:0:1::${n + 1}`);
    expect(await compare(client, guess(), '2001:db8:0:1:ffff::9')).toEqual(TOO_MANY);
    expect(await compare(client, guess(), '2001:db8:0:2::1')).toBe('wrong');
    for (const wrong of guesses(MOST_WRONG + 5)) expect(await compare(client, wrong, '10.0.0.1')).toBe('wrong');
  });

  it('cost the store nothing where a secret is right, and nothing more where one wrong secret comes again', async () => {
    const { store: counting, asked } = counted(store);
    const compare = createCompareSecret(counting, SEAL);
    const { client, client_secret } = newClient();
    const chosen = withImported();
    for (let n = 0; n < 3; n++) {
      expect(await compare(client, client_secret, HOME)).toBe('right');
      expect(await compare(chosen.client, chosen.client_secret, HOME)).toBe('right');
    }
    expect(asked()).toBe(0);
    const wrong = guess();
    await compare(client, wrong, HOME);
    const once = asked();
    await compare(client, wrong, HOME);
    expect([once, asked()]).toEqual([2, 2]);
    for (const other of guesses(MOST_WRONG * 3)) await compare(client, other, HOME);
    expect(asked()).toBeLessThanOrEqual(2 * (MOST_WRONG + 1));
    expect(await compare(client, client_secret, HOME)).toBe('right');
    expect(asked()).toBeLessThanOrEqual(2 * (MOST_WRONG + 1));
  });
});

it('what is kept of wrong secrets expires, and cannot be checked without the key that seals', async () => {
  expect(KINDS['wrong-secrets'].expires).toBe(true);
  const [, open] = DRIVERS[0] ?? [];
  const shared = await open?.();
  try {
    const store = await shared?.connect();
    if (!store) throw new Error('no store');
    const written: string[] = [];
    const write: Store['write'] = (kind, key, value, ...lifetime) => {
      written.push(`${kind} ${value} ${lifetime.join()}`);
      return store.write(kind, key, value, ...lifetime);
    };
    const compare = createCompareSecret({ ...store, write }, SEAL, () => 1000);
    const { client } = newClient();
    await compare(client, 'nearly the right one', HOME);
    await createCompareSecret({ ...store, write }, newSeal(), () => 1000)(client, 'nearly the right one', ELSEWHERE);
    expect(written[0]).not.toBe(written[1]);
    written.pop();
    expect(written).toEqual([expect.stringMatching(/^wrong-secrets \{"marks":\["[\w-]{16}"\],"until":4600\} 3600$/)]);
  } finally {
    await shared?.close();
  }
});
