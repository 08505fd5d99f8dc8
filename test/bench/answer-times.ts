/** How long answers take: of calls that begin at a fixed rate, whatever becomes of those before, or one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import { createConnections } from './connections.ts';
import type { Sent } from './messages.ts';

export interface Pace {
  perSecond: number;
  count: number;
}

/**
 * Begins calls when they are due, over as many connections as that takes. No call waits for another one's connection,
 * and none that is slow puts off the next, so where the time is taken from when a call was begun nothing is left out.
 *
 * @returns microseconds of each call.
 */
export async function atRate(port: number, next: () => Sent, { perSecond, count }: Pace): Promise<number[]> {
  const connections = createConnections(port);
  const timed = async (): Promise<number> => {
    const [sent, begun] = [next(), now()];
    await connections.ask(sent);
    return now() - begun;
  };
  try {
    const [started, under] = [now(), [] as Promise<number>[]];
    const failed = Promise.withResolvers<never>();
    while (under.length < count) {
      while (under.length < count && now() >= started + (under.length / perSecond) * 1e6) {
        const one = timed();
        one.catch(failed.reject);
        under.push(one);
      }
      await Promise.race([failed.promise, delay(1)]);
    }
    return await Promise.all(under);
  } finally {
    connections.close();
  }
}

/** @returns microseconds of each call, over one connection. */
export async function oneAfterTheOther(port: number, next: () => Sent, count: number): Promise<number[]> {
  const connections = createConnections(port);
  const taken: number[] = [];
  try {
    for (let n = 0; n < count; n++) {
      const [sent, begun] = [next(), now()];
      await connections.ask(sent);
      taken.push(now() - begun);
    }
  } finally {
    connections.close();
  }
  return taken;
}

const AT_ONCE = 32;

/** Makes so many calls, some at once. */
export async function eachOnce(port: number, next: () => Sent, count: number): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, () => oneAfterTheOther(port, next, Math.ceil(count / AT_ONCE))));
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1000;
}
