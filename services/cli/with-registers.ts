/** Opens the store for one command, and closes it whatever happens; what was changed meanwhile is recorded. */
import { SettingsFault } from '../../config/setting.ts';
import type { Installation } from '../shared/client-endpoints.ts';
import type { Client } from '../shared/client.ts';
import type { Organization } from '../shared/organization.ts';
import type { Person } from '../shared/person.ts';
import { createLog } from '../shared/log.ts';
import type { Seal } from '../shared/seal.ts';
import { createClientRegister, type ClientRegister } from '../store/clients.ts';
import { openStore } from '../store/open-store.ts';
import { createOrganizationRegister, type OrganizationRegister } from '../store/organizations.ts';
import type { Store } from '../store/store.ts';
import { createPersonRegister, type PersonRegister } from '../store/people.ts';
import type { Context } from './context.ts';
import { defaultOrganization } from './default-organization.ts';
import { sealOf } from './encryption-key.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { recordChanges } from './record-changes.ts';
import { createGivenTokens, type GivenTokens } from './registration-tokens.ts';
import { issuerOf, settingsOf, type Settings } from './settings-of.ts';
import { untilStoreAnswers } from './until-store-answers.ts';
import { watched, type Made } from './watched.ts';

export interface Registers extends Installation {
  /** Those that whoever runs the command administers. */
  clients: ClientRegister;
  /** All there are, to hold a change against. */
  allClients: ClientRegister;
  people: PersonRegister;
  /** The registered ones. */
  organizations: OrganizationRegister;
  /** The one that the settings describe, as far as they are set where the command runs. */
  standing: Organization;
  keys: KeyRing;
  registrationTokens: GivenTokens;
  /** Has the audit say who asked for what is changed. @param personId of an administrator. */
  actAs: (personId: string) => void;
  /** For what is in no register. */
  store: Store;
  /** @throws SettingsFault where there is no key. */
  seal: () => Seal;
}

/** A command does not wait for a store that is down. */
const PATIENCE_MS = 3000;

export async function withRegisters(context: Context, work: (registers: Registers) => Promise<void>): Promise<void> {
  const settings = settingsOf(context, 'cli');
  const log = createLog('cli', 'silent');
  const store = openStore(settings.HALLPASS_STORE, log);
  const seal = () => sealFor(settings);
  const changes: Made[] = [];
  const acting: Pick<Made, 'administrator'> = {};
  const tell = (made: Made) => void changes.push({ ...acting, ...made });
  try {
    await untilStoreAnswers(store, log, PATIENCE_MS);
    const clients = watched(createClientRegister(store), {
      subject: 'client',
      idOf: ({ client_id }: Client) => client_id,
      tell,
    });
    await work({
      issuer: issuerOf(settings),
      resources: settings.HALLPASS_RESOURCES ?? [],
      ...{ clients, allClients: clients },
      actAs: (personId) => void (acting.administrator = personId),
      people: watched(createPersonRegister(store), {
        subject: 'user',
        idOf: ({ person_id }: Person) => person_id,
        tell,
      }),
      organizations: watched(createOrganizationRegister(store), {
        subject: 'organization',
        idOf: ({ org }: Organization) => org,
        tell,
      }),
      standing: defaultOrganization(settings),
      keys: createKeyRing(store, seal, tell),
      registrationTokens: createGivenTokens(store, tell),
      store,
      seal,
    });
  } finally {
    await recordChanges(context, store, changes);
    await store.close();
  }
}

function sealFor(settings: Settings): Seal {
  const { HALLPASS_ENCRYPTION_KEY: keys, HALLPASS_STORE: store } = settings;
  if (!keys && store.driver === 'redis')
    throw new SettingsFault([
      '  HALLPASS_ENCRYPTION_KEY should be set, the same as for the services: it seals what the store must give back',
    ]);
  return sealOf(settings);
}
