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
import type { Caller } from '../caller/caller.ts';

/** A page of a listing at the LRS. */
export interface Page {
  /** Path and query at the LRS. */
  path: string;
  /** The query that the listing began with, as the caller wrote it: what later pages are filtered by. */
  query: string;
}

export interface MoreLinks {
  publish(page: Page, caller: Caller, prefix: string): string;
  /** @throws Refusal 400 where it is not a link given to this caller. */
  open(sealed: string, caller: Caller): Page;
}

export function createMoreLinks(seal: Seal): MoreLinks {
  const contextOf = ({ org, clientId }: Caller) => JSON.stringify(['more', org, clientId]);
  return {
    publish: ({ path, query }, caller, prefix) => {
      const sealed = seal.sealStable(JSON.stringify([path, query]), contextOf(caller));
      return `${prefix}statements?${MORE_PARAMETER}=${sealed}`;
    },
    open: (sealed, caller) => {
      const text = seal.open(sealed, contextOf(caller));
      if (text === undefined)
        throw new Refusal('invalid_request', 'this more link was not given to this client; query again from the start');
      const [path, query] = JSON.parse(text) as [string, string];
      return { path, query };
    },
  };
}

/**
 * @param link as the LRS wrote it: a path, a full URL, or relative to `base`. Only its path and query count: it is the
 * configured LRS that will be asked, whatever host the link names.
 * @param base the URL that the LRS was asked.
 */
export function pathOfLink(link: string, base: string): string {
  const url = URL.parse(link, base);
  /* No link at all: the page that it came with is good, and the LRS may say what it thinks of its own. */
  return url ? url.pathname + url.search : `/${encodeURIComponent(link.toWellFormed())}`;
}
