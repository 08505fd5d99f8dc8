/** What is mostly known at once, and sometimes has to be waited for: a promise for it would cost more than finding it. */

export type Soon<T> = T | Promise<T>;

/** @returns what `next` makes of the value: at once where it is known. @throws as `next` does, where it is. */
export function whenKnown<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return isKnown(value) ? next(value) : value.then(next);
}

/** To await what is known would cost a turn of the queue all the same: `isKnown(value) ? value : await value`. */
export function isKnown<T>(value: Soon<T>): value is T {
  return !(value instanceof Promise);
}
