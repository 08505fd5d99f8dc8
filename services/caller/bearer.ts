/** Who is calling by a token, which has to count, and to be shown with what it is bound to. */
import { decodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';
import { stands, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { personStands, type Person } from '../shared/person.ts';
import { Refusal } from '../shared/refusal.ts';
import { whenKnown, type Soon } from '../shared/soon.ts';
import { decodePerson } from '../store/people.ts';
import type { Reader, Records } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import type { Called } from './called.ts';
import { createRememberedKeyOf } from './remembered-key.ts';
import { callerByToken, type Caller } from './caller.ts';
import type { Confirm, Shown } from './confirmation.ts';
import type { FindJwt } from './jwt-access-tokens.ts';

export interface Tokens {
  /** The record of a token; whether it counts is not looked at. */
  find(token: string): Soon<AccessTokenRecord | undefined>;
  /** Who acts by it; `undefined` where it does not count: expired, or its client or person is not what it was. */
  callerBy(record: AccessTokenRecord): Soon<Caller | undefined>;
}

const TOKENS_CACHED = 50_000;
const PEOPLE_CACHED = 50_000;

export interface TokensOptions {
  clients: Reader<Client>;
  /** Reads the tokens that are JWTs: those have dots, which no other has. */
  findJwt: FindJwt;
}

export function createTokens(records: Records, { clients, findJwt }: TokensOptions): Tokens {
  const tokens = records.reader<AccessTokenRecord>({
    kind: 'access-token',
    decode: decodeAccessToken,
    capacity: TOKENS_CACHED,
    lifeSeconds: ({ exp }) => exp - nowSeconds(),
  });
  const [keyOfToken, keyOfClient] = [createRememberedKeyOf(), createRememberedKeyOf()];
  const people = records.reader<Person>({ kind: 'person', decode: decodePerson, capacity: PEOPLE_CACHED });

  function callerWith(record: AccessTokenRecord, client: Client | undefined): Soon<Caller | undefined> {
    if (!client || !stands(client, record.generation) || client.org !== record.org) return undefined;
    if (record.sub === undefined) return callerByToken(record, client);
    return whenKnown(people.read(keyOf(record.sub)), (person) =>
      person && isStillFor(record, person) ? callerByToken(record, client, person) : undefined,
    );
  }

  return {
    find: (token) => (token.includes('.') ? findJwt(token) : tokens.read(keyOfToken(token))),

    callerBy: (record) => {
      if (record.exp <= nowSeconds()) return undefined;
      return whenKnown(clients.read(keyOfClient(record.client_id)), (client) => callerWith(record, client));
    },
  };
}

/** The person that a token is for counts with the generation, and in the organization, that it was issued under. */
function isStillFor({ org, person_generation = 0 }: AccessTokenRecord, person: Person): boolean {
  return person.org === org && personStands(person, person_generation);
}

/** @param tokenEndpoint where a refused caller is sent for a new token. */
export function createByToken(tokens: Tokens, confirm: Confirm, tokenEndpoint: string) {
  return (shown: Shown, called: Called): Soon<Caller> =>
    whenKnown(tokens.find(shown.token), (record) =>
      whenKnown(record && tokens.callerBy(record), (caller) => {
        if (!record || !caller) throw unknownToken(tokenEndpoint);
        return whenKnown(confirm(record.cnf, shown, called), () => caller);
      }),
    );
}

/** The same whatever is wrong with it. */
export function unknownToken(tokenEndpoint: string): Refusal {
  return new Refusal('invalid_token', `this token is unknown, expired or revoked; get a new one at ${tokenEndpoint}`);
}
