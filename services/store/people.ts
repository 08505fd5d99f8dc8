/** The register of people. Nobody has another's e-mail address, user name (in whatever case) or link. */
import type { Person, PersonLink } from '../shared/person.ts';
import { createPersonNames, emailName, linkName, namesOf, usernameName, type Name } from './person-names.ts';
import { createRegister, type Register } from './register.ts';
import type { Store } from './store.ts';

export interface PersonRegister extends Register<Person> {
  findByEmail(email: string): Promise<Person | undefined>;
  findByUsername(username: string): Promise<Person | undefined>;
  /** Who this is of another identity provider's, in an organization. */
  findByLink(org: string, link: PersonLink): Promise<Person | undefined>;
  /** `false` where the id, the e-mail address, the user name or a link is another's; nothing is left of it then. */
  add(person: Person): Promise<boolean>;
  /** @throws NameTaken, and changes nothing, where a new e-mail address, user name or link is another's. */
  change(personId: string, change: (person: Person) => Person): Promise<Person | undefined>;
}

export class NameTaken extends Error {
  override readonly name = 'NameTaken';
}

/** How often a change is tried again because another one of names came first. */
const CHANGE_ATTEMPTS = 10;

export function decodePerson(text: string): Person {
  return JSON.parse(text) as Person;
}

export function createPersonRegister(store: Store): PersonRegister {
  const people = createRegister<Person>(store, {
    kind: 'person',
    idOf: ({ person_id }) => person_id,
    nameOf: ({ name }) => name,
    decode: decodePerson,
  });
  const names = createPersonNames(store, (personId) => people.find(personId));

  /** Claims the new names, changes, and gives up the old ones; `undefined` where the names changed meanwhile. */
  async function rename(before: Person, gained: readonly Name[], change: (person: Person) => Person) {
    const id = before.person_id;
    const taken = new NameTaken('another user has that e-mail address or user name already');
    if (!(await names.claim(gained, id))) throw taken;
    let isStill = true;
    const changed = await people.change(id, (now) => {
      isStill = same(namesOf(now), namesOf(before));
      return isStill ? change(now) : now;
    });
    if (!changed || !isStill) {
      await names.release(gained, id);
      return undefined;
    }
    if (!(await names.confirm(gained, id)) && (await takeBack(before, changed))) {
      await names.release(gained, id);
      throw taken;
    }
    await names.release(without(namesOf(before), namesOf(changed)), id);
    return changed;
  }

  /** Gives somebody the names of before; `false` where they are others again by now, and this change is history. */
  async function takeBack({ person_id, email, username, links }: Person, changed: Person): Promise<boolean> {
    let isLast = false;
    await people.change(person_id, (now) => {
      isLast = same(namesOf(now), namesOf(changed));
      const { links: _links, ...rest } = now;
      return isLast ? { ...rest, email, username, ...(links && { links }) } : now;
    });
    return isLast;
  }

  return {
    ...people,

    findByEmail: (email) => names.ownerOf(emailName(email)),
    findByUsername: (username) => names.ownerOf(usernameName(username)),
    findByLink: (org, link) => names.ownerOf(linkName(org, link)),

    add: async (person) => {
      const { person_id: id } = person;
      if ((await people.find(id)) || !(await names.claim(namesOf(person), id))) return false;
      if ((await people.add(person)) && (await names.confirm(namesOf(person), id))) return true;
      await people.remove(id);
      await names.release(namesOf(person), id);
      return false;
    },

    change: async (personId, change) => {
      for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
        const before = await people.find(personId);
        if (!before) return undefined;
        const changed = await rename(before, without(namesOf(change(before)), namesOf(before)), change);
        if (changed) return changed;
      }
      throw new Error(`person ${personId} is being renamed by too many others at once; try again`);
    },

    remove: async (personId) => {
      const person = await people.find(personId);
      if (!person || !(await people.remove(personId))) return false;
      await names.release(namesOf(person), personId);
      return true;
    },
  };
}

function without(names: readonly Name[], others: readonly Name[]): Name[] {
  return names.filter((name) => !others.includes(name));
}

function same(one: readonly Name[], other: readonly Name[]): boolean {
  return one.join(' ') === other.join(' ');
}
