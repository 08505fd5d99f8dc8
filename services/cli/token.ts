/** `token`: the token service, by itself. */
import { openStore } from '../store/open-store.ts';
import { startTokenService } from '../token/main.ts';
import { sealOf } from './encryption-key.ts';
import { common } from './service-settings.ts';
import { serving } from './serving.ts';
import { untilStoreAnswers } from './until-store-answers.ts';

export const token = serving({
  role: 'token',
  name: 'token',
  serve: async (settings, _shared, log, metrics) => {
    const store = openStore(settings.HALLPASS_STORE, log);
    await untilStoreAnswers(store, log);
    const service = await startTokenService({
      ...common(settings, store, sealOf(settings), log),
      host: settings.HALLPASS_HOST,
      port: settings.HALLPASS_PORT,
      metrics,
      identityProviders: settings.HALLPASS_IDENTITY_PROVIDERS ?? [],
    });
    return [service, store];
  },
});
