/** Where a person is sent back to, with what their client gets the token for. */
import { stringify } from 'node:querystring';
import type { Client } from '../../../shared/client.ts';

/** "If the client is unable to receive callbacks …, the parameter value MUST be set to "oob"" @see RFC 5849 §2.1 */
export const OUT_OF_BAND = 'oob';

/**
 * Compared exactly with what is registered. Any other would be an open redirector, which takes people, and verifiers,
 * wherever an attacker says.
 */
export function isCallbackOf({ redirect_uris = [] }: Client, callback: string): boolean {
  return callback === OUT_OF_BAND || redirect_uris.includes(callback);
}

/** "The server MUST … preserve" what the callback has of its own. @see RFC 5849 §2.2 */
export function callbackWith(callback: string, parameters: Record<string, string>): string {
  return `${callback}${callback.includes('?') ? '&' : '?'}${stringify(parameters)}`;
}
