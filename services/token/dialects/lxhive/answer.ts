/** What lxHive answers with, and its clients read. */
import { nowSeconds } from '../../../shared/clock.ts';
import { permissionsOf, type Person } from '../../../shared/person.ts';
import type { Refusal } from '../../../shared/refusal.ts';
import type { Credential, Pair } from './credentials.ts';
import { inWords } from './names.ts';

/** @param now its scopes; `undefined` where it is of no use any more. */
export function shown(
  { key, secret }: Pair,
  credential: Credential,
  person: Person,
  now: readonly string[] | undefined,
) {
  const { name, description, scope, created_at, expires_at } = credential;
  const leftSeconds = now ? Math.max(0, expires_at - nowSeconds()) : 0;
  return {
    key,
    secret,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    expiresAt: expires_at,
    expiresIn: leftSeconds,
    createdAt: created_at,
    expired: leftSeconds === 0,
    scopes: inWords(now ?? scope.split(' ')),
    user: { email: person.email, permissions: inWords(permissionsOf(person)) },
  };
}

/** lxHive's errors. */
export function asLxHive({ status, message }: Refusal): object {
  return { code: status, message, data: [] };
}
