/** What a token is bound to: whoever sends it proves to have it. @see RFC 7800 §3.1 */
import { isObject } from './xapi/property.ts';

export interface Confirmation {
  /** The thumbprint of the key that DPoP proofs are signed with (RFC 9449 §6.1; RFC 7638, SHA-256). */
  jkt?: string;
  /** SHA-256 of the client's certificate (RFC 8705 §3.1). */
  'x5t#S256'?: string;
}

const MEMBERS = ['jkt', 'x5t#S256'];
/** SHA-256 in base64url. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** @throws Error for anything else: what cannot be checked must not be passed over. */
export function readConfirmation(value: unknown): Confirmation {
  const members = isObject(value) ? Object.entries(value) : [];
  const isRead = members.every(
    ([name, print]) => MEMBERS.includes(name) && typeof print === 'string' && THUMBPRINT.test(print),
  );
  if (members.length === 0 || !isRead) throw new Error('a token is bound to something that is not known here');
  return value as Confirmation;
}

/** What the library keeps flat, as RFC 7800 has it; `undefined` where a token is bound to nothing. */
export function confirmationOf({ jkt, 'x5t#S256': x5t }: Confirmation): Confirmation | undefined {
  if (jkt === undefined && x5t === undefined) return undefined;
  return { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { 'x5t#S256': x5t }) };
}
