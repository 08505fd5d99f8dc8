/** Redis may start after us: waiting, and saying so, beats a container that crashes in a loop. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/store.ts';

const RETRY_MS = 200;
const SAY_EVERY = 25;

/** Resolves once the store answers. @param patienceMs after which it rejects; for ever where absent. */
export async function untilStoreAnswers(store: Store, log: Log, patienceMs = Number.POSITIVE_INFINITY): Promise<void> {
  const startedAtMs = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.ping();
    } catch (error) {
      if (Date.now() - startedAtMs > patienceMs) throw error;
      if (attempt % SAY_EVERY === 0) log.warn('still waiting for the store to answer');
      await pause(RETRY_MS);
    }
  }
}
