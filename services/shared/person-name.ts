/** What people are found by: an e-mail address or a user name. No user name has an @, so neither is taken for the other. */
import { randomInt } from 'node:crypto';

const MAX_EMAIL_LENGTH = 254;
const MAX_USERNAME_LENGTH = 64;

/**
 * ASCII, as browsers check it: among other characters there are those that only look like the address, or become it
 * when its case is folded, and so would open another's account.
 *
 * @see https://html.spec.whatwg.org/#valid-e-mail-address
 */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** @returns it in lower case, as it is kept. @throws Error with a sentence that begins "should be" */
export function readEmail(text: string): string {
  const email = folded(text);
  if (email.length > MAX_EMAIL_LENGTH || !EMAIL.test(email))
    throw new Error(`should be an e-mail address like ada@example.org, not ${JSON.stringify(text.slice(0, 80))}`);
  return email;
}

/** @throws Error with a sentence that begins "should be" */
export function readUsername(text: string): string {
  if (text.length > MAX_USERNAME_LENGTH || !USERNAME.test(text))
    throw new Error(
      `should be 1 to ${MAX_USERNAME_LENGTH} letters, digits or . _ + -, beginning with a letter or digit, not ${JSON.stringify(text.slice(0, 80))}`,
    );
  return text;
}

/** As names are compared: without the case of ASCII letters. Another letter never becomes one of those. */
export function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** How many of one name are numbered in turn: in a school there may be many. */
const NUMBERED = 20;

/** User names to try for who has this e-mail address: what stands before the @, then that with a number. */
export function* usernamesFor(email: string): Generator<string, never> {
  const local = email.slice(0, email.lastIndexOf('@')).replace(/[^A-Za-z0-9._+-]/g, '');
  const base = local.replace(/^[._+-]+/, '').slice(0, MAX_USERNAME_LENGTH - 10) || 'person';
  yield base;
  for (let number = 2; ; number++) yield `${base}${number <= NUMBERED ? number : randomInt(1_000_000_000)}`;
}
