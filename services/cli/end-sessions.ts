/** A person whose sessions end by what an administrator did: they end in the store, and clients are told. */
import { createLog } from '../shared/log.ts';
import { loadSigningKeys } from '../store/signing-keys.ts';
import { createBackChannel } from '../token/back-channel-logout.ts';
import { createSessionEnd } from '../token/session-end.ts';
import type { Context } from './context.ts';
import type { Registers } from './with-registers.ts';

/** What was done stands, whoever could not be told of it. */
export async function endSessionsOf({ note }: Context, registers: Registers, personId: string): Promise<void> {
  const { issuer, store, clients, seal } = registers;
  const tell = createBackChannel({
    issuer,
    keys: async () => loadSigningKeys(store, seal()),
    log: createLog('cli', 'silent'),
  });
  const ending = createSessionEnd({ store, findClient: (clientId) => clients.find(clientId), tell });
  for (const clientId of await ending.endAllOf(personId))
    note(`hallpass: client ${clientId} could not be told that the person is signed out`);
}
