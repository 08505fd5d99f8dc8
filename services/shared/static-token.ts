/**
 * Static bearer tokens: for software that can hold a token but not ask for one. `hallpass~ID~SECRET`: the id of its client
 * in base64url, and 256 random bits. A client has one at most, and keeps its digest; nothing else is stored.
 */
import { hasSecrets, isBoundOnly, type Client } from './client.ts';
import { nowSeconds } from './clock.ts';
import { generateSecret, isOneOf, storeGenerated, type StoredSecret } from './secret.ts';

/** A tilde is in no other token, and a dot, which JWTs have, in none of these. @see RFC 6750 §2.1: `b64token` */
const PREFIX = 'hallpass~';
const STATIC_TOKEN = /^hallpass~(?<id>[A-Za-z0-9_-]+)~[A-Za-z0-9_-]{43}$/;

/** A new one of a client's, to be shown once, and what to store of it. */
export function generateStaticToken(clientId: string): { token: string; stored: StoredSecret } {
  const token = `${PREFIX}${Buffer.from(clientId).toString('base64url')}~${generateSecret()}`;
  return { token, stored: storeGenerated(token, nowSeconds()) };
}

/** Whether it can be nothing else; whose it is, and whether it counts, is not looked at. */
export function isStaticToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/**
 * The client that has this token, whether or not the client may use one now. The digest is of the whole token, so it is
 * good in the one spelling in which it was given out, and with no other client's id in it.
 */
export async function ownerOfStaticToken(
  token: string,
  find: (clientId: string) => Promise<Client | undefined>,
): Promise<Client | undefined> {
  const id = STATIC_TOKEN.exec(token)?.groups?.id;
  const client = id === undefined ? undefined : await find(Buffer.from(id, 'base64url').toString());
  const stored = client?.static_token;
  return stored && (await isOneOf(token, [stored], nowSeconds())) ? client : undefined;
}

/** Why a client can have none; `undefined` where it can. What is good wherever it is copied to is only for those that act by a secret. */
export function lacksStaticToken(client: Client): string | undefined {
  if (client.public) return 'it is public, and a static token is a secret';
  if (!hasSecrets(client)) return 'it authenticates by its keys, and a static token would be a way around them';
  if (isBoundOnly(client)) return 'it calls with bound tokens only, and a static token is bound to nothing';
  if (!client.grant_types.includes('client_credentials'))
    return 'it acts for people only, and a static token is for a client that acts for itself (client_credentials)';
  return undefined;
}
