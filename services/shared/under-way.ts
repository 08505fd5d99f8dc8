/**
 * What is under way, where it changes with every call. A `Set` would do, but one that is added to and taken from all the
 * time is copied again and again, V8 lets each copy point to the next, and so what has long been taken out of it survives
 * until the next full collection: that cost a quarter of a call.
 */

export interface Placed {
  /** Set by whatever holds it; -1 where nothing does. */
  place: number;
}

export interface UnderWay<T extends Placed> {
  /** In no order. */
  readonly all: readonly T[];
  add(one: T): void;
  /** Nothing happens where it is not in there. */
  remove(one: T): void;
}

export function createUnderWay<T extends Placed>(): UnderWay<T> {
  const all: T[] = [];
  return {
    all,
    add: (one) => void (one.place = all.push(one) - 1),
    remove: (one) => {
      if (one.place < 0) return;
      const last = all.pop();
      if (last !== undefined && last !== one) {
        all[one.place] = last;
        last.place = one.place;
      }
      one.place = -1;
    },
  };
}
