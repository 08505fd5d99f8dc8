/** What the settings mean to the services. */
import type { Log } from '../shared/log.ts';
import type { Organization } from '../shared/organization.ts';
import type { Seal } from '../shared/seal.ts';
import type { Store } from '../store/store.ts';
import { issuerOf, type Settings } from './settings-of.ts';

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
  const accessLog = settings.HALLPASS_ACCESS_LOG;
  const services = { issuer, store, seal, log, accessLog };
  return { ...services, drainSeconds, cacheSeconds, scopePrefix, resources, isNonceRequired, oauth1 };
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
