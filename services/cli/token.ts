/** `token`: the token service, a process of its own. */
import { createLog } from '../shared/log.ts';
import { openStore } from '../store/open-store.ts';
import { startTokenService } from '../token/main.ts';
import type { Command } from './context.ts';
import { sealOf } from './encryption-key.ts';
import { common } from './service-settings.ts';
import { settingsOf } from './settings-of.ts';
import { untilSignal } from './until-signal.ts';
import { untilStoreAnswers } from './until-store-answers.ts';

export const token: Command = async (context) => {
  const settings = settingsOf(context, 'token');
  const log = createLog('token', settings.HALLPASS_LOG_LEVEL);
  const store = openStore(settings.HALLPASS_STORE, log);
  await untilStoreAnswers(store, log);
  const service = await startTokenService({
    ...common(settings, store, sealOf(settings), log),
    host: settings.HALLPASS_HOST,
    port: settings.HALLPASS_PORT,
    identityProviders: settings.HALLPASS_IDENTITY_PROVIDERS ?? [],
  });
  await untilSignal(log, [service, store]);
};
