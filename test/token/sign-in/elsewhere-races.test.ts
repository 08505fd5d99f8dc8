/** First sign-ins of one person at once, in two browsers and at two processes, on both stores: one account comes of them. */
import { createPersonRegister, type PersonRegister } from '../../../services/store/people.ts';
import type { Store } from '../../../services/store/store.ts';
import { settleAccount, type Settled } from '../../../services/token/sign-in/elsewhere/account.ts';
import { readIdentityProviders } from '../../../services/token/sign-in/elsewhere/identity-provider.ts';
import type { Profile } from '../../../services/token/sign-in/elsewhere/profile.ts';
import { newPerson } from '../../support/people.ts';
import { DRIVERS, type SharedStore } from '../../support/stores.ts';
import { elsewhereScene } from './elsewhere-scene.ts';
import { startOtherProvider } from './other-provider.ts';

const ISSUER = 'https://idp.example.org';
const [provider] = readIdentityProviders([
  { id: 'school', name: 'The School', issuer: ISSUER, client_id: 'a', link_by_email: true },
]);
if (!provider) throw new Error('no provider');

const profile = (sub: string, said: Partial<Profile> = {}): Profile => ({
  link: { issuer: ISSUER, sub },
  email: `${sub}@example.org`,
  name: 'Some Body',
  scope: 'state',
  ...said,
});

const idOf = (settled: Settled) => ('person' in settled ? settled.person.person_id : settled.refused);

describe.each(DRIVERS)('on %s', (_driver, open) => {
  let shared: SharedStore;
  let processes: PersonRegister[];
  let store: Store;
  beforeAll(async () => {
    shared = await open();
    const stores = await Promise.all([shared.connect(), shared.connect(), shared.connect()]);
    [store] = stores;
    processes = stores.map(createPersonRegister);
  });
  afterAll(() => shared?.close());

  const atOnce = (who: Profile, times = 6) =>
    Promise.all(
      Array.from({ length: times }, (_, index) =>
        settleAccount(processes[index % processes.length] as PersonRegister, provider, who, [ISSUER]),
      ),
    );
  const holders = async (sub: string) =>
    ((await processes[0]?.list()) ?? []).filter(({ links = [] }) => links.some((link) => link.sub === sub));

  it.each([
    ['with an address', {}],
    ['without one', { email: undefined }],
  ])('one subject %s is one person, in each of twenty rounds', async (what, said) => {
    for (let round = 0; round < 20; round++) {
      const sub = `racer-${round}-${what.replaceAll(' ', '-')}`;
      const settled = await atOnce(profile(sub, said));
      const left = await holders(sub);
      expect(left).toHaveLength(1);
      expect(new Set(settled.map(idOf))).toContain(left[0]?.person_id);
      expect(idOf(await settleAccount(processes[1] as PersonRegister, provider, profile(sub, said), []))).toBe(
        left[0]?.person_id,
      );
    }
  });

  it('two subjects with one address are linked to it once: the other is refused', async () => {
    for (let round = 0; round < 10; round++) {
      const owner = newPerson({ scope: 'all' });
      await processes[0]?.add(owner);
      const [one, other] = ['one', 'other'].map((name) => profile(`${name}-${round}`, { email: owner.email }));
      const both = await Promise.all([atOnce(one as Profile, 3), atOnce(other as Profile, 3)]);
      const links = (await processes[0]?.find(owner.person_id))?.links ?? [];
      expect(links).toHaveLength(1);
      const [winners, losers] = links[0]?.sub.startsWith('one-') ? both : both.toReversed();
      expect(new Set(winners?.map(idOf))).toEqual(new Set([owner.person_id]));
      expect(new Set(losers?.map(idOf))).toEqual(new Set(['taken']));
    }
  });

  it('browsers that come back at once are signed in as one person', async () => {
    const school = await startOtherProvider();
    const scene = await elsewhereScene({ store, providers: [{ issuer: school.issuer }] });
    try {
      const begun = await Promise.all(Array.from({ length: 5 }, () => scene.begin()));
      const callbacks = await Promise.all(
        begun.map(({ location }) => school.signIn(location, { claims: { sub: 'at once' } })),
      );
      await Promise.all(begun.map(({ browser }, index) => browser.follow(callbacks[index] ?? '')));
      const left = await holders('at once');
      expect(left).toHaveLength(1);
      const granted = scene.audited().filter((line) => line.granted);
      expect(granted).toHaveLength(5);
      expect(granted.map(({ person }) => person)).toContain(left[0]?.person_id);
    } finally {
      await scene.close();
      await school.close();
    }
  });
});
