/** Asks an LRS for the gateway: what went wrong on the way is told to the caller in its own terms. */
import { Refusal } from '../shared/refusal.ts';
import type { Answer } from './call.ts';
import type { Departure } from './departure.ts';
import type { UpstreamRequest } from './rewrite.ts';
import type { Patience } from './upstream/connection.ts';
import { UpstreamFault, type FaultKind } from './upstream/fault.ts';
import { createUpstream, type UpstreamObserver } from './upstream/upstream.ts';

export interface Forward {
  /** @throws Refusal 502 or 504. */
  ask(request: UpstreamRequest, departure: Departure): Promise<Answer>;
  close(): Promise<void>;
}

/** @param observer is told of every call, also of what a rule asks on its own. */
export function createForward(patience: Patience, observer?: UpstreamObserver): Forward {
  const upstream = createUpstream({ patience, explained: asRefusal, observer });
  return {
    ask: ({ origin, method, path, headers, contentLength: length, openBody }, departure) => {
      const body = length === 0 ? undefined : openBody();
      return upstream.ask({ origin, method, path, headers, body, length }, departure);
    },
    close: () => {
      upstream.close();
      return Promise.resolve();
    },
  };
}

const SAID: Record<FaultKind, [code: 'bad_gateway' | 'gateway_timeout', description: string]> = {
  unreached: ['gateway_timeout', 'the LRS could not be reached in time; try again'],
  unanswered: ['gateway_timeout', 'the LRS did not answer in time; the call may or may not have been carried out'],
  broken: ['bad_gateway', 'the LRS could not be reached, or broke off; try again'],
};

function asRefusal(cause: unknown): Refusal {
  const [code, description] = SAID[cause instanceof UpstreamFault ? cause.kind : 'broken'];
  return new Refusal(code, description, { cause });
}
