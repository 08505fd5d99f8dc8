/**
 * `more` links: the LRS's path, sealed for the client it was given to. The caller learns nothing of the LRS's own paths,
 * and a link taken from another client's answer opens nothing.
 *
 * "The IRL … MUST be … relative … including the full path and optionally query".
 *
 * @see xAPI 1.0.3 Part 2 §2.5
 */
import type { Seal } from '../shared/seal.ts';
import { Refusal } from '../shared/refusal.ts';
import { MORE_PARAMETER } from '../shared/xapi/parameters.ts';
import type { Caller } from './identify.ts';
import { XAPI_PREFIX } from './operation.ts';

export interface MoreLinks {
  /**
   * @param link as the LRS wrote it: a path, a full URL, or relative to `base`. Only its path and query count: it is the
   * configured LRS that will be asked, whatever host the link names.
   * @param base the URL that the LRS was asked.
   */
  publish(link: string, base: string, caller: Caller): string;
  /** @returns path and query at the LRS. @throws Refusal 400 where it is not a link given to this caller. */
  open(sealed: string, caller: Caller): string;
}

export function createMoreLinks(seal: Seal): MoreLinks {
  const contextOf = ({ org, clientId }: Caller) => JSON.stringify(['more', org, clientId]);
  return {
    publish: (link, base, caller) => {
      const url = URL.parse(link, base);
      /* No link at all: the page that it came with is good, and the LRS may say what it thinks of its own. */
      const path = url ? url.pathname + url.search : `/${encodeURIComponent(link.toWellFormed())}`;
      const sealed = seal.sealStable(path, contextOf(caller));
      return `${XAPI_PREFIX}statements?${MORE_PARAMETER}=${sealed}`;
    },
    open: (sealed, caller) => {
      const path = seal.open(sealed, contextOf(caller));
      if (path === undefined)
        throw new Refusal('invalid_request', 'this more link was not given to this client; query again from the start');
      return path;
    },
  };
}
