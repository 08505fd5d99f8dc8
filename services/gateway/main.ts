/** Settings → records → pipeline → listen. */
import type { Log } from '../shared/log.ts';
import type { Seal } from '../shared/seal.ts';
import { serve, type Listening } from '../shared/serve.ts';
import { VERSION_HEADER } from '../shared/xapi/version.ts';
import { followRecords } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { createGateway } from './app.ts';
import { createElsewhere } from './elsewhere.ts';
import { createForward } from './forward.ts';
import { createIdentify } from './identify.ts';
import { createMoreLinks } from './more-link.ts';
import { createReadiness } from './readiness.ts';
import { createRewrite } from './rewrite.ts';

export interface GatewayServiceOptions {
  issuer: string;
  host: string;
  port: number;
  drainSeconds: number;
  cacheSeconds: number;
  maxInspectedBytes: number;
  lrs: {
    url: string;
    username: string | undefined;
    password: string | undefined;
    connectSeconds: number;
    responseSeconds: number;
    idleSeconds: number;
  };
  tokenServiceUrl: string | undefined;
  store: Store;
  seal: Seal;
  log: Log;
}

export async function startGateway(options: GatewayServiceOptions): Promise<Listening> {
  const { issuer, lrs, store, seal, log } = options;
  const { origin, pathname } = new URL(lrs.url);
  const records = await followRecords(store, options.cacheSeconds);
  const forward = createForward({ origin, ...lrs });
  const handler = createGateway({
    identify: createIdentify(records, `${issuer}/oauth2/token`),
    rewrite: createRewrite({ url: lrs.url, authorization: basic(lrs) }, createMoreLinks(seal)),
    forward,
    elsewhere: createElsewhere({
      ready: createReadiness(store, forward, `${pathname.replace(/\/$/, '')}/about`),
      tokenService: options.tokenServiceUrl ? { target: options.tokenServiceUrl, settled: records.settled } : undefined,
      log,
    }),
    maxInspectedBytes: options.maxInspectedBytes,
    log,
  });
  const listening = await serve({ ...options, handler, headersOnUnreadable: { [VERSION_HEADER]: '1.0.3' } });
  return {
    port: listening.port,
    close: async () => {
      await listening.close();
      await forward.close();
      await records.close();
    },
  };
}

function basic({ username, password }: { username: string | undefined; password: string | undefined }) {
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
