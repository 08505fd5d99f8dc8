/** The protocol parameters of OAuth 1, as they have to be. */
import { Refusal } from '../refusal.ts';
import { METHODS } from './methods.ts';
import type { Pair } from './percent.ts';

/** Decoded; what did not come is absent, and what came empty is ''. The names are those of the RFC, without `oauth_`. */
export interface OAuthParameters {
  consumer_key: string;
  /** Absent or '': the client acts for itself. */
  token?: string;
  signature_method: string;
  signature: string;
  /** Unix seconds, in digits. Absent with PLAINTEXT only. */
  timestamp?: string;
  nonce?: string;
  version?: string;
  callback?: string;
  verifier?: string;
}

export const PREFIX = 'oauth_';
/** Every key, token, URL and signature fits many times over. */
const MOST_CHARACTERS = 2000;

/** @param pairs all those whose name begins with `oauth_`. @throws Refusal 400 saying which of them is wrong. */
export function readParameters(pairs: readonly Pair[]): OAuthParameters {
  const said = new Map<string, string>();
  for (const [name, value] of pairs) {
    /* "Each parameter MUST NOT appear more than once per request" (RFC 5849 §3.1). */
    if (said.has(name)) throw wrong(`${quoted(name)} must not be sent more than once`);
    if (value.length > MOST_CHARACTERS) throw wrong(`${quoted(name)} is longer than ${MOST_CHARACTERS} characters`);
    said.set(name, value);
  }
  const optional = (name: string) => {
    const value = said.get(`${PREFIX}${name}`);
    return value === undefined ? {} : { [name]: value };
  };
  const parameters: OAuthParameters = {
    consumer_key: required(said, 'oauth_consumer_key'),
    signature_method: required(said, 'oauth_signature_method'),
    signature: required(said, 'oauth_signature'),
    ...['token', 'timestamp', 'nonce', 'version', 'callback', 'verifier'].map(optional).reduce(merged),
  };
  refuseWrong(parameters);
  return parameters;
}

function refuseWrong({ signature_method, timestamp, nonce, version }: OAuthParameters): void {
  if (!Object.hasOwn(METHODS, signature_method))
    throw wrong(`oauth_signature_method should be one of ${Object.keys(METHODS).join(', ')}`);
  /* "If present, its value MUST be set to "1.0"" (RFC 5849 §3.1). */
  if (version !== undefined && version !== '1.0') throw wrong('oauth_version should be 1.0, or left out');
  /* "The parameters MAY be omitted when using the "PLAINTEXT" signature method" (§3.3), both of them. */
  if (timestamp === undefined && nonce === undefined && signature_method === 'PLAINTEXT') return;
  /* "The timestamp value MUST be a positive integer" (§3.3). */
  if (!/^[1-9][0-9]{0,15}$/.test(timestamp ?? ''))
    throw wrong('oauth_timestamp should be a whole number: seconds since 1970');
  if (!nonce) throw wrong('oauth_nonce should be a text that no other call with this oauth_timestamp has');
}

function required(said: ReadonlyMap<string, string>, name: string): string {
  const value = said.get(name);
  if (!value) throw wrong(`this call is signed by OAuth 1, and has no ${name}`);
  return value;
}

function merged(one: Partial<OAuthParameters>, other: Partial<OAuthParameters>): Partial<OAuthParameters> {
  return { ...one, ...other };
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}

function wrong(description: string): Refusal {
  return new Refusal('invalid_request', description);
}
