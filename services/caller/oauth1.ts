/** Who is calling by a signature of OAuth 1: a client for itself, or, by a token, for a person. @see RFC 5849 §3.2 */
import { isBoundOnly, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { isSigned, readSigned } from '../shared/oauth1/request.ts';
import { tokenSecretContext } from '../shared/oauth1/secrets.ts';
import { isTooClear } from '../shared/oauth1/signature.ts';
import { Refusal, type RefusalCode } from '../shared/refusal.ts';
import type { Seal } from '../shared/seal.ts';
import { createUseOnce, WINDOW_SECONDS } from '../store/oauth1-nonces.ts';
import { decodeOAuth1Token, type OAuth1TokenRecord } from '../store/oauth1-tokens.ts';
import type { Reader, Records } from '../store/records.ts';
import { keyOf, type Store } from '../store/store.ts';
import type { Tokens } from './bearer.ts';
import type { Called } from './called.ts';
import { callerItself, type Caller } from './caller.ts';
import { createWhoSigned, opened, type SigningFault } from './signer.ts';

export interface BySignatureOptions {
  /** What clients sign begins with it, whatever `Host` a call says. */
  issuer: string;
  store: Store;
  seal: Seal;
  clients: Reader<Client>;
  tokens: Pick<Tokens, 'callerBy'>;
}

const TOKENS_CACHED = 20_000;

export function isSignedCall(authorization: string | undefined, { path, query, form }: Called): boolean {
  return isSigned({ url: `${path}?${query}`, authorization, form: form === 'unread' ? undefined : form });
}

export function createBySignature(records: Records, options: BySignatureOptions) {
  const { issuer, store, seal, clients, tokens } = options;
  const whoSigned = createWhoSigned({ clients, seal, useOnce: createUseOnce(store) });
  const credentials = records.reader<OAuth1TokenRecord>({
    kind: 'oauth1-token',
    decode: decodeOAuth1Token,
    capacity: TOKENS_CACHED,
    lifeSeconds: ({ exp }) => exp - nowSeconds(),
  });
  /** Nothing of what would be right: whoever guesses would be told. The first is the same whatever was wrong. */
  const FAULTS: Readonly<Record<SigningFault, string>> = {
    signature: `no client signs like this: check oauth_consumer_key and the secrets, and sign the URL that begins ${issuer}; every client has to be registered`,
    timestamp: `oauth_timestamp is more than ${WINDOW_SECONDS} seconds from now; it is in seconds`,
    nonce: 'this oauth_nonce was used before: each call needs one of its own',
  };
  const NO_TOKEN = `this oauth_token is unknown, expired or revoked; get a new one at ${issuer}/xapi/OAuth/initiate`;

  return async (authorization: string | undefined, called: Called): Promise<Caller> => {
    const request = readSigned({ ...called, url: urlOf(issuer, called), authorization, form: formOf(called) });
    const { consumer_key: clientId, token = '' } = request.parameters;
    if (isTooClear(request)) throw refused('PLAINTEXT shows its secrets: sign by another method, or call over https');
    const record = token === '' ? undefined : await credentials.read(keyOf(token));
    if (token !== '' && !record) throw refused(NO_TOKEN, { code: 'invalid_token' });
    if (record && record.client_id !== clientId) throw refused(FAULTS.signature);
    const tokenSecret = record ? opened(seal, record.secret, tokenSecretContext(token)) : '';
    const { client, fault } = await whoSigned(request, tokenSecret);
    if (fault) throw refused(FAULTS[fault], { client });
    if (isBoundOnly(client)) throw refused('this client calls with bound tokens only, and not by OAuth 1', { client });
    if (!record) return itself(client);
    const caller = await tokens.callerBy(record);
    if (!caller) throw refused(NO_TOKEN, { code: 'invalid_token', client });
    return caller;
  };
}

/** "2-legged": with an empty token. @see xAPI 1.0.3 Part 3 §4.1 */
function itself(client: Client): Caller {
  if (client.grant_types.includes('client_credentials')) return callerItself(client);
  throw refused('this client may call for people only: with the oauth_token that one of them let it have', { client });
}

function urlOf(issuer: string, { path, query }: Called): string {
  return `${issuer}${path}${query === '' ? '' : `?${query}`}`;
}

function formOf({ form }: Called): Exclude<Called['form'], 'unread'> {
  if (form === 'unread')
    throw new Refusal('invalid_request', 'a form that is signed by OAuth 1 is not taken here: send JSON, or a token');
  if (form?.some(([name]) => name.toLowerCase() === 'authorization'))
    throw new Refusal(
      'invalid_request',
      'with OAuth 1, Authorization belongs in the header: a form cannot sign itself',
    );
  return form;
}

/** @param said the client where it is known, for the log: what a caller merely says would let anybody write there. */
function refused(description: string, said: { code?: RefusalCode; client?: Client | undefined } = {}): Refusal {
  const { code = 'unauthenticated', client } = said;
  return new Refusal(code, description, { scheme: 'OAuth', ...(client && { client: client.client_id }) });
}
