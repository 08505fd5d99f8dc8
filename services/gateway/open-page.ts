/** A `more` link that comes back: the page it names, and the listing that the page belongs to. */
import { Refusal } from '../shared/refusal.ts';
import { MORE_PARAMETER } from '../shared/xapi/parameters.ts';
import type { Call } from './call.ts';
import type { MoreLinks } from './more-link.ts';
import { readQuery } from './request.ts';

/** @returns the call itself where it follows no link. @throws Refusal 400 for a link that is not this caller's. */
export function openPage(call: Call, links: MoreLinks): Call {
  const { operation, caller } = call;
  const sealed = operation.parameters.get(MORE_PARAMETER);
  if (sealed === undefined || !caller) return call;
  if (operation.parameters.size > 1)
    throw new Refusal('invalid_request', 'a more link is followed as it is, without further parameters');
  const { path, query } = links.open(sealed, caller);
  return { ...call, page: path, query, operation: { ...operation, parameters: new Map(readQuery(query)) } };
}
