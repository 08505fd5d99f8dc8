/** What ends a request with a page that says why. */
import type { ServerResponse } from 'node:http';
import { Refusal } from '../../shared/refusal.ts';
import { StoreUnavailable } from '../../store/store.ts';
import type { ErrorReason } from './error-page.ts';

export class Stop extends Error {
  override readonly name = 'Stop';
  readonly status: number;
  readonly reason: ErrorReason;

  constructor(status: number, reason: ErrorReason) {
    super(reason);
    this.status = status;
    this.reason = reason;
  }
}

/** "The origin server MUST generate an Allow header field in a 405 response" (RFC 9110 §15.5.6) */
export function notAllowed(res: ServerResponse, methods: readonly string[]): Stop {
  res.setHeader('Allow', methods.join(', '));
  return new Stop(405, 'nothing');
}

export function stopOf(error: unknown): Pick<Stop, 'status' | 'reason'> {
  if (error instanceof Stop) return error;
  if (error instanceof StoreUnavailable) return { status: 503, reason: 'unavailable' };
  if (!(error instanceof Refusal)) return { status: 500, reason: 'fault' };
  const { status } = error;
  if (status < 500) return { status, reason: 'form' };
  return { status, reason: status === 503 ? 'unavailable' : 'fault' };
}
