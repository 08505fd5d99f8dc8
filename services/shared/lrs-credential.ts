/** A user name and password at an LRS, or at another upstream: opened, and said. */
import { LRS_PASSWORD_CONTEXT } from './organization.ts';
import type { Seal } from './seal.ts';

/** @param sealed as it is kept. @throws Error where it was sealed with another key. */
export function openLrsPassword(seal: Seal, sealed: string): string {
  const password = seal.open(sealed, LRS_PASSWORD_CONTEXT);
  if (password !== undefined) return password;
  throw new Error('the password for the LRS was sealed with another key: HALLPASS_ENCRYPTION_KEY has changed');
}

/** The value of an `Authorization` header. @see RFC 7617 §2 */
export function basicCredential(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
