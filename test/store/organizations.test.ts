/** The register of organizations, and how other processes come to know of a change. */
import type { Organization } from '../../services/shared/organization.ts';
import { createOrganizationRegister, type OrganizationRegister } from '../../services/store/organizations.ts';
import { keyOf, type Store, type Withdrawal } from '../../services/store/store.ts';
import { tempStore, type TempStore } from '../support/token-service.ts';

let opened: TempStore;
let other: Store;
let register: OrganizationRegister;
beforeAll(async () => {
  opened = await tempStore();
  other = opened.connect();
  register = createOrganizationRegister(opened.store);
});
afterAll(() => opened.close());

const organization = (org: string, name = org): Organization => ({
  org,
  name,
  lrs: { url: 'https://lrs.example.org/xapi', auth: 'basic', authority: 'kept', jwt_profile: 'generic' },
  isolate_state: false,
  created_at: 1,
  updated_at: 1,
});

describe('the register of organizations', () => {
  it('finds what was added, also from another process, and adds no second under an id', async () => {
    const acme = organization('acme');
    expect(await register.add(acme)).toBe(true);
    expect(await createOrganizationRegister(other).add(organization('acme', 'An impostor'))).toBe(false);
    expect(await createOrganizationRegister(other).find('acme')).toEqual(acme);
  });

  it.each(['nobody', '', 'ACME', 'acme/', 'acme ', '../acme', 'ac\u2060me', '__proto__', 'constructor'])(
    'finds none called %j beside it',
    async (id) => {
      expect(await register.find(id)).toBeUndefined();
    },
  );

  it('tells every follower of a change and a removal, with the key that gateways cache it under', async () => {
    const heard: Withdrawal[] = [];
    const following = await other.follow((withdrawal) => heard.push(withdrawal));
    await register.add(organization('globex'));
    await register.change('globex', (found) => ({ ...found, name: 'Globex' }));
    await following.settled();
    expect(heard).toEqual([{ kind: 'organization', key: keyOf('globex') }]);
    await register.remove('globex');
    await following.settled();
    expect(heard).toHaveLength(2);
    expect(await register.find('globex')).toBeUndefined();
    await following.close();
  });

  it('lists by name, then id', async () => {
    const fresh = await tempStore();
    const listed = createOrganizationRegister(fresh.store);
    for (const [org, name] of [
      ['b', 'Same'],
      ['a', 'Same'],
      ['z', 'First'],
    ] as const)
      await listed.add(organization(org, name));
    expect((await listed.list()).map(({ org }) => org)).toEqual(['z', 'a', 'b']);
    await fresh.close();
  });
});
