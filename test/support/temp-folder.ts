/** A folder of its own for a test's server, gone when the test removes it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  path: string;
  remove(): Promise<void>;
}

export async function tempFolder(label: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `hallpass-${label}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
