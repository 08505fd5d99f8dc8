/** Who is calling by HTTP Basic: a client's id and secret, or a token that is such a pair. */
import { isBoundOnly, type Client } from '../shared/client.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import { TOO_MANY_WRONG, type CompareSecret } from '../store/wrong-secrets.ts';
import { canonicalPair, isTokenUser } from './basic-token.ts';
import type { Tokens } from './bearer.ts';
import { callerItself, type Caller } from './caller.ts';

/** The same whichever of them is wrong. */
const NO_SUCH_PAIR = 'no active client has this id and secret';

export interface BasicOptions {
  clients: Reader<Client>;
  tokens: Tokens;
  compareSecret: CompareSecret;
  /** Where a client is sent that may not call like this. */
  tokenEndpoint: string;
}

/** @returns what tells who sent `user-id ":" password` in base64. @see RFC 7617 §2 */
export function createByPair({ clients, tokens, compareSecret, tokenEndpoint }: BasicOptions) {
  async function bySecret(client: Client | undefined, secret: string, address: string | undefined): Promise<Caller> {
    const known = client?.active && client.grant_types.includes('client_credentials') ? client : undefined;
    const compared = known ? await compareSecret(known, secret, address) : 'wrong';
    if (!known) throw new Refusal('unauthenticated', NO_SUCH_PAIR);
    const whose = { client: known.client_id };
    if (compared === 'wrong') throw new Refusal('unauthenticated', NO_SUCH_PAIR, whose);
    if (compared !== 'right') throw new Refusal('too_many_requests', TOO_MANY_WRONG, { ...whose, ...compared });
    refuseBoundOnly(known);
    return callerItself(known);
  }

  /** Its secret is in the key that it is looked up by, so there is nothing that could be guessed a part at a time. */
  async function byToken(pair: string): Promise<Caller> {
    const record = await tokens.find(canonicalPair(pair));
    const caller = record && !record.cnf ? await tokens.callerBy(record) : undefined;
    if (!caller) throw new Refusal('unauthenticated', NO_SUCH_PAIR);
    refuseBoundOnly(caller.client);
    return caller;
  }

  function refuseBoundOnly(client: Client): void {
    if (isBoundOnly(client))
      throw new Refusal('unauthenticated', `this client calls with bound tokens only; get one at ${tokenEndpoint}`);
  }

  return async (pair: string, address: string | undefined): Promise<Caller> => {
    const text = Buffer.from(pair, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const [user, secret] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
    const client = user === '' ? undefined : await clients.read(keyOf(user));
    return !client && colon >= 0 && isTokenUser(user) ? byToken(pair) : bySecret(client, secret, address);
  };
}
