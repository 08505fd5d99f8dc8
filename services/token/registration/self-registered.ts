/** The registrations that clients make, read, change and delete themselves. @see RFC 7591 §3, RFC 7592 §2 */
import { withoutStaleToken } from '../../shared/client-credentials.ts';
import { DEFAULT_TOKEN_SECONDS, type Client } from '../../shared/client.ts';
import { nowSeconds } from '../../shared/clock.ts';
import { digest, sameDigest } from '../../shared/digest.ts';
import { DEFAULT_ORGANIZATION } from '../../shared/organization.ts';
import { generateSecret, storeGenerated } from '../../shared/secret.ts';
import { createClientRegister } from '../../store/clients.ts';
import { newClient } from '../../store/new-client.ts';
import { createOrganizationRegister } from '../../store/organizations.ts';
import { createRegistrationTokens, type RegistrationToken } from '../../store/registration-tokens.ts';
import { keyOf, type Store } from '../../store/store.ts';
import { allow } from './allowed.ts';
import { methodOf, type Credentials } from './information.ts';
import type { Metadata } from './metadata.ts';
import { folded, isTaken } from './name.ts';
import { RegistrationRefused } from './refused.ts';

export interface SelfRegistered {
  /** @param token of an administrator's. @throws RegistrationRefused where it is none, or is used up. */
  mayRegister(token: string): Promise<void>;
  register(token: string, said: Metadata): Promise<{ client: Client; credentials: Credentials; by: string }>;
  /** The client that the token is of. @throws RegistrationRefused 401, or 403 where an administrator has switched it off. */
  find(clientId: string, token: string): Promise<Client>;
  /** @param said the whole of what it says of itself from now on. */
  change(client: Client, said: Metadata): Promise<Client>;
  remove(client: Client): Promise<void>;
}

/** Longer than it takes to give somebody a name. */
const NAME_CLAIM_SECONDS = 60;

export function createSelfRegistered(store: Store, scopePrefix: string): SelfRegistered {
  const clients = createClientRegister(store);
  const organizations = createOrganizationRegister(store);
  const tokens = createRegistrationTokens(store);

  async function tokenOf(token: string) {
    const found = await tokens.find(token);
    const isThere =
      found && (found.org === DEFAULT_ORGANIZATION || (await organizations.find(found.org)) !== undefined);
    if (found && isThere) return found;
    throw new RegistrationRefused(
      'invalid_token',
      'this registration token is unknown, has expired or is used up: an administrator can give out another',
    );
  }

  /** @param work is what gives a client the name: it is done while nobody else can take the same. */
  async function naming<T>(name: string, own: Client | undefined, work: () => Promise<T>): Promise<T> {
    const claim = keyOf(`client name ${folded(name)}`);
    if (!(await store.writeNew('replay', claim, '', NAME_CLAIM_SECONDS))) throw taken();
    try {
      const others = (await clients.list()).filter(({ client_id }) => client_id !== own?.client_id);
      if (isTaken(name, others)) throw taken();
      return await work();
    } finally {
      await store.remove('replay', claim);
    }
  }

  /** Uses the token after everything that could be wrong, and before there is anything to take back. */
  async function add(client: Client, token: RegistrationToken): Promise<void> {
    if (!(await tokens.use(token))) throw usedUp();
    if (!(await clients.add(client))) throw new Error('a random client id was taken');
  }

  return {
    mayRegister: async (token) => void (await tokenOf(token)),

    register: async (token, said) => {
      const allowance = await tokenOf(token);
      const allowed = allow(said, allowance, scopePrefix);
      const { client_id } = newClient({ client_name: '', scope: '' });
      const { client_name = client_id } = said;
      const now = nowSeconds();
      const client_secret = allowed.public || allowed.jwks ? undefined : generateSecret();
      const registration_access_token = generateSecret();
      const client: Client = newClient({
        ...{ client_id, client_name, org: allowance.org, ...allowed, ...describing(said) },
        secrets: client_secret === undefined ? [] : [storeGenerated(client_secret, now)],
        token_seconds: DEFAULT_TOKEN_SECONDS,
        max_token_seconds: DEFAULT_TOKEN_SECONDS,
        generation: 0,
        unverified: true,
        registration_token: digest(registration_access_token),
      });
      if (said.client_name === undefined) await add(client, allowance);
      else await naming(client_name, undefined, () => add(client, allowance));
      return { client, credentials: { client_secret, registration_access_token }, by: allowance.id };
    },

    find: async (clientId, token) => {
      const client = await clients.find(clientId);
      /* Of a client that there is not as of a wrong token: whether there is one is nobody else's business. */
      if (!client?.registration_token || !sameDigest(digest(token), client.registration_token))
        throw new RegistrationRefused('invalid_token', 'this is not the registration_access_token of this client');
      if (client.active) return client;
      throw new RegistrationRefused('access_denied', 'an administrator has switched this client off');
    },

    change: async (client, said) => {
      const { client_id, client_name } = changedTo(client, said, scopePrefix);
      const work = () => clients.change(client_id, (now) => changedTo(now, said, scopePrefix));
      const changed = await (client_name === client.client_name ? work() : naming(client_name, client, work));
      if (!changed) throw usedUp();
      return changed;
    },

    remove: async ({ client_id }) => void (await clients.remove(client_id)),
  };
}

