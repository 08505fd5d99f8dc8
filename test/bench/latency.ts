/** How much later an answer comes through a gateway: one connection that never waits, and calls at a fixed rate. */
import { atRate, oneAfterTheOther } from './answer-times.ts';
import { issueOpaque } from './callers.ts';
import { median, quantile, shuffled } from './load.ts';
import { messagesOf } from './messages.ts';
import { startScene } from './scene.ts';
import { writeWorkloads } from './workloads.ts';

const ROUNDS = 9;
const CALLS = 1500;
const PER_SECOND = 1000;
const WARM_UP = 10_000;

export async function latency(): Promise<unknown> {
  const scene = await startScene();
  try {
    const { bench, folder, client, lrs, plain } = scene;
    const hallpass = await scene.startGateway();
    const workloads = await writeWorkloads(folder);
    const headers = await issueOpaque(bench.store, 1, client.clientId, 'statements/read');
    const next = await messagesOf({ requests: workloads['GET of 1 KB'], headers, count: 1 });
    const ways = { direct: lrs, nginx: plain, hallpass };
    const measured: Record<string, Measured> = Object.fromEntries(
      Object.keys(ways).map((way) => [way, { one: [], rate: [] }]),
    );
    await oneAfterTheOther(hallpass.port, next, WARM_UP);
    for (let round = 0; round < ROUNDS; round++)
      for (const [way, { port }] of shuffled(Object.entries(ways))) {
        measured[way]?.one.push(await oneAfterTheOther(port, next, CALLS));
        measured[way]?.rate.push(await atRate(port, next, { perSecond: PER_SECOND, count: CALLS }));
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
