/** More clients than the library's own cache of a hundred holds. */
import { Agent, request } from 'node:http';
import type { Store } from '../../services/store/store.ts';
import {
  refusalOf,
  runTokenService,
  tempStore,
  type Credentials,
  type TempStore,
  type TokenService,
} from '../support/token-service.ts';

const CLIENTS = 300;

let opened: TempStore;
let service: TokenService;
let registered: Credentials[];
let clientReads = 0;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** The store, and how often a client was read from it. */
function counted(store: Store): Store {
  return {
    ...store,
    read: (kind, key) => {
      if (kind === 'client') clientReads += 1;
      return store.read(kind, key);
    },
  };
}

beforeAll(async () => {
  opened = await tempStore();
  service = await runTokenService({ store: counted(opened.store) });
  registered = await Promise.all(Array.from({ length: CLIENTS }, () => service.addClient()));
});
afterAll(async () => {
  agent.destroy();
  await service.close();
  await opened.close();
});

/** The status of a token request, over connections that are kept: six hundred of them, without a socket each. */
function statusFor(credentials: Credentials): Promise<number> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...credentials }).toString();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: service.port, path: '/oauth2/token', method: 'POST', agent, headers },
      (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    asked.once('error', reject).end(body);
  });
}

const everyoneInTurn = () => Promise.all(registered.map(statusFor));

describe(`${CLIENTS} clients that ask in turn`, () => {
  it('trap, an LRU of a hundred: cost no read of their registration once each has been read', async () => {
    expect(new Set(await everyoneInTurn())).toEqual(new Set([200]));
    expect(clientReads).toBe(CLIENTS);
    clientReads = 0;
    expect(new Set(await everyoneInTurn())).toEqual(new Set([200]));
    expect(clientReads).toBe(0);
  });

  it('are each read again, at once, when they have changed, and nobody else is', async () => {
    await everyoneInTurn();
    const [changed] = registered as [Credentials];
    await service.clients.change(changed.client_id, (client) => ({ ...client, scope: 'state' }));
    clientReads = 0;
    expect((await service.issue(changed)).scope).toBe('state');
    expect(clientReads).toBe(1);
    await everyoneInTurn();
    expect(clientReads).toBe(1);
  });

  it('are refused at once when another process has deactivated one', async () => {
    const [, deactivated] = registered as [Credentials, Credentials];
    const other = await runTokenService({ store: opened.connect(), seal: service.seal });
    expect(await statusFor(deactivated)).toBe(200);
    await other.clients.change(deactivated.client_id, (client) => ({ ...client, active: false }));
    const refusal = refusalOf(await service.askToken({ grant_type: 'client_credentials', ...deactivated }));
    expect(refusal).toMatchObject({ status: 401, error: 'invalid_client' });
    await other.close();
  });
});

describe('a token service with HALLPASS_CACHE_SECONDS=0', () => {
  it('reads the registration for every token: no window is left at all', async () => {
    const uncached = await runTokenService({ store: counted(opened.store), seal: service.seal, cacheSeconds: 0 });
    const credentials = await uncached.addClient();
    clientReads = 0;
    for (let n = 0; n < 3; n++) await uncached.issue(credentials);
    expect(clientReads).toBeGreaterThanOrEqual(3);
    await uncached.close();
  });
});
