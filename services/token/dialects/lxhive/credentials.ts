/** Temporary credentials: an access token that is a Basic pair, and beside it what is told of it, also when it is over. */
import { randomInt, randomUUID } from 'node:crypto';
import { basicToken } from '../../../caller/basic-token.ts';
import { withinOf, type Caller } from '../../../caller/caller.ts';
import { encodeAccessToken, type AccessTokenRecord } from '../../../shared/access-token.ts';
import type { Person } from '../../../shared/person.ts';
import { keyOf, type Store } from '../../../store/store.ts';
import { consentKey } from '../../consents.ts';
import { createFamilies } from '../../families.ts';

export interface Pair {
  key: string;
  secret: string;
}

/** What is kept beside the token; the secret is in neither. */
export interface Credential {
  client_id: string;
  org: string;
  sub: string;
  grant: string;
  scope: string;
  name?: string;
  description?: string;
  /** Unix seconds. */
  created_at: number;
  expires_at: number;
}

export interface Wanted {
  person: Person;
  scopes: readonly string[];
  /** Unix seconds. */
  askedAt: number;
  expiresAt: number;
  name?: string;
  description?: string;
}

export interface Credentials {
  issue(caller: Caller, wanted: Wanted): Promise<Pair & { credential: Credential }>;
  /** Of this caller's; `undefined` where the pair is another's, is wrong, or was never one. */
  find(caller: Caller, pair: Pair): Promise<Credential | undefined>;
  /** Of any number at once, exactly one is told `true`. */
  end(caller: Caller, pair: Pair): Promise<boolean>;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 40;
/** How long it is told that one has expired. */
const TOLD_SECONDS = 30 * 24 * 3600;
const KIND = 'temporary-credential';

export function createCredentials(store: Store): Credentials {
  const families = createFamilies(store);
  const keyFor = ({ key, secret }: Pair) => keyOf(basicToken(key, secret));

  async function find({ clientId, org }: Caller, pair: Pair): Promise<Credential | undefined> {
    const found = await store.readOnce(KIND, keyFor(pair));
    if (!found || found.consumedAt !== undefined) return undefined;
    const credential = JSON.parse(found.value) as Credential;
    return credential.client_id === clientId && credential.org === org ? credential : undefined;
  }

  return {
    find,

    issue: async (caller, wanted) => {
      const pair = { key: randomName(), secret: randomName() };
      const record = recordOf(caller, wanted);
      const { client_id, sub, grant, exp, iat } = record;
      const credential = credentialOf(record, wanted);
      const lifeSeconds = exp - iat;
      /* First, so that whatever there is of it can be ended by it. */
      await store.write(KIND, keyFor(pair), JSON.stringify(credential), lifeSeconds + TOLD_SECONDS);
      await families.begin(grant, familyOf(record), lifeSeconds, [consentKey(sub, client_id)]);
      await families.write(grant, 'access-token', keyFor(pair), encodeAccessToken(record), lifeSeconds);
      return { ...pair, credential };
    },

    end: async (caller, pair) => {
      const credential = await find(caller, pair);
      if (!credential) return false;
      /* What it opens goes first: should nothing else come of this, it is shut. */
      await families.end(credential.grant);
      const isFirst = await store.consume(KIND, keyFor(pair));
      await store.remove(KIND, keyFor(pair));
      return isFirst;
    },
  };
}

type PersonsRecord = AccessTokenRecord & Required<Pick<AccessTokenRecord, 'sub' | 'grant' | 'person_generation'>>;

function recordOf(caller: Caller, { person, scopes, askedAt, expiresAt }: Wanted): PersonsRecord {
  const { client, org } = caller;
  return {
    client_id: client.client_id,
    generation: client.generation,
    org,
    scope: scopes.join(' '),
    sub: person.person_id,
    person_generation: person.generation,
    grant: randomUUID(),
    ...withinOf(caller),
    iat: askedAt,
    exp: expiresAt,
  };
}

function credentialOf(record: PersonsRecord, { name, description }: Wanted): Credential {
  const { client_id, org, sub, grant, scope, iat, exp } = record;
  return {
    ...{ client_id, org, sub, grant, scope },
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    created_at: iat,
    expires_at: exp,
  };
}

/** As the library keeps what a person granted: it looks there before it tells of a token, or ends one. */
function familyOf({ client_id, sub, generation, person_generation, org, iat, exp }: PersonsRecord): string {
  return JSON.stringify({ clientId: client_id, accountId: sub, generation, person_generation, org, iat, exp });
}

/** 238 random bits. */
function randomName(): string {
  return Array.from({ length: LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
