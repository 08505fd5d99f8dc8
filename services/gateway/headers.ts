/** The headers of a message as they came, and what of them crosses the gateway. */
import { Refusal } from '../shared/refusal.ts';
import { kindOf, normal } from './header-kinds.ts';

/** Name and value, in the order and spelling in which they came. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

export function pairs(rawHeaders: readonly string[]): HeaderList {
  const list: [string, string][] = [];
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) list.push([rawHeaders[n] ?? '', rawHeaders[n + 1] ?? '']);
  return list;
}

/** The first value of a header, by its usual name. */
export function valueOf(headers: HeaderList, name: string): string | undefined {
  for (const [candidate, value] of headers) if (kindOf(candidate).lower === name) return value;
  return undefined;
}

/**
 * What of a request's headers goes on to the LRS.
 *
 * @param rawHeaders names and values in turn, as Node has them.
 * @throws Refusal 400 for a header that comes twice and must not.
 */
export function forRequest(rawHeaders: readonly string[]): HeaderList {
  const kept: [string, string][] = [];
  const single: string[] = [];
  let named: ReadonlySet<string> | undefined;
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) {
    const [name = '', value = ''] = [rawHeaders[n], rawHeaders[n + 1]];
    const { plain, isSingle, goesOn } = kindOf(name);
    if (isSingle) {
      if (single.includes(plain)) throw new Refusal('invalid_request', `${name} must not be sent more than once`);
      single.push(plain);
    }
    if (plain === CONNECTION) named = namedBy(value, named);
    if (goesOn) kept.push([name, value]);
  }
  return withoutNamed(kept, named);
}

/** What of the LRS's headers goes back to the caller. */
export function forResponse(headers: HeaderList): HeaderList {
  const kept: (readonly [string, string])[] = [];
  let named: ReadonlySet<string> | undefined;
  for (const header of headers) {
    const { plain, comesBack } = kindOf(header[0]);
    if (plain === CONNECTION) named = namedBy(header[1], named);
    if (comesBack) kept.push(header);
  }
  return withoutNamed(kept, named);
}

export function without(headers: HeaderList, ...names: string[]): HeaderList {
  return headers.filter(([name]) => !names.includes(kindOf(name).lower));
}

const CONNECTION = 'connection';
/** Options that name no header. @see RFC 9112 §9.3, §9.6 */
const ABOUT_THE_CONNECTION = ['keep-alive', 'close'];

/**
 * `Connection: X-Experience-API-Version` would have the next hop drop what was decided upon, so what it names is dropped
 * here, for the LRS and the gateway alike, but never what frames the message.
 *
 * @param before what other such headers name. @returns nothing where nothing is named.
 */
function namedBy(connection: string, before: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined {
  if (ABOUT_THE_CONNECTION.includes(connection)) return before;
  const options = connection.split(',').map((option) => normal(option.trim()));
  return new Set([...(before ?? []), ...options.filter((option) => option !== '' && option !== 'content-type')]);
}

function withoutNamed(headers: HeaderList, named: ReadonlySet<string> | undefined): HeaderList {
  return named ? headers.filter(([name]) => !named.has(kindOf(name).plain)) : headers;
}
