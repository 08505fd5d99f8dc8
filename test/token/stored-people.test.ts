/** What a person's sign-in and tokens leave in the store. @see design §3.1 */
import { keyOf } from '../../services/store/store.ts';
import { openBrowser } from '../support/people-flow.ts';
import { startRedisStore, type RedisStore } from '../support/redis-store.ts';
import { confirm, deviceScene } from './device-scene.ts';
import { personScene, type PersonScene, type Tokens } from './person-scene.ts';

let kept: RedisStore;
let redis: RedisStore['redis'];
let lines: RedisStore['lines'];
let scene: PersonScene;

beforeAll(async () => {
  kept = await startRedisStore();
  ({ redis, lines } = kept);
  scene = await personScene({ store: kept.store });
});
afterAll(async () => {
  await scene.close();
  await kept.close();
});

const READ: Record<string, (key: string) => string[]> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
};

async function dump(): Promise<string> {
  const said: string[] = [];
  for (const key of await lines('KEYS', '*')) {
    const type = (await redis.command('--raw', 'TYPE', key)).trim();
    said.push(key, ...(await lines(...(READ[type]?.(key) ?? ['DUMP', key]))));
  }
  return said.join('\n');
}

it('trap, a dump that lets somebody in: has no code, token, session or password in it, of any age', async () => {
  const browser = openBrowser(scene.service);
  const code = await scene.authorize({ browser });
  const unused = await scene.authorize({ browser });
  const first = (await scene.redeem(code).expect(200)).body as Tokens;
  const second = (await scene.refresh(first.refresh_token ?? '').expect(200)).body as Tokens;
  /* A stop on the way, of somebody who is signed in. */
  await browser.get(`/oauth2/authorize?${code.url.searchParams.toString()}`);
  const asking = new URLSearchParams({
    response_type: 'code',
    client_id: scene.tool.client_id,
    redirect_uri: `${code.url.origin}/callback?from=hallpass`,
    scope: 'profile',
    prompt: 'consent',
    code_challenge: keyOf('a verifier'),
    code_challenge_method: 'S256',
  });
  const stop = await browser.get(`/oauth2/authorize?${asking.toString()}`);
  expect(stop.location).toMatch(/^\/sign-in\//);

  const text = await dump();
  expect(text).toContain(keyOf(second.access_token));
  expect(text).toContain(scene.person.person_id);
  const session = browser.cookies.get('__Host-hallpass_session');
  const secrets = [code.code, unused.code, session, scene.tool.client_secret];
  for (const { access_token, refresh_token, id_token } of [first, second])
    secrets.push(access_token, refresh_token, id_token);
  for (const secret of secrets) {
    expect(secret?.length).toBeGreaterThan(20);
    expect(text).not.toContain(secret);
  }
});

it('trap, a dump that lets somebody in: has no code of a device in it, whether it waits, is being answered, or was', async () => {
  const devices = await deviceScene({ store: kept.store, seal: scene.service.seal });
  try {
    const [waiting, asked, redeemed] = [await devices.begin(), await devices.begin(), await devices.begin()];
    await devices.refusal(waiting);
    const browser = openBrowser(devices.service);
    await browser.follow((await confirm(browser, asked.user_code, 'mine')).location ?? '');
    await devices.answer(redeemed);
    await devices.tokensOf(redeemed);
    const text = await dump();
    expect(text).toContain(devices.tool.client_id);
    for (const { device_code, user_code } of [waiting, asked, redeemed])
      for (const code of [device_code, user_code, user_code.replace('-', '')]) expect(text).not.toContain(code);
  } finally {
    await devices.close();
  }
});

it('trap, tables that grow for ever: nothing that came of signing in is without a time to live', async () => {
  await scene.tokens();
  const keys = (await lines('KEYS', 'hp:*')).filter((key) => !/^hp:(cl|pe|pn|ks|ix|or)\b/.test(key));
  expect(keys.length).toBeGreaterThan(8);
  /* -1 is for ever; what lives for seconds may be gone by now, which is -2. */
  for (const key of keys) expect([key, (await redis.command('--raw', 'TTL', key)).trim()]).not.toEqual([key, '-1']);
});
