/** Refusals as clients of OAuth 1.0 read them: a form, with a word of "OAuth Problem Reporting" and a sentence. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringify } from 'node:querystring';
import { Refusal, type RefusalCode } from '../../../shared/refusal.ts';

/** The words that are used here, and what each is. @see RFC 5849 §3.2 */
const PROBLEMS = {
  parameter_absent: 'invalid_request',
  parameter_rejected: 'invalid_request',
  signature_method_rejected: 'invalid_request',
  signature_invalid: 'unauthenticated',
  timestamp_refused: 'unauthenticated',
  nonce_used: 'unauthenticated',
  consumer_key_rejected: 'access_denied',
  token_rejected: 'invalid_token',
  token_expired: 'invalid_token',
  token_used: 'invalid_token',
  verifier_invalid: 'invalid_token',
  permission_unknown: 'invalid_token',
  permission_denied: 'invalid_token',
} as const satisfies Record<string, RefusalCode>;

export type Problem = keyof typeof PROBLEMS;

export class OAuthProblem extends Refusal {
  readonly problem: Problem;

  /** @param client whose signature was wrong, where that is known. Private. */
  constructor(problem: Problem, description: string, client?: string) {
    super(PROBLEMS[problem], description, client === undefined ? {} : { client });
    this.problem = problem;
  }
}

/** What was refused without one of those words: what is wrong with it as a request, or as one that is signed. */
function problemOf(refusal: Refusal): Problem {
  if (refusal instanceof OAuthProblem) return refusal.problem;
  return refusal.status === 401 ? 'signature_invalid' : 'parameter_rejected';
}

/** Ends the response. @param refusal of the client's making: less than 500. */
export function sendProblem(req: IncomingMessage, res: ServerResponse, refusal: Refusal, issuer: string): void {
  const { status, message, retryAfterSeconds } = refusal;
  /* "… the server … MUST include a "WWW-Authenticate" header" (RFC 9110 §15.5.2) */
  if (status === 401) res.setHeader('WWW-Authenticate', `OAuth realm="${issuer}"`);
  if (retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(retryAfterSeconds));
  if (!req.complete) res.setHeader('Connection', 'close');
  sendForm(res, status, { oauth_problem: problemOf(refusal), oauth_problem_advice: message });
}

/** "The server … includes … in the body of an HTTP response with … application/x-www-form-urlencoded" @see RFC 5849 §2.1 */
export function sendForm(res: ServerResponse, status: number, parameters: Record<string, string>): void {
  const text = stringify(parameters);
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(text) };
  res.writeHead(status, headers).end(text);
}
