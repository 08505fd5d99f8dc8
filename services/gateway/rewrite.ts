/** The call in terms the LRS obeys: its path, its version, its credential, and nothing of the caller's. */
import type { Body } from '../shared/body.ts';
import { Refusal } from '../shared/refusal.ts';
import { whenKnown, type Soon } from '../shared/soon.ts';
import { editionOf, VERSION_HEADER } from '../shared/xapi/version.ts';
import type { Call } from './call.ts';
import { without, type HeaderList } from './headers.ts';

export interface UpstreamRequest {
  origin: string;
  method: string;
  /** Path and query. */
  path: string;
  headers: HeaderList;
  contentLength: number | undefined;
  openBody: () => Body;
}

/**
 * What is made only of the caller's bytes that were decided upon: the resource by its name in the table, the query, the
 * headers that `sanitize` let through.
 *
 * @throws Refusal 500 for a call that still owes something: forwarded as it is, it would do more than was permitted.
 */
export function rewrite(call: Call): Soon<UpstreamRequest> {
  if (call.duties.length > 0)
    throw new Refusal('server_error', 'something went wrong in the gateway; it has been logged', {
      cause: new Error(`a call that still owes ${call.duties.join(', ')} was about to be forwarded`),
    });
  return whenKnown(call.lrs.credential(call), (credential) => trusted(call, credential));
}

function trusted(call: Call, credential: HeaderList): UpstreamRequest {
  const { operation, lrs, query } = call;
  return {
    origin: lrs.origin,
    method: operation.method,
    path: call.page ?? `${lrs.basePath}/${operation.resource}${query === '' ? '' : `?${query}`}`,
    headers: [...versioned(mayHaveMore(call) ? readable(call.headers) : call.headers, call), ...credential],
    contentLength: call.contentLength,
    openBody: call.openBody,
  };
}

/** A StatementResult has `more`; a single statement has not. With an empty id, an LRS may list them all. */
export function mayHaveMore({ caller, operation: { resource, access, parameters } }: Call): boolean {
  return (
    caller !== undefined &&
    resource === 'statements' &&
    access === 'read' &&
    !parameters.get('statementId') &&
    !parameters.get('voidedStatementId')
  );
}

/** A compressed answer, or a part of one, could not be looked into: the LRS's own `more` would get out. */
export function readable(headers: HeaderList): HeaderList {
  return [...without(headers, 'accept-encoding', 'range', 'if-range'), ['Accept-Encoding', 'identity']];
}

/**
 * To an LRS that speaks one version only, whatever the client speaks. What it would have refused is refused here.
 *
 * @throws Refusal 400 @see xAPI 1.0.3 Part 3 §3.3
 */
function versioned(headers: HeaderList, { lrs, version, operation }: Call): HeaderList {
  if (lrs.version === undefined) return headers;
  if (operation.access !== 'public' && editionOf(version) === undefined)
    throw new Refusal('invalid_request', `${VERSION_HEADER} should be 1.0.3 or 2.0.0`);
  return [...without(headers, VERSION_HEADER.toLowerCase()), [VERSION_HEADER, lrs.version]];
}
