/** The key that seals what the store must give back: from the settings, or a file beside the SQLite file. */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { encryptionKeys } from '../../config/values.ts';
import { createSeal, KEY_BYTES, type Seal } from '../shared/seal.ts';

const FILE_NAME = 'hallpass.key';
const OWNER_ONLY = 0o600;

/** @throws Error where the file is not a key. */
export function sealOf(settings: Settings): Seal {
  const { HALLPASS_ENCRYPTION_KEY: keys, HALLPASS_STORE: store } = settings;
  if (keys) return createSeal(keys, 'hallpass');
  if (store.driver !== 'sqlite') throw new Error('HALLPASS_ENCRYPTION_KEY should be set when HALLPASS_STORE is Redis');
  return createSeal(encryptionKeys(keyBeside(store.path)), 'hallpass');
}

/** Made by whoever comes first, and there only once it is whole: others that start at the same time read it. */
function keyBeside(databasePath: string): string {
  const path = join(dirname(databasePath), FILE_NAME);
  const fresh = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(fresh, randomBytes(KEY_BYTES).toString('base64url'), { mode: OWNER_ONLY });
  try {
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh);
  }
  return readFileSync(path, 'utf8').trim();
}
