/** What asking the LRS comes to. */
import { Refusal } from '../shared/refusal.ts';
import type { Metrics } from '../shared/observing/figures.ts';
import { createHistogram } from '../shared/observing/histogram.ts';
import { createTally } from '../shared/observing/tally.ts';
import type { UpstreamObserver } from './upstream/upstream.ts';

export function createUpstreamFigures(metrics: Metrics): UpstreamObserver {
  const outcomes = createTally('outcome');
  const durations = createHistogram();
  metrics.add({
    hallpass_upstream_answers_total: () => outcomes.samples(),
    hallpass_upstream_duration_seconds: () => durations.samples({}),
  });
  return {
    answered: (status, tookMs) => {
      outcomes.add(classOf(status));
      durations.add(tookMs);
    },
    failed: (error) => outcomes.add(error instanceof Refusal && error.code === 'gateway_timeout' ? 'timeout' : 'error'),
    departed: () => outcomes.add('departed'),
  };
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function classOf(status: number): string {
  return CLASSES[Math.floor(status / 100) - 1] ?? 'other';
}
