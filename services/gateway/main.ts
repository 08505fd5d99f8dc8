/** Settings → records → policy → pipeline → listen. */
import { createIdentify } from '../caller/identify.ts';
import { createAddressOf } from '../shared/caller-address.ts';
import { createCertificateOf, createTellCertificate } from '../shared/client-certificate.ts';
import type { Log } from '../shared/log.ts';
import type { Organization } from '../shared/organization.ts';
import type { Seal } from '../shared/seal.ts';
import type { Metrics } from '../shared/observing/figures.ts';
import { createObserver, type AccessLog } from '../shared/observing/observe.ts';
import { serve, type Listening } from '../shared/serve.ts';
import type { FurtherResource } from '../shared/resources.ts';
import { createTrustedProxies } from '../shared/trusted-proxies.ts';
import { VERSION_HEADER } from '../shared/xapi/version.ts';
import { recordFigures } from '../store/record-figures.ts';
import { followRecords } from '../store/records.ts';
import { decodeOrganization } from '../store/organizations.ts';
import { followSigningKeys } from '../store/signing-keys.ts';
import type { Store } from '../store/store.ts';
import { createCompareSecret } from '../store/wrong-secrets.ts';
import { createGateway } from './app.ts';
import { createAskLrs } from './ask-lrs.ts';
import { inOrder } from './call.ts';
import { createForward } from './forward.ts';
import { createHealth } from './health.ts';
import { later } from './later.ts';
import { createMoreLinks } from './more-link.ts';
import { createOrganizations } from './organizations.ts';
import { createReadiness } from './readiness.ts';
import { createResourceMetadata } from './resource-metadata.ts';
import { createRules } from './rules/rules.ts';
import { createTrust } from './trust.ts';
import { createUpstreamFigures } from './upstream-figures.ts';
import { warnOf } from './warnings.ts';

export interface GatewayServiceOptions {
  issuer: string;
  host: string;
  port: number;
  drainSeconds: number;
  cacheSeconds: number;
  maxInspectedBytes: number;
  /** The organization `default`, from the settings; its password is not sealed. */
  organization: Organization;
  lrs: {
    connectSeconds: number;
    responseSeconds: number;
    idleSeconds: number;
  };
  tokenServiceUrl: string | undefined;
  /** Networks of the proxies that are believed; see {@link createTrustedProxies}. */
  trustedProxies?: readonly string[];
  /** What else stands behind the same tokens. */
  resources?: readonly FurtherResource[];
  /** Whether a DPoP proof needs a nonce. */
  isNonceRequired?: boolean;
  /** Whether calls may be signed by OAuth 1. */
  oauth1?: boolean;
  /** Which calls have a line in the log. */
  accessLog?: AccessLog;
  /** Absent where nobody asks for figures. */
  metrics?: Metrics | undefined;
  store: Store;
  seal: Seal;
  log: Log;
}

const ORGANIZATIONS_CACHED = 10_000;

export async function startGateway(options: GatewayServiceOptions): Promise<Listening> {
  const {
    issuer,
    organization,
    store,
    seal,
    log,
    maxInspectedBytes,
    resources = [],
    trustedProxies = [],
    isNonceRequired = false,
    oauth1 = false,
    accessLog = 'refused',
    metrics,
    tokenServiceUrl,
  } = options;
  const records = await followRecords(store, options.cacheSeconds);
  metrics?.add(recordFigures('gateway', records));
  const organizations = records.reader<Organization>({
    kind: 'organization',
    decode: decodeOrganization,
    capacity: ORGANIZATIONS_CACHED,
  });
  const keys = followSigningKeys(records, store, seal);
  /* Here rather than at the first call, where they cannot be opened. */
  if (organization.lrs.auth !== 'basic') await keys();
  const tokenEndpoint = `${issuer}/oauth2/token`;
  const trust = createTrust({ issuer, tokenEndpoint, seal, keys });
  warnOf(organization, issuer, log);
  const forward = createForward(options.lrs, metrics && createUpstreamFigures(metrics));
  const links = createMoreLinks(seal);
  const isTrusted = createTrustedProxies(trustedProxies);
  const addressOf = createAddressOf(isTrusted);
  const certificateOf = createCertificateOf(isTrusted);
  const tellCertificate = createTellCertificate(certificateOf, seal);
  const identify = createIdentify(records, {
    issuer,
    store,
    compareSecret: createCompareSecret(store, seal),
    keys,
    certificateOf,
    isNonceRequired,
    oauth1: oauth1 ? seal : undefined,
  });
  const elsewhere = later(async () => {
    const { createElsewhere } = await import('./elsewhere.ts');
    const metadata = createResourceMetadata(issuer, resources);
    const { settled } = records;
    const tokenService = tokenServiceUrl ? { target: tokenServiceUrl, settled, tellCertificate } : undefined;
    return createElsewhere({ metadata, tokenService, addressOf });
  });
  const furtherResources = later(async () => {
    const { createFurtherResources } = await import('./further-resources.ts');
    const { responseSeconds: silenceSeconds } = options.lrs;
    return createFurtherResources({ issuer, resources, identify, addressOf, silenceSeconds, oauth1, elsewhere });
  });
  const handler = createHealth({
    ready: createReadiness(store, forward, trust(organization)),
    addressOf,
    otherwise: resources.length === 0 ? elsewhere : furtherResources,
  });
  const atFront = createGateway({
    issuer,
    identify,
    addressOf,
    lrsOf: createOrganizations(organization, organizations, trust),
    links,
    carryOut: inOrder(createRules({ maxInspectedBytes }), createAskLrs(forward, links)),
    maxInspectedBytes,
    oauth1,
  });
  const observer = createObserver({ service: 'gateway', audit: 'xapi', accessLog, log, metrics });
  const headersOnUnreadable = { [VERSION_HEADER]: '1.0.3' };
  const listening = await serve({
    ...options,
    handler,
    atFront,
    leavesEmptyBodies: true,
    headersOnUnreadable,
    observer,
  });
  return {
    port: listening.port,
    close: async () => {
      await listening.close();
      await forward.close();
      await records.close();
    },
  };
}
