/** CPU per token: bare oidc-provider, hallpass with one client, hallpass with 5,000 clients used evenly. */
import { measure, median, shuffled, type Call, type Cost } from './load.ts';
import { startBench, type Credential } from './processes.ts';

const ROUNDS = 25;
const REQUESTS_A_SLICE = 1500;
const MANY = 5000;

export async function tokenIssue(): Promise<unknown> {
  const bench = await startBench();
  try {
    const [one, many] = [await bench.register(1), await bench.register(MANY)];
    const [{ clientId, secret } = { clientId: '', secret: '' }] = one;
    const bare = bench.run(process.execPath, ['test/bench/bare-oidc-provider.ts', bench.redis.url, clientId, secret]);
    const barePort = Number((await bare.waitFor(/listening (\d+)/))[1]);
    const [single, wide] = [await bench.start('token'), await bench.start('token')];

    const variants = {
      'bare oidc-provider, one-key adapter': { pid: bare.pid ?? 0, next: inTurn(barePort, one) },
      'hallpass, 1 client': { pid: single.pid, next: inTurn(single.port, one) },
      [`hallpass, ${MANY} clients evenly`]: { pid: wide.pid, next: inTurn(wide.port, many) },
    };
    const results = new Map<string, Cost[]>(Object.keys(variants).map((name) => [name, []]));
    for (const { pid, next } of Object.values(variants)) await measure(pid, 2 * MANY, 200, next);
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, { pid, next }] of shuffled(Object.entries(variants)))
        results.get(name)?.push(await measure(pid, REQUESTS_A_SLICE, 200, next));
    return table(results);
  } finally {
    await bench.close();
  }
}

function inTurn(port: number, credentials: readonly Credential[]): () => Call {
  let n = 0;
  return () => {
    const { clientId, secret } = credentials[n++ % credentials.length] ?? { clientId: '', secret: '' };
    const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${secret}`;
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
    return { port, method: 'POST', path: '/oauth2/token', headers, body };
  };
}

/** Ratios are taken within each round, so that a slow moment of the machine slows both sides of one. */
function table(results: ReadonlyMap<string, readonly Cost[]>): unknown[] {
  const [[, base = []] = []] = results;
  return [...results].map(([variant, costs]) => {
    const ratios = costs.map(({ cpuMicroseconds }, n) => cpuMicroseconds / (base[n]?.cpuMicroseconds ?? Number.NaN));
    return {
      variant,
      'CPU µs/token (median)': Math.round(median(costs.map((cost) => cost.cpuMicroseconds))),
      'tokens/s (median)': Math.round(median(costs.map((cost) => cost.perSecond))),
      '× bare (median)': Number(median(ratios).toFixed(2)),
      '× bare (min to max)': `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    };
  });
}
