/** `token`, `gateway` and `sample-lrs`: each a process of its own. */
import { openStore } from '../store/open-store.ts';
import { createLog } from '../shared/log.ts';
import { startGateway } from '../gateway/main.ts';
import { SAMPLE_LRS_NOTICE } from '../sample-lrs/app.ts';
import { startSampleLrs } from '../sample-lrs/main.ts';
import type { Organization } from '../shared/organization.ts';
import type { Seal } from '../shared/seal.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/store.ts';
import { startTokenService } from '../token/main.ts';
import { UsageError, type Command } from './context.ts';
import { defaultOrganization } from './default-organization.ts';
import { sealOf } from './encryption-key.ts';
import { issuerOf, settingsOf, type Settings } from './settings-of.ts';
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

export const sampleLrs: Command = async (context) => {
  const settings = settingsOf(context, 'cli');
  const log = createLog('sample-lrs', settings.HALLPASS_LOG_LEVEL);
  const { HALLPASS_LRS_USERNAME: username, HALLPASS_LRS_PASSWORD: password } = settings;
  if (!username || !password)
    throw new UsageError('set HALLPASS_LRS_USERNAME and HALLPASS_LRS_PASSWORD: the credential it is to accept');
  context.note(SAMPLE_LRS_NOTICE);
  const { HALLPASS_HOST: host, HALLPASS_PORT: port } = settings;
  const credentials = [{ username, password }];
  const service = await startSampleLrs({ host, port, credentials, authority: sampleAuthority(settings) });
  log.info({ url: service.url }, 'listening');
  await untilSignal(log, [service]);
};

/** What an LRS does that records its own authority: it has one for each credential, and the sample has one credential. */
export function sampleAuthority({ HALLPASS_LRS_AUTHORITY: authority = 'kept' }: Settings): 'kept' | 'credential' {
  return authority === 'kept' ? 'kept' : 'credential';
}

/** What token service and gateway have in common. */
export function common(settings: Settings, store: Store, seal: Seal, log: Log, issuer = issuerOf(settings)) {
  const { HALLPASS_DRAIN_SECONDS: drainSeconds, HALLPASS_CACHE_SECONDS: cacheSeconds } = settings;
  const { HALLPASS_SCOPE_PREFIX: scopePrefix, HALLPASS_RESOURCES: resources = [] } = settings;
  const { HALLPASS_OAUTH1: oauth1, HALLPASS_DPOP_NONCE: nonce } = settings;
  const isNonceRequired = nonce === 'required';
  return { issuer, store, seal, log, drainSeconds, cacheSeconds, scopePrefix, resources, isNonceRequired, oauth1 };
}

export function gatewaySettings(settings: Settings, organization: Organization) {
  return {
    host: settings.HALLPASS_HOST,
    maxInspectedBytes: settings.HALLPASS_MAX_INSPECTED_BYTES,
    trustedProxies: settings.HALLPASS_TRUSTED_PROXIES ?? [],
    organization,
    lrs: {
      connectSeconds: settings.HALLPASS_LRS_CONNECT_SECONDS,
      responseSeconds: settings.HALLPASS_LRS_RESPONSE_SECONDS,
      idleSeconds: settings.HALLPASS_LRS_IDLE_SECONDS,
    },
  };
}
