/**
 * The store's port: what every driver promises. One contract suite (test/store/) holds all drivers to it.
 *
 * Keys are digests, so that neither a dump nor a monitor shows a token. Values are text that the caller made; what must
 * not be read there is digested or sealed before it comes here. Every call touches one key, so Redis Cluster needs
 * nothing special.
 */
import { digest } from '../shared/digest.ts';

/** SHA-256 of an id. Drivers take nothing else, so no raw token can reach one. */
export type Key = string & { readonly __brand: 'store key' };

export function keyOf(id: string): Key {
  return digest(id) as Key;
}

/**
 * What is kept. `code` is its short name in the store; `expires`: it always has a time to live; `once`: it can be
 * consumed, by exactly one; `listed`: all of it can be gone through.
 */
export const KINDS = {
  'access-token': { code: 'at', expires: true, once: false, listed: false },
  'temporary-credential': { code: 'tc', expires: true, once: true, listed: false },
  'token-denial': { code: 'td', expires: true, once: false, listed: false },
  'registration-token': { code: 'ri', expires: true, once: false, listed: false },
  'registration-use': { code: 'ru', expires: true, once: false, listed: false },
  'authorization-code': { code: 'ac', expires: true, once: true, listed: false },
  'refresh-token': { code: 'rt', expires: true, once: true, listed: false },
  grant: { code: 'gr', expires: true, once: false, listed: false },
  'device-code': { code: 'dc', expires: true, once: true, listed: false },
  device: { code: 'de', expires: true, once: false, listed: false },
  'device-poll': { code: 'dp', expires: true, once: false, listed: false },
  'cmi5-launch': { code: 'c5', expires: true, once: true, listed: false },
  'pushed-request': { code: 'pr', expires: true, once: true, listed: false },
  replay: { code: 'rp', expires: true, once: false, listed: false },
  session: { code: 'se', expires: true, once: false, listed: false },
  interaction: { code: 'in', expires: true, once: false, listed: false },
  'sign-in-attempt': { code: 'sa', expires: true, once: false, listed: false },
  'sign-in-elsewhere': { code: 'sx', expires: true, once: true, listed: false },
  'known-browser': { code: 'kb', expires: true, once: false, listed: false },
  'wrong-secrets': { code: 'ws', expires: true, once: false, listed: false },
  'oauth1-token': { code: 'ot', expires: true, once: false, listed: false },
  'oauth1-nonce': { code: 'on', expires: true, once: false, listed: false },
  'oauth1-temporary': { code: 'op', expires: true, once: true, listed: false },
  'oauth1-answer': { code: 'oa', expires: true, once: false, listed: false },
  administration: { code: 'ad', expires: true, once: false, listed: false },
  client: { code: 'cl', expires: false, once: false, listed: true },
  organization: { code: 'or', expires: false, once: false, listed: true },
  person: { code: 'pe', expires: false, once: false, listed: true },
  'person-name': { code: 'pn', expires: false, once: false, listed: false },
  keys: { code: 'ks', expires: false, once: false, listed: false },
} as const satisfies Record<string, { code: string; expires: boolean; once: boolean; listed: boolean }>;

export type Kind = keyof typeof KINDS;
type KindWhere<Trait> = { [K in Kind]: (typeof KINDS)[K] extends Trait ? K : never }[Kind];
export type ExpiringKind = KindWhere<{ expires: true }>;
export type LastingKind = KindWhere<{ expires: false }>;
export type OnceKind = KindWhere<{ once: true }>;
export type ListedKind = KindWhere<{ listed: true }>;

export type PlainKind = KindWhere<{ once: false }>;

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** Seconds to live for what expires, and nothing for what lasts: the compiler sees to it that none is forgotten. */
export type Lifetime<K extends Kind> = K extends ExpiringKind ? [ttlSeconds: number] : [];

/** Something cached elsewhere no longer counts: one record, or, where messages may have been lost, everything. */
export type Withdrawal = { kind: Kind; key: Key } | 'everything';

export interface Following {
  /**
   * Whether every withdrawal announced so far has been handed on. Where it is false nothing cached may be used.
   * Asked before each use, so it must be quick.
   */
  isCurrent(): boolean;
  /** Resolves once every withdrawal announced before the call, as far as this store can order them, was handed on. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Every method rejects with {@link StoreUnavailable} where the store cannot tell. */
export interface Store {
  read(kind: PlainKind, key: Key): Promise<string | undefined>;
  write<K extends Kind>(kind: K, key: Key, value: string, ...lifetime: Lifetime<K>): Promise<void>;
  /** Writes where nothing is. Of any number at once, exactly one is told `true`. */
  writeNew<K extends PlainKind>(kind: K, key: Key, value: string, ...lifetime: Lifetime<K>): Promise<boolean>;
  /** Replaces `expected` by `value`; `false` where it is something else by now. */
  swap(kind: LastingKind, key: Key, expected: string, value: string): Promise<boolean>;
  remove(kind: Kind, key: Key): Promise<void>;

  /** Marks as spent. Of any number at once, exactly one is told `true`; an absent or expired one is nobody's. */
  consume(kind: OnceKind, key: Key): Promise<boolean>;
  /** When it was spent, in unix seconds, beside its value. */
  readOnce(kind: OnceKind, key: Key): Promise<{ value: string; consumedAt?: number } | undefined>;

  /** The values of a kind, in no order. */
  list(kind: ListedKind): AsyncIterable<string>;

  /** Notes, before it is written, that a record belongs to a grant. Forgotten with the record's own life. */
  link(grant: Key, kind: ExpiringKind, key: Key, ttlSeconds: number): Promise<void>;
  /** What was noted, whether or not it is still there. */
  linked(grant: Key): Promise<{ kind: ExpiringKind; key: Key }[]>;
  /** Removes every record of a grant and says which they were. */
  unlink(grant: Key): Promise<{ kind: ExpiringKind; key: Key }[]>;

  /** Tells every follower. Those in this process have been told when it resolves. */
  announce(kind: Kind, key: Key): Promise<void>;
  follow(listener: (withdrawal: Withdrawal) => void): Promise<Following>;

  /** Resolves where the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

let failures = 0;

/** What a driver throws; each time is counted. @param cause what went wrong. */
export function unavailable(cause: unknown): StoreUnavailable {
  failures += 1;
  return new StoreUnavailable(cause);
}

/** How often a store of this process could not tell, or could not be told, since it started. */
export function storeFailures(): number {
  return failures;
}

/** The store cannot be reached or will not answer: nobody knows, so the caller is told 503, never 401 or 200. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('the store cannot be reached', { cause });
  }
}

/** @throws RangeError for a life that is none: a record written with it would be immortal or never found. */
export function checkedTtl(kind: Kind, lifetime: readonly number[]): number | undefined {
  const [ttlSeconds] = lifetime;
  if (!KINDS[kind].expires) return undefined;
  if (ttlSeconds === undefined || !Number.isFinite(ttlSeconds) || ttlSeconds <= 0)
    throw new RangeError(`a record of kind ${kind} needs a time to live, not ${ttlSeconds}`);
  return Math.ceil(ttlSeconds);
}
