/**
 * A token that is a Basic pair: `user-id ":" password` in base64, as it stands in the header. Its record is one of
 * `access-token` like any other's, so the same token counts as a bearer token too.
 */

/** lxHive's keys; and cmi5's pairs, which have no user name (cmi5 §8.2.3). No other name is looked up among the tokens. */
const USER = /^(?:[A-Za-z0-9]{40})?$/;

/** @returns what its record is kept under. */
export function basicToken(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
}

/** Whether whoever calls by this name may be calling by a token. */
export function isTokenUser(user: string): boolean {
  return USER.test(user);
}

/** The one spelling of a pair: base64 has several, with padding and without, and with bits that mean nothing. */
export function canonicalPair(pair: string): string {
  return Buffer.from(pair, 'base64').toString('base64');
}
