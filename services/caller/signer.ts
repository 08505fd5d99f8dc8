/** Who signed a request by OAuth 1, and that it was not made before: decided here for calls and for the endpoints alike. */
import type { Client } from '../shared/client.ts';
import { clientSecretContext } from '../shared/oauth1/secrets.ts';
import type { SignedRequest } from '../shared/oauth1/request.ts';
import { matches } from '../shared/oauth1/signature.ts';
import type { Seal } from '../shared/seal.ts';
import { isTimely, type UseOnce } from '../store/oauth1-nonces.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';

/** `signature`: there is no such client, or it did not sign this. */
export type SigningFault = 'signature' | 'timestamp' | 'nonce';

/** `fault` absent: it was `client`. */
export type Signer = { client: Client; fault?: never } | { client: Client | undefined; fault: SigningFault };

/** @param tokenSecret '' where there is no token. @throws StoreUnavailable where nobody can tell. */
export type WhoSigned = (request: SignedRequest, tokenSecret: string) => Promise<Signer>;

export interface WhoSignedOptions {
  clients: Reader<Client>;
  seal: Seal;
  useOnce: UseOnce;
}

export function createWhoSigned({ clients, seal, useOnce }: WhoSignedOptions): WhoSigned {
  return async (request, tokenSecret) => {
    const { consumer_key, token = '', timestamp, nonce } = request.parameters;
    const client = await clients.read(keyOf(consumer_key));
    const keys = client?.active ? keysOf(client, seal) : {};
    if (!client || !matches(request, { ...keys, tokenSecret })) return { client, fault: 'signature' };
    /* PLAINTEXT may have neither. */
    if (timestamp === undefined || nonce === undefined) return { client };
    if (!isTimely(timestamp)) return { client, fault: 'timestamp' };
    /* Last, so that only who can sign has anything written; and by one write, so that of several one is first. */
    const isFirst = await useOnce(consumer_key, token, timestamp, nonce);
    return isFirst ? { client } : { client, fault: 'nonce' };
  };
}

/** @throws Error where the key it was sealed with is gone: that is no fault of the caller's. */
function keysOf({ client_id, oauth1 = {} }: Client, seal: Seal) {
  const { secret, rsa_public_key: rsaPublicKey } = oauth1;
  return { clientSecret: secret && opened(seal, secret, clientSecretContext(client_id)), rsaPublicKey };
}

/** @throws Error as {@link keysOf} does. */
export function opened(seal: Seal, sealed: string, context: string): string {
  const secret = seal.open(sealed, context);
  if (secret === undefined) throw new Error(`HALLPASS_ENCRYPTION_KEY does not open the ${context}`);
  return secret;
}
