/**
 * What two workers cost beside two gateways that have nothing to do with each other. Both pairs have the same core, and nothing
 * else has it: so that it is saturated by either, since a process that waits for calls spends more on each. Two processes on
 * one core cost each other some of its caches, whatever they are, and that is no worker's doing; so many gateways on cores
 * of their own would carry as many times what one does, and so many workers as much less as they cost more than those.
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
/** For each worker: one that has fewer is told of fewer calls at a time, and each then costs more. */
const CONNECTIONS = 32;
const SETTLED_MS = 1000;

interface Row {
  workers: number | '1 and 1';
  /** Loaded at once; the primary of each first. */
  peers: Peer[];
  costs: Cost[];
  /** Of the CPU of a slice, each process's. */
  shares: number[][];
}

const PAIR = 2;

export async function workers(): Promise<unknown> {
  const scene = await startScene();
  const { bench } = scene;
  try {
    const workloads = await writeWorkloads(scene.folder);
    const headers = await issueOpaque(bench.store, TOKENS, scene.client.clientId, 'statements/write statements/read');
    const load: Load = { requests: workloads['POST 3 : GET 1'], headers, count: TOKENS };
    const start = (count: number) => scene.startGateway({ HALLPASS_WORKERS: String(count) });
    const row = (count: Row['workers'], ...peers: Peer[]): Row => ({ workers: count, peers, costs: [], shares: [] });
    const [one, other, both] = [await start(1), await start(1), await start(PAIR)];
    const [alone, apart, together] = [row(1, one), row('1 and 1', one, other), row(PAIR, both)];
    const slice = async ({ workers: count, peers }: Row): Promise<Cost> => {
      const connections = (count === PAIR ? PAIR : 1) * CONNECTIONS;
      return sumOf(await Promise.all(peers.map((peer) => loadByWrk(bench.runBeside, peer, { ...load, connections }))));
    };
    await pause(SETTLED_MS);
    for (const each of [alone, apart, together])
      for (let n = 0, calls = 0; n < WARM_UP_MOST_SLICES && calls < PAIR * WARM_UP_CALLS; n++)
        calls += (await slice(each)).requests;
    for (let round = 0; round < ROUNDS; round++)
      for (const each of round % 2 ? [alone, apart, together] : [together, apart, alone]) {
        const pids = each.peers.flatMap((peer) => peer.pids);
        const before = pids.map((pid) => cpuNanoseconds(pid));
        each.costs.push(await slice(each));
        const used = pids.map((pid, n) => cpuNanoseconds(pid) - (before[n] ?? 0));
        each.shares.push(used.map((share) => share / used.reduce((sum, every) => sum + every)));
      }
    return [alone, apart, together].map((each) => resultOf(each, apart));
  } finally {
    await scene.close();
  }
}

/** What was loaded at once, as one. */
function sumOf(costs: readonly Cost[]): Cost {
  const sum = (read: (cost: Cost) => number) => costs.reduce((total, cost) => total + read(cost), 0);
  const requests = sum((cost) => cost.requests);
  const cpuMicroseconds = sum((cost) => cost.cpuMicroseconds * cost.requests) / requests;
  return { requests, cpuMicroseconds, perSecond: sum((cost) => cost.perSecond) };
}

function resultOf({ workers: count, costs, shares }: Row, apart: Row): Record<string, unknown> {
  const ratios = costs.map((cost, n) => cost.cpuMicroseconds / (apart.costs[n]?.cpuMicroseconds ?? Number.NaN));
  const isPair = count === PAIR;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rounded = (value: number) => Number(value.toFixed(2));
  return {
    workers: count,
    'CPU µs/call (median)': Number(median(costs.map((cost) => cost.cpuMicroseconds)).toFixed(1)),
    '× two apart (median)': rounded(median(ratios)),
    '× two apart (quartiles)': `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`,
    'as many cores carry × one': isPair ? rounded(PAIR / median(ratios)) : '',
    'calls/s on one core (median)': Math.round(median(costs.map((cost) => cost.perSecond))),
    "the primary's CPU": isPair ? percent(median(shares.map(([primary = 0]) => primary))) : '',
    "the busiest worker's CPU": isPair ? percent(median(shares.map((share) => Math.max(...share.slice(1))))) : '',
  };
}
