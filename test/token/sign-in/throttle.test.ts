/** How often somebody may try to sign in: over several processes, without a way to lock others out. */
import { join } from 'node:path';
import { KINDS, type Store } from '../../../services/store/store.ts';
import { openSqlite } from '../../../services/store/sqlite.ts';
import { createThrottle, WINDOW_SECONDS, type Attempt } from '../../../services/token/sign-in/throttle.ts';
import { PASSWORD, startSignInPages, visitor, type SignInPages } from '../../support/sign-in-pages.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
const connections: Store[] = [];
const connect = () => {
  const store = openSqlite(join(folder.path, 'hallpass.db'));
  connections.push(store);
  return store;
};
beforeAll(async () => {
  folder = await tempFolder('throttle');
});
afterAll(async () => {
  for (const store of connections) await store.close();
  await folder.remove();
});

const attempt = (said: Partial<Attempt> = {}): Attempt => ({
  account: `person:${Math.random()}`,
  address: `address ${Math.random()}`,
  knownBrowser: undefined,
  ...said,
});
/** As long as it takes for no delay to be left. */
const PAUSE_MS = 61_000;

function throttleWithClock(store = connect()) {
  let nowMs = 1_800_000_000_000;
  const admit = createThrottle(store, () => nowMs);
  return {
    admit,
    pass: (ms: number) => void (nowMs += ms),
    /** How many of `times` attempts are looked at, with pauses between them. */
    admitted: async (times: number, each: (index: number) => Attempt) => {
      let count = 0;
      for (let index = 0; index < times; index++) {
        if ('succeeded' in (await admit(each(index)))) count += 1;
        nowMs += PAUSE_MS;
      }
      return count;
    },
  };
}

describe('attempts to sign in', () => {
  it('are ten for an account from one address, however long one waits between them', async () => {
    const { admitted } = throttleWithClock();
    const same = attempt();
    expect(await admitted(14, () => same)).toBe(10);
  });

  it('have to wait longer each time: three are free, then a second, two, four …', async () => {
    const { admit, pass } = throttleWithClock();
    const same = attempt();
    const waits: number[] = [];
    for (let taken = 0; taken < 10;) {
      const admission = await admit(same);
      if ('succeeded' in admission) taken += 1;
      else {
        waits.push(admission.retryAfterSeconds);
        pass(admission.retryAfterSeconds * 1000);
      }
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60]);
  });

  it('of the same account from another address are not kept out by them', async () => {
    const { admitted } = throttleWithClock();
    const attacked = attempt();
    await admitted(14, () => attacked);
    expect(await admitted(1, () => attempt({ account: attacked.account }))).toBe(1);
  });

  it('from one address are a hundred, whatever the accounts', async () => {
    const { admit } = throttleWithClock();
    const { address } = attempt();
    const admissions = await Promise.all(Array.from({ length: 130 }, () => admit(attempt({ address }))));
    expect(admissions.filter((admission) => 'succeeded' in admission)).toHaveLength(100);
  });

  it('of one account are a hundred, whatever the addresses; but not in a browser that the person is known by', async () => {
    const { admit } = throttleWithClock();
    const { account } = attempt();
    const admissions = await Promise.all(Array.from({ length: 130 }, () => admit(attempt({ account }))));
    expect(admissions.filter((admission) => 'succeeded' in admission)).toHaveLength(100);
    expect(await admit(attempt({ account }))).toHaveProperty('retryAfterSeconds');
    expect(await admit(attempt({ account, knownBrowser: 'of the person' }))).toHaveProperty('succeeded');
  });

  it('are ten in such a browser as well', async () => {
    const { admitted } = throttleWithClock();
    const known = attempt({ knownBrowser: 'stolen' });
    expect(await admitted(14, () => ({ ...known, address: `address ${Math.random()}` }))).toBe(10);
  });

  it('where no address can be known are counted for the account only', async () => {
    const { admit } = throttleWithClock();
    const nowhere = attempt({ address: undefined });
    for (let count = 0; count < 20; count++) expect(await admit(nowhere)).toHaveProperty('succeeded');
  });

  it('that were right count for nothing, and clear those before', async () => {
    const { admit, pass, admitted } = throttleWithClock();
    const same = attempt();
    for (let round = 0; round < 30; round++) {
      await admit(same);
      const admission = await admit(same);
      if (!('succeeded' in admission)) throw new Error(`refused in round ${round}`);
      await admission.succeeded();
      pass(100);
    }
    expect(await admitted(14, () => same)).toBe(10);
  });

  it('that were right do not clear those of other accounts from the address', async () => {
    const { admit, admitted } = throttleWithClock();
    const { address } = attempt();
    await Promise.all(Array.from({ length: 95 }, () => admit(attempt({ address }))));
    const own = await admit(attempt({ address }));
    if ('succeeded' in own) await own.succeeded();
    expect(await admitted(20, () => attempt({ address }))).toBe(5);
  });

  it('at once, over two processes, are no more than one after another', async () => {
    const [one, other] = [createThrottle(connect()), createThrottle(connect())];
    for (let round = 0; round < 20; round++) {
      const same = attempt();
      const admissions = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other)(same)));
      expect(admissions.filter((admission) => 'succeeded' in admission)).toHaveLength(10);
    }
  });

  it('are forgotten by themselves', () => {
    expect(KINDS['sign-in-attempt'].expires).toBe(true);
    expect(KINDS['known-browser'].expires).toBe(true);
    expect(WINDOW_SECONDS).toBe(900);
  });
});

