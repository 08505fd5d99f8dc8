/**
 * Alternate Request Syntax: a POST whose form holds the real method, headers and body. It is turned into the plain
 * request it stands for before anyone asks who is calling: token and method are in the form, and a gateway that passed
 * it through would let a holder of `statements/write` read everything.
 *
 * @see xAPI 1.0.3 Part 3 §1.3; removed in 2.0 (IEEE 9274.1.1)
 */
import { NO_BODY, readAtMost } from '../shared/body.ts';
import { FORM, isForm } from '../shared/form-type.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Soon } from '../shared/soon.ts';
import { editionOf } from '../shared/xapi/version.ts';
import { valueOf, without, type HeaderList } from './headers.ts';
import { readQuery, type XapiRequest } from './request.ts';

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
const WITH_CONTENT = ['PUT', 'POST'];

/** "the following form parameters … headers" (§1.3), and the names under which they go on. */
const HEADER_FIELDS: Record<string, string> = {
  authorization: 'Authorization',
  'x-experience-api-version': 'X-Experience-API-Version',
  'content-type': 'Content-Type',
  'content-length': 'Content-Length',
  'if-match': 'If-Match',
  'if-none-match': 'If-None-Match',
};

/** As it is, or percent-encoded. */
const COULD_NAME_METHOD = /method|%/i;

/** More than there are parameters and headers. */
const MOST_FIELDS = 100;

/** The request itself where it is a plain one. @throws as {@link plainRequest} does. */
export function alternateOrSame(request: XapiRequest, maxBytes: number): Soon<XapiRequest> {
  return isAlternate(request) ? plainRequest(request, maxBytes) : request;
}

/**
 * Any spelling counts, so that none slips by: an LRS may be less exact. A preflight has the query of the call that it is
 * for, and never reaches the LRS.
 */
function isAlternate(request: XapiRequest): boolean {
  if (request.method === 'OPTIONS' || !COULD_NAME_METHOD.test(request.query)) return false;
  return readQuery(request.query).some(([name]) => name.toLowerCase() === 'method');
}

/**
 * @param maxBytes of the form: it has to be held whole.
 * @throws Refusal 400 where it is not the syntax of §1.3, 413 where it is too large.
 */
async function plainRequest(request: XapiRequest, maxBytes: number): Promise<XapiRequest> {
  const method = methodOf(request);
  const form = await readForm(request, maxBytes);
  const headers = new Map<string, string>();
  const query = new URLSearchParams();
  let content: string | undefined;
  for (const [name, value] of form) {
    const header = Object.hasOwn(HEADER_FIELDS, name.toLowerCase()) ? HEADER_FIELDS[name.toLowerCase()] : undefined;
    if (header !== undefined) headers.set(header.toLowerCase(), value);
    else if (name === 'content') content = value;
    else query.append(name, value);
  }
  if (headers.has('authorization') && request.authorization !== undefined)
    throw new Refusal('invalid_request', 'Authorization must be in the header or in the form, not both');
  const version = headers.get('x-experience-api-version') ?? request.version;
  refuseEdition2(version);

  const body = bodyOf(method, content);
  return {
    method,
    path: request.path,
    query: query.toString().replaceAll('+', '%20'),
    headers: merged(request.headers, headers, body !== undefined),
    authorization: headers.get('authorization') ?? request.authorization,
    called: { ...request.called, form: [...form] },
    version,
    contentLength: body?.length ?? 0,
    openBody: () => body ?? NO_BODY,
  };
}

/** @throws Refusal for everything around the form that §1.3 does not allow. */
function methodOf(request: XapiRequest): string {
  refuseEdition2(request.version);
  if (request.method !== 'POST')
    throw new Refusal('invalid_request', 'the method parameter goes with POST (alternate request syntax)');
  const parameters = readQuery(request.query);
  const [[name, method] = ['', '']] = parameters;
  if (parameters.length !== 1 || name !== 'method')
    throw new Refusal('invalid_request', 'method must be the only query parameter; the others belong in the form');
  if (!METHODS.includes(method)) throw new Refusal('invalid_request', `method should be one of ${METHODS.join(', ')}`);
  if (!isForm(valueOf(request.headers, 'content-type')))
    throw new Refusal('invalid_request', `alternate request syntax needs Content-Type: ${FORM}`);
  return method;
}

function refuseEdition2(version: string | undefined): void {
  if (editionOf(version) === '2.0')
    throw new Refusal('invalid_request', 'xAPI 2.0 has no alternate request syntax: send a plain request');
}

async function readForm(request: XapiRequest, maxBytes: number): Promise<URLSearchParams> {
  if ((request.contentLength ?? 0) > maxBytes)
    throw new Refusal('payload_too_large', `this form may have ${maxBytes} bytes at most`);
  const form = new URLSearchParams((await readAtMost(request.openBody(), maxBytes)).toString('utf8'));
  /* Nobody knows yet who is calling, and there may be half a million fields. */
  if (form.size > MOST_FIELDS) throw new Refusal('invalid_request', `the form has more than ${MOST_FIELDS} fields`);
  const seen = new Set<string>();
  for (const name of [...form.keys()].map((key) => key.toLowerCase())) {
    if (seen.has(name)) throw new Refusal('invalid_request', `${JSON.stringify(name)} is in the form twice`);
    seen.add(name);
  }
  return form;
}

function bodyOf(method: string, content: string | undefined): Buffer | undefined {
  if (WITH_CONTENT.includes(method)) {
    if (content === undefined) throw new Refusal('invalid_request', `a ${method} needs its body in the content field`);
    return Buffer.from(content, 'utf8');
  }
  if (content) throw new Refusal('invalid_request', `a ${method} has no content`);
  return undefined;
}

function merged(outer: HeaderList, fromForm: ReadonlyMap<string, string>, hasBody: boolean): HeaderList {
  const kept = without(outer, 'content-type', 'content-encoding', ...fromForm.keys());
  const added = [...fromForm]
    .filter(([name]) => name !== 'authorization' && name !== 'content-length')
    .filter(([name]) => hasBody || name !== 'content-type')
    .map(([name, value]): [string, string] => [HEADER_FIELDS[name] ?? name, oneLine(name, value)]);
  const typed = !hasBody || fromForm.has('content-type');
  return [...kept, ...added, ...(typed ? [] : [['Content-Type', 'application/json'] as const])];
}

/** A form field can hold what a header cannot: a newline would start a header, or a request, of the caller's own. */
function oneLine(name: string, value: string): string {
  if (/^[\t -~]*$/.test(value)) return value;
  throw new Refusal('invalid_request', `${name} in the form is not a header value`);
}
