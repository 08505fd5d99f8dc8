/** Load by wrk, which costs little enough to keep whatever is under test busy. */
import { join } from 'node:path';
import { watchCpu } from './cpu.ts';
import type { Cost } from './load.ts';
import type { Peer } from './peers/nginx.ts';
import type { Run } from './processes.ts';

export interface Load {
  /** Files with one request each, sent in turn. */
  requests: readonly string[];
  /** Whose header lines the requests have: see requests.lua. */
  headers: string;
  /** As many as are used, evenly; 0: each once, in order. */
  count: number;
  /** How many of those that are used once were used. */
  from?: number;
  connections?: number;
  seconds?: number;
}

const SCRIPT = join(import.meta.dirname, 'requests.lua');

/**
 * @param run where wrk runs: not on the core under test.
 * @throws Error where any answer was an error: a benchmark of refusals would look very fast.
 */
export async function loadByWrk(run: Run, peer: Peer, load: Load): Promise<Cost> {
  const { requests, headers, count, from = 0, connections = 32, seconds = 1 } = load;
  const cpuSince = watchCpu(peer.pids);
  const wrk = run('wrk', [
    ...['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '30s', '-s', SCRIPT],
    ...[`http://127.0.0.1:${peer.port}`, '--'],
    ...[requests.join(','), headers, ...[count, from, Math.floor(Math.random() * 1e9)].map(String)],
  ]);
  await wrk.exited;
  const cpu = cpuSince();
  const said = /^@@ (?<answers>\d+) (?<micros>\d+) (?<refused>\d+) (?<broken>\d+)$/m.exec(wrk.output)?.groups;
  if (!said || Number(said.refused) + Number(said.broken) > 0)
    throw new Error(`wrk with ${requests.join(', ')} and ${headers} at ${peer.port}: ${wrk.output}`);
  const answers = Number(said.answers);
  return { requests: answers, cpuMicroseconds: cpu / 1000 / answers, perSecond: (answers / Number(said.micros)) * 1e6 };
}
