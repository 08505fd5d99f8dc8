/** What a gateway costs that nobody calls: until it is ready, and while it waits. */
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from './cpu.ts';
import { median } from './load.ts';
import { startScene } from './scene.ts';

const STARTS = 9;
const SETTLED_MS = 2000;

export async function standing(): Promise<unknown> {
  const scene = await startScene();
  try {
    const [starts, memory]: [number[], number[]] = [[], []];
    for (let n = 0; n < STARTS; n++) {
      const begun = performance.now();
      const { pids } = await scene.startGateway();
      starts.push(performance.now() - begun);
      await delay(SETTLED_MS);
      memory.push(residentBytes(pids[0] ?? 0) / 1e6);
      process.kill(pids[0] ?? 0, 'SIGTERM');
      await delay(SETTLED_MS);
    }
    return [
      {
        'start to listening, ms (median)': Math.round(median(starts)),
        'start (min to max)': `${Math.round(Math.min(...starts))} to ${Math.round(Math.max(...starts))}`,
        'idle memory, MB (median)': Math.round(median(memory)),
      },
    ];
  } finally {
    await scene.close();
  }
}
