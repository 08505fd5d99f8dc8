/** What comes within one turn of the event loop is dealt with together, at the turn's end. */

/**
 * @param most so many are not kept waiting for the end.
 * @param deal is called with all of them, in their order, and never with none.
 */
export function byTurn<T>(most: number, deal: (all: readonly T[]) => void): (one: T) => void {
  let waiting: T[] = [];

  function dealWithAll(): void {
    const all = waiting;
    if (all.length === 0) return;
    waiting = [];
    deal(all);
  }

  return (one) => {
    if (waiting.length === 0) setImmediate(dealWithAll);
    waiting.push(one);
    if (waiting.length === most) dealWithAll();
  };
}
