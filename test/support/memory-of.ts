/** What a process has in memory, as the kernel counts it. */
import { readFileSync } from 'node:fs';

const EVERY_MS = 20;

/** VmRSS, in megabytes. */
export function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** The highest it had while `work` was done, over what it had before. */
export async function riseMb(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentMb(pid);
  let peak = before;
  const look = () => (peak = Math.max(peak, residentMb(pid)));
  const timer = setInterval(look, EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return peak - before;
}
