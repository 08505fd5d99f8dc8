/** What a call through a gateway costs, and how long it takes, against what an operator would put in the gateway's place. */
import { inspect } from 'node:util';
import { gatewayTable, type Measured } from './gateway-table.ts';
import { groupsOf, HALLPASS, type Row } from './gateway-rows.ts';
import { quantile, shuffled, type Cost } from './load.ts';
import { messagesOf } from './messages.ts';
import { atRate, eachOnce } from './answer-times.ts';
import { startScene, type Scene } from './scene.ts';
import { loadByWrk } from './wrk.ts';

/** `BENCH_ROUNDS=2` for a look: nothing is to be concluded from it. */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
/** In every other round answer times are taken, and what no goal depends on. */
const FULL_EVERY = 2;
/** V8 goes on compiling for so many calls; what was compiled ahead of time is warm at once. */
const WARM_UP_CALLS = 30_000;
const WARM_UP_MOST_SLICES = { hallpass: 8, others: 2 };
/** Of a slice that was left out, or in which an answer was an error (the table says how many those were). */
const NO_COST: Cost = { requests: Number.NaN, cpuMicroseconds: Number.NaN, perSecond: Number.NaN };
const NO_TIMES = { p50: Number.NaN, p99: Number.NaN };

export async function gateway(): Promise<unknown> {
  const scene = await startScene();
  try {
    const groups = await groupsOf(scene);
    const rows = groups.flat();
    const results = new Map<Row, Measured>(rows.map((row) => [row, { costs: [], times: [], failures: [] }]));
    for (const row of rows) if (!row.isAside) await warmUp(scene, row);
    for (let round = 0; round < ROUNDS; round++) {
      process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
      for (const row of shuffled(groups).flatMap(shuffled)) {
        const { costs, times, failures } = results.get(row) ?? { costs: [], times: [], failures: [] };
        const slice = <T>(measuring: Promise<T>, none: T): Promise<T> =>
          measuring.catch((error: unknown) => {
            failures.push(inspect(error));
            process.stderr.write(`${row.call}, ${row.by}: ${inspect(error)}\n`);
            return none;
          });
        const isFull = round % FULL_EVERY === 0;
        if (row.isAside && !isFull) costs.push(NO_COST);
        else if (row.peer.pids.length > 0) costs.push(await slice(costOf(scene, row), NO_COST));
        if (isFull) times.push(await slice(timesOf(row), NO_TIMES));
      }
    }
    return gatewayTable(rows, results);
  } finally {
    await scene.close();
  }
}

async function warmUp(scene: Scene, row: Row): Promise<void> {
  let calls = 0;
  const most =
    row.peer.pids.length === 0 ? 0 : WARM_UP_MOST_SLICES[row.by.startsWith(HALLPASS) ? 'hallpass' : 'others'];
  for (let n = 0; n < most && calls < WARM_UP_CALLS; n++) calls += (await costOf(scene, row)).requests;
}

/**
 * While it is saturated, with every token that fits in its cache there. It has waited for a minute before, and what is saturated
 * has not, so the first second is not measured.
 */
async function costOf({ bench }: Scene, { peer, load, renew, cached }: Row) {
  if (cached) await eachOnce(peer.port, await messagesOf(cached), cached.count);
  await renew?.();
  if (load.seconds === undefined) await loadByWrk(bench.runBeside, peer, load);
  await renew?.();
  return loadByWrk(bench.runBeside, peer, load);
}

async function timesOf({ peer, load, renew, pace }: Row) {
  await renew?.(pace.count);
  const taken = await atRate(peer.port, await messagesOf(load), pace);
  return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
}
