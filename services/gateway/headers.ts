/** The headers of a message as they came, and what of them crosses the gateway. */
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

/** The name of a header that comes twice and must not. */
export function repeated(headers: HeaderList): string | undefined {
  const seen: string[] = [];
  for (const [name] of headers) {
    const { isSingle, plain } = kindOf(name);
    if (!isSingle) continue;
    if (seen.includes(plain)) return name;
    seen.push(plain);
  }
  return undefined;
}

/** What of a request's headers goes on to the LRS. */
export function forRequest(headers: HeaderList): HeaderList {
  const named = namedByConnection(headers);
  return headers.filter(([name]) => {
    const kind = kindOf(name);
    return kind.goesOn && !named?.has(kind.plain);
  });
}

/** What of the LRS's headers goes back to the caller. */
export function forResponse(headers: HeaderList): HeaderList {
  const named = namedByConnection(headers);
  return headers.filter(([name]) => {
    const kind = kindOf(name);
    return kind.comesBack && !named?.has(kind.plain);
  });
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
 * @returns nothing where nothing is named.
 */
function namedByConnection(headers: HeaderList): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (const [name, value] of headers) {
    const isIt = name.length === CONNECTION.length && normal(name) === CONNECTION;
    if (!isIt || ABOUT_THE_CONNECTION.includes(value)) continue;
    for (const option of value.split(',').map((each) => normal(each.trim())))
      if (option !== '' && option !== 'content-type') named = (named ?? new Set()).add(option);
  }
  return named;
}
