/**
 * Whatever is sent to a token endpoint, a token service that answers ordinary requests itself says, writes and logs what
 * one says, writes and logs that leaves every request to oidc-provider: byte for byte, but for the token and the time.
 */
import fc from 'fast-check';
import { keyOf, StoreUnavailable, type Store } from '../../services/store/store.ts';
import { MOST_WRONG } from '../../services/store/wrong-secrets.ts';
import { rawRequest } from '../support/raw-request.ts';
import { newSeal, runTokenService, tempStore, type TempStore, type TokenService } from '../support/token-service.ts';
import { asked, byAddress, castOfClients, CHANGES, secretOf, type Asked } from './token-requests.ts';

/** More of them, once, by hand: PROPERTY_RUNS=20000. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 1000);
/** Only says how long a hang takes, on a machine that is busy. */
const MOST_MS = 120_000 + RUNS * 100;

/** A token service, and all that came of one request to it. */
interface Observed {
  tell: (asked: Asked) => Promise<Outcome>;
  close: () => Promise<void>;
}

interface Outcome {
  answer: string;
  written: unknown[];
  logged: unknown[];
  token: string | undefined;
}

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** @param shared what two that are compared have in common: the clients, and the key of the seal. */
async function observe(isLibraryAlone: boolean, { cast, seal, cacheSeconds }: Shared): Promise<Observed> {
  const temp: TempStore = await tempStore();
  const written: [key: string, kind: string, value: string, ttlSeconds: unknown][] = [];
  let outage: Asked['outage'];
  const unless = (...outages: Asked['outage'][]) => {
    if (outages.includes(outage)) throw new StoreUnavailable(new Error('it cannot now'));
  };
  const store: Store = {
    ...temp.store,
    read: async (...said) => {
      unless('all');
      return temp.store.read(...said);
    },
    write: async (kind, key, value, ...lifetime) => {
      unless('all', 'writes');
      written.push([key, kind, value, lifetime[0]]);
      await temp.store.write(kind, key, value, ...lifetime);
    },
  };
  const service: TokenService = await runTokenService({
    store,
    seal,
    cacheSeconds,
    isLibraryAlone,
    scopePrefix: 'lrs:',
  });
  for (const client of cast) await service.clients.add(client);

  return {
    tell: async ({ client, change, outage: now, text: sent }) => {
      if (change) await service.clients.change(client, CHANGES[change]);
      [written.length, service.logged.length] = [0, 0];
      outage = now;
      const { text } = await rawRequest(service.port, sent).finally(() => (outage = undefined));
      const token = /"access_token":"([^"]+)"/.exec(text)?.[1];
      const key = token === undefined ? undefined : keyOf(token);
      return {
        token,
        answer: withoutTime(token === undefined ? text : text.replace(token, 'a token')),
        written: written.map(([at, kind, value, ttlSeconds]) => [
          ...[at === key ? 'of the token' : at, kind, withoutTime(value)],
          kind === 'wrong-secrets' ? 'what is left of the hour' : ttlSeconds,
        ]),
        logged: service.logged.map((line) => JSON.parse(line, leaveOut) as unknown),
      };
    },
    close: async () => {
      await service.close();
      await temp.close();
    },
  };
}

interface Shared {
  cast: ReturnType<typeof castOfClients>;
  seal: ReturnType<typeof newSeal>;
  cacheSeconds: number;
}

/** How long a record lives stays: what it began at does not. Nonces are made from the time, by a key of each store. */
function withoutTime(text: string): string {
  return text
    .replace(/^Date: .*$/im, 'Date: now')
    .replace(/^DPoP-Nonce: .*$/im, 'DPoP-Nonce: one')
    .replace(/^Retry-After: \d{3,}/im, 'Retry-After: long')
    .replace(/"iat":(\d+),"exp":(\d+)/, (_all, iat, exp) => `"life":${Number(exp) - Number(iat)}`)
    .replace(/"until":\d+/, '"until":then');
}

function leaveOut(name: string, value: unknown): unknown {
  return name === 'time' || name === 'stack' ? undefined : value;
}

/** Of 43 letters of base64url the last says four bits; the ids that the library makes end with any letter. */
const isOurs = (token: string | undefined) => token !== undefined && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(token);

/** @returns what sends a request to both, and holds what came of it at one to what came of it at the other. */
async function sideBySide(
  cacheSeconds: number,
): Promise<(asked: Asked) => Promise<{ ours?: string; theirs?: string }>> {
  const shared = { cast: castOfClients(), seal: newSeal(), cacheSeconds };
  const ours = await observe(false, shared);
  opened.push(ours);
  const theirs = await observe(true, shared);
  opened.push(theirs);
  return async (request) => {
    const [{ token, ...said }, { token: another, ...expected }] = await Promise.all([
      ours.tell(request),
      theirs.tell(request),
    ]);
    expect(said).toEqual(expected);
    return token === undefined || another === undefined ? {} : { ours: token, theirs: another };
  };
}

describe.each([
  ['clients are cached', 30, RUNS],
  ['every request reads its client', 0, Math.ceil(RUNS / 10)],
])('where %s', (_which, cacheSeconds, numRuns) => {
  it(
    `${numRuns} requests are answered, kept and logged as the library has it`,
    async () => {
      const tell = await sideBySide(cacheSeconds);
      const granted = { ours: 0, theirs: 0, all: 0 };
      await fc.assert(
        fc.asyncProperty(asked, async (request) => {
          const { ours, theirs } = await tell(request);
          granted.all += Number(ours !== undefined);
          granted.ours += Number(isOurs(ours));
          granted.theirs += Number(isOurs(theirs));
        }),
        { numRuns },
      );
      /* Of those that were granted most were ordinary, and none was to the one that leaves them to the library. */
      expect(granted.all).toBeGreaterThan(numRuns / 10);
      expect(granted.ours).toBeGreaterThan(granted.all / 2);
      expect(granted.theirs).toBeLessThan(granted.all / 2);
    },
    MOST_MS,
  );
});

it.each(['plain', 'imported', 'mixed'])(
  'wrong secrets of a client are counted as the library has them counted, and what is right past the most is told the same: %s',
  async (client) => {
    const tell = await sideBySide(30);
    for (let guess = 0; guess < MOST_WRONG + 2; guess++) {
      await tell(byAddress(client, `guess-${guess}`));
      await tell(byAddress(client, `guess-${guess}`));
      if (guess % 5 === 0) await tell(byAddress(client, secretOf(client)));
    }
    await tell(byAddress(client, secretOf(client)));
    await tell(byAddress(client, secretOf('plain')));
  },
);
