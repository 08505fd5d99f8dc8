/** How long an access token lives: as its client is registered, and as it asks. */
import type { Client } from '../shared/client.ts';
import type { Fail } from './flow-hooks.ts';
import { tokenLifeSeconds } from './token-request.ts';

/** @returns seconds, from the form of the request. @throws the library's error where it asks for none that there is. */
export function createLifeOf<Model>(registrationOf: (model: Model | undefined) => Client, fail: Fail) {
  return (form: unknown, client: Model): number => {
    const asked = (form as { expire_seconds?: string } | undefined)?.expire_seconds;
    const seconds = tokenLifeSeconds(registrationOf(client), asked);
    if (seconds !== undefined) return seconds;
    throw fail('invalid_request', 'expire_seconds should be a whole number of seconds, at least 1');
  };
}
