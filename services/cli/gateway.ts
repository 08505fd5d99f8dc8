/** `gateway`: the gateway, by itself. */
import { startGateway } from '../gateway/main.ts';
import { openStore } from '../store/open-store.ts';
import { defaultOrganization } from './default-organization.ts';
import { sealOf } from './encryption-key.ts';
import { common, gatewaySettings } from './service-settings.ts';
import { serving } from './serving.ts';

export const gateway = serving({
  role: 'gateway',
  name: 'gateway',
  serve: async (settings, _shared, log, metrics) => {
    const store = openStore(settings.HALLPASS_STORE, log);
    const { HALLPASS_TOKEN_URL: tokenServiceUrl } = settings;
    if (!tokenServiceUrl) log.warn('HALLPASS_TOKEN_URL is not set: this gateway serves /xapi/ only, and no tokens');
    if (settings.HALLPASS_LRS_AUTH === 'basic' && !settings.HALLPASS_LRS_USERNAME)
      log.warn('HALLPASS_LRS_USERNAME is not set: the LRS is called without a credential');
    const service = await startGateway({
      ...common(settings, store, sealOf(settings), log),
      ...gatewaySettings(settings, defaultOrganization(settings)),
      port: settings.HALLPASS_PORT,
      tokenServiceUrl,
      metrics,
    });
    return [service, store];
  },
});
