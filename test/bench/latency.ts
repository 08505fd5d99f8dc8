/** How much later an answer comes through a gateway: one connection that never waits, and calls at a fixed rate. */
import { Agent } from 'node:http';
import { issueOpaque } from './callers.ts';
import { median, quantile, send, type Call } from './load.ts';
import { startScene } from './scene.ts';

const ROUNDS = 9;
const CALLS = 1500;
const PER_SECOND = 1000;
const WARM_UP = 10_000;

export async function latency(): Promise<unknown> {
  const scene = await startScene();
  try {
    const { bench, client, lrs, plain } = scene;
    const hallpass = await scene.startGateway();
    const prefix = await issueOpaque(bench.store, 1, client.clientId, 'statements/read');
    const headers = { Authorization: `Bearer ${prefix}${'0'.repeat(23)}`, 'X-Experience-API-Version': '1.0.3' };
    const callTo = (port: number, base: string): Call => ({
      port,
      method: 'GET',
      path: `${base}/statements?limit=1`,
      headers,
    });
    const ways = {
      direct: callTo(lrs.port, '/xAPI'),
      nginx: callTo(plain.port, '/xapi'),
      hallpass: callTo(hallpass.port, '/xapi'),
    };
    const measured: Record<string, Measured> = Object.fromEntries(
      Object.keys(ways).map((way) => [way, { one: [], rate: [] }]),
    );
    await oneAfterTheOther(ways.hallpass, WARM_UP);
    for (let round = 0; round < ROUNDS; round++)
      for (const [way, call] of Object.entries(ways)) {
        measured[way]?.one.push(await oneAfterTheOther(call, CALLS));
        measured[way]?.rate.push(await atRate(call, CALLS));
      }
    return table(measured);
  } finally {
    await scene.close();
  }
}

/** Of each round the microseconds of every call. */
interface Measured {
  one: number[][];
  rate: number[][];
}

async function oneAfterTheOther(call: Call, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const taken: number[] = [];
  for (let n = 0; n < count; n++) taken.push(await timed(agent, call, now()));
  agent.destroy();
  return taken;
}

/** From when a call should have begun: one that has to wait for another is as late as that makes it. */
async function atRate(call: Call, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const begun = now();
  const under: Promise<number>[] = [];
  while (under.length < count) {
    const due = begun + (under.length / PER_SECOND) * 1e6;
    if (now() < due) await new Promise((resolve) => setImmediate(resolve));
    else under.push(timed(agent, call, due));
  }
  const taken = await Promise.all(under);
  agent.destroy();
  return taken;
}

async function timed(agent: Agent, call: Call, since: number): Promise<number> {
  const { status } = await send(agent, call);
  if (status !== 200) throw new Error(`answered ${status}`);
  return now() - since;
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

/** What each adds is taken within a round, against going there directly in the same one. */
function table(measured: Readonly<Record<string, Measured>>): unknown[] {
  const added = (way: string, how: keyof Measured, share: number): number => {
    const [through, direct] = [measured[way]?.[how] ?? [], measured['direct']?.[how] ?? []];
    return median(through.map((taken, n) => quantile(taken, share) - quantile(direct[n] ?? [], share)));
  };
  const p99 = (way: string) => median((measured[way]?.rate ?? []).map((taken) => quantile(taken, 0.99)));
  return Object.entries(measured).map(([way, { one, rate }]) => ({
    way,
    'one connection, p50 µs': Math.round(median(one.map((taken) => quantile(taken, 0.5)))),
    'added p50, × nginx': ratio(added(way, 'one', 0.5), added('nginx', 'one', 0.5)),
    [`${PER_SECOND}/s, p50 µs`]: Math.round(median(rate.map((taken) => quantile(taken, 0.5)))),
    [`${PER_SECOND}/s, p99 µs`]: Math.round(p99(way)),
    'p99, × nginx': ratio(p99(way), p99('nginx')),
  }));
}

function ratio(one: number, other: number): number {
  return Number((one / other).toFixed(2));
}
