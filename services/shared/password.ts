/**
 * People's passwords: what one may be, how one is kept, and whether this is it.
 *
 * A password is compared in Unicode's NFKC, so that it is the same from every keyboard. It is never kept, shown or
 * logged; nor is anything remembered of one that was right.
 *
 * @see NIST SP 800-63B §5.1.1 (memorized secrets)
 */
import { argon2Hash, isCurrentArgon2, matchesArgon2, NOBODYS_HASH } from './argon2.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { fewAtOnce } from './few-at-once.ts';
import type { Person } from './person.ts';
import type { StoredSecret } from './secret.ts';

/** "Verifiers SHALL require … at least 8 characters"; "each Unicode code point SHALL be counted as a single character". */
const MIN_CHARACTERS = 8;
const MAX_CHARACTERS = 1024;
/** Longer than any that is allowed can be before it is normalised: normalising a megabyte is an attack. */
const MAX_RAW_LENGTH = 4 * MAX_CHARACTERS;

/**
 * Each takes 19 MiB and one of the four threads that Node has for such work, which name look-ups, files and signatures
 * need as well. So any number of sign-ins at once takes 38 MiB, and the last of two hundred waits some seconds.
 */
const inTurn = fewAtOnce(2, 200);

/** What of somebody is no password for them. */
export type Known = Pick<Person, 'email' | 'username' | 'name'>;

/** What is wrong with it as a password for somebody: the end of a sentence, "should …". No rules on its composition. */
export function passwordFault(text: string, person?: Known): string | undefined {
  if (text.length > MAX_RAW_LENGTH) return `should have ${MAX_CHARACTERS} characters at most`;
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return 'should be one line of text';
  const password = text.normalize('NFKC');
  const characters = [...password].length;
  if (characters < MIN_CHARACTERS) return `should have ${MIN_CHARACTERS} characters at least`;
  if (characters > MAX_CHARACTERS) return `should have ${MAX_CHARACTERS} characters at most`;
  if (isCommon(password)) return 'should be one that is not among the first that anybody would try';
  if (person && isOwn(password, person)) return 'should not be the e-mail address, the user name or the name';
  return undefined;
}

/** What to keep of it. @throws Refusal (503) where too many wait already; RangeError for one that has a fault. */
export async function hashPassword(password: string, nowSeconds: number): Promise<StoredSecret> {
  const fault = passwordFault(password);
  if (fault !== undefined) throw new RangeError(`a password ${fault}`);
  const hash = await inTurn(() => argon2Hash(password.normalize('NFKC')));
  return { hash, created_at: nowSeconds };
}

/**
 * Whether it is this person's. For nobody, and for somebody without a password, it is not, and takes as long to say:
 * timing would tell an attacker who has an account. Whether the person is active is not looked at.
 *
 * @throws Refusal (503) where too many wait already
 */
export async function isPassword(person: Person | undefined, password: string): Promise<boolean> {
  if (password.length > MAX_RAW_LENGTH || !password.isWellFormed()) return false;
  const hash = person?.password?.hash;
  const matches = await inTurn(() => matchesArgon2(password.normalize('NFKC'), hash ?? NOBODYS_HASH));
  return matches && hash !== undefined;
}

/** Whether it was kept in another way than it would be now: hash it again when it is next at hand. */
export function needsRehash({ hash }: StoredSecret): boolean {
  return !isCurrentArgon2(hash);
}

function isCommon(password: string): boolean {
  return new Set(password).size === 1 || COMMON_PASSWORDS.has(password.toLowerCase());
}

function isOwn(password: string, { email, username, name }: Known): boolean {
  const own = [email, email.slice(0, email.lastIndexOf('@')), username, name, name.replace(/\s+/g, '')];
  return own.some((text) => text.normalize('NFKC').toLowerCase() === password.toLowerCase());
}
