/** Who is calling by a client's id and secret. */
import { isBoundOnly, type Client } from '../shared/client.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import { TOO_MANY_WRONG, type CompareSecret } from '../store/wrong-secrets.ts';
import { callerItself, type Caller } from './caller.ts';

/** The same whichever of them is wrong. */
const NO_SUCH_PAIR = 'no active client has this id and secret';

export interface BasicOptions {
  clients: Reader<Client>;
  compareSecret: CompareSecret;
  /** Where a client is sent that may not call like this. */
  tokenEndpoint: string;
}

/** @returns what tells who sent `user-id ":" password` in base64. @see RFC 7617 §2 */
export function createBySecret({ clients, compareSecret, tokenEndpoint }: BasicOptions) {
  return async (pair: string, address: string | undefined): Promise<Caller> => {
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
    return callerItself(known);
  };
}
