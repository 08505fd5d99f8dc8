/** Authorization requests that were pushed: each leads to one answer. @see RFC 9126 */
import { keyOf, type Store } from '../store/store.ts';
import type { Adapter, Payload, Refusals } from './adapter.ts';

/** It is used when the person has answered: until then, and after it has expired, it has to be known whether it was. */
const ANSWERED_WITHIN_SECONDS = 2 * 3600;

/** "The request URI MUST be bound to the client that posted the authorization request" (§2.2): to others there is none. */
export function pushedRequests(store: Store, refusals: Refusals): Partial<Adapter> {
  const at = (id: string) => keyOf(`PushedAuthorizationRequest ${id}`);
  return {
    upsert: (id, { jti: _jti, ...payload }, expiresIn) =>
      store.write('pushed-request', at(id), JSON.stringify(payload), expiresIn + ANSWERED_WITHIN_SECONDS),
    find: async (id) => {
      const found = await store.readOnce('pushed-request', at(id));
      const pushed = found && (JSON.parse(found.value) as Payload & PushedRequest);
      if (!pushed || !refusals.isAsking(String(claimsOf(pushed).client_id))) return undefined;
      const payload = { ...pushed, jti: id };
      return found.consumedAt === undefined ? payload : { ...payload, consumed: found.consumedAt };
    },
    consume: async (id) => {
      if (!(await store.consume('pushed-request', at(id)))) throw await refusals.lost('PushedAuthorizationRequest', id);
    },
  };
}

export interface PushedRequest {
  /** The parameters, as a JWT without a signature: the library's own record of them. */
  request: string;
}

/** Its scope, as it was settled when it was pushed. */
export function pushedScope(pushed: PushedRequest): string | undefined {
  const { scope } = claimsOf(pushed);
  return typeof scope === 'string' ? scope : undefined;
}

function claimsOf({ request }: PushedRequest): Record<string, unknown> {
  const [, claims = ''] = request.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
}
