/**
 * Who has which name: an e-mail address, a user name or a link belongs to one person at most, however many want it at once.
 *
 * A name is claimed before its person is written, and confirmed after. What is confirmed, or belongs to somebody who
 * is there and bears it, is taken; anything else was left behind by what did not come to its end, and is free. Each step
 * swaps what was read before, so of any number at once one goes on, and the others see that it did.
 */
import type { Person, PersonLink } from '../shared/person.ts';
import { folded } from '../shared/person-name.ts';
import { keyOf, type Key, type Store } from './store.ts';

export interface PersonNames {
  /** Who has it. */
  ownerOf(name: Name): Promise<Person | undefined>;
  /** All of them or none; `false` where another has one of them. */
  claim(names: readonly Name[], personId: string): Promise<boolean>;
  /** `false` where one was claimed by another meanwhile: what was written on the strength of it has to be undone. */
  confirm(names: readonly Name[], personId: string): Promise<boolean>;
  release(names: readonly Name[], personId: string): Promise<void>;
}

/** `email:ada@example.org`, `username:ada`, `link:["default","https://idp.example.org","24400320"]` */
export type Name = `${'email' | 'username' | 'link'}:${string}`;

export const emailName = (email: string): Name => `email:${folded(email)}`;
export const usernameName = (username: string): Name => `username:${folded(username)}`;

/** Of one organization: two can have the same provider, and neither says who somebody is in the other. */
export const linkName = (org: string, { issuer, sub }: PersonLink): Name =>
  `link:${JSON.stringify([org, issuer, sub])}`;

export function namesOf({ email, username, org, links = [] }: Person): Name[] {
  return [emailName(email), usernameName(username), ...links.map((link) => linkName(org, link))];
}

const KIND = 'person-name';
/** A name that was given up. Nothing removes it: between looking at it and removing it, it could be another's. */
const FREE = '';

const claimedBy = (personId: string) => `claimed ${personId}`;
const heldBy = (personId: string) => `held ${personId}`;
const personIn = (entry: string) => entry.slice(entry.indexOf(' ') + 1);

/** @param find a person by its id. */
export function createPersonNames(store: Store, find: (personId: string) => Promise<Person | undefined>): PersonNames {
  async function ownerIn(entry: string | undefined, name: Name): Promise<Person | undefined> {
    if (entry === undefined || entry === FREE) return undefined;
    const person = await find(personIn(entry));
    return person && namesOf(person).includes(name) ? person : undefined;
  }

  async function claimOne(name: Name, personId: string): Promise<boolean> {
    const key: Key = keyOf(name);
    const entry = await store.read(KIND, key);
    if (entry === undefined) return store.writeNew(KIND, key, claimedBy(personId));
    const owner = await ownerIn(entry, name);
    if (owner) return owner.person_id === personId;
    return store.swap(KIND, key, entry, claimedBy(personId));
  }

  async function confirmOne(name: Name, personId: string): Promise<boolean> {
    const key = keyOf(name);
    if (await store.swap(KIND, key, claimedBy(personId), heldBy(personId))) return true;
    return (await store.read(KIND, key)) === heldBy(personId);
  }

  const names: PersonNames = {
    ownerOf: async (name) => ownerIn(await store.read(KIND, keyOf(name)), name),

    claim: async (wanted, personId) => {
      for (const [index, name] of wanted.entries()) {
        if (await claimOne(name, personId)) continue;
        await names.release(wanted.slice(0, index), personId);
        return false;
      }
      return true;
    },

    confirm: async (wanted, personId) => {
      for (const name of wanted) if (!(await confirmOne(name, personId))) return false;
      return true;
    },

    release: async (given, personId) => {
      for (const name of given)
        for (const entry of [claimedBy(personId), heldBy(personId)]) await store.swap(KIND, keyOf(name), entry, FREE);
    },
  };
  return names;
}
