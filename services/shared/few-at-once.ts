/** Work of which only so much may be under way at once: the rest waits its turn, and what is too much is refused. */
import { Refusal } from './refusal.ts';

export type FewAtOnce = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * @param running at most so many at once
 * @param waiting at most so many behind them; the next is refused with 503, so that a flood costs no memory
 */
export function fewAtOnce(running: number, waiting: number): FewAtOnce {
  const queue: (() => void)[] = [];
  let free = running;

  async function turn(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (queue.length >= waiting)
      throw new Refusal('temporarily_unavailable', 'too many ask for the same at this moment; try again in a minute');
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  /** A turn that ends goes straight to who has waited longest, so that nobody who comes now can take it. */
  function passOn(): void {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  }

  return async (work) => {
    await turn();
    try {
      return await work();
    } finally {
      passOn();
    }
  };
}
