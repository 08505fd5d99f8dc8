/** The register of people: who is found by which name, and that no name is two people's, on both stores. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { hashPassword } from '../../services/shared/password.ts';
import { permissionsOf, personStands, type Person } from '../../services/shared/person.ts';
import { addPerson } from '../../services/store/new-person.ts';
import { openStore } from '../../services/store/open-store.ts';
import { createPersonRegister, NameTaken, type PersonRegister } from '../../services/store/people.ts';
import { keyOf, type Store, type Withdrawal } from '../../services/store/store.ts';
import { startRedis } from '../support/redis-server.ts';
import { tempStore } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';
import { dumpOf } from './whole-redis.ts';

interface Opened {
  store: Store;
  /** As another process has it. */
  other: Store;
  close(): Promise<void>;
}

async function onSqlite(): Promise<Opened> {
  const opened = await tempStore();
  return { store: opened.store, other: opened.connect(), close: () => opened.close() };
}

async function onRedis(): Promise<Opened> {
  const server = await startRedis();
  const connect = async () => {
    const address = readStoreAddress(server.url);
    if (!address) throw new Error(`not a store: ${server.url}`);
    const store = openStore(address, pino({ level: 'silent' }));
    await eventually(() => store.ping());
    return store;
  };
  const [store, other] = [await connect(), await connect()];
  return {
    store,
    other,
    close: async () => {
      await Promise.all([store.close(), other.close()]);
      await server.close();
    },
  };
}

let last = 0;
function someone(fields: Partial<Person> = {}): Person {
  last += 1;
  return {
    person_id: `person:${randomBytes(12).toString('hex')}`,
    org: 'default',
    email: `somebody-${last}@example.org`,
    email_verified: true,
    username: `somebody-${last}`,
    name: 'Some Body',
    scope: 'statements/read',
    active: true,
    generation: 0,
    created_at: 1,
    updated_at: 1,
    ...fields,
  };
}

