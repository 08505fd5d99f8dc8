/** Installs Learning Locker's statements service into the folder of that peer, where it is not there yet. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PEER = fileURLToPath(new URL('../peers/learning-locker/', import.meta.url));
const STAGING = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

/** The program to run with Node. */
export const LEARNING_LOCKER = join(PEER, 'node_modules/xapi-statements/dist/server.js');

/**
 * From the lock file, without running the packages' scripts. Takes half a minute the first time. Two test processes may
 * both come here: each installs beside, and the one that is done first moves its packages into place.
 */
export async function installLearningLocker(): Promise<void> {
  if (existsSync(LEARNING_LOCKER)) return;
  await mkdir(STAGING, { recursive: true });
  const staged = await mkdtemp(join(STAGING, 'learning-locker-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(PEER, file), join(staged, file));
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', staged], { cwd: staged });
    await rename(join(staged, 'node_modules'), join(PEER, 'node_modules')).catch((error: unknown) => {
      if (!existsSync(LEARNING_LOCKER)) throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}
