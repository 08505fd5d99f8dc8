/** Runs services until the process is told to end, then lets them end in order. */
import type { Log } from '../shared/log.ts';
import { tidyAfterStart } from './after-start.ts';

export interface Closable {
  close(): Promise<void>;
}

/** @param services closed in this order: the door first, the store last. A second signal does not wait. */
export async function untilSignal(log: Log, services: readonly Closable[]): Promise<void> {
  tidyAfterStart();
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'draining');
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1));
  await closeInOrder(services);
}

export async function closeInOrder(services: readonly Closable[]): Promise<void> {
  for (const service of services) await service.close();
}
