/**
 * The access-token record: what the token service writes and the gateway reads. This file is the contract between
 * them; test/shared/access-token.test.ts pins its bytes. Change both in one commit.
 *
 * The store has it as JSON under SHA-256 of the token. Names are those of RFC 7662 §2.2 where it has one; what is at
 * its default is left out, because there may be a hundred million of these.
 */
import { DEFAULT_ORGANIZATION } from './client.ts';

export interface AccessTokenRecord {
  client_id: string;
  /** The client's generation when it was issued. */
  generation: number;
  org: string;
  /** Our vocabulary, separated by spaces; never empty. */
  scope: string;
  /** Unix seconds. */
  iat: number;
  exp: number;
}

interface Stored {
  client_id: string;
  gen?: number;
  org?: string;
  scope: string;
  iat: number;
  exp: number;
}

export function encodeAccessToken(record: AccessTokenRecord): string {
  const stored: Stored = {
    client_id: record.client_id,
    ...(record.generation !== 0 && { gen: record.generation }),
    ...(record.org !== DEFAULT_ORGANIZATION && { org: record.org }),
    scope: record.scope,
    iat: record.iat,
    exp: record.exp,
  };
  return JSON.stringify(stored);
}

/** @throws Error where the text is not a record: something else wrote to the store, and no guess would be safe. */
export function decodeAccessToken(text: string): AccessTokenRecord {
  const { client_id, gen = 0, org = DEFAULT_ORGANIZATION, scope, iat, exp } = JSON.parse(text) as Partial<Stored>;
  const isText = typeof client_id === 'string' && typeof scope === 'string' && typeof org === 'string';
  const isCount = typeof gen === 'number' && typeof iat === 'number' && typeof exp === 'number';
  if (!isText || !isCount) throw new Error('a record under access-token is not an access-token record');
  return { client_id, generation: gen, org, scope, iat, exp };
}
