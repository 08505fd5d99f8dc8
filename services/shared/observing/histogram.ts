/** How long things took: counted in few buckets, as Prometheus has them. */
import type { Sample } from './figures.ts';

/** From what nobody notices to what somebody calls about. */
const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10] as const;

export interface Histogram {
  add(milliseconds: number): void;
  samples(labels: Sample['labels']): Sample[];
}

export function createHistogram(): Histogram {
  /** The last: longer than every bound. */
  const counts = new Array<number>(BOUNDS_SECONDS.length + 1).fill(0);
  let sumMs = 0;
  return {
    add: (milliseconds) => {
      const seconds = milliseconds / 1000;
      let at = 0;
      while (at < BOUNDS_SECONDS.length && seconds > (BOUNDS_SECONDS[at] ?? Infinity)) at++;
      counts[at] = (counts[at] ?? 0) + 1;
      sumMs += milliseconds;
    },
    samples: (labels) => {
      let count = 0;
      const buckets = counts.map((own, n): Sample => {
        count += own;
        return { part: 'bucket', labels: { ...labels, le: String(BOUNDS_SECONDS[n] ?? '+Inf') }, value: count };
      });
      return [...buckets, { part: 'sum', labels, value: sumMs / 1000 }, { part: 'count', labels, value: count }];
    },
  };
}
