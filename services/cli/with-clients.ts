/** Opens the store for one command, and closes it whatever happens. */
import { createLog } from '../shared/log.ts';
import { createClientRegister, type ClientRegister } from '../store/clients.ts';
import { openStore } from '../store/open-store.ts';
import type { Context } from './context.ts';
import { settingsOf } from './settings-of.ts';
import { untilStoreAnswers } from './until-store-answers.ts';

/** A command does not wait for a store that is down. */
const PATIENCE_MS = 3000;

export async function withClients(context: Context, work: (clients: ClientRegister) => Promise<void>): Promise<void> {
  const settings = settingsOf(context, 'cli');
  const log = createLog('cli', 'silent');
  const store = openStore(settings.HALLPASS_STORE, log);
  try {
    await untilStoreAnswers(store, log, PATIENCE_MS);
    await work(createClientRegister(store));
  } finally {
    await store.close();
  }
}
