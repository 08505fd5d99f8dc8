/** A credential at an LRS, as it is given on the command line: the password by standard input only. */
import { LRS_PASSWORD_CONTEXT } from '../shared/organization.ts';
import type { Seal } from '../shared/seal.ts';
import { UsageError, type Context } from './context.ts';

const MAX_USERNAME_LENGTH = 200;
const MAX_PASSWORD_LENGTH = 1024;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** HTTP Basic ends a user name at its first colon. @see RFC 7617 §2 @throws UsageError */
export function lrsUsername(text: string): string {
  if (text === '' || text.length > MAX_USERNAME_LENGTH || text.includes(':') || CONTROL_CHARACTER.test(text))
    throw new UsageError(`--lrs-username should be one line of 1 to ${MAX_USERNAME_LENGTH} characters without ":"`);
  return text;
}

/** @returns sealed, as it is kept. @throws UsageError */
export async function readLrsPassword({ readInput }: Context, seal: Seal): Promise<string> {
  const password = (await readInput()).replace(/\r?\n$/, '');
  if (password === '' || password.length > MAX_PASSWORD_LENGTH || CONTROL_CHARACTER.test(password))
    throw new UsageError(`the password for the LRS should be one line of 1 to ${MAX_PASSWORD_LENGTH} characters`);
  return seal.seal(password, LRS_PASSWORD_CONTEXT);
}
