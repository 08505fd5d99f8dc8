/** What all calls of a service come to. */
import type { EndedCall } from './call.ts';
import type { Metrics, Sample } from './figures.ts';
import { createHistogram, type Histogram } from './histogram.ts';
import { createTally } from './tally.ts';

export interface CallFigures {
  begun(): void;
  ended(call: EndedCall): void;
  unreadable(): void;
}

/** Of one method at one resource. */
interface Calls {
  readonly labels: Sample['labels'];
  readonly statuses: Map<number, number>;
  readonly durations: Histogram;
  received: number;
  sent: number;
}

/** Node knows thirty more, and a caller could make a row of each. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER = 'other';
/** Where nothing is, or nothing that has a name. */
const NOWHERE = 'none';

export function createCallFigures(service: string, metrics: Metrics): CallFigures {
  const own = { service };
  const known = new Map<string, Map<string, Calls>>();
  const reasons = createTally('reason', own);
  const grants = createTally('grant_type');
  const errors = createTally('error');
  let inProgress = 0;
  let brokenOff = 0;
  let unreadable = 0;

  function callsOf(resource: string, method: string): Calls {
    const atResource = known.get(resource);
    const calls = atResource?.get(method);
    if (calls) return calls;
    const first: Calls = {
      labels: { ...own, resource, method },
      statuses: new Map(),
      durations: createHistogram(),
      ...{ received: 0, sent: 0 },
    };
    if (atResource) atResource.set(method, first);
    else known.set(resource, new Map([[method, first]]));
    return first;
  }

  const each = (read: (calls: Calls) => readonly Sample[]) => () =>
    [...known.values()].flatMap((methods) => [...methods.values()].flatMap(read));
  const one = (read: () => number) => () => [{ labels: own, value: read() }];

  function bytes(read: (calls: Calls) => number): () => Sample[] {
    return () =>
      [...known].map(([resource, methods]) => ({
        labels: { ...own, resource },
        value: [...methods.values()].reduce((sum, calls) => sum + read(calls), 0),
      }));
  }

  metrics.add({
    hallpass_http_requests_total: each(({ labels, statuses }) =>
      [...statuses].map(([status, value]) => ({ labels: { ...labels, status: String(status) }, value })),
    ),
    hallpass_http_request_duration_seconds: each(({ labels, durations }) => durations.samples(labels)),
    hallpass_http_requests_in_progress: one(() => inProgress),
    hallpass_http_received_bytes_total: bytes(({ received }) => received),
    hallpass_http_sent_bytes_total: bytes(({ sent }) => sent),
    hallpass_refusals_total: () => reasons.samples(),
    hallpass_http_broken_off_total: one(() => brokenOff),
    hallpass_http_unreadable_total: one(() => unreadable),
    hallpass_tokens_issued_total: () => grants.samples(),
    hallpass_token_errors_total: () => errors.samples(),
  });
  return {
    begun: () => void (inProgress += 1),
    ended: ({ noted, method, status, isWhole, durationMs, bytes: { received, sent } }) => {
      inProgress -= 1;
      if (!isWhole) brokenOff += 1;
      const { resource = NOWHERE, refusal, issuedBy, error } = noted;
      const calls = callsOf(resource, METHODS.has(method) ? method : OTHER);
      calls.statuses.set(status, (calls.statuses.get(status) ?? 0) + 1);
      calls.durations.add(durationMs);
      calls.received += received;
      calls.sent += sent;
      if (refusal) reasons.add(refusal.code);
      if (issuedBy !== undefined) grants.add(issuedBy);
      if (error !== undefined) errors.add(error);
    },
    unreadable: () => void (unreadable += 1),
  };
}
