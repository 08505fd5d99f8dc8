/** What a client that registers itself may be called: nothing that a person, or an LRS, takes for another client. */
import type { Client } from '../../shared/client.ts';

const MAX_LENGTH = 100;
/** Controls, and characters that are not seen or turn others around. @see Unicode TR36 §2.5 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;
/** Alphabets whose letters look like each other's. @see Unicode TR39 §5 */
const ALIKE = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

/** @throws Error with a sentence that begins "should" */
export function readName(text: string): string {
  const name = text.trim().normalize('NFC');
  if (name.length === 0 || name.length > MAX_LENGTH || UNSEEN.test(name))
    throw new Error(`should be one line of 1 to ${MAX_LENGTH} characters, all of which can be seen`);
  if (folded(name) === '') throw new Error('should have a letter or a digit');
  if (name.split(/[^\p{L}\p{M}]+/u).some((word) => ALIKE.filter((script) => script.test(word)).length > 1))
    throw new Error('should have no word with letters of several alphabets that look alike');
  return name;
}

/** The same for what is read as the same: without regard to case, accents, spaces and punctuation. */
export function folded(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/**
 * Whether a name is what another client is known by. Where an organization's authority template has `{client_name}`, two
 * of one name would read each other's statements as their own.
 */
export function isTaken(name: string, others: readonly Client[]): boolean {
  const wanted = folded(name);
  return others.some((client) => marksOf(client).some((mark) => folded(mark) === wanted));
}

function marksOf({ client_id, client_name, owner, authority, lrs_credential }: Client): string[] {
  return [client_id, client_name, ...textsIn(owner), ...textsIn(authority), ...textsIn(lrs_credential?.username)];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
