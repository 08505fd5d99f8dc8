/** A person on their way through a client's request, when the store goes away under them: whoever can be told, is told so. */
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { Store } from '../../services/store/store.ts';
import { openBrowser, type Browser } from '../support/people-flow.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { eventually } from '../support/wait.ts';
import { personScene, REDIRECT_URI, type PersonScene } from './person-scene.ts';

let redis: RedisServer;
let store: Store;
let scene: PersonScene;
let browser: Browser;

beforeAll(async () => {
  redis = await startRedis();
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error('not a store');
  store = openStore(address, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  scene = await personScene({ store });
  browser = openBrowser(scene.service);
  await scene.authorize({ browser });
});
afterAll(async () => {
  await scene?.service.close();
  await store?.close();
  await redis?.close();
});

const AUTHORIZE = '/oauth2/authorize';

function target(more: Record<string, string>): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: scene.tool.client_id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 'a-state',
    ...more,
  });
  return `${AUTHORIZE}?${query.toString()}`;
}

/** @see RFC 6749 §4.1.2.1: `server_error` is "an unexpected condition", which an outage is not. */
it.each<[string, Record<string, string>]>([
  ['who need not be asked', { prompt: 'none' }],
  ['who would be asked', { prompt: 'none', scope: 'openid statements/read' }],
  ['whose client asked wrongly', { prompt: 'nonsense' }],
  ['whose client asked for what is not supported', { response_type: 'token' }],
])('a person %s reads that it is not available, or is refused as ever: nothing is broken', async (_who, more) => {
  /* Until the client is known from memory again. */
  await eventually(async () => expect((await browser.get(target({ prompt: 'none' }))).location).toContain('code='));
  redis.pause();
  const both = await Promise.all([browser, openBrowser(scene.service)].map((each) => each.get(target(more)))).finally(
    () => redis.resume(),
  );
  for (const { status, location, text } of both) {
    const refused = location === undefined ? undefined : new URL(location).searchParams.get('error');
    if (refused === undefined)
      expect([status, text]).toEqual([503, expect.stringContaining('Not available') as string]);
    else expect(['login_required', 'invalid_request', 'unsupported_response_type']).toContain(refused);
  }
});
