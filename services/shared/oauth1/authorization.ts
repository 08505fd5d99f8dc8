/** The `Authorization` header of a call that is signed by OAuth 1. @see RFC 5849 §3.5.1 */
import { Refusal } from '../refusal.ts';
import { PREFIX } from './parameters.ts';
import { percentDecode, type Pair } from './percent.ts';

const SCHEME = /^oauth(?:[ \t]|$)/i;
/** `name="value"`, "separated by a "," character … and OPTIONAL linear whitespace". */
const PARAMETER = /[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)="([^"\\]*)"[ \t]*(?:,|$)/y;

export function isOAuth(authorization: string | undefined): authorization is string {
  return authorization !== undefined && SCHEME.test(authorization);
}

/** @returns what is signed of the header: all but `realm`. @throws Refusal 400 */
export function readAuthorization(authorization: string): Pair[] {
  const pairs: Pair[] = [];
  PARAMETER.lastIndex = 'OAuth'.length;
  while (PARAMETER.lastIndex < authorization.length) {
    const [, name, value] = PARAMETER.exec(authorization) ?? [];
    if (name === undefined || value === undefined)
      throw new Refusal(
        'invalid_request',
        'the Authorization header is malformed: OAuth oauth_consumer_key="KEY", oauth_token="TOKEN", …',
      );
    if (name.toLowerCase() !== 'realm') pairs.push(readPair(name, value));
  }
  return pairs;
}

/** `scope` and `consumer_name`: "MUST be passed as query string or form parameters, not in the OAuth header" (xAPI 1.0.3 Part 3 §4.2). */
function readPair(encodedName: string, encodedValue: string): Pair {
  const name = percentDecode(encodedName, 'the Authorization header');
  if (!name.startsWith(PREFIX))
    throw new Refusal(
      'invalid_request',
      `${JSON.stringify(name.slice(0, 60))} belongs in the query or the form, not in the Authorization header`,
    );
  return [name, percentDecode(encodedValue, 'the Authorization header')];
}