describe('the page of somebody who tried too often', () => {
  let pages: SignInPages;
  beforeAll(async () => {
    pages = await startSignInPages();
  });
  afterAll(() => pages.close());

  async function arrive(from?: ReturnType<typeof visitor>) {
    const flow = pages.begin();
    const browser = from ?? visitor(pages.url);
    await browser.get(`/begin/${flow.uid}`);
    await browser.get(`/sign-in/${flow.uid}`);
    const logIn = (identifier: string, password: string, address = '192.0.2.9') =>
      browser.send(`/sign-in/${flow.uid}/login`, { identifier, password }, { 'X-Test-Address': address });
    return { flow, browser, logIn };
  }

  /** Fails to sign in by each name in turn until it is told to wait; how often that took. */
  async function failUntilThrottled(logIn: Awaited<ReturnType<typeof arrive>>['logIn'], ...names: string[]) {
    for (let count = 0; count <= 10; count++) {
      const { status } = await logIn(names[count % names.length] ?? '', 'not the password');
      if (status === 429) return count;
      expect(status).toBe(422);
    }
    throw new Error('never throttled');
  }

  it('says when to try again, and is the same whether there is such an account', async () => {
    const known = await pages.addPerson();
    for (const name of [known.email, 'nobody-at-all@example.org']) {
      const { logIn } = await arrive();
      expect(await failUntilThrottled(logIn, name)).toBeGreaterThanOrEqual(3);
      const answer = await logIn(name, PASSWORD);
      expect([name, answer.status, answer.headers['retry-after']]).toEqual([name, 429, expect.stringMatching(/^\d$/)]);
      expect(answer.text).toMatch(/role="alert"[^>]*>There were too many attempts to sign in. Wait \d seconds?, then/);
    }
  });

  it('is one for both names of an account', async () => {
    const { email, username } = await pages.addPerson();
    const { logIn } = await arrive();
    await failUntilThrottled(logIn, email, username, email.toUpperCase());
    for (const name of [email, username]) expect((await logIn(name, PASSWORD)).status).toBe(429);
  });

  it('is not that of the person in the browser they have used before, even at the same address', async () => {
    const person = await pages.addPerson();
    const own = visitor(pages.url);
    expect((await (await arrive(own)).logIn(person.email, PASSWORD)).status).toBe(200);
    const attacker = await arrive();
    await failUntilThrottled(attacker.logIn, person.email);
    expect((await attacker.logIn(person.email, PASSWORD)).status).toBe(429);
    const again = await arrive(own);
    expect((await again.logIn(person.email, PASSWORD)).status).toBe(200);
    expect(again.flow.personId).toBe(person.person_id);
  });
});
