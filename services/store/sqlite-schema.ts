/** The tables. What expires has `expires_at`, in unix seconds; keys are digests (see store.ts). */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at INTEGER,
    consumed_at INTEGER,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE IF NOT EXISTS link (
    grant_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (grant_key, kind, key)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS link_expiry ON link (expires_at);

  CREATE TABLE IF NOT EXISTS withdrawal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL
  );
`;
