/** What a client may be given of what it asks for. */
import { scopesHeld, type Client } from '../shared/client.ts';
import { narrow, readScopes } from '../shared/scopes.ts';

export type Granted = { scopes: string[] } | { refused: string };

/**
 * Narrows silently to what the client has (Watershed; RFC 6749 §3.3), unless it is registered strict. Never grants
 * nothing: a token without a scope looks like success and works nowhere.
 */
export function grantScopes(client: Client, asked: string | undefined): Granted {
  const held = scopesHeld(client);
  const { known, unknown } = readScopes(asked ?? '');
  if (known.length === 0 && unknown.length === 0) {
    const usual = client.default_scope === undefined ? held : narrow(client.default_scope.split(' '), held);
    return usual.length > 0
      ? { scopes: usual }
      : { refused: 'this client has no scope: an administrator can add some' };
  }
  const scopes = narrow(known, held);
  const beyond = [...unknown, ...known.filter((scope) => !scopes.includes(scope))];
  if (scopes.length === 0 || (client.strict && beyond.length > 0))
    return { refused: `this client may not have ${beyond.join(' ')}; it may ask for ${held.join(' ')}` };
  return { scopes };
}

/**
 * Watershed's `expire_seconds` shortens the life of a token, and lengthens it up to the client's cap.
 *
 * @returns `undefined` where it is not a whole number of at least one second.
 */
export function tokenLifeSeconds(client: Client, expireSeconds: string | undefined): number | undefined {
  if (expireSeconds === undefined || expireSeconds === '')
    return Math.min(client.token_seconds, client.max_token_seconds);
  if (!/^\d+$/.test(expireSeconds) || Number(expireSeconds) < 1) return undefined;
  return Math.min(Number(expireSeconds), client.max_token_seconds);
}
