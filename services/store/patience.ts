/**
 * Waits for an answer, but not for ever. The time is counted in steps: a process that was not running, or a machine that
 * stood still, finds its timers due before it has read what had long arrived, and must not take that for silence.
 */
import { createUnderWay, type Placed } from '../shared/under-way.ts';

export interface PatienceOptions {
  stepMs: number;
  steps: number;
}

interface Waiting extends Placed {
  stepsLeft: number;
  giveUp: () => void;
}

/** @returns what settles as the answer does, and rejects where there is none within so many steps. */
export function createPatience({ stepMs, steps }: PatienceOptions): <T>(answer: Promise<T>) => Promise<T> {
  const waiting = createUnderWay<Waiting>();
  let clock: NodeJS.Timeout | undefined;

  function step(): void {
    for (const each of [...waiting.all]) {
      each.stepsLeft -= 1;
      if (each.stepsLeft > 0) continue;
      waiting.remove(each);
      each.giveUp();
    }
    if (waiting.all.length > 0) return;
    clearInterval(clock);
    clock = undefined;
  }

  return <T>(answer: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const giveUp = () => reject(new Error(`no answer within ${steps * stepMs} ms`));
      /* One more: the first step may be due at once. */
      const one = { stepsLeft: steps + 1, giveUp, place: -1 };
      waiting.add(one);
      clock ??= setInterval(step, stepMs).unref();
      const settled = () => waiting.remove(one);
      answer.finally(settled).then(resolve, reject);
    });
}
