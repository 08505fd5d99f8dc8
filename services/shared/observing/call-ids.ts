/** What a call is called in the log: unlike any other's, and nothing that anybody sent. */
import { randomBytes } from 'node:crypto';

/** Of a process and the call's number in it, because 128 random bits for each would cost more than the rest of its line. */
export function createCallIds(): () => string {
  const process = randomBytes(6).toString('hex');
  let calls = 0;
  return () => `${process}-${(calls += 1)}`;
}