function taken(): RegistrationRefused {
  return new RegistrationRefused('invalid_client_metadata', 'client_name is taken by another client: choose another');
}

function usedUp(): RegistrationRefused {
  return new RegistrationRefused('invalid_token', 'another request came first, and nothing is left to do with this');
}

function describing(said: Metadata): Partial<Client> {
  const { client_uri, post_logout_redirect_uris, dpop_bound_access_tokens } = said;
  return {
    ...(client_uri !== undefined && { client_uri }),
    ...(post_logout_redirect_uris && { post_logout_redirect_uris }),
    ...(dpop_bound_access_tokens && { dpop_bound_access_tokens }),
    ...(said.require_pushed_authorization_requests && { require_pushed_authorization_requests: true }),
  };
}

/**
 * Never more than it has: "The authorization server MAY ignore any null or empty value in the request just as any other
 * value". What people were asked about is gone with its name, its home page or its redirect URIs: whoever has its token
 * must not have the codes of people who agreed to something else.
 */
function changedTo(now: Client, said: Metadata, scopePrefix: string): Client {
  const { token_endpoint_auth_method = methodOf(now), jwks = now.jwks } = said;
  if (kindOf(token_endpoint_auth_method) !== kindOf(methodOf(now)))
    throw new RegistrationRefused(
      'invalid_client_metadata',
      `token_endpoint_auth_method cannot become another than ${methodOf(now)}: register anew`,
    );
  const { client_uri: _uri, redirect_uris: _uris, post_logout_redirect_uris: _post, ...rest } = now;
  const { dpop_bound_access_tokens: _dpop, require_pushed_authorization_requests: _par, ...kept } = rest;
  const allowed = allow({ ...said, token_endpoint_auth_method, ...(jwks && { jwks }) }, now, scopePrefix);
  const changed = withoutStaleToken(now, {
    ...kept,
    ...allowed,
    ...describing(said),
    client_name: said.client_name ?? now.client_name,
    updated_at: nowSeconds(),
  });
  if (faceOf(changed) === faceOf(now)) return changed;
  /* Never the same again, though it is in the same second. */
  const known_since = Math.max(nowSeconds(), (now.known_since ?? now.created_at) + 1);
  return { ...changed, unverified: true, known_since };
}

/** Basic or in the form is all the same. */
function kindOf(method: string): string {
  return method === 'client_secret_post' ? 'client_secret_basic' : method;
}

/** What people, and administrators, know it by. */
function faceOf({ client_name, client_uri, redirect_uris, post_logout_redirect_uris }: Client): string {
  return JSON.stringify([client_name, client_uri, redirect_uris, post_logout_redirect_uris]);
}
