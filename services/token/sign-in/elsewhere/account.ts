/**
 * Whose account here it is. Somebody is known by issuer and subject, and by nothing else: an e-mail address is what a
 * provider says, and can be anybody's.
 */
import { nowSeconds } from '../../../shared/clock.ts';
import { isSameLink, type Person } from '../../../shared/person.ts';
import { addPerson } from '../../../store/new-person.ts';
import { NameTaken, type PersonRegister } from '../../../store/people.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { placeholderEmail, type Profile } from './profile.ts';

/** `taken`: another account has the e-mail address; `inactive`: this one is not to be used. */
export type Settled =
  { person: Person; event?: 'created' | 'linked' } | { refused: 'taken' | 'inactive'; account?: string };

/** How often it is tried again because the same person's other sign-in came first. */
const ATTEMPTS = 5;

/** @param trusted issuers in this organization by which accounts are linked by e-mail address. */
export async function settleAccount(
  people: PersonRegister,
  provider: IdentityProvider,
  profile: Profile,
  trusted: readonly string[],
): Promise<Settled> {
  const { org, id } = provider;
  const { link, email = placeholderEmail(id, link), name, scope = '' } = profile;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const known = await people.findByLink(org, link);
    if (known) return permitted(people, known, profile);
    const owner = await people.findByEmail(email);
    if (!owner) {
      const added = await addPerson(people, {
        ...{ org, email, email_verified: profile.email !== undefined, name, scope },
        links: [link],
      });
      if (added) return { person: added, event: 'created' };
    } else if (isOf(owner, org, profile)) {
      /* Their other sign-in, which is half done: not found by its link yet. */
      return permitted(people, owner, profile);
    } else {
      const isStill = (now: Person) => provider.link_by_email && isLinkable(now, org, profile, trusted);
      if (!isStill(owner)) return { refused: 'taken', account: owner.person_id };
      const linked = await linkedTo(people, owner, isStill, profile);
      if (!linked || !isOf(linked, org, profile)) continue;
      const settled = await permitted(people, linked, profile);
      return 'person' in settled ? { ...settled, event: 'linked' } : settled;
    }
  }
  return { refused: 'taken' };
}

function isOf(person: Person, org: string, { link }: Profile): boolean {
  const { links = [] } = person;
  return person.org === org && links.some((each) => isSameLink(each, link));
}

/**
 * Whether an account with this address is this person's: both sides have verified it. Nobody who came from a provider that
 * is not trusted with addresses keeps one for its owner, to share the account later (pre-hijacking); and where somebody
 * else of this provider is linked, the address has been given to another since.
 */
function isLinkable(owner: Person, org: string, { email, link }: Profile, trusted: readonly string[]): boolean {
  const { links = [] } = owner;
  const isTrusted = links.every(({ issuer }) => issuer !== link.issuer && trusted.includes(issuer));
  return owner.org === org && owner.active && owner.email_verified && owner.email === email && isTrusted;
}

/** `undefined` where somebody else is linked meanwhile. */
async function linkedTo(
  people: PersonRegister,
  { person_id }: Person,
  isStill: (now: Person) => boolean,
  { link }: Profile,
): Promise<Person | undefined> {
  try {
    return await people.change(person_id, (now) =>
      isStill(now) ? { ...now, links: [...(now.links ?? []), link], updated_at: nowSeconds() } : now,
    );
  } catch (error) {
    if (error instanceof NameTaken) return undefined;
    throw error;
  }
}

/** What the provider says of them now is what they may do from now on, also with the tokens that are out. */
async function permitted(people: PersonRegister, person: Person, { scope }: Profile): Promise<Settled> {
  const { person_id } = person;
  if (!person.active) return { refused: 'inactive', account: person_id };
  if (scope === undefined || scope === person.scope) return { person };
  const changed = await people.change(person_id, (now) => ({ ...now, scope, updated_at: nowSeconds() }));
  return changed?.active ? { person: changed } : { refused: 'inactive', account: person_id };
}
