/** Synchronous work as the store's port has it: promised, and failing by one name. */
import { unavailable } from './store.ts';

/** @throws StoreUnavailable with what went wrong as its cause. */
export function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** A synchronous answer as the promise that the port asks for, errors included. */
export function promised<A extends unknown[], R>(work: (...values: A) => R): (...values: A) => Promise<R> {
  return (...values) => new Promise((resolve) => resolve(work(...values)));
}
