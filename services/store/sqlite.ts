/**
 * The store in one SQLite file: what `make run` uses, and enough for several processes on one machine (WAL). The only
 * file that imports node:sqlite.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { nowSeconds } from '../shared/clock.ts';
import { checkedTtl, KINDS, type ExpiringKind, type Key, type Kind, type Store, type Withdrawal } from './store.ts';
import { attempt, promised } from './promised.ts';
import { SCHEMA } from './sqlite-schema.ts';

/** How long a writer waits for another process's transaction before it gives up. */
const BUSY_TIMEOUT_MS = 2000;
/** Expired rows are never read; they are swept from the file this often, by whoever writes. */
const SWEEP_INTERVAL_MS = 60_000;
/** Followers look on every use; one that has not looked for this long is told to forget everything. */
const WITHDRAWAL_KEPT_SECONDS = 3600;

const OWNER_ONLY = 0o600;

const BY_CODE = new Map(Object.entries(KINDS).map(([kind, { code }]) => [code as string, kind as Kind]));

/** @param path of the file; its folder is made. @throws StoreUnavailable where the file cannot be opened. */
export function openSqlite(path: string): Store {
  const database = attempt(() => {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a', OWNER_ONLY));
    const opened = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    opened.exec(SCHEMA);
    return opened;
  });
  const statements = new Map<string, StatementSync>();
  const listeners = new Set<(withdrawal: Withdrawal) => void>();
  let sweptAtMs = Date.now();

  function prepared(sql: string): StatementSync {
    const known = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, known);
    return known;
  }
  const run = (sql: string, ...values: (string | number | null)[]) => attempt(() => prepared(sql).run(...values));
  const get = <Row>(sql: string, ...values: (string | number)[]) =>
    attempt(() => prepared(sql).get(...values)) as Row | undefined;
  const all = <Row>(sql: string, ...values: (string | number)[]) =>
    attempt(() => prepared(sql).all(...values)) as Row[];

  /** Waits for the disk: what an administrator was told is done must outlive a power cut, also in WAL mode. */
  function durably<T>(work: () => T): T {
    database.exec('PRAGMA synchronous = FULL');
    try {
      return work();
    } finally {
      database.exec('PRAGMA synchronous = NORMAL');
    }
  }

  function sweep(): void {
    if (Date.now() - sweptAtMs < SWEEP_INTERVAL_MS) return;
    sweptAtMs = Date.now();
    run('DELETE FROM record WHERE expires_at <= ?', nowSeconds());
    run('DELETE FROM link WHERE expires_at <= ?', nowSeconds());
    run('DELETE FROM withdrawal WHERE at < ?', nowSeconds() - WITHDRAWAL_KEPT_SECONDS);
  }

  function put(mode: 'REPLACE' | 'IGNORE', kind: Kind, key: Key, value: string, ttlSeconds?: number): boolean {
    const expiresAt = ttlSeconds === undefined ? null : nowSeconds() + ttlSeconds;
    const write = () =>
      run(
        `INSERT OR ${mode} INTO record (kind, key, value, expires_at) VALUES (?, ?, ?, ?)`,
        KINDS[kind].code,
        key,
        value,
        expiresAt,
      ).changes === 1;
    sweep();
    return KINDS[kind].expires ? write() : durably(write);
  }

  const LIVE = '(expires_at IS NULL OR expires_at > ?)';

  return {
    read: promised((kind, key) => {
      const sql = `SELECT value FROM record WHERE kind = ? AND key = ? AND ${LIVE}`;
      return get<{ value: string }>(sql, KINDS[kind].code, key, nowSeconds())?.value;
    }),

    write: promised((kind: Kind, key: Key, value: string, ...lifetime: number[]) => {
      put('REPLACE', kind, key, value, checkedTtl(kind, lifetime));
    }),

    writeNew: promised((kind: Kind, key: Key, value: string, ...lifetime: number[]) => {
      const ttlSeconds = checkedTtl(kind, lifetime);
      run('DELETE FROM record WHERE kind = ? AND key = ? AND expires_at <= ?', KINDS[kind].code, key, nowSeconds());
      return put('IGNORE', kind, key, value, ttlSeconds);
    }),

    swap: promised((kind, key, expected, value) => {
      const sql = 'UPDATE record SET value = ? WHERE kind = ? AND key = ? AND value = ?';
      return durably(() => run(sql, value, KINDS[kind].code, key, expected).changes === 1);
    }),

    remove: promised((kind, key) => {
      durably(() => run('DELETE FROM record WHERE kind = ? AND key = ?', KINDS[kind].code, key));
    }),

    consume: promised((kind, key) => {
      const sql = `UPDATE record SET consumed_at = ? WHERE kind = ? AND key = ? AND consumed_at IS NULL AND ${LIVE}`;
      return durably(() => run(sql, nowSeconds(), KINDS[kind].code, key, nowSeconds()).changes === 1);
    }),

    readOnce: promised((kind, key) => {
      const sql = `SELECT value, consumed_at FROM record WHERE kind = ? AND key = ? AND ${LIVE}`;
      const row = get<{ value: string; consumed_at: number | null }>(sql, KINDS[kind].code, key, nowSeconds());
      return row && { value: row.value, ...(row.consumed_at !== null && { consumedAt: row.consumed_at }) };
    }),

    async *list(kind) {
      const page = 'SELECT key, value FROM record WHERE kind = ? AND key > ? ORDER BY key LIMIT 100';
      for (let after = ''; ;) {
        const rows = await promised(() => all<{ key: string; value: string }>(page, KINDS[kind].code, after))();
        yield* rows.map((row) => row.value);
        const last = rows.at(-1);
        if (!last) return;
        after = last.key;
      }
    },

    link: promised((grant, kind, key, ttlSeconds) => {
      const sql = 'INSERT OR REPLACE INTO link (grant_key, kind, key, expires_at) VALUES (?, ?, ?, ?)';
      run(sql, grant, KINDS[kind].code, key, nowSeconds() + Math.ceil(ttlSeconds));
    }),

    linked: promised((grant) =>
      all<{ kind: string; key: Key }>('SELECT kind, key FROM link WHERE grant_key = ?', grant).map(readLink),
    ),

    unlink: promised((grant) => {
      const rows = all<{ kind: string; key: Key }>('DELETE FROM link WHERE grant_key = ? RETURNING kind, key', grant);
      for (const { kind, key } of rows) run('DELETE FROM record WHERE kind = ? AND key = ?', kind, key);
      return rows.map(readLink);
    }),

    announce: promised((kind, key) => {
      durably(() =>
        run('INSERT INTO withdrawal (kind, key, at) VALUES (?, ?, ?)', KINDS[kind].code, key, nowSeconds()),
      );
      for (const listener of listeners) listener({ kind, key });
    }),

    follow: promised((listener) => {
      const version = () => get<{ data_version: number }>('PRAGMA data_version')?.data_version;
      const latest = () => get<{ seq: number }>('SELECT COALESCE(MAX(seq), 0) AS seq FROM withdrawal')?.seq ?? 0;
      let seenVersion = version();
      let seen = latest();
      listeners.add(listener);

      /** `data_version` moves when another connection commits; most commits withdraw nothing. */
      function catchUp(): void {
        const current = version();
        if (current === seenVersion) return;
        const sql = 'SELECT seq, kind, key FROM withdrawal WHERE seq > ? ORDER BY seq';
        for (const { seq, kind, key } of all<{ seq: number; kind: string; key: Key }>(sql, seen)) {
          const known = BY_CODE.get(kind);
          listener(known === undefined || seq > seen + 1 ? 'everything' : { kind: known, key });
          seen = seq;
        }
        seenVersion = current;
      }

      return {
        isCurrent: () => {
          try {
            catchUp();
            return true;
          } catch {
            listener('everything');
            return false;
          }
        },
        settled: promised(catchUp),
        close: promised(() => void listeners.delete(listener)),
      };
    }),

    ping: promised(() => void get('SELECT 1 FROM record LIMIT 1')),
    close: promised(() => {
      if (database.isOpen) database.close();
    }),
  };
}

function readLink({ kind, key }: { kind: string; key: Key }): { kind: ExpiringKind; key: Key } {
  return { kind: BY_CODE.get(kind) as ExpiringKind, key };
}