describe.each([
  ['SQLite', onSqlite],
  ['Redis', onRedis],
])('the register of people on %s', (_driver, open) => {
  let opened: Opened;
  let people: PersonRegister;
  let elsewhere: PersonRegister;
  beforeAll(async () => {
    opened = await open();
    people = createPersonRegister(opened.store);
    elsewhere = createPersonRegister(opened.other);
  });
  afterAll(() => opened.close());

  async function added(fields: Partial<Person> = {}): Promise<Person> {
    const person = someone(fields);
    expect(await people.add(person)).toBe(true);
    return person;
  }
  const ids = async () => (await people.list()).map(({ person_id }) => person_id);

  it('finds who was added by id, e-mail address and user name, also from another process', async () => {
    const ada = await added({ email: 'ada@example.org', username: 'Ada.L', name: 'Ada "Ä" 😀', locale: 'de' });
    expect(await elsewhere.find(ada.person_id)).toEqual(ada);
    expect(await elsewhere.findByEmail('ada@example.org')).toEqual(ada);
    expect(await elsewhere.findByUsername('Ada.L')).toEqual(ada);
  });

  it('finds somebody in whatever case the name is written', async () => {
    const bob = await added({ email: 'bob@example.org', username: 'Bob' });
    expect(await people.findByEmail('BOB@Example.ORG')).toEqual(bob);
    expect(await people.findByUsername('bOB')).toEqual(bob);
  });

  it('trap, case folding beyond ASCII opens another account: the Kelvin sign is no k, the dotless ı no i', async () => {
    await added({ email: 'mike@example.org', username: 'mike' });
    for (const spelt of ['mi\u212ae', 'm\u0131ke', 'M\u0130KE', '\uff4dike']) {
      expect(await people.findByEmail(`${spelt}@example.org`)).toBeUndefined();
      expect(await people.findByUsername(spelt)).toBeUndefined();
    }
  });

  it.each(['', 'nobody', '__proto__', 'constructor', 'person:', 'held', 'email:ada@example.org'])(
    'finds nobody called %j',
    async (name) => {
      expect(await people.find(name)).toBeUndefined();
      expect(await people.findByEmail(name)).toBeUndefined();
      expect(await people.findByUsername(name)).toBeUndefined();
    },
  );

  it('takes no user name for an e-mail address, and no e-mail address for a user name', async () => {
    const person = await added();
    expect(await people.findByEmail(person.username)).toBeUndefined();
    expect(await people.findByUsername(person.email)).toBeUndefined();
  });

  it('adds nobody with the id, the e-mail address or the user name of another, and leaves nothing of them', async () => {
    const first = await added();
    const before = await ids();
    for (const taken of [
      { person_id: first.person_id },
      { email: first.email },
      { username: first.username },
      { username: first.username.toUpperCase() },
    ]) {
      const second = someone({ name: 'An impostor', ...taken });
      expect(await elsewhere.add(second)).toBe(false);
      if (!('email' in taken)) expect(await people.findByEmail(second.email)).toBeUndefined();
      if (!('username' in taken)) expect(await people.findByUsername(second.username)).toBeUndefined();
    }
    expect(await ids()).toEqual(before);
    expect(await people.findByEmail(first.email)).toEqual(first);
    expect(await people.findByUsername(first.username)).toEqual(first);
  });

  it('gives a name that somebody was refused for another to the next who wants it', async () => {
    const first = await added();
    const refused = someone({ username: first.username });
    expect(await people.add(refused)).toBe(false);
    expect(await people.add(someone({ email: refused.email }))).toBe(true);
  });

  it.each(['email', 'username'] as const)(
    'adds exactly one of many who want one %s at once',
    async (name) => {
      for (let round = 0; round < 10; round++) {
        const wanted = someone()[name];
        const before = (await ids()).length;
        const racers = Array.from({ length: 20 }, () => someone({ [name]: wanted }));
        const outcomes = await Promise.all(racers.map((racer, n) => (n % 2 ? people : elsewhere).add(racer)));
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        const winner = racers[outcomes.indexOf(true)];
        expect(await (name === 'email' ? people.findByEmail(wanted) : people.findByUsername(wanted))).toEqual(winner);
        expect(await people.findByEmail(winner?.email ?? '')).toEqual(winner);
        expect(await people.findByUsername(winner?.username ?? '')).toEqual(winner);
        expect((await ids()).length).toBe(before + 1);
      }
    },
    60_000,
  );

  it.each(['claimed', 'held'])(
    'treats a name that is %s by nobody there is as free, for one of many',
    async (state) => {
      const { email } = someone();
      await opened.store.write('person-name', keyOf(`email:${email}`), `${state} person:0123456789abcdef01234567`);
      expect(await people.findByEmail(email)).toBeUndefined();
      const racers = Array.from({ length: 10 }, () => someone({ email }));
      const outcomes = await Promise.all(racers.map((racer, n) => (n % 2 ? people : elsewhere).add(racer)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await people.findByEmail(email)).toEqual(racers[outcomes.indexOf(true)]);
    },
  );

  it('has somebody whole whose writer ended before it confirmed the names', async () => {
    const person = someone();
    for (const name of [`email:${person.email}`, `username:${person.username}`])
      await opened.store.write('person-name', keyOf(name), `claimed ${person.person_id}`);
    await opened.store.write('person', keyOf(person.person_id), JSON.stringify(person));
    expect(await people.findByEmail(person.email)).toEqual(person);
    expect(await people.add(someone({ email: person.email }))).toBe(false);
    expect(await people.findByUsername(person.username)).toEqual(person);
  });

  it('loses no change, however many come at once', async () => {
    const { person_id } = await added();
    const raise = (person: Person) => ({ ...person, generation: person.generation + 1 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? people : elsewhere).change(person_id, raise)));
    expect((await people.find(person_id))?.generation).toBe(20);
  });

  it('gives somebody new names, and the old ones to whoever wants them', async () => {
    const before = await added();
    const names = { email: someone().email, username: someone().username };
    const after = await elsewhere.change(before.person_id, (person) => ({ ...person, ...names }));
    expect(after).toEqual({ ...before, ...names });
    expect(await people.findByEmail(names.email)).toEqual(after);
    expect(await people.findByUsername(names.username)).toEqual(after);
    expect(await people.findByEmail(before.email)).toBeUndefined();
    expect(await people.findByUsername(before.username)).toBeUndefined();
    expect(await people.add(someone({ email: before.email, username: before.username }))).toBe(true);
    const back = people.change(before.person_id, (person) => ({ ...person, email: before.email }));
    await expect(back).rejects.toThrow(NameTaken);
  });

  it('lets somebody write a user name in other case', async () => {
    const { person_id, username } = await added();
    await people.change(person_id, (person) => ({ ...person, username: username.toUpperCase() }));
    expect((await people.findByUsername(username))?.username).toBe(username.toUpperCase());
    expect(await people.add(someone({ username }))).toBe(false);
  });

  it.each(['email', 'username'] as const)('changes nothing where the new %s is taken', async (name) => {
    const [one, other] = [await added(), await added()];
    const stolen = people.change(one.person_id, (person) => ({
      ...person,
      ...someone({ person_id: one.person_id, generation: 9 }),
      [name]: other[name],
    }));
    await expect(stolen).rejects.toThrow(NameTaken);
    expect(await people.find(one.person_id)).toEqual(one);
    expect(await people.findByEmail(one.email)).toEqual(one);
    expect(await people.findByUsername(other.username)).toEqual(other);
  });

  it('gives a name to exactly one of many who change to it at once', async () => {
    const { email } = someone();
    const those = await Promise.all(Array.from({ length: 10 }, () => added()));
    const outcomes = await Promise.allSettled(
      those.map(({ person_id }, n) =>
        (n % 2 ? people : elsewhere).change(person_id, (person) => ({ ...person, email })),
      ),
    );
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(won).toHaveLength(1);
    expect(await people.findByEmail(email)).toEqual(won[0]);
    const bearers = (await people.list()).filter((person) => person.email === email);
    expect(bearers).toEqual(won);
    for (const person of those)
      if (person.person_id !== won[0]?.person_id) expect(await people.findByEmail(person.email)).toEqual(person);
  });

  it('ends with one name, by which it is found, for somebody who is renamed by several at once', async () => {
    for (let round = 0; round < 10; round++) {
      const before = await added();
      const emails = Array.from({ length: 4 }, () => someone().email);
      await Promise.all(
        emails.map((email, n) =>
          (n % 2 ? people : elsewhere).change(before.person_id, (person) => ({ ...person, email })),
        ),
      );
      const after = await people.find(before.person_id);
      expect(emails).toContain(after?.email);
      expect(await people.findByEmail(after?.email ?? '')).toEqual(after);
      for (const email of [before.email, ...emails].filter((one) => one !== after?.email)) {
        expect(await people.findByEmail(email)).toBeUndefined();
        expect(await people.add(someone({ email }))).toBe(true);
      }
    }
  });

  describe('trap, a name is looked at before somebody is written, and taken after:', () => {
    /** A register that is held up right before it writes a person, until something else is done. */
    function heldUp(meanwhile: () => Promise<unknown>): PersonRegister {
      let isHeld = false;
      const once = async (kind: string) => {
        if (kind !== 'person' || isHeld) return;
        isHeld = true;
        await meanwhile();
      };
      const { store } = opened;
      return createPersonRegister({
        ...store,
        writeNew: async (kind, ...rest) => {
          await once(kind);
          return store.writeNew(kind, ...rest);
        },
        swap: async (kind, ...rest) => {
          await once(kind);
          return store.swap(kind, ...rest);
        },
      });
    }

    it.each(['email', 'username'] as const)(
      'who is added last has the %s, and nothing is left of the other',
      async (name) => {
        const [slow, quick] = [someone(), someone()];
        const racer = { ...quick, [name]: slow[name] };
        expect(await heldUp(async () => expect(await elsewhere.add(racer)).toBe(true)).add(slow)).toBe(false);
        expect(await people.find(slow.person_id)).toBeUndefined();
        expect(await people.findByEmail(racer.email)).toEqual(racer);
        expect(await people.findByUsername(racer.username)).toEqual(racer);
        const free = name === 'email' ? { username: slow.username } : { email: slow.email };
        expect(await people.add(someone(free))).toBe(true);
      },
    );

    it('who is renamed meanwhile keeps the old name', async () => {
      const [slow, quick] = [await added(), someone()];
      const register = heldUp(async () => expect(await elsewhere.add(quick)).toBe(true));
      const renamed = register.change(slow.person_id, (person) => ({ ...person, email: quick.email }));
      await expect(renamed).rejects.toThrow(NameTaken);
      expect(await people.findByEmail(quick.email)).toEqual(quick);
      expect(await people.findByEmail(slow.email)).toEqual(slow);
    });

    it('who is deleted meanwhile is not brought back, and the name is free', async () => {
      const [gone, { email }] = [await added(), someone()];
      const register = heldUp(async () => expect(await elsewhere.remove(gone.person_id)).toBe(true));
      expect(await register.change(gone.person_id, (person) => ({ ...person, email }))).toBeUndefined();
      expect(await people.find(gone.person_id)).toBeUndefined();
      expect(await people.add(someone({ email }))).toBe(true);
      expect(await people.add(someone({ email: gone.email }))).toBe(true);
    });
  });

  it('changes nobody who is not there', async () => {
    expect(await people.change('person:nobody', (person) => person)).toBeUndefined();
    expect(await people.remove('person:nobody')).toBe(false);
  });

  it('removes somebody, and gives the names to the next, who is somebody else', async () => {
    const gone = await added();
    expect(await elsewhere.remove(gone.person_id)).toBe(true);
    expect(await people.find(gone.person_id)).toBeUndefined();
    expect(await people.findByEmail(gone.email)).toBeUndefined();
    expect(await people.findByUsername(gone.username)).toBeUndefined();
    expect(await ids()).not.toContain(gone.person_id);
    const next = await added({ email: gone.email, username: gone.username });
    expect(next.person_id).not.toBe(gone.person_id);
    expect(await people.remove(gone.person_id)).toBe(false);
    expect(await people.findByEmail(gone.email)).toEqual(next);
  });

  it('tells every follower of a change and a removal, so that sessions and tokens can end', async () => {
    const { person_id } = await added();
    const heard: Withdrawal[] = [];
    const following = await opened.other.follow((withdrawal) => heard.push(withdrawal));
    await eventually(() => expect(following.isCurrent()).toBe(true));
    heard.length = 0;
    await people.change(person_id, (person) => ({ ...person, generation: 1 }));
    await following.settled();
    expect(heard).toEqual([{ kind: 'person', key: keyOf(person_id) }]);
    await people.remove(person_id);
    await following.settled();
    expect(heard).toHaveLength(2);
    await following.close();
  });

  it('lists by name, then id', async () => {
    const names = ['zz', '! first', 'mm', 'mm'];
    for (const name of names) await added({ name });
    const listed = (await people.list()).map(({ name, person_id }) => `${name}\u0000${person_id}`);
    expect(listed).toEqual([...listed].sort());
    expect((await people.list())[0]?.name).toBe('! first');
  });

  describe('addPerson', () => {
    const said = (email: string, more: object = {}) => ({
      ...{ org: 'default', email, email_verified: true, name: 'A', scope: '' },
      ...more,
    });

    it('makes an id that no client can have, and a user name of the e-mail address', async () => {
      const grace = await addPerson(people, said('grace.hopper@example.org'));
      expect(grace).toMatchObject({ username: 'grace.hopper', active: true, generation: 0 });
      expect(grace?.person_id).toMatch(/^person:[0-9a-f]{24}$/);
    });

    it('numbers those who would have the same user name, also where they come at once', async () => {
      const emails = Array.from({ length: 30 }, (_, n) => `info@school-${n}.example`);
      const those = await Promise.all(emails.map((email, n) => addPerson(n % 2 ? people : elsewhere, said(email))));
      const usernames = those.map((person) => person?.username ?? '');
      expect(new Set(usernames).size).toBe(30);
      expect(usernames).toEqual(expect.arrayContaining(['info', 'info2', 'info3']));
      for (const username of usernames) expect(username).toMatch(/^info\d*$/);
    });

    it.each([
      ["o'brien+lrs@example.org", 'obrien+lrs'],
      ['{}@example.org', 'person'],
      ['..x@example.org', 'x'],
      [`${'y'.repeat(64)}@example.org`, 'y'.repeat(54)],
    ])('makes one that is allowed, of any address: %s', async (email, username) => {
      expect((await addPerson(people, said(email)))?.username).toBe(username);
    });

    it('adds nobody where the address, or the user name that was said, is taken', async () => {
      const first = await addPerson(people, said('taken@example.org', { username: 'Taken-1' }));
      expect(first?.username).toBe('Taken-1');
      expect(await addPerson(people, said('taken@example.org'))).toBeUndefined();
      expect(await addPerson(people, said('free@example.org', { username: 'taken-1' }))).toBeUndefined();
      expect(await people.findByEmail('free@example.org')).toBeUndefined();
    });
  });
});

describe('what the store has of somebody', () => {
  it('is no password, and no name in a key', async () => {
    const server = await startRedis();
    const address = readStoreAddress(server.url);
    if (!address) throw new Error('no store');
    const store = openStore(address, pino({ level: 'silent' }));
    await eventually(() => store.ping());
    const password = await hashPassword('correct horse battery', 1);
    await createPersonRegister(store).add(someone({ email: 'dumped@example.org', password }));
    const dump = await dumpOf((...args) => server.command(...args));
    expect(dump).toContain('argon2id');
    expect(dump).not.toContain('correct horse');
    expect(dump.split('dumped@example.org')).toHaveLength(2);
    await store.close();
    await server.close();
  });
});

describe('a person', () => {
  it('stands under the generation that something began under, while active', () => {
    expect(personStands(someone({ generation: 3 }), 3)).toBe(true);
    expect(personStands(someone({ generation: 4 }), 3)).toBe(false);
    expect(personStands(someone({ active: false }), 0)).toBe(false);
  });

  it('may have no permission at all', () => {
    expect(permissionsOf(someone({ scope: '' }))).toEqual([]);
    expect(permissionsOf(someone({ scope: 'state all/read' }))).toEqual(['state', 'all/read']);
  });
});
