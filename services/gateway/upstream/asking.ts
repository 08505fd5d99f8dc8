/** A call on its way to an origin, and what is to come of it. */
import type { Readable } from 'node:stream';
import type { Departure } from '../departure.ts';
import type { HeaderList } from '../headers.ts';

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  /** A Buffer where it was all there at once, or soon. */
  readonly body: Buffer | Readable;
}

export interface Asking {
  readonly method: string;
  /** As it is sent. */
  readonly head: string;
  /** A Buffer is all there; a stream is sent as it comes. */
  readonly body: Buffer | Readable | undefined;
  /** Of the body, in bytes; `undefined`: in chunks. */
  readonly length: number | undefined;
  readonly departure: Departure;
  readonly resolve: (answer: UpstreamAnswer) => void;
  readonly reject: (error: Error) => void;
  /** Whether a connection that had it ended without a word. */
  isSecond: boolean;
  /** When it has waited for a connection for too long, in ticks. */
  deadline: number;
}

/**
 * An LRS that closes an idle connection in the very moment it is used again has not seen the call, and asking it again
 * to read changes nothing.
 *
 * @see RFC 9110 §9.2.2, RFC 9112 §9.3.1
 */
export function mayBeAskedAgain({ method, body, isSecond }: Asking): boolean {
  return !isSecond && body === undefined && (method === 'GET' || method === 'HEAD');
}
