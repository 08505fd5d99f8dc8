/** Who is calling by a signature of OAuth 1: a client for itself, or, by a token, for a person. @see RFC 5849 §3.2 */
import { isBoundOnly, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { isSigned, readSigned, type SignedRequest } from '../shared/oauth1/request.ts';
import { clientSecretContext, tokenSecretContext } from '../shared/oauth1/secrets.ts';
import { isTooClear, matches } from '../shared/oauth1/signature.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Seal } from '../shared/seal.ts';
import { createUseOnce, isTimely, WINDOW_SECONDS } from '../store/oauth1-nonces.ts';
import { decodeOAuth1Token, type OAuth1TokenRecord } from '../store/oauth1-tokens.ts';
import type { Reader, Records } from '../store/records.ts';
import { keyOf, type Store } from '../store/store.ts';
import type { Tokens } from './bearer.ts';
import type { Called } from './called.ts';
import { callerItself, type Caller } from './caller.ts';

export interface BySignatureOptions {
  /** What clients sign begins with it, whatever `Host` a call says. */
  issuer: string;
  store: Store;
  seal: Seal;
  clients: Reader<Client>;
  tokens: Pick<Tokens, 'callerBy'>;
}

type Signing = Client & Required<Pick<Client, 'oauth1'>>;

const TOKENS_CACHED = 20_000;

export function isSignedCall(authorization: string | undefined, { path, query, form }: Called): boolean {
  return isSigned({ url: `${path}?${query}`, authorization, form: form === 'unread' ? undefined : form });
}

export function createBySignature(records: Records, options: BySignatureOptions) {
  const { issuer, store, seal, clients, tokens } = options;
  const useOnce = createUseOnce(store);
  const credentials = records.reader<OAuth1TokenRecord>({
    kind: 'oauth1-token',
    decode: decodeOAuth1Token,
    capacity: TOKENS_CACHED,
    lifeSeconds: ({ exp }) => exp - nowSeconds(),
  });
  /** The same whichever of them is wrong, and nothing of what would be right: whoever guesses would be told. */
  const noSuchSignature = (client?: Client) =>
    refused(
      `no client signs like this: check oauth_consumer_key and the secrets, and sign the URL that begins ${issuer}; every client has to be registered`,
      client,
    );

  async function signing(clientId: string): Promise<Signing | undefined> {
    const client = await clients.read(keyOf(clientId));
    return client?.active && client.oauth1 ? (client as Signing) : undefined;
  }

  /** @throws Error where the key it was sealed with is gone: that is no fault of the caller's. */
  function opened(sealed: string, context: string): string {
    const secret = seal.open(sealed, context);
    if (secret === undefined)
      throw new Error('HALLPASS_ENCRYPTION_KEY is not the key that this OAuth 1 secret was sealed with');
    return secret;
  }

  function isSignedBy(request: SignedRequest, { client_id, oauth1 }: Signing, record?: OAuth1TokenRecord): boolean {
    const { secret, rsa_public_key: rsaPublicKey } = oauth1;
    const { token = '' } = request.parameters;
    return matches(request, {
      clientSecret: secret === undefined ? undefined : opened(secret, clientSecretContext(client_id)),
      tokenSecret: record ? opened(record.secret, tokenSecretContext(token)) : '',
      rsaPublicKey,
    });
  }

  /** Last, so that only who can sign has anything written; and by one write, so that of several calls one is first. */
  async function refuseRepeated({ parameters }: SignedRequest, client: Client): Promise<void> {
    const { token = '', timestamp, nonce } = parameters;
    if (timestamp === undefined || nonce === undefined) return;
    if (!(await useOnce(client.client_id, token, timestamp, nonce)))
      throw refused('this oauth_nonce was used before: each call needs one of its own', client);
  }

  return async (authorization: string | undefined, called: Called): Promise<Caller> => {
    const request = readSigned({ ...called, url: urlOf(issuer, called), authorization, form: formOf(called) });
    const { consumer_key, token = '', timestamp } = request.parameters;
    if (isTooClear(request)) throw refused('PLAINTEXT shows its secrets: sign by another method, or call over https');
    const record = token === '' ? undefined : await credentials.read(keyOf(token));
    const client = await signing(consumer_key);
    if (token !== '' && !record) throw noSuchToken(issuer, client);
    const isOfClient = !record || record.client_id === client?.client_id;
    if (!client || !isOfClient || !isSignedBy(request, client, record)) throw noSuchSignature(client);
    if (timestamp !== undefined && !isTimely(timestamp))
      throw refused(`oauth_timestamp is more than ${WINDOW_SECONDS} seconds from now; it is in seconds`, client);
    const caller = record ? await tokens.callerBy(record) : itself(client);
    if (!caller) throw noSuchToken(issuer, client);
    if (isBoundOnly(client)) throw refused('this client calls with bound tokens only, and not by OAuth 1', client);
    await refuseRepeated(request, client);
    return caller;
  };
}

/** "2-legged": with an empty token. @see xAPI 1.0.3 Part 3 §4.1 */
function itself(client: Client): Caller {
  if (client.grant_types.includes('client_credentials')) return callerItself(client);
  throw refused('this client may call for people only: with the oauth_token that one of them let it have', client);
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

function noSuchToken(issuer: string, client: Client | undefined): Refusal {
  return new Refusal(
    'invalid_token',
    `this oauth_token is unknown, expired or revoked; get a new one at ${issuer}/xapi/OAuth/initiate`,
    { scheme: 'OAuth', ...(client && { client: client.client_id }) },
  );
}

function refused(description: string, client?: Client): Refusal {
  return new Refusal('unauthenticated', description, { scheme: 'OAuth', ...(client && { client: client.client_id }) });
}
