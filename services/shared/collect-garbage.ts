/** V8's collector, called when we know better than it does: Node has no other way to it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @param how `minor`: the young generation, about a millisecond; `last-resort`: all there is, and what is free goes back. */
export const collectGarbage = runInNewContext('gc') as (
  how: { type: 'minor' } | { type: 'major'; execution: 'sync'; flavor: 'last-resort' },
) => void;
setFlagsFromString('--no-expose-gc');
