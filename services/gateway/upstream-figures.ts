/** What asking the LRS comes to, counted around whatever asks it. */
import { Refusal } from '../shared/refusal.ts';
import type { Metrics } from '../shared/observing/figures.ts';
import { createHistogram } from '../shared/observing/histogram.ts';
import { createTally } from '../shared/observing/tally.ts';
import type { Forward } from './forward.ts';

/** Also what a rule asks on its own: it is a call for the LRS all the same. @param metrics absent: nothing is counted. */
export function measured(forward: Forward, metrics: Metrics | undefined): Forward {
  if (!metrics) return forward;
  const outcomes = createTally('outcome');
  const durations = createHistogram();
  metrics.add({
    hallpass_upstream_answers_total: () => outcomes.samples(),
    hallpass_upstream_duration_seconds: () => durations.samples({}),
  });
  return {
    ...forward,
    ask: async (...call) => {
      const begunMs = performance.now();
      try {
        const answer = await forward.ask(...call);
        outcomes.add(classOf(answer.status));
        durations.add(performance.now() - begunMs);
        return answer;
      } catch (error) {
        outcomes.add(outcomeOf(error));
        throw error;
      }
    },
  };
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function classOf(status: number): string {
  return CLASSES[Math.floor(status / 100) - 1] ?? 'other';
}

/** The caller went first where it is neither: nobody refused anything. */
function outcomeOf(error: unknown): string {
  if (!(error instanceof Refusal)) return 'departed';
  return error.code === 'gateway_timeout' ? 'timeout' : 'error';
}
