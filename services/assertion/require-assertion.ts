/** Lets through what hallpass vouches for: a middleware for express, connect, or a server of one's own. */
import { AssertionRefused, verifyAssertion, type Assertion, type AssertionOptions } from './verify-assertion.ts';

/** What is needed of node:http's, or express's, request and response. */
interface AssertedRequest {
  headers: Record<string, string | string[] | undefined>;
  /** Set by the middleware. */
  hallpass?: Assertion;
}
interface Response {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/**
 * @returns a middleware that sets `req.hallpass` and calls `next`, or answers 401, or 503 where hallpass's keys cannot be
 * read. `next` is called for nothing else, and never with an error.
 */
export function requireAssertion(
  options: AssertionOptions,
): (req: AssertedRequest, res: Response, next: () => void) => Promise<void> {
  return async (req, res, next) => {
    try {
      req.hallpass = await verifyAssertion(assertionIn(req), options);
    } catch (error) {
      return refuse(res, error);
    }
    next();
  };
}

const BEARER = /^Bearer +(?<token>[^ ]+) *$/i;

/** Where hallpass speaks in headers, and then where it uses a JWT as its credential. */
function assertionIn({ headers }: AssertedRequest): string {
  const { 'x-hallpass-assertion': asserted, authorization = '' } = headers;
  const token = asserted ?? BEARER.exec(String(authorization))?.groups?.token;
  if (typeof token !== 'string') throw new AssertionRefused('there is none, or more than one');
  return token;
}

function refuse(res: Response, error: unknown): void {
  const isRefused = error instanceof AssertionRefused;
  const reason = error instanceof Error ? error.message : 'unknown';
  res.statusCode = isRefused ? 401 : 503;
  if (isRefused) res.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Cache-Control', 'no-store');
  res.end(
    JSON.stringify({
      error: isRefused ? 'invalid_token' : 'temporarily_unavailable',
      error_description: isRefused ? `the assertion is refused: ${reason}` : reason,
    }),
  );
}
