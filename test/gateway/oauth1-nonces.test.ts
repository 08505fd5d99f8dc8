/** A signed call counts once, whichever gateway sees it, and however many times it is sent at once. @see RFC 5849 §3.3 */
import { createUseOnce, WINDOW_SECONDS } from '../../services/store/oauth1-nonces.ts';
import { keyOf, StoreUnavailable, type Store } from '../../services/store/store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { eventually } from '../support/wait.ts';
import { addSigner, inHeader, letHave, type Keys } from './oauth1-scene.ts';
import { askPort, JSON_TYPE } from './support.ts';

const TARGET = '/xapi/statements';
const AT_ONCE = 20;

describe.each(DRIVERS)('two gateways on %s', (_name, open) => {
  let lrs: EchoLrs;
  let shared: SharedStore;
  let store: Store;
  let gateways: RunningGateway[] = [];
  let keys: Keys;
  let own: Keys & { sub: string };
  beforeAll(async () => {
    lrs = await startEchoLrs();
    shared = await open();
    store = await shared.connect();
    const setup = { lrsUrl: lrs.url, options: { oauth1: true } };
    gateways = [await startTestGateway({ ...setup, store })];
    gateways.push(await startTestGateway({ ...setup, store: await shared.connect() }));
    const [gateway] = gateways;
    if (!gateway) throw new Error('there is no gateway');
    const signer = await addSigner(gateway, 'all');
    ({ keys } = signer);
    own = await letHave(gateway, signer.client, keys);
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
    await shared?.close();
    await lrs?.close();
  });

  const post = async (gateway: number, headers: Record<string, string>) =>
    (await askPort(gateways[gateway]?.port ?? 0, `POST ${TARGET}`, { ...headers, ...JSON_TYPE }, '[]')).status;

  it('let one of many pass that are sent at once, and none afterwards', async () => {
    const before = lrs.requests.length;
    const headers = inHeader(own, TARGET, { method: 'POST' });
    const statuses = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => post(n % 2, headers)));
    expect(statuses.sort()).toEqual([200, ...Array<number>(AT_ONCE - 1).fill(401)]);
    for (const gateway of [0, 1]) expect(await post(gateway, headers)).toBe(401);
    expect(lrs.requests.length - before).toBe(1);
  });

  it('let many pass that are each signed anew', async () => {
    const statuses = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) => post(n % 2, inHeader(keys, TARGET, { method: 'POST' }))),
    );
    expect(statuses).toEqual(Array<number>(AT_ONCE).fill(200));
  });

  it('let nothing pass by a token that was ended, though they have it in memory', async () => {
    const ask = (gateway: number) => askPort(gateways[gateway]?.port ?? 0, `GET ${TARGET}`, inHeader(own, TARGET));
    for (const gateway of [0, 1]) expect((await ask(gateway)).status).toBe(200);
    const key = keyOf(own.token ?? '');
    await store.remove('oauth1-token', key);
    await store.announce('oauth1-token', key);
    expect((await ask(0)).status).toBe(401);
    await eventually(async () => expect((await ask(1)).status).toBe(401));
  });

  it('say that they cannot tell, and let nothing pass, where the store does not take the nonce', async () => {
    const broken: Store = { ...store, writeNew: () => Promise.reject(new StoreUnavailable(new Error('gone'))) };
    const gateway = await startTestGateway({ lrsUrl: lrs.url, options: { oauth1: true }, store: broken });
    const before = lrs.requests.length;
    const answer = await askPort(gateway.port, `GET ${TARGET}`, inHeader(keys, TARGET)).finally(() => gateway.close());
    expect([answer.status, lrs.requests.length - before]).toEqual([503, 0]);
  });

  it('keep a nonce for as long as its call could be sent again', async () => {
    const kept: number[] = [];
    const watched: Store = {
      ...store,
      writeNew: (kind, key, value, ...lifetime) => {
        kept.push(...lifetime);
        return store.writeNew(kind, key, value, ...lifetime);
      },
    };
    const useOnce = createUseOnce(watched);
    expect([await useOnce('a', '', '1', 'n'), await useOnce('a', '', '1', 'n')]).toEqual([true, false]);
    expect(Math.min(...kept)).toBeGreaterThan(2 * WINDOW_SECONDS);
  });
});
