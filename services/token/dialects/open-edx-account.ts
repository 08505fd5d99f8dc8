/** `/api/user/v1/me`: whom a token speaks for, as Open edX says it. Held to what the userinfo endpoint is held to. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeAccessToken, type AccessTokenRecord } from '../../shared/access-token.ts';
import { callerAddress } from '../../shared/caller-address.ts';
import { nowSeconds } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import { addressOf, type Person } from '../../shared/person.ts';
import { Refusal } from '../../shared/refusal.ts';
import { createReadJwt } from '../../store/read-jwt.ts';
import type { CurrentKeys } from '../../store/signing-keys.ts';
import { isTokenDenied } from '../../store/token-denials.ts';
import { keyOf, type Store } from '../../store/store.ts';
import type { FindAccount } from '../account.ts';
import { createFamilies } from '../families.ts';
import { NAME } from '../identity-scopes.ts';
import { challenge } from '../challenge.ts';
import { sendJson } from '../refuse.ts';

export interface OpenEdxAccountOptions {
  issuer: string;
  store: Store;
  keys: CurrentKeys;
  findAccount: FindAccount;
  log: Log;
}

interface Field {
  /** Any one of these lets it be told. */
  scopes: readonly string[];
  of: (person: Person) => string;
}

/** By Open edX's names. It has the scopes `profile` ("Know your name and username") and `email` from OpenID Connect. */
const FIELDS: Readonly<Record<string, Field>> = {
  username: { scopes: ['read', NAME], of: ({ username }) => username },
  name: { scopes: [NAME], of: ({ name }) => name },
  email: { scopes: ['email'], of: (person) => addressOf(person) ?? '' },
};

export function createOpenEdxAccount({ issuer, store, keys, findAccount, log }: OpenEdxAccountOptions) {
  const families = createFamilies(store);
  const readJwt = createReadJwt(issuer, keys);

  async function find(token: string): Promise<AccessTokenRecord | undefined> {
    if (!token.includes('.')) {
      const text = await store.read('access-token', keyOf(token));
      return text === undefined ? undefined : decodeAccessToken(text);
    }
    const jwt = await readJwt(token);
    return jwt && !(await isTokenDenied(store, jwt)) ? jwt.record : undefined;
  }

  /** @throws Refusal where the token is none, is not for this, or counts no more. */
  async function personOf(record: AccessTokenRecord | undefined): Promise<Person> {
    if (!record || record.exp <= nowSeconds())
      throw new Refusal('invalid_token', 'the token is unknown, has expired or was withdrawn');
    const { sub, grant, resource, cnf, client_id: clientId, generation, person_generation } = record;
    if (sub === undefined || grant === undefined || person_generation === undefined)
      throw new Refusal('invalid_token', 'this token speaks for a client and not for a person');
    /* "Access tokens … SHOULD be audience-restricted" (RFC 9700 §2.3): what a service was given is of no use here. */
    if (resource !== undefined) throw new Refusal('invalid_token', `this token is for ${resource} only`);
    /* Nothing here looks at proofs, so who stole it would be taken for who owns it. */
    if (cnf)
      throw new Refusal('invalid_token', 'this token is bound to a key, and can be shown at /oauth2/userinfo only');
    const account = await findAccount(sub, { generation, person_generation, clientId });
    if (!account || (await families.find(grant)) === undefined)
      throw new Refusal('invalid_token', 'the person or the client of this token has gone, or access was withdrawn');
    return account.person;
  }

  async function tell(req: IncomingMessage, audited: Audited): Promise<Record<string, string>> {
    const record = await find(tokenIn(req));
    Object.assign(audited, { client: record?.client_id, person: record?.sub });
    const person = await personOf(record);
    const granted = record?.scope.split(' ') ?? [];
    const told = Object.entries(FIELDS).filter(([, { scopes }]) => scopes.some((scope) => granted.includes(scope)));
    if (told.length === 0)
      throw new Refusal('insufficient_scope', 'ask for the scope read, profile or email', { scope: ['read'] });
    return Object.fromEntries(told.map(([name, { of }]) => [name, of(person)]));
  }

  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const audited: Audited = { client: undefined, person: undefined };
    try {
      sendJson(req, res, 200, await tell(req, audited));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const details = { route: '/api/user/v1/me', ...audited, address: callerAddress(req), reason: error.message };
      log.info({ audit: 'token', granted: false, ...details }, 'refused');
      res.setHeader('WWW-Authenticate', challenge(error, issuer));
      sendJson(req, res, error.status, { error: codeOf(error), error_description: error.message });
    }
  };
}

interface Audited {
  client: string | undefined;
  person: string | undefined;
}

/** From the header only: what is in a URL is in logs and histories (RFC 6750 §5.3). */
function tokenIn({ url = '', headers: { authorization } }: IncomingMessage): string {
  if (new URLSearchParams(url.split('?')[1]).has('access_token'))
    throw new Refusal('invalid_request', 'send the token in the Authorization header, never in the URL');
  if (authorization === undefined)
    throw new Refusal('unauthenticated', 'send the token as Authorization: Bearer TOKEN');
  const token = /^Bearer +(?<token>[\w.~+/-]+=*)$/i.exec(authorization)?.groups?.token;
  if (token === undefined) throw new Refusal('invalid_request', 'the Authorization header should be Bearer TOKEN');
  return token;
}

function codeOf({ code }: Refusal): string {
  return code === 'unauthenticated' ? 'invalid_token' : code;
}
