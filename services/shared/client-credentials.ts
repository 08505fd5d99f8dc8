/** What becomes of a client when its secret, or its static token, is made anew or taken away. */
import type { Client } from './client.ts';
import type { StoredSecret } from './secret.ts';
import { lacksStaticToken } from './static-token.ts';

/** The old secrets go on until the overlap ends: time to bring the new one to every place that has the old. */
export function withRotatedSecret(
  client: Client,
  stored: StoredSecret,
  { nowSeconds, overlapSeconds }: { nowSeconds: number; overlapSeconds: number },
): Client {
  const isLive = ({ expires_at }: StoredSecret) => expires_at === undefined || expires_at > nowSeconds;
  const end = nowSeconds + overlapSeconds;
  const ending = client.secrets
    .filter(isLive)
    .map((old) => ({ ...old, expires_at: Math.min(old.expires_at ?? end, end) }));
  return { ...client, secrets: [stored, ...ending] };
}

/** The old secrets, and every token that was got with one, end at once. The static token was not, and stays. */
export function withRegeneratedSecret(client: Client, stored: StoredSecret): Client {
  return { ...client, secrets: [stored], generation: client.generation + 1 };
}

/** The one before, if there was one, ends at once. Its secrets, and the tokens got with them, stay. */
export function withStaticToken(client: Client, stored: StoredSecret): Client {
  return { ...client, static_token: stored };
}

export function withoutStaticToken({ static_token: _ended, ...client }: Client): Client {
  return client;
}

/** Where it has become a client that can have no static token, or moved: what was given out for one organization is not for another. */
export function withoutStaleToken(before: Client, after: Client): Client {
  const isStale = before.org !== after.org || lacksStaticToken(after) !== undefined;
  return after.static_token && isStale ? withoutStaticToken(after) : after;
}
