/** What a primary and its workers tell each other. */

/** What is there once, whatever the number of workers: plain data, since it goes from one process to another. */
export interface Shared {
  /** The sample LRS, where there is no other. */
  sample?: { url: string; username: string; password: string };
}

/** From a worker, as it starts. */
export const ASKED = 'asked';
/** The answer. */
export interface Told {
  shared: Shared;
}
/** From a worker: it listens. */
export const READY = 'ready';
/** To a worker: it is to end, once what is under way has. */
export const DRAIN = 'drain';

export function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'shared' in message;
}
