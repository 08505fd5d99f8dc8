/** What is asked of the assertion that a client authenticates with, beyond what the library does. @see RFC 7523 §3, OIDC Core §9 */
import { nowSeconds } from '../shared/clock.ts';

interface Claims {
  exp?: unknown;
}

interface Header {
  typ?: unknown;
}

/** Longer than any client needs, and no longer than a `jti` is worth to be remembered. */
const MAX_SECONDS = 3600;
/** Other JWTs of a client's that its keys may sign are not to log it in. @see RFC 8725 §3.11 */
const TYPES = ['jwt', 'client-authentication+jwt'];

/**
 * "The authorization server may reject JWTs with an "exp" claim value that is unreasonably far in the future" (RFC 7523
 * §3): one that never expires would be a password.
 *
 * @param refusal makes the library's error; its sentence is only logged.
 */
export function checkAssertion(refusal: (detail: string) => Error) {
  return (_ctx: unknown, { exp }: Claims, { typ }: Header): Promise<void> => {
    if (typ !== undefined && !(typeof typ === 'string' && TYPES.includes(typ.toLowerCase())))
      return Promise.reject(refusal('the typ of the assertion is that of another kind of JWT'));
    if (typeof exp !== 'number' || exp > nowSeconds() + MAX_SECONDS)
      return Promise.reject(refusal(`the assertion should expire within ${MAX_SECONDS} seconds`));
    return Promise.resolve();
  };
}
