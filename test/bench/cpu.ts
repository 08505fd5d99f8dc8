/** What processes have cost so far, and which belong together. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** CPU of all threads of these processes, in nanoseconds. */
export function cpuNanoseconds(...pids: number[]): number {
  return pids.reduce((sum, pid) => sum + ofProcess(pid), 0);
}

/** @returns what tells how many nanoseconds these have used since; of one that has ended nothing is told. */
export function watchCpu(pids: readonly number[]): () => number {
  const before = pids.map((pid): [number, number] => [pid, ofProcess(pid)]);
  return () => before.reduce((sum, [pid, used]) => (existsSync(`/proc/${pid}`) ? sum + ofProcess(pid) - used : sum), 0);
}

function ofProcess(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    0,
  );
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Resident memory, in bytes. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
