/**
 * What two workers cost beside one. Both have the same core, and nothing else has it: so that it is saturated by either,
 * since a process that waits for calls spends more on each. What as many cores would carry follows from the CPU of a
 * call, over all processes of a gateway.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { issueOpaque } from './callers.ts';
import { cpuNanoseconds } from './cpu.ts';
import { median, quantile, type Cost } from './load.ts';
import type { Peer } from './peers/nginx.ts';
import { startScene } from './scene.ts';
import { writeWorkloads } from './workloads.ts';
import { loadByWrk, type Load } from './wrk.ts';

const ROUNDS = 15;
/** Of each worker, until its code has been compiled for what it is given: each compiles for itself. */
const WARM_UP_CALLS = 30_000;
const WARM_UP_MOST_SLICES = 20;
const TOKENS = 1000;
/** As many for each worker as a gateway alone has elsewhere. */
const CONNECTIONS = 64;
const SETTLED_MS = 1000;

interface Row {
  workers: number;
  /** Its primary first. */
  peer: Peer;
  costs: Cost[];
  /** Of the CPU of a slice, each process's. */
  shares: number[][];
}

export async function workers(): Promise<unknown> {
  const scene = await startScene();
  const { bench } = scene;
  try {
    const workloads = await writeWorkloads(scene.folder);
    const headers = await issueOpaque(bench.store, TOKENS, scene.client.clientId, 'statements/write statements/read');
    const load: Load = { requests: workloads['POST 3 : GET 1'], headers, count: TOKENS, connections: CONNECTIONS };
    const rows: Row[] = [];
    for (const count of [1, 2]) {
      const peer = await scene.startGateway({ HALLPASS_WORKERS: String(count) });
      rows.push({ workers: count, peer, costs: [], shares: [] });
    }
    await pause(SETTLED_MS);
    for (const { workers: count, peer } of rows)
      for (let n = 0, calls = 0; n < WARM_UP_MOST_SLICES && calls < count * WARM_UP_CALLS; n++)
        calls += (await loadByWrk(bench.runBeside, peer, load)).requests;
    for (let round = 0; round < ROUNDS; round++)
      for (const row of round % 2 ? rows : rows.toReversed()) {
        const before = row.peer.pids.map((pid) => cpuNanoseconds(pid));
        row.costs.push(await loadByWrk(bench.runBeside, row.peer, load));
        const used = row.peer.pids.map((pid, n) => cpuNanoseconds(pid) - (before[n] ?? 0));
        row.shares.push(used.map((one) => one / used.reduce((sum, each) => sum + each)));
      }
    return rows.map((row) => resultOf(row, rows[0] ?? row));
  } finally {
    await scene.close();
  }
}

function resultOf({ workers: count, costs, shares }: Row, alone: Row): Record<string, unknown> {
  const ratios = costs.map((cost, n) => cost.cpuMicroseconds / (alone.costs[n]?.cpuMicroseconds ?? Number.NaN));
  const servers = shares.map((share) => (count === 1 ? share : share.slice(1)));
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rounded = (value: number) => Number(value.toFixed(2));
  return {
    workers: count,
    'CPU µs/call (median)': Number(median(costs.map((cost) => cost.cpuMicroseconds)).toFixed(1)),
    '× one (median)': rounded(median(ratios)),
    '× one (quartiles)': `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`,
    'as many cores carry × one': rounded(count / median(ratios)),
    'calls/s on one core (median)': Math.round(median(costs.map((cost) => cost.perSecond))),
    "the primary's CPU": count === 1 ? '' : percent(median(shares.map(([primary = 0]) => primary))),
    "the busiest worker's CPU": percent(median(servers.map((share) => Math.max(...share)))),
  };
}
