/** Who is calling: a bearer token, or a client's id and secret. One identity, one policy. */
import { decodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';
import { isBoundOnly, scopesHeld, stands, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { permissionsOf, personStands, type Person } from '../shared/person.ts';
import { Refusal } from '../shared/refusal.ts';
import { narrow } from '../shared/scopes.ts';
import type { Restrictions } from '../shared/xapi/restriction.ts';
import { decodeClient } from '../store/clients.ts';
import { decodePerson } from '../store/people.ts';
import type { Records } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import { TOO_MANY_WRONG, type CompareSecret } from '../store/wrong-secrets.ts';
import type { Confirm, Shown } from './confirmation.ts';
import type { FindJwt } from './jwt-access-tokens.ts';
import type { Called } from './request.ts';

export interface Caller {
  clientId: string;
  org: string;
  scopes: readonly string[];
  /** The person it acts for; absent: the client acts for itself. */
  subject: string | undefined;
  /** The one resource its token is for; absent: whatever its scopes reach. */
  resource: string | undefined;
  /** Whom its token says it is for; absent: its token says nothing of that. */
  audience?: readonly string[] | undefined;
  restrictions: Restrictions;
  /** Whether what it writes loses its definitions unless it holds `define`. */
  enforcesDefine: boolean;
  /** The registration, as it was when this call came. */
  client: Client;
}

/** @param address where the call came from. */
export type Identify = (
  authorization: string | undefined,
  called: Called,
  address?: string,
) => Promise<Caller | undefined>;

const TOKENS_CACHED = 50_000;
const CLIENTS_CACHED = 20_000;
const PEOPLE_CACHED = 50_000;

/** @see RFC 6750 §2.1: `b64token` */
const TOKEN = /^(?<scheme>bearer|dpop) +(?<token>[A-Za-z0-9\-._~+/]+=*) *$/i;
/** The same whichever of them is wrong. */
const NO_SUCH_PAIR = 'no active client has this id and secret';
const BASIC = /^basic +(?<pair>[A-Za-z0-9+/]+={0,2}) *$/i;

export interface IdentifyOptions {
  /** Reads the tokens that are JWTs: those have dots, which no other has. */
  findJwt: FindJwt;
  /** Holds a token to what it is bound to. */
  confirm: Confirm;
  compareSecret: CompareSecret;
  /** Where a refused caller is sent for a new token. */
  tokenEndpoint: string;
}

export function createIdentify(records: Records, options: IdentifyOptions): Identify {
  const { findJwt, confirm, compareSecret, tokenEndpoint } = options;
  const tokens = records.reader<AccessTokenRecord>({
    kind: 'access-token',
    decode: decodeAccessToken,
    capacity: TOKENS_CACHED,
    lifeSeconds: ({ exp }) => exp - nowSeconds(),
  });
  const clients = records.reader<Client>({ kind: 'client', decode: decodeClient, capacity: CLIENTS_CACHED });
  const people = records.reader<Person>({ kind: 'person', decode: decodePerson, capacity: PEOPLE_CACHED });

  /** The person that a token is for, while it counts: with the generation and in the organization it was issued under. */
  async function personOf({ sub, person_generation, org }: AccessTokenRecord): Promise<Person | undefined> {
    const person = sub === undefined ? undefined : await people.read(keyOf(sub));
    return person && person.org === org && personStands(person, person_generation ?? 0) ? person : undefined;
  }

  async function byToken(shown: Shown, called: Called): Promise<Caller> {
    const { token } = shown;
    const record = await (token.includes('.') ? findJwt(token) : tokens.read(keyOf(token)));
    const client = record && record.exp > nowSeconds() ? await clients.read(keyOf(record.client_id)) : undefined;
    if (!record || !client || !stands(client, record.generation) || client.org !== record.org) throw unknownToken();
    await confirm(record.cnf, shown, called);
    if (record.sub === undefined) return callerOf(client, effectiveScopes(record, client), record);
    const person = await personOf(record);
    if (!person) throw unknownToken();
    return callerOf(client, effectiveScopes(record, client, person), record);
  }

  async function bySecret(pair: string, address: string | undefined): Promise<Caller> {
    const text = Buffer.from(pair, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const [clientId, secret] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
    const client = clientId === '' ? undefined : await clients.read(keyOf(clientId));
    const known = client?.active && client.grant_types.includes('client_credentials') ? client : undefined;
    const compared = known ? await compareSecret(known, secret, address) : 'wrong';
    if (!known) throw new Refusal('unauthenticated', NO_SUCH_PAIR);
    const whose = { client: known.client_id };
    if (compared === 'wrong') throw new Refusal('unauthenticated', NO_SUCH_PAIR, whose);
    if (compared !== 'right') throw new Refusal('too_many_requests', TOO_MANY_WRONG, { ...whose, ...compared });
    if (isBoundOnly(known))
      throw new Refusal('unauthenticated', `this client calls with bound tokens only; get one at ${tokenEndpoint}`);
    return callerOf(known, scopesHeld(known));
  }

  function unknownToken(): Refusal {
    return new Refusal('invalid_token', `this token is unknown, expired or revoked; get a new one at ${tokenEndpoint}`);
  }

  return async (authorization, called, address) => {
    if (authorization === undefined) return undefined;
    const { scheme, token } = TOKEN.exec(authorization)?.groups ?? {};
    if (token !== undefined)
      return byToken({ scheme: scheme?.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token }, called);
    const pair = BASIC.exec(authorization)?.groups?.pair;
    if (pair !== undefined) return bySecret(pair, address);
    throw unreadable(authorization);
  };
}

function callerOf(client: Client, scopes: readonly string[], token?: AccessTokenRecord): Caller {
  const sources = [client.restrictions, token?.restrictions].filter((source) => source !== undefined);
  return {
    clientId: client.client_id,
    org: client.org,
    scopes,
    subject: token?.sub,
    resource: token?.resource,
    audience: token?.audience,
    restrictions: sources,
    enforcesDefine: client.enforce_define ?? false,
    client,
  };
}

/**
 * What the token was given, as far as the client, and the person it acts for, still have it: a scope that was withdrawn
 * is gone from tokens too.
 */
function effectiveScopes(record: AccessTokenRecord, client: Client, person?: Person): readonly string[] {
  const known = narrowed.get(record);
  if (known?.client === client && known.person === person) return known.scopes;
  const clients = narrow(record.scope.split(' '), scopesHeld(client));
  const scopes = person ? narrow(clients, permissionsOf(person)) : clients;
  narrowed.set(record, { client, person, scopes });
  return scopes;
}

/** Worked out once for each cached record, and the client and the person as they were then. */
const narrowed = new WeakMap<
  AccessTokenRecord,
  { client: Client; person: Person | undefined; scopes: readonly string[] }
>();

/** Learning Locker's documentation writes `Bearer: token`, so some clients do. */
function unreadable(authorization: string): Refusal {
  if (/^bearer:/i.test(authorization))
    return new Refusal('invalid_request', 'write "Authorization: Bearer TOKEN", without a colon after Bearer');
  if (/^(bearer|dpop|basic)\b/i.test(authorization))
    return new Refusal(
      'invalid_request',
      'the Authorization header is malformed: "Bearer TOKEN", "DPoP TOKEN" or "Basic BASE64"',
    );
  return new Refusal('unauthenticated', 'use the Bearer or the Basic scheme in the Authorization header');
}
