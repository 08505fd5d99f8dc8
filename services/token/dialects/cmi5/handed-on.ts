/** What an LMS that launches content can hand on: never more than it has itself. */
import type { Caller } from '../../../caller/caller.ts';
import { Refusal } from '../../../shared/refusal.ts';
import { covers, narrow } from '../../../shared/scopes.ts';
import { contradictedBy } from '../../authorization-details.ts';
import type { LaunchRequest } from './launch-request.ts';
import { LEAST_SCOPES, SESSION_SCOPES } from './session-restrictions.ts';

/** @throws Refusal 403 where too little is left for content to work. */
export function scopesOfSession({ scopes }: Caller): string[] {
  const given = narrow(SESSION_SCOPES, scopes);
  const missing = LEAST_SCOPES.filter((least) => !given.some((scope) => covers(scope, least)));
  if (missing.length === 0) return given;
  throw new Refusal('insufficient_scope', `content needs ${missing.join(' and ')}, which this token cannot hand on`, {
    scope: missing,
  });
}

/** A session in which nothing works would look like a launch. @throws Refusal 403 */
export function refuseOutside({ restrictions }: Caller, { actor, registration, activityId }: LaunchRequest): void {
  for (const source of restrictions) {
    const contradicted = contradictedBy(source, { actor, registration, activity: activityId });
    if (contradicted)
      throw new Refusal('access_denied', `this launch is outside what this client is restricted to: ${contradicted}`);
  }
}
