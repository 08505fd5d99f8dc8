/** What a token can be for: the LRS, and the further resources. @see RFC 8707 §2 */
import { identifierOf, scopesAt, type FurtherResource } from '../shared/resources.ts';
import { isLrsScope } from '../shared/scopes.ts';

export interface Target {
  /** As the token's record has it, and its audience. */
  identifier: string;
  /** Whether a scope gives anything there. */
  knows: (scope: string) => boolean;
}

export interface Targets {
  lrs: Target;
  /** Of all there are, the LRS first. */
  identifiers: readonly string[];
  /** @param org the client's: its own LRS is the LRS, in Watershed's spelling too. */
  named: (resource: string, org: string) => Target | undefined;
  /** The audience of a token that was asked for without naming a resource: whatever its scopes reach. */
  reachedBy: (scopes: readonly string[]) => string | string[];
}

export function createTargets(issuer: string, resources: readonly FurtherResource[]): Targets {
  const lrs: Target = {
    identifier: `${issuer}/xapi`,
    knows: (scope) => isLrsScope(scope) || scope === 'authority/write',
  };
  const further = resources.map((resource): Target => {
    const scopes = scopesAt(resource);
    return { identifier: identifierOf(issuer, resource), knows: (scope) => scopes.includes(scope) };
  });
  const targets = [lrs, ...further];

  return {
    lrs,
    identifiers: targets.map(({ identifier }) => identifier),
    /* Compared as they are: normalizing would take one URL for another. */
    named: (resource, org) => {
      const bare = resource.endsWith('/') ? resource.slice(0, -1) : resource;
      if (bare === issuer || bare === `${issuer}/api/organizations/${org}/lrs`) return lrs;
      return targets.find(({ identifier }) => identifier === bare);
    },
    reachedBy: (scopes) => {
      const reached = further.filter(({ knows }) => scopes.some(knows)).map(({ identifier }) => identifier);
      return reached.length === 0 ? lrs.identifier : [lrs.identifier, ...reached];
    },
  };
}
