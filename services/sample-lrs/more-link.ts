/**
 * `more` links: the query and the place where its next page begins, written into the link itself, so the LRS keeps nothing.
 *
 * @see xAPI 1.0.3 Part 2 §2.5: a "relative IRL ... including the full path and optionally query but excluding scheme, host and port"
 */
import { isObject } from './data-types.ts';
import { LrsError } from './lrs-error.ts';

export interface MoreLink {
  query: URLSearchParams;
  from: number;
}

export function moreId({ query, from }: MoreLink): string {
  return Buffer.from(JSON.stringify({ query: query.toString(), from })).toString('base64url');
}

export function readMoreId(id: string): MoreLink {
  const link = parse(Buffer.from(id, 'base64url').toString('utf8'));
  if (!isObject(link) || typeof link.query !== 'string' || !Number.isSafeInteger(link.from)) {
    throw new LrsError(404, 'this more link was not made by this LRS');
  }
  return { query: new URLSearchParams(link.query), from: link.from as number };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
