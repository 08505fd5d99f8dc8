/** How much later an answer comes through a gateway: one connection that never waits, and calls at a fixed rate. */
import { atRate, oneAfterTheOther } from './answer-times.ts';
import { issueOpaque } from './callers.ts';
import { ratiosOf } from './gateway-table.ts';
import { median, quantile, shuffled } from './load.ts';
import { messagesOf } from './messages.ts';
import type { ResultRow } from './results.ts';
import { startScene } from './scene.ts';
import { writeWorkloads } from './workloads.ts';

const ROUNDS = 9;
const CALLS = 1500;
const PER_SECOND = 1000;
/** Calls in which connections are opened: clients keep theirs. */
const OPENING = 1000;
const WARM_UP = 30_000;

export async function latency(): Promise<ResultRow[]> {
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
        const taken = await atRate(port, next, { perSecond: PER_SECOND, count: OPENING + CALLS });
        measured[way]?.rate.push(taken.slice(OPENING));
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

/** What each adds, and how late late answers are, is taken within a round. */
function table(measured: Readonly<Record<string, Measured>>): ResultRow[] {
  const each = (way: string, how: keyof Measured, share: number) =>
    (measured[way]?.[how] ?? []).map((taken) => quantile(taken, share));
  const added = (way: string) => {
    const direct = each('direct', 'one', 0.5);
    return each(way, 'one', 0.5).map((p50, round) => p50 - (direct[round] ?? Number.NaN));
  };
  return Object.keys(measured).map((way) => {
    const [p50, p99] = [each(way, 'rate', 0.5), each(way, 'rate', 0.99)];
    return {
      way,
      'one connection, p50 µs': Math.round(median(each(way, 'one', 0.5))),
      'added p50, × nginx': Number((median(added(way)) / median(added('nginx'))).toFixed(2)),
      [`${PER_SECOND}/s, p50 µs`]: Math.round(median(p50)),
      [`${PER_SECOND}/s, p99 µs`]: Math.round(median(p99)),
      'p99, × nginx': Number(median(ratiosOf(p99, each('nginx', 'rate', 0.99))).toFixed(2)),
      rounds: { addedMicroseconds: added(way), p50Microseconds: p50, p99Microseconds: p99 },
    };
  });
}
