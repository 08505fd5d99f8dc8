/** Which LRS a call is for: by the organization in its path, or by its caller. */
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Soon } from '../shared/soon.ts';
import { keyOf } from '../store/store.ts';
import type { Reader } from '../store/records.ts';
import { withoutToken } from './authorize.ts';
import type { Caller } from '../caller/caller.ts';
import type { Lrs } from './lrs.ts';
import type { Place } from './operation.ts';

export type LrsOf = (place: Place, caller: Caller | undefined) => Soon<Lrs>;

/**
 * @param standing the organization of the settings, which no registration can take the place of.
 * @param lrsOf what its registration comes to; asked once for each registration that is read.
 */
export function createOrganizations(
  standing: Organization,
  registered: Reader<Organization>,
  lrsOf: (organization: Organization) => Lrs,
): LrsOf {
  const known = new WeakMap<Organization, Lrs>();
  const built = (organization: Organization): Lrs => {
    const before = known.get(organization);
    if (before) return before;
    const lrs = lrsOf(organization);
    known.set(organization, lrs);
    return lrs;
  };

  async function find(org: string, caller: Caller | undefined): Promise<Lrs> {
    const organization = await registered.read(keyOf(org));
    if (!organization) throw unknown(caller);
    return built(organization);
  }

  return (place, caller) => {
    const org = place.org ?? caller?.org ?? DEFAULT_ORGANIZATION;
    /* Before anything is looked up: whether another organization exists is nobody else's business. */
    if (caller && caller.org !== org)
      throw new Refusal('access_denied', 'this client belongs to another organization than this path');
    return org === DEFAULT_ORGANIZATION ? built(standing) : find(org, caller);
  };
}

/** To whoever shows no token, an organization that there is not looks like one whose LRS wants to see one. */
function unknown(caller: Caller | undefined): Refusal {
  return caller ? new Refusal('not_found', 'there is no such organization any more') : withoutToken();
}
