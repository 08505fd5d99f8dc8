/** How a key is shown: never the secret half. */
import type { KeyState } from '../store/key-times.ts';
import type { KeyView } from '../store/rotate-keys.ts';

export function keyAsJson({ kid, purpose, state, from, until }: KeyView): Record<string, unknown> {
  return {
    kid,
    ...(purpose === 'cookies' ? { use: purpose } : { use: 'sig', alg: purpose }),
    state,
    ...(from !== undefined && { signs_from: from }),
    ...(until !== undefined && { published_until: until }),
  };
}

export function keyAsText({ kid, purpose, state, from, until }: KeyView): string {
  const times: Readonly<Record<KeyState, string>> = {
    published: `signs from ${said(from)}`,
    current: from === undefined ? 'signs' : `signs since ${said(from)}`,
    retired: until === undefined ? 'verifies' : `verifies until ${said(until)}`,
  };
  return `${kid}  ${purpose.padEnd(7)}  ${state.padEnd(9)}  ${times[state]}`;
}

function said(unixSeconds = 0): string {
  return new Date(unixSeconds * 1000).toISOString();
}

/** What no longer works for whom, now that it is gone. */
export function consequencesOf({ kid, purpose, state }: KeyView): string[] {
  if (state === 'published') return [`key ${kid} is gone; it had signed nothing yet`];
  if (purpose === 'cookies') return [`key ${kid} is gone: whoever signed in while it was current has to sign in again`];
  return [
    `key ${kid} is gone from /oauth2/jwks: every assertion, ID token and JWT access token that it signed is refused from now on; opaque access tokens are not concerned`,
    'whoever verifies with keys that were fetched before goes on accepting it until the keys are fetched again: make them do so, or restart them',
    ...(state === 'current' ? ['another one signs in its place at once'] : []),
  ];
}
