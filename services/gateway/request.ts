/** The request as the pipeline sees it: read once, at the door. */
import type { Called } from '../caller/called.ts';
import type { Body } from '../shared/body.ts';
import type { HeaderList } from './headers.ts';

export interface XapiRequest {
  method: string;
  /** As it came, up to `?`. */
  path: string;
  /** As it came, after `?`. */
  query: string;
  /** What may go on to the LRS. */
  headers: HeaderList;
  /** The caller's, which never goes on. */
  authorization: string | undefined;
  called: Called;
  /** X-Experience-API-Version. */
  version: string | undefined;
  /** In bytes; `undefined` where it is chunked. 0: there is none. */
  contentLength: number | undefined;
  /** Begins to read the body. Called once, and only by what needs it: a client that waits for 100 Continue then gets it. */
  openBody: () => Body;
}

/**
 * Names and values, decoded, in the order in which they came. `URLSearchParams` alone would drop a leading `?`, which to
 * the LRS is a part of the first name.
 */
export function readQuery(query: string): readonly (readonly [name: string, value: string])[] {
  return query === '' ? [] : [...new URLSearchParams(`?${query}`)];
}
