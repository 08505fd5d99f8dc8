/** CPU of a gateway per call: what looking inside costs against passing on. */
import { randomBytes } from 'node:crypto';
import { encodeAccessToken } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import { measure, median, type Call, type Cost } from './load.ts';
import { startBench, type Bench } from './processes.ts';
import { statement } from './statements.ts';

const ROUNDS = 15;
const CALLS_A_SLICE = 1500;
const WARM_UP = 4000;

interface Variant {
  name: string;
  /** The variant that passes the same bytes on. */
  against: string;
  gateway: { pid: number; port: number };
  scope: string;
  method: string;
  path: string;
  body?: string;
}

export async function policy(): Promise<unknown> {
  const bench = await startBench();
  try {
    const [{ clientId } = { clientId: '' }] = await bench.register(1);
    const authority = { account: { homePage: 'https://lrs.example.org/oauth2/token', name: clientId } };
    const lrs = bench.runBeside(process.execPath, ['test/bench/canned-lrs.ts', JSON.stringify(authority)]);
    const port = Number((await lrs.waitFor(/listening (\d+)/))[1]);
    const behind = {
      HALLPASS_LRS_URL: `http://127.0.0.1:${port}/xAPI`,
      HALLPASS_LRS_USERNAME: 'gateway',
      HALLPASS_LRS_PASSWORD: 'a password',
    };
    const passing = await bench.start('gateway', { ...behind, HALLPASS_LRS_AUTHORITY: 'shared' });
    const looking = await bench.start('gateway', { ...behind, HALLPASS_LRS_AUTHORITY: 'kept' });
    const variants = variantsOf(passing, looking);

    const calls = new Map<string, () => Call>();
    for (const one of variants) calls.set(one.name, await callOf(bench, clientId, one));
    const results = new Map<string, Cost[]>(variants.map(({ name }) => [name, []]));
    const slice = (one: Variant, count: number) =>
      measure(one.gateway.pid, count, 200, calls.get(one.name) ?? (() => ({}) as Call));
    for (const one of variants) await slice(one, WARM_UP);
    for (let round = 0; round < ROUNDS; round++)
      for (const one of round % 2 ? variants : [...variants].reverse())
        results.get(one.name)?.push(await slice(one, CALLS_A_SLICE));
    return table(variants, results);
  } finally {
    await bench.close();
  }
}

function variantsOf(passing: Variant['gateway'], looking: Variant['gateway']): Variant[] {
  const get = (limit: number) => ({ method: 'GET', path: `/xapi/statements?limit=${limit}` });
  const post = (count: number) => ({
    method: 'POST',
    path: '/xapi/statements',
    body: JSON.stringify(count === 1 ? statement(0) : Array.from({ length: count }, (_, n) => statement(n))),
  });
  const pair = (name: string, scope: string, lookingScope: string, call: Pick<Variant, 'method' | 'path' | 'body'>) => {
    const plain = `${name}, passed on`;
    return [
      { name: plain, against: plain, gateway: passing, scope, ...call },
      {
        name: `${name}, ${call.method === 'GET' ? 'narrowed to mine' : 'authority set'}`,
        against: plain,
        gateway: looking,
        scope: lookingScope,
        ...call,
      },
    ];
  };
  return [
    ...pair('GET of 1 statement (1 KB)', 'statements/read', 'statements/read/mine', get(1)),
    ...pair('GET of 20 statements, 10 of them own', 'statements/read', 'statements/read/mine', get(20)),
    ...pair('POST of 1 statement (0.8 KB)', 'statements/write', 'statements/write', post(1)),
    ...pair('POST of 25 statements', 'statements/write', 'statements/write', post(25)),
  ];
}

async function callOf(bench: Bench, clientId: string, { gateway, scope, method, path, body }: Variant) {
  const token = randomBytes(32).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const record = { client_id: clientId, generation: 0, org: 'default', scope, iat, exp: iat + 3600 };
  await bench.store.write('access-token', keyOf(token), encodeAccessToken(record), 3600);
  const headers = {
    Authorization: `Bearer ${token}`,
    'X-Experience-API-Version': '1.0.3',
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
  const call: Call = { port: gateway.port, method, path, headers, ...(body !== undefined && { body }) };
  return () => call;
}

/** Ratios are taken within each round, so that a slow moment of the machine slows both sides of one. */
function table(variants: readonly Variant[], results: ReadonlyMap<string, readonly Cost[]>): unknown[] {
  return variants.map(({ name, against }) => {
    const [costs = [], base = []] = [results.get(name), results.get(against)];
    const ratios = costs.map(({ cpuMicroseconds }, n) => cpuMicroseconds / (base[n]?.cpuMicroseconds ?? Number.NaN));
    return {
      call: name,
      'CPU µs/call (median)': Math.round(median(costs.map((cost) => cost.cpuMicroseconds))),
      '× passed on (median)': Number(median(ratios).toFixed(2)),
      '× passed on (min to max)': `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    };
  });
}
