/** A gateway and a token service on one store, in this process, in front of an LRS that the test brings. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { encodeAccessToken, type AccessTokenRecord } from '../../services/shared/access-token.ts';
import type { Client } from '../../services/shared/client.ts';
import { createLog } from '../../services/shared/log.ts';
import type { LrsRegistration, Organization } from '../../services/shared/organization.ts';
import { createSeal } from '../../services/shared/seal.ts';
import type { Person } from '../../services/shared/person.ts';
import { generateSecret, storeGenerated } from '../../services/shared/secret.ts';
import { startGateway, type GatewayServiceOptions } from '../../services/gateway/main.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import { createPersonRegister, type PersonRegister } from '../../services/store/people.ts';
import { SIGNING_KEYS } from '../../services/store/signing-keys.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { startTokenService } from '../../services/token/main.ts';
import { newPerson } from './people.ts';
import { tempFolder } from './temp-folder.ts';

/** What a test gateway opens what the store holds with. */
export const TEST_SEAL = createSeal([Buffer.alloc(32, 7)], 'hallpass');

export interface RunningGateway {
  url: string;
  port: number;
  tokenPort: number;
  store: Store;
  clients: ClientRegister;
  people: PersonRegister;
  /** Everything logged so far. */
  logged: () => string;
  /** Registers a client with these scopes. */
  register: (scope: string, said?: Partial<Client>) => Promise<{ client: Client; secret: string; basic: string }>;
  /** A token as the token service would have written it; for a person, there is one who may do everything. */
  mint: (
    scope: string,
    said?: Partial<Client>,
    token?: Partial<AccessTokenRecord>,
  ) => Promise<{ token: string; bearer: string; client: Client }>;
  close: () => Promise<void>;
}

export interface GatewaySetup {
  lrsUrl: string;
  username?: string;
  password?: string;
  /** The signing keys of a gateway before, as its store has them: to make some takes longer than everything else. */
  sealedKeys?: string | undefined;
  /** Another store than an SQLite file of its own; the test closes it. */
  store?: Store;
  cacheSeconds?: number;
  options?: Partial<GatewayServiceOptions>;
  /** Timeouts. */
  lrs?: Partial<GatewayServiceOptions['lrs']>;
  /** Of the default organization. */
  organization?: Partial<Omit<Organization, 'lrs'>>;
  lrsRegistration?: Partial<LrsRegistration>;
}

async function addIfAbsent(people: PersonRegister, person: Person): Promise<void> {
  if (!(await people.find(person.person_id))) await people.add(person);
}

export async function startTestGateway(setup: GatewaySetup): Promise<RunningGateway> {
  const folder = await tempFolder('gateway');
  const store = setup.store ?? openSqlite(join(folder.path, 'hallpass.db'));
  let logged = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged += chunk.toString();
      done();
    },
  });
  const log = createLog('test', 'debug', destination);
  const common = {
    issuer: 'https://lrs.example.org',
    host: '127.0.0.1',
    port: 0,
    drainSeconds: 2,
    cacheSeconds: setup.cacheSeconds ?? 30,
    store,
    seal: TEST_SEAL,
    log,
  };
  if (setup.sealedKeys !== undefined) await store.writeNew('keys', SIGNING_KEYS, setup.sealedKeys);
  const tokens = await startTokenService({
    ...common,
    resources: setup.options?.resources ?? [],
    isNonceRequired: setup.options?.isNonceRequired ?? false,
    oauth1: setup.options?.oauth1 ?? false,
    accessLog: setup.options?.accessLog ?? 'refused',
  });
  const gateway = await startGateway({
    ...common,
    maxInspectedBytes: 100_000,
    organization: {
      org: 'default',
      name: 'Default',
      isolate_state: false,
      created_at: 0,
      updated_at: 0,
      ...setup.organization,
      lrs: {
        url: setup.lrsUrl,
        auth: 'basic',
        username: setup.username ?? 'gateway-user',
        password: setup.password ?? 'gateway-password',
        authority: 'shared',
        jwt_profile: 'generic',
        ...setup.lrsRegistration,
      },
    },
    lrs: { connectSeconds: 2, responseSeconds: 5, idleSeconds: 5, ...setup.lrs },
    tokenServiceUrl: `http://127.0.0.1:${tokens.port}`,
    ...setup.options,
  });
  const clients = createClientRegister(store);
  const people = createPersonRegister(store);

  const added = new Map<string, Promise<unknown>>();
  /** Somebody of this id, once: tokens of one person may be minted at the same time. */
  const standIn = (person_id: string, org: string, scope: string) => {
    const before = added.get(person_id) ?? addIfAbsent(people, newPerson({ person_id, org, scope: `all ${scope}` }));
    added.set(person_id, before);
    return before;
  };

  const register: RunningGateway['register'] = async (scope, said = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const secret = generateSecret();
    const client: Client = {
      client_id: `client-${randomBytes(6).toString('hex')}`,
      client_name: 'A test client',
      org: 'default',
      active: true,
      grant_types: ['client_credentials'],
      scope,
      strict: false,
      token_seconds: 3600,
      max_token_seconds: 86_400,
      secrets: [storeGenerated(secret, now)],
      generation: 0,
      created_at: now,
      updated_at: now,
      ...said,
    };
    await clients.add(client);
    const basic = `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`;
    return { client, secret, basic };
  };

  return {
    url: `http://127.0.0.1:${gateway.port}`,
    port: gateway.port,
    tokenPort: tokens.port,
    store,
    clients,
    people,
    logged: () => logged,
    register,
    mint: async (scope, said, asked) => {
      const { client } = await register(scope, said);
      if (asked?.sub !== undefined) await standIn(asked.sub, client.org, scope);
      const token = randomBytes(32).toString('base64url');
      const iat = Math.floor(Date.now() / 1000);
      const record = {
        client_id: client.client_id,
        generation: client.generation,
        org: client.org,
        scope,
        iat,
        exp: iat + 3600,
        ...asked,
      };
      await store.write('access-token', keyOf(token), encodeAccessToken(record), 3600);
      return { token, bearer: `Bearer ${token}`, client };
    },
    close: async () => {
      await gateway.close();
      await tokens.close();
      if (!setup.store) await store.close();
      await folder.remove();
    },
  };
}
