/** A new registration, with everything that was not said at its default. */
import { randomBytes } from 'node:crypto';
import { nowSeconds } from '../shared/clock.ts';
import { DEFAULT_TOKEN_SECONDS, type Client } from '../shared/client.ts';
import { DEFAULT_ORGANIZATION } from '../shared/organization.ts';

/** One day: how far `expire_seconds` can stretch a token unless the client's registration says otherwise. */
export const DEFAULT_MAX_TOKEN_SECONDS = 86_400;

export type NewClient = Pick<Client, 'client_name' | 'scope'> & Partial<Client>;

export function newClient(said: NewClient): Client {
  const now = nowSeconds();
  const token_seconds = said.token_seconds ?? DEFAULT_TOKEN_SECONDS;
  return {
    client_id: randomBytes(12).toString('hex'),
    org: DEFAULT_ORGANIZATION,
    active: true,
    grant_types: ['client_credentials'],
    strict: false,
    max_token_seconds: Math.max(DEFAULT_MAX_TOKEN_SECONDS, token_seconds),
    secrets: [],
    /* An id that was chosen may have been another client's: its tokens must not come to life again under this one. */
    generation: said.client_id === undefined ? 0 : Date.now(),
    created_at: now,
    updated_at: now,
    ...said,
    token_seconds,
  };
}
