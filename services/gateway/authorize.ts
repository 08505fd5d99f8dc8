/** Whether this caller may do that, and what is owed before it is done. 401: who are you; 403: you may not. */
import { Refusal } from '../shared/refusal.ts';
import { decide, scopesThatGrant } from '../shared/xapi/decide.ts';
import type { Duty } from './call.ts';
import { dutiesOf } from './duties.ts';
import type { Caller } from '../caller/caller.ts';
import { refuseForOther } from '../caller/meant-for.ts';
import type { Lrs } from './lrs.ts';
import type { Operation } from './operation.ts';

/**
 * "If the LRS … receives a request with … valid credentials that … lack the permission … 403 Forbidden".
 *
 * @param audience the LRS as a token names it. @returns what is owed before the call may be forwarded.
 * @throws Refusal 401 or 403, the latter naming the scopes that would do.
 * @see xAPI 1.0.3 Part 3 §3.2
 * @see RFC 6750 §3.1
 */
export function authorize(
  caller: Caller | undefined,
  operation: Operation,
  lrs: Lrs,
  audience: string,
): readonly Duty[] {
  const { resource, access, method } = operation;
  if (access === 'public' || access === 'preflight') return [];
  if (!caller) throw withoutToken();
  refuseForOther(caller, audience);
  const decision = decide(caller.scopes, resource, access);
  if (!decision.allow)
    throw new Refusal('insufficient_scope', `this token may not ${method} ${resource}`, { scope: decision.needs });
  /* Nothing could narrow it, and forwarded as it stands it would be a read of everybody's statements. */
  if (decision.only === 'mine' && !lrs.authorityOf(caller))
    throw new Refusal('insufficient_scope', 'reading only your own statements is not possible in front of this LRS', {
      scope: scopesThatGrant(resource, 'read'),
    });
  return dutiesOf({ operation, caller, lrs, decision });
}

export function withoutToken(): Refusal {
  return new Refusal('unauthenticated', 'this needs an access token: Authorization: Bearer TOKEN');
}
