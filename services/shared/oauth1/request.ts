/** A request that is signed by OAuth 1: what it says, and what of it is signed. Nothing here says that it is signed rightly. */
import { Refusal } from '../refusal.ts';
import { isOAuth, readAuthorization } from './authorization.ts';
import { PREFIX, readParameters, type OAuthParameters } from './parameters.ts';
import { readPairs, type Pair } from './percent.ts';

/** A request as it came. */
export interface Unread {
  method: string;
  /** Absolute and public, with the query as it came: what the client signed, whatever address this process has. */
  url: string;
  authorization: string | undefined;
  /** Of a body that is a form, in order; absent where it is none. */
  form: readonly Pair[] | undefined;
}

export interface SignedRequest {
  /** Where the protocol parameters were. */
  transport: 'header' | 'form' | 'query';
  parameters: OAuthParameters;
  /** All that is signed besides method and URL. */
  signed: readonly Pair[];
  method: string;
  /** @see RFC 5849 §3.4.1.2 */
  baseUri: string;
  /** What else is in the query and the form: `scope`, `consumer_name`, the parameters of a resource. */
  others: readonly Pair[];
}

const MARKS = ['oauth_consumer_key', 'oauth_signature'];

/** Whether a request says that it is signed by OAuth 1, rightly or wrongly. */
export function isSigned({ url, authorization, form = [] }: Omit<Unread, 'method'>): boolean {
  if (isOAuth(authorization)) return true;
  const names = [...new URLSearchParams(`?${queryOf(url)}`).keys(), ...form.map(([name]) => name)];
  return names.some((name) => MARKS.includes(name));
}

/**
 * "The client MUST NOT transmit protocol parameters using more than one" of header, form and query.
 *
 * @throws Refusal 400 saying what is wrong.
 * @see RFC 5849 §3.1, §3.5
 */
export function readSigned({ method, url, authorization, form = [] }: Unread): SignedRequest {
  const places = {
    header: isOAuth(authorization) ? readAuthorization(authorization) : [],
    form,
    query: readPairs(queryOf(url), 'the query'),
  };
  const transports = (['header', 'form', 'query'] as const).filter((place) => places[place].some(isProtocol));
  const [transport = 'header', another] = transports;
  if (another !== undefined)
    throw new Refusal(
      'invalid_request',
      `oauth_ parameters must be in one place, not in the ${transports.join(' and the ')}`,
    );
  if (transport !== 'header' && authorization !== undefined)
    throw new Refusal('invalid_request', 'a call is either signed by OAuth 1 or has an Authorization header, not both');
  const all = [...places.header, ...places.query, ...places.form];
  return {
    transport,
    parameters: readParameters(all.filter(isProtocol)),
    signed: all.filter(([name]) => name !== 'oauth_signature'),
    method,
    baseUri: baseUriOf(url),
    others: all.filter((pair) => !isProtocol(pair)),
  };
}

function isProtocol([name]: Pair): boolean {
  return name.startsWith(PREFIX);
}

/** "The scheme and host MUST be in lowercase … The port MUST be included if it is not the default port" (§3.4.1.2). The path is as it came. */
function baseUriOf(url: string): string {
  const { protocol, host } = new URL(url);
  const [, path = ''] = /^[^:]+:\/\/[^/?#]*([^?#]*)/.exec(url) ?? [];
  return `${protocol}//${host}${path || '/'}`;
}

function queryOf(url: string): string {
  const [, query = ''] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  return query;
}
