/** V8's collector, called when we know better than it does: Node has no other way to it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @param how `minor`: the young generation, about a millisecond; `last-resort`: all there is, and what is free goes back. */
export const collectGarbage = runInNewContext('gc') as (
  how: { type: 'minor' } | { type: 'major'; execution: 'sync'; flavor: 'last-resort' },
) => void;
setFlagsFromString('--no-expose-gc');

/**
 * For the life of the process: after some seconds with little to do V8 collects all the same, but no longer forgets what it compiled
 * and the shapes of objects that nobody holds just then. Whoever called after a pause paid for learning them anew, up to twice the
 * price of a call for several seconds.
 */
export function keepCompiledWhileIdle(): void {
  setFlagsFromString('--no-memory-reducer-favors-memory');
}
