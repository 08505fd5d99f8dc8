/** A service as a command: in this process alone, or in HALLPASS_WORKERS processes behind one port. */
import cluster from 'node:cluster';
import { createLog, type Log } from '../shared/log.ts';
import type { Metrics } from '../shared/observing/figures.ts';
import { tidyAfterStart } from './after-start.ts';
import type { Command, Context } from './context.ts';
import { metricsOf, metricsOfWorkers, tell } from './metrics.ts';
import { settingsOf, type Settings } from './settings-of.ts';
import { closeInOrder, untilSignal, type Closable } from './until-signal.ts';
import type { Shared } from './workers/messages.ts';

export interface Service {
  role: 'token' | 'gateway' | 'all';
  /** Who speaks in the log. */
  name: string;
  /** Starts what there is one of, however many workers. */
  once?: (settings: Settings, context: Context) => Promise<{ shared: Shared; close(): Promise<void> }>;
  /** Listens. @returns what is closed in this order: the door first, the store last. */
  serve: (settings: Settings, shared: Shared, log: Log, metrics: Metrics | undefined) => Promise<Closable[]>;
  /** Once all listen. */
  greet?: (settings: Settings, context: Context) => Promise<void>;
}

const NOTHING = { shared: {}, close: () => Promise.resolve() };

export function serving(service: Service): Command {
  return (context) => (cluster.isWorker ? asWorker(service, context) : alone(service, context));
}

async function alone(service: Service, context: Context): Promise<void> {
  const settings = settingsOf(context, service.role);
  const log = createLog(service.name, settings.HALLPASS_LOG_LEVEL);
  const once = (await service.once?.(settings, context)) ?? NOTHING;
  const { HALLPASS_WORKERS: count } = settings;
  if (count === 1) {
    const metrics = await metricsOf(settings, log);
    const services = await service.serve(settings, once.shared, log, metrics);
    const figures = await tell(metrics, settings, log);
    await service.greet?.(settings, context);
    return untilSignal(log, [...services, figures, once]);
  }
  const { startWorkers } = await import('./workers/primary.ts');
  const workers = await startWorkers({ count, told: { shared: once.shared }, log });
  const figures = await tell(await metricsOfWorkers(settings), settings, log);
  log.info({ workers: count }, 'ready');
  await service.greet?.(settings, context);
  await Promise.race([untilSignal(log, [workers, figures, once]), workers.failed]);
}

async function asWorker(service: Service, context: Context): Promise<void> {
  const { leave, untilTold, whatIsShared } = await import('./workers/worker.ts');
  const shared = await whatIsShared();
  /* What is odd about the settings, the primary has said. */
  const settings = settingsOf({ ...context, note: () => undefined }, service.role);
  const log = createLog(service.name, settings.HALLPASS_LOG_LEVEL);
  const services = await service.serve(settings, shared, log, await metricsOf(settings, log));
  tidyAfterStart();
  log.info({ signal: await untilTold() }, 'draining');
  await closeInOrder(services);
  leave();
}
