/** Who may launch content, and what it can hand on: never more than it has itself. */
import type { Caller } from '../../../caller/caller.ts';
import { isBoundOnly } from '../../../shared/client.ts';
import { Refusal } from '../../../shared/refusal.ts';
import { covers, narrow } from '../../../shared/scopes.ts';
import { contradictedBy } from '../../authorization-details.ts';
import type { LaunchRequest } from './launch-request.ts';
import { LEAST_SCOPES, SESSION_SCOPES } from './session-restrictions.ts';

/** @throws Refusal 401 or 403 for whoever may not. */
export function whoLaunches(caller: Caller | undefined, issuer: string): Caller {
  if (!caller) throw new Refusal('unauthenticated', 'launching needs an access token: Authorization: Bearer TOKEN');
  const { scopes, subject, resource, audience, client } = caller;
  const meant = audience ?? (resource === undefined ? undefined : [resource]);
  if (meant && !meant.includes(`${issuer}/xapi`))
    throw new Refusal('invalid_token', `this token is for ${meant.join(' and ')}, and not for launching`);
  if (!scopes.includes('launch'))
    throw new Refusal('insufficient_scope', 'this token may not launch content', { scope: ['launch'] });
  if (subject !== undefined) throw new Refusal('access_denied', 'who acts for a person cannot launch content');
  if (isBoundOnly(client))
    throw new Refusal('access_denied', 'this client has bound tokens only, and content cannot be given one of those');
  return caller;
}

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
