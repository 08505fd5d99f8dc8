/** Whether this caller may do that. 401: who are you; 403: you may not. */
import { Refusal } from '../shared/refusal.ts';
import { decide, scopesThatGrant } from '../shared/xapi/decide.ts';
import type { Caller } from './identify.ts';
import type { Operation } from './operation.ts';

/**
 * "If the LRS … receives a request with … valid credentials that … lack the permission … 403 Forbidden".
 *
 * @throws Refusal 401 or 403, the latter naming the scopes that would do.
 * @see xAPI 1.0.3 Part 3 §3.2
 * @see RFC 6750 §3.1
 */
export function authorize(caller: Caller | undefined, { resource, access, method }: Operation): void {
  if (access === 'public' || access === 'preflight') return;
  if (!caller) throw new Refusal('unauthenticated', 'this needs an access token: Authorization: Bearer TOKEN');
  const decision = decide(caller.scopes, resource, access);
  if (!decision.allow)
    throw new Refusal('insufficient_scope', `this token may not ${method} ${resource}`, { scope: decision.needs });
  /* Forwarded as it stands, a read of one's own statements would be a read of everybody's. */
  if (decision.only === 'mine')
    throw new Refusal('insufficient_scope', 'reading only your own statements is not possible in front of this LRS', {
      scope: scopesThatGrant(resource, 'read'),
    });
}
