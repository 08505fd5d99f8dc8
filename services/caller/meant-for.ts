/** What a token is for: who it was shown to elsewhere could otherwise use it here. */
import { Refusal } from '../shared/refusal.ts';
import type { Caller } from './caller.ts';

/** @param asked what is called, as tokens name it. @throws Refusal 401 where the token is for something else. @see RFC 8707 §2 */
export function refuseForOther({ resource, audience }: Caller, asked: string): void {
  const meant = audience ?? (resource === undefined ? undefined : [resource]);
  if (meant === undefined || meant.includes(asked)) return;
  throw new Refusal('invalid_token', `this token is for ${meant.join(' and ')}; ask for one with resource=${asked}`);
}
