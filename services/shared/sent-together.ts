/**
 * What one turn of the event loop sends goes together at the turn's end: the first of it wakes whoever reads on this machine, and the
 * others find them awake. One by one, with as much to do in between as a call has, each wakes them anew, which costs a quarter of the
 * whole call.
 */
import { byTurn } from './by-turn.ts';

/** So that nobody waits for more than these. */
const MOST_TOGETHER = 32;

/** @param send is called in this turn, after what was to be sent before it. What it throws ends the process, so it throws nothing. */
export const sendTogether = byTurn<() => void>(MOST_TOGETHER, (sends) => {
  for (const send of sends) send();
});
