/**
 * Argon2id, and how what it made is written down: with all that it takes to make it again.
 *
 * @see RFC 9106
 * @see PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

interface Cost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

/** @see OWASP Password Storage Cheat Sheet: "19 MiB of memory, an iteration count of 2, and 1 degree of parallelism" */
const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The only version there is: 1.3. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

/** @returns the hash of a text, with a salt of its own. */
export async function argon2Hash(text: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return written(COST, salt, await derive(text, salt, COST, HASH_BYTES));
}

/** Takes as long for a text that is almost right as for any other. What cannot be read matches nothing. */
export async function matchesArgon2(text: string, hash: string): Promise<boolean> {
  const read = readHash(hash);
  if (!read) return false;
  return timingSafeEqual(await derive(text, read.salt, read.cost, read.expected.length), read.expected);
}

/** Whether it was made as they are made now. */
export function isCurrentArgon2(hash: string): boolean {
  const read = readHash(hash);
  return read !== undefined && written(COST, read.salt, read.expected) === hash && read.expected.length === HASH_BYTES;
}

/** A hash that costs the same to compare as any, and that nothing is known to match. */
export const NOBODYS_HASH = written(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));

function readHash(hash: string): { cost: Cost; salt: Buffer; expected: Buffer } | undefined {
  const [, memory, passes, parallelism, salt = '', expected = ''] = PHC.exec(hash) ?? [];
  if (memory === undefined) return undefined;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    expected: Buffer.from(expected, 'base64'),
  };
}

function written({ memory, passes, parallelism }: Cost, salt: Buffer, hash: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** "The base64 … without padding" of the PHC string format. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function derive(text: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: text, nonce, tagLength, ...cost }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
