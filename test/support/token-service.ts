/** A token service that runs on a store of its own, with a register to put clients into. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import request from 'supertest';
import { DEFAULT_TOKEN_SECONDS, type Client } from '../../services/shared/client.ts';
import { DEFAULT_ORGANIZATION } from '../../services/shared/organization.ts';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { createLog } from '../../services/shared/log.ts';
import { createSeal, KEY_BYTES, type Seal } from '../../services/shared/seal.ts';
import { generateSecret, storeGenerated } from '../../services/shared/secret.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import type { Store } from '../../services/store/store.ts';
import type { IdentityProvider } from '../../services/token/sign-in/elsewhere/identity-provider.ts';
import { startTokenService } from '../../services/token/main.ts';
import { tempFolder } from './temp-folder.ts';

export const ISSUER = 'https://lrs.example.org';
export const FORM = 'application/x-www-form-urlencoded';

export type Credentials = { client_id: string; client_secret: string };

export type Form = Record<string, string>;

export interface TokenAnswer {
  access_token: string;
  token_type: string;
  expires_in: number;
  scope: string;
  /** RFC 9396 §7. */
  authorization_details?: unknown;
}

/** RFC 7662 §2.2. */
export interface Introspection {
  active: boolean;
  client_id?: string;
  scope?: string;
  iat?: number;
  exp?: number;
  aud?: string | string[];
  sub?: string;
  org?: string;
  authorization_details?: unknown;
}

export interface TokenService {
  readonly issuer: string;
  readonly port: number;
  /** Where it listens; the issuer is where the world believes it to be. */
  readonly url: string;
  readonly store: Store;
  readonly seal: Seal;
  readonly clients: ClientRegister;
  /** Every line logged so far. */
  readonly logged: string[];
  /** Registers a client and says its secret, as `hallpass client create` does once. */
  addClient(registration?: Partial<Client>): Promise<Credentials>;
  /** A form to the token endpoint. */
  askToken(form: Form): request.Test;
  /** A token, or the test fails with the refusal. */
  issue(credentials: Credentials, form?: Form): Promise<TokenAnswer>;
  /** What the holder of the credentials is told about a token. */
  introspect(credentials: Credentials, token: string, form?: Form): Promise<Introspection>;
  /** A form with HTTP Basic, as introspection and revocation have it. */
  post(path: string, credentials: Credentials, form: Form): request.Test;
  /** Another path, or another method. */
  send(method: 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options', path: string): request.Test;
  close(): Promise<void>;
}

export interface TokenServiceOptions {
  issuer?: string;
  port?: number;
  cacheSeconds?: number;
  scopePrefix?: string;
  resources?: FurtherResource[];
  isNonceRequired?: boolean;
  identityProviders?: readonly IdentityProvider[];
  oauth1?: boolean;
  /** The library answers everything. */
  isLibraryAlone?: boolean;
  /** Instead of an SQLite file in a folder of its own; whoever opened it closes it. */
  store?: Store;
  seal?: Seal;
}

export async function runTokenService(options: TokenServiceOptions = {}): Promise<TokenService> {
  const {
    issuer = ISSUER,
    port = 0,
    cacheSeconds = 30,
    seal = newSeal(),
    scopePrefix,
    resources = [],
    isNonceRequired,
  } = options;
  const opened = options.store ? undefined : await tempStore();
  const store = options.store ?? opened?.store;
  if (!store) throw new Error('no store');
  const logged: string[] = [];
  const log = createLog('token', 'info', { write: (line: string) => void logged.push(line) });
  const listening = await startTokenService({
    issuer,
    host: '127.0.0.1',
    port,
    drainSeconds: 1,
    cacheSeconds,
    scopePrefix,
    resources,
    ...(isNonceRequired && { isNonceRequired }),
    ...(options.oauth1 && { oauth1: true }),
    ...(options.isLibraryAlone && { isLibraryAlone: true }),
    ...(options.identityProviders && { identityProviders: options.identityProviders }),
    store,
    seal,
    log,
  }).catch(async (error: unknown) => {
    await opened?.close();
    throw error;
  });
  const url = `http://127.0.0.1:${listening.port}`;
  const clients = createClientRegister(store);
  const post = (path: string, form: Form) => request(url).post(path).type('form').send(form);
  const askToken = (form: Form) => post('/oauth2/token', form);
  const authenticated = (path: string, { client_id, client_secret }: Credentials, form: Form) =>
    post(path, form).auth(client_id, client_secret);

  return {
    issuer,
    port: listening.port,
    url,
    store,
    seal,
    clients,
    logged,
    addClient: async (registration = {}) => {
      const { client, client_secret } = newClient(registration);
      if (!(await clients.add(client))) throw new Error(`${client.client_id} is registered already`);
      return { client_id: client.client_id, client_secret };
    },
    askToken,
    issue: async (credentials, form = {}) =>
      answerOf<TokenAnswer>(await askToken({ grant_type: 'client_credentials', ...credentials, ...form })),
    introspect: async (credentials, token, form = {}) =>
      answerOf<Introspection>(await authenticated('/oauth2/introspect', credentials, { token, ...form })),
    post: authenticated,
    send: (method, path) => request(url)[method](path),
    close: async () => {
      await listening.close();
      await opened?.close();
    },
  };
}

/** A registration with everything at its default and the scope `all`, unless it says otherwise. */
export function newClient(registration: Partial<Client> = {}): { client: Client; client_secret: string } {
  const client_secret = generateSecret();
  const now = nowSeconds();
  const client: Client = {
    client_id: `client-${randomBytes(8).toString('hex')}`,
    client_name: 'A client of a test',
    org: DEFAULT_ORGANIZATION,
    active: true,
    grant_types: ['client_credentials'],
    scope: 'all',
    strict: false,
    token_seconds: DEFAULT_TOKEN_SECONDS,
    max_token_seconds: DEFAULT_TOKEN_SECONDS,
    secrets: [storeGenerated(client_secret, now)],
    generation: 0,
    created_at: now,
    updated_at: now,
    ...registration,
  };
  return { client, client_secret };
}

export function newSeal(): Seal {
  return createSeal([randomBytes(KEY_BYTES)], 'store');
}

/** The body of a 200, or an error that has the refusal. */
export function answerOf<Body>(response: request.Response): Body {
  if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
  return response.body as Body;
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export interface TempStore {
  readonly store: Store;
  /** Another connection to it, as another process has; closed with it. */
  connect(): Store;
  close(): Promise<void>;
}

/** An SQLite file in a folder of its own. */
export async function tempStore(): Promise<TempStore> {
  const folder = await tempFolder('token');
  const connections: Store[] = [];
  const connect = () => {
    const connection = openSqlite(join(folder.path, 'hallpass.db'));
    connections.push(connection);
    return connection;
  };
  return {
    store: connect(),
    connect,
    close: async () => {
      for (const connection of connections) await connection.close();
      await folder.remove();
    },
  };
}

export interface RefusalBody {
  error: string;
  error_description: string;
}

/**
 * The body of a refusal, after what is true of every one: JSON whatever was accepted, never stored, a code, and a
 * sentence for whoever has to mend it.
 *
 * @see RFC 6749 §5.2
 */
export function refusalOf(response: request.Response): RefusalBody & { status: number } {
  expect(response.headers['content-type']).toMatch(/^application\/json\b/);
  expect(response.headers['cache-control']).toBe('no-store');
  const { error, error_description } = response.body as Partial<RefusalBody>;
  expect(error).toMatch(/^[a-z_]+$/);
  expect(error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{12,}$/);
  return { status: response.status, error: error ?? '', error_description: error_description ?? '' };
}
