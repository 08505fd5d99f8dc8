/** Figures for an operator who asks for them: kept where calls are served, told on a port of their own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, type Log } from '../shared/log.ts';
import type { Metrics } from '../shared/observing/figures.ts';
import type { Readable } from '../shared/observing/metrics.ts';
import { serveMetrics } from '../shared/observing/serve-metrics.ts';
import { storeFailures } from '../store/store.ts';
import type { Settings } from './settings-of.ts';
import type { Closable } from './until-signal.ts';

const NOTHING: Closable = { close: () => Promise.resolve() };

/** @returns those of this process, with what is no service's own; `undefined` where nobody asks. */
export async function metricsOf(settings: Settings, log: Log): Promise<(Metrics & Readable) | undefined> {
  if (settings.HALLPASS_METRICS_PORT === undefined) return undefined;
  const { createMetrics } = await import('../shared/observing/metrics.ts');
  const metrics = await createMetrics(versionOf());
  metrics.add({
    hallpass_store_errors_total: () => [{ labels: {}, value: storeFailures() }],
    hallpass_log_lines_lost_total: () => [{ labels: {}, value: linesOf(log).lost() }],
  });
  return metrics;
}

/** @returns those of all workers, in the process that started them. */
export async function metricsOfWorkers(settings: Settings): Promise<Readable | undefined> {
  if (settings.HALLPASS_METRICS_PORT === undefined) return undefined;
  const { ofAllWorkers } = await import('../shared/observing/metrics.ts');
  return ofAllWorkers();
}

/** Listens, where there is anything to tell. @throws the listen error as Node has it. */
export async function tell(figures: Readable | undefined, settings: Settings, log: Log): Promise<Closable> {
  if (!figures) return NOTHING;
  const { HALLPASS_HOST: host, HALLPASS_METRICS_PORT: port = 0, HALLPASS_DRAIN_SECONDS: drainSeconds } = settings;
  return serveMetrics({ host, port, drainSeconds, log: log.child({ serves: 'metrics' }), figures });
}

function versionOf(): string {
  const manifest = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
