/** The figures of a process, or of all workers, as Prometheus reads them. The only file that imports prom-client. */
import cluster from 'node:cluster';
import type { Metric } from 'prom-client';
import { FIGURES, type FigureDoc, type FigureName, type Figures, type Metrics, type Sample } from './figures.ts';

export interface Readable {
  readonly contentType: string;
  text(): Promise<string>;
}

/** The loop of events is looked at this often: how late it is tells of work that kept everybody waiting. */
const LOOK_EVERY_MS = 50;

/** Loads the library only here: who has no metrics pays nothing for it. A worker's are told to the primary that asks. */
export async function createMetrics(version: string): Promise<Metrics & Readable> {
  const { default: client } = await import('prom-client');
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOK_EVERY_MS });
  if (cluster.isWorker) {
    client.AggregatorRegistry.setRegistries(registry);
    /* It listens for the primary from when the first of them is made. */
    new client.AggregatorRegistry();
  }
  const told = new Map<FigureName, (() => readonly Sample[])[]>();

  function add(figures: Figures): void {
    for (const [name, read] of Object.entries(figures) as [FigureName, () => readonly Sample[]][]) {
      const reads = told.get(name) ?? [];
      if (reads.length === 0) registry.registerMetric(asMetric(name, reads));
      told.set(name, reads);
      reads.push(read);
    }
  }

  add({ hallpass_build_info: () => [{ labels: { version, node: process.versions.node }, value: 1 }] });
  return { contentType: registry.contentType, add, text: () => registry.metrics() };
}

/** In the primary: what its workers come to together. Where one does not tell in five seconds, nothing is told. */
export async function ofAllWorkers(): Promise<Readable> {
  const { default: client } = await import('prom-client');
  const registry = new client.AggregatorRegistry();
  return { contentType: registry.contentType, text: () => registry.clusterMetrics() };
}

/** As the library keeps its own; it counts nothing for us, so that a call costs no more than our own additions. */
function asMetric(name: FigureName, reads: readonly (() => readonly Sample[])[]): Metric {
  const { type, help, together = 'sum' }: FigureDoc = FIGURES[name];
  const get = () =>
    Promise.resolve({
      ...{ name, help, type, aggregator: together },
      values: reads.flatMap((read) =>
        read().map(({ labels, value, part }) => ({ labels, value, ...(part && { metricName: `${name}_${part}` }) })),
      ),
    });
  return { name, help, get } as unknown as Metric;
}
