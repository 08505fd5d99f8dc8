/** What is known of a call by the time it ends. Whoever learns some of it notes it; who observes calls reads it then. */
import type { HttpRequest } from '../front/message.ts';
import type { Refusal } from '../refusal.ts';
import type { Bytes } from './connection-bytes.ts';

export interface NotedCall {
  /** The template of the path or the name of what is there, never the path: it may hold anything. */
  resource?: string | undefined;
  /** What is really asked, where that is not the method of the request. */
  method?: string | undefined;
  /** Where it came from. */
  address?: string | undefined;
  caller?: { readonly clientId: string; readonly org?: string | undefined } | undefined;
  /** Why it was refused; absent where it was not. */
  refusal?: Refusal | undefined;
  /** Why it ended with the answer under way. */
  brokeOff?: string | undefined;
  /** Has no line: a probe, or passed on to a service of ours, which writes one. */
  isSilent?: boolean;
  /** The grant type by which an access token was issued. */
  issuedBy?: string | undefined;
  /** The error code of OAuth that was answered, where it is one that we know. */
  error?: string | undefined;
}

export interface EndedCall {
  readonly noted: NotedCall;
  readonly method: string;
  readonly status: number;
  /** Whether the whole of the answer was sent. */
  readonly isWhole: boolean;
  /** From its head to the end of the answer. */
  readonly durationMs: number;
  readonly bytes: Bytes;
}

const NOTED = Symbol('what is known of the call');

interface Noting {
  [NOTED]?: NotedCall;
}

/** @param call is read when the call has ended: what is learnt after this counts. */
export function note<T extends NotedCall>(req: HttpRequest, call: T): T {
  (req as Noting)[NOTED] = call;
  return call;
}

/** Keeps what was noted before. */
export function noteRefusal(req: HttpRequest, refusal: Refusal): void {
  const noted = notedOf(req);
  if (noted) noted.refusal = refusal;
}

export function notedOf(req: HttpRequest): NotedCall | undefined {
  return (req as Noting)[NOTED];
}
