/** Settings → records → keys → provider → app → listen. */
import type { IncomingMessage } from 'node:http';
import { createIdentify } from '../caller/identify.ts';
import { toldCertificate, toldHeader } from '../shared/client-certificate.ts';
import { callerAddress } from '../shared/caller-address.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/observing/figures.ts';
import { createObserver, type AccessLog } from '../shared/observing/observe.ts';
import type { Seal } from '../shared/seal.ts';
import { serve, type Listening } from '../shared/serve.ts';
import type { Client } from '../shared/client.ts';
import type { Person } from '../shared/person.ts';
import type { FurtherResource } from '../shared/resources.ts';
import { decodeClient } from '../store/clients.ts';
import { createPersonRegister, decodePerson } from '../store/people.ts';
import { recordFigures } from '../store/record-figures.ts';
import { followRecords } from '../store/records.ts';
import { followSigningKeys, loadSigningKeys } from '../store/signing-keys.ts';
import type { Store } from '../store/store.ts';
import { createCompareSecret } from '../store/wrong-secrets.ts';
import { auditKeys } from './audit-keys.ts';
import { createFindAccount } from './account.ts';
import { createTokenApp } from './app.ts';
import { createIsSecretOf } from './client-secret.ts';
import { createCurrentProvider } from './current-provider.ts';
import { createOAuth1 } from './dialects/adl-oauth1/oauth1.ts';
import { createFetch } from './dialects/cmi5/fetch.ts';
import { createLaunches } from './dialects/cmi5/launches.ts';
import { createLxHiveTokens } from './dialects/lxhive/tokens.ts';
import { createOpenEdxAccount } from './dialects/open-edx-account.ts';
import { createDevices } from './devices.ts';
import type { Mounted } from './endpoints.ts';
import { createProvider } from './provider.ts';
import { createRegistration } from './registration/endpoint.ts';
import type { IdentityProvider } from './sign-in/elsewhere/identity-provider.ts';
import { CMI5, CMI5_FETCH, LXHIVE_TOKENS, OPEN_EDX_ACCOUNT, REGISTERED, ROUTES } from './routes.ts';
import { createSignIn } from './sign-in/sign-in.ts';

export interface TokenServiceOptions {
  issuer: string;
  host: string;
  port: number;
  drainSeconds: number;
  cacheSeconds: number;
  /** What this realm writes before each scope, e.g. `lrs:`; tokens can be asked for without it too. */
  scopePrefix?: string | undefined;
  /** What stands behind the same tokens as the LRS. */
  resources?: readonly FurtherResource[];
  /** Whether a DPoP proof needs a nonce. */
  isNonceRequired?: boolean;
  /** Whether there is OAuth 1.0a. */
  oauth1?: boolean;
  /** Whether the library answers ordinary requests too. Never in service: it is what they are held to. */
  isLibraryAlone?: boolean;
  /** Where people may sign in, too. */
  identityProviders?: readonly IdentityProvider[];
  /** Which calls have a line in the log. */
  accessLog?: AccessLog;
  /** Absent where nobody asks for figures. */
  metrics?: Metrics | undefined;
  store: Store;
  seal: Seal;
  log: Log;
}

/** More than the largest installation known has; each is about a kilobyte. */
const CLIENTS_CACHED = 20_000;
const PEOPLE_CACHED = 20_000;

export async function startTokenService(options: TokenServiceOptions): Promise<Listening> {
  const { issuer, store, seal, log, cacheSeconds, scopePrefix = '', resources = [], isNonceRequired = false } = options;
  const { identityProviders: providers = [], accessLog = 'refused', metrics } = options;
  /* Before anything is opened, where they cannot be. */
  await loadSigningKeys(store, seal);
  const records = await followRecords(store, cacheSeconds);
  metrics?.add(recordFigures('token', records));
  const clients = records.reader<Client>({ kind: 'client', decode: decodeClient, capacity: CLIENTS_CACHED });
  const people = records.reader<Person>({ kind: 'person', decode: decodePerson, capacity: PEOPLE_CACHED });
  const signingKeys = followSigningKeys(records, store, seal);
  /* Once: what it remembers must outlive a change of keys. */
  const compareSecret = createCompareSecret(store, seal);
  const isSecretOf = createIsSecretOf(compareSecret);
  const certificateOf = (req: IncomingMessage) => toldCertificate(toldHeader(req), seal);
  const given = { issuer, resources, store, clients, people, isNonceRequired, certificateOf, isSecretOf, log };
  const {
    handle: provider,
    answerOrdinary,
    interactions,
    sessions,
  } = await createCurrentProvider(signingKeys, (keys) => {
    auditKeys(log, keys);
    return createProvider({ ...given, keys });
  });
  const flows = { interactions, sessions, clients, people };
  const oauth1 = options.oauth1 ? createOAuth1({ ...flows, issuer, store, seal, scopePrefix, log }) : undefined;
  const signIn = createSignIn({
    interactions: oauth1?.interactions ?? interactions,
    ...(oauth1 && { dialectPages: oauth1.pages }),
    sessions,
    clients,
    devices: createDevices(store, clients),
    people: createPersonRegister(store),
    store,
    log,
    issuer,
    providers,
    addressOf: callerAddress,
  });
  const findAccount = createFindAccount(people, clients);
  const openEdxAccount = createOpenEdxAccount({ issuer, store, keys: signingKeys, findAccount, log });
  const registration = createRegistration({ issuer, store, scopePrefix, log });
  const identify = createIdentify(records, {
    ...{ issuer, store, compareSecret, keys: signingKeys, isNonceRequired },
    certificateOf: ({ clientCert }) => toldCertificate(clientCert, seal),
    oauth1: options.oauth1 ? seal : undefined,
  });
  const lxHiveTokens = createLxHiveTokens({ issuer, identify, store, scopePrefix, log });
  const launches = createLaunches({ issuer, store, identify, log });
  const ours: Mounted[] = [
    { at: LXHIVE_TOKENS, called: '/auth/tokens', methods: ['GET', 'POST', 'PUT', 'DELETE'], answer: lxHiveTokens },
    { at: OPEN_EDX_ACCOUNT, methods: ['GET', 'HEAD'], answer: openEdxAccount },
    { at: ROUTES.registration, methods: ['POST'], answer: registration },
    { at: REGISTERED, called: '/oauth2/register/{id}', methods: ['GET', 'PUT', 'DELETE'], answer: registration },
    ...(oauth1?.endpoints(signIn) ?? []),
    { at: CMI5.launches, methods: ['POST'], answer: launches },
    { at: CMI5.launch, called: '/cmi5/launches/{id}', methods: ['DELETE'], answer: launches },
    {
      at: CMI5_FETCH,
      called: '/cmi5/fetch/{id}',
      methods: ['POST', 'OPTIONS'],
      answer: createFetch({ store, clients, log }),
    },
  ];
  const ordinary = options.isLibraryAlone ? undefined : answerOrdinary;
  const handler = createTokenApp({ issuer, provider, ordinary, signIn, ours, store, scopePrefix, log });
  const observer = createObserver({ service: 'token', accessLog, log, metrics });
  const listening = await serve({ ...options, handler, observer });
  return {
    port: listening.port,
    close: async () => {
      await listening.close();
      await records.close();
    },
  };
}
