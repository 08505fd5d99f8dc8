/** The whole product as a process of its own, in front of an LRS, with a client registered by its command line. */
import { join } from 'node:path';
import { printedBy, startHallpass } from '../support/hallpass.ts';
import { startLearningLocker } from '../support/learning-locker.ts';
import { tempFolder } from '../support/temp-folder.ts';

export interface Product {
  /** Its public origin. */
  url: string;
  clientId: string;
  clientSecret: string;
  /** A bearer token for the client, over HTTP as a vendor would get it. */
  token: (scope?: string) => Promise<string>;
  /** A call to the LRS with a fresh token. */
  call: (path: string, init?: RequestInit) => Promise<Response>;
  /** What `hallpass …` prints as JSON. */
  cli: <T>(...args: string[]) => Promise<T>;
  close: () => Promise<void>;
}

export type Upstream = 'the sample LRS' | 'Learning Locker';

export async function startProduct(upstream: Upstream): Promise<Product> {
  const folder = await tempFolder('product');
  const store = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  const locker = upstream === 'Learning Locker' ? await startLearningLocker() : undefined;
  const lrs = locker && {
    HALLPASS_LRS_URL: locker.url,
    HALLPASS_LRS_USERNAME: locker.username,
    HALLPASS_LRS_PASSWORD: locker.password,
  };
  const service = await startHallpass('all', { ...store, ...lrs });
  const registered = await printedBy<{ client_id: string; client_secret: string }>(
    ['client', 'create', '--name', 'A vendor', '--scope', 'all'],
    { env: store },
  );

  const token = async (scope?: string) => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: registered.client_id,
      client_secret: registered.client_secret,
      ...(scope && { scope }),
    });
    const response = await fetch(`${service.url}/oauth2/token`, { method: 'POST', body });
    return ((await response.json()) as { access_token: string }).access_token;
  };

  return {
    url: service.url,
    clientId: registered.client_id,
    clientSecret: registered.client_secret,
    token,
    cli: (...args) => printedBy(args, { env: store }),
    call: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('Authorization', `Bearer ${await token()}`);
      headers.set('X-Experience-API-Version', '1.0.3');
      return fetch(`${service.url}/xapi/${path}`, { ...init, headers });
    },
    close: async () => {
      await service.stop();
      await locker?.close();
      await folder.remove();
    },
  };
}

/** A statement about a learner, as little as one can be. */
export function statement(more: object = {}): Record<string, unknown> {
  return {
    actor: { mbox: 'mailto:learner@example.org' },
    verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
    object: { id: 'https://example.org/activities/a-course' },
    ...more,
  };
}
