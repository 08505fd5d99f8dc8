/** The caller's request in terms the LRS obeys: its path, its credential, and nothing of the caller's. */
import type { Readable } from 'node:stream';
import { Refusal } from '../shared/refusal.ts';
import { MORE_PARAMETER } from '../shared/xapi/parameters.ts';
import type { Caller } from './identify.ts';
import { without, type HeaderList } from './headers.ts';
import type { MoreLinks } from './more-link.ts';
import type { Operation } from './operation.ts';
import type { XapiRequest } from './request.ts';

export interface Lrs {
  /** With its xAPI path, without a trailing slash. */
  url: string;
  /** `Basic …`; none where it asks for none. */
  authorization: string | undefined;
}

export interface UpstreamRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: HeaderList;
  contentLength: number | undefined;
  openBody: () => Readable;
  /** Turns a `more` link of the answer into a public one; absent where the answer can have none. */
  publishMore: ((link: string) => string) | undefined;
}

export type Rewrite = (request: XapiRequest, operation: Operation, caller: Caller | undefined) => UpstreamRequest;

/**
 * What is made only of the caller's bytes that were decided upon: the resource by its name in the table, the query as it
 * came, the headers that `sanitize` let through.
 *
 * @throws Refusal 400 for a `more` link that is not this caller's.
 */
export function createRewrite(lrs: Lrs, links: MoreLinks): Rewrite {
  const { origin, pathname } = new URL(lrs.url);
  const basePath = pathname.replace(/\/$/, '');
  const credential: HeaderList = lrs.authorization === undefined ? [] : [['Authorization', lrs.authorization]];

  return (request, operation, caller) => {
    const query = request.query === '' ? '' : `?${request.query}`;
    const path = pageOf(operation, caller, links) ?? `${basePath}/${operation.resource}${query}`;
    const publishMore =
      caller && mayHaveMore(operation) ? (link: string) => links.publish(link, `${origin}${path}`, caller) : undefined;
    return {
      method: request.method,
      path,
      headers: [...(publishMore ? readable(request.headers) : request.headers), ...credential],
      contentLength: request.contentLength,
      openBody: request.openBody,
      publishMore,
    };
  };
}

function pageOf({ resource, parameters }: Operation, caller: Caller | undefined, links: MoreLinks): string | undefined {
  const sealed = parameters.get(MORE_PARAMETER);
  if (resource !== 'statements' || sealed === undefined || !caller) return undefined;
  if (parameters.size > 1)
    throw new Refusal('invalid_request', 'a more link is followed as it is, without further parameters');
  return links.open(sealed, caller);
}

/** A StatementResult has `more`; a single statement has not. */
function mayHaveMore({ resource, access, parameters }: Operation): boolean {
  return (
    resource === 'statements' &&
    access === 'read' &&
    !parameters.has('statementId') &&
    !parameters.has('voidedStatementId')
  );
}

/** A compressed answer, or a part of one, could not be looked into: the LRS's own `more` would get out. */
function readable(headers: HeaderList): HeaderList {
  return [...without(headers, 'accept-encoding', 'range', 'if-range'), ['Accept-Encoding', 'identity']];
}
