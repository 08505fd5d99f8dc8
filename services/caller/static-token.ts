/** Who is calling by a static bearer token: its client, for as long as the client stands and has it. */
import type { Client } from '../shared/client.ts';
import { lacksStaticToken, ownerOfStaticToken } from '../shared/static-token.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import { unknownToken } from './bearer.ts';
import type { Called } from './called.ts';
import { callerItself, type Caller } from './caller.ts';
import type { Confirm, Shown } from './confirmation.ts';

/** @param tokenEndpoint where a refused caller is sent for a token. */
export function createByStaticToken(clients: Reader<Client>, confirm: Confirm, tokenEndpoint: string) {
  return async (shown: Shown, called: Called): Promise<Caller> => {
    const client = await ownerOfStaticToken(shown.token, async (clientId) => clients.read(keyOf(clientId)));
    if (!client?.active || lacksStaticToken(client) !== undefined) throw unknownToken(tokenEndpoint);
    await confirm(undefined, shown, called);
    return callerItself(client);
  };
}
