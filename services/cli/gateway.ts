/** `gateway`: the gateway, a process of its own. */
import { startGateway } from '../gateway/main.ts';
import { createLog } from '../shared/log.ts';
import { openStore } from '../store/open-store.ts';
import type { Command } from './context.ts';
import { defaultOrganization } from './default-organization.ts';
import { sealOf } from './encryption-key.ts';
import { common, gatewaySettings } from './service-settings.ts';
import { settingsOf } from './settings-of.ts';
import { untilSignal } from './until-signal.ts';

export const gateway: Command = async (context) => {
  const settings = settingsOf(context, 'gateway');
  const log = createLog('gateway', settings.HALLPASS_LOG_LEVEL);
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
  });
  await untilSignal(log, [service, store]);
};
