/** Waiting for something that becomes true in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  timeoutMs?: number;
  everyMs?: number;
}

/** Runs the assertion until it passes; when the time is over, throws what it threw last. */
export async function eventually(assertion: () => Promise<void> | void, patience: Patience = {}): Promise<void> {
  const { timeoutMs = 15_000, everyMs = 50 } = patience;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() + everyMs > deadline) throw error;
    }
    await sleep(everyMs);
  }
}
