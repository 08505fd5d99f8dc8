/** How `doctor` asks others, and what their clocks say. */

const PATIENCE_MS = 3000;
/** Tokens live for seconds at the least; more skew than this and they die early, or late. */
const TOLERATED_SKEW_SECONDS = 5;

interface Asking {
  version?: string;
  authorization?: string;
}

/** Goes nowhere else: a password must not be led astray. */
export function ask(url: string, { version = '1.0.3', authorization }: Asking = {}): Promise<Response> {
  const headers = { 'X-Experience-API-Version': version, ...(authorization && { Authorization: authorization }) };
  return fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** @throws Error where this machine and the other differ by too much. */
export function skewFinding(response: Response, whose: string): string {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return `${whose} answers, without a Date to compare clocks by`;
  const skewSeconds = Math.round((Date.now() - date) / 1000);
  if (Math.abs(skewSeconds) > TOLERATED_SKEW_SECONDS)
    throw new Error(`this machine's clock and that of ${whose} differ by ${skewSeconds} s`);
  return `agrees with ${whose}`;
}
