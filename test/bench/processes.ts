/** The processes under test, each on its own port, on one Redis. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { newClient } from '../../services/store/new-client.ts';
import { generateSecret, storeGenerated } from '../../services/shared/secret.ts';
import { createClientRegister } from '../../services/store/clients.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { Store } from '../../services/store/store.ts';
import { freePort } from '../support/free-port.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { runProcess, type RunningProcess } from '../support/run-process.ts';
import { eventually } from '../support/wait.ts';

export interface Credential {
  clientId: string;
  secret: string;
}

export interface Bench {
  redis: RedisServer;
  store: Store;
  register(count: number): Promise<Credential[]>;
  /** A hallpass service as it ships, listening. */
  start(
    verb: 'token' | 'gateway' | 'sample-lrs',
    more?: Record<string, string>,
  ): Promise<{ pid: number; port: number }>;
  run(args: string[]): RunningProcess;
  /** On the core of the benchmark itself: it is not measured. */
  runBeside(args: string[]): RunningProcess;
  close(): Promise<void>;
}

const CORE_UNDER_TEST = '1';
const CORE_OF_THE_REST = '0';

export async function startBench(): Promise<Bench> {
  const redis = await startRedis();
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error(`not a store: ${redis.url}`);
  const store = openStore(address, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  const running: RunningProcess[] = [];
  const common = { HALLPASS_STORE: redis.url, HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url') };

  /** Alone on a core (make bench keeps itself and Redis on the other), so that neither is measured with it. */
  const runOn = (core: string, args: string[], env: Record<string, string> = {}) => {
    const started = runProcess('taskset', ['-c', core, process.execPath, ...args], { env });
    running.push(started);
    return started;
  };
  const run = (args: string[], env: Record<string, string> = {}) => runOn(CORE_UNDER_TEST, args, env);

  return {
    redis,
    store,
    run,
    runBeside: (args) => runOn(CORE_OF_THE_REST, args),
    register: async (count) => {
      const clients = createClientRegister(store);
      const credentials: Credential[] = [];
      for (let n = 0; n < count; n++) {
        const secret = generateSecret();
        const client = newClient({ client_name: `Client ${n}`, scope: 'statements/write statements/read' });
        client.secrets.push(storeGenerated(secret, client.created_at));
        await clients.add(client);
        credentials.push({ clientId: client.client_id, secret });
      }
      return credentials;
    },
    start: async (verb, more = {}) => {
      const port = await freePort();
      const env = { ...common, HALLPASS_ISSUER: 'https://lrs.example.org', HALLPASS_PORT: String(port), ...more };
      const started = run(['--disable-warning=ExperimentalWarning', 'services/cli/main.ts', verb], env);
      await started.waitFor(/listening/);
      return { pid: started.pid ?? 0, port };
    },
    close: async () => {
      for (const one of running) await one.stop();
      await store.close();
      await redis.close();
    },
  };
}
