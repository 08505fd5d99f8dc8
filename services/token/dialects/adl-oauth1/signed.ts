/** Requests to the endpoints of OAuth 1, which their client signs: read, and held against what it is registered with. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isBoundOnly, type Client } from '../../../shared/client.ts';
import { awaitsContinue } from '../../../shared/expect.ts';
import { readPairs, type Pair } from '../../../shared/oauth1/percent.ts';
import { isSigned, readSigned, type SignedRequest } from '../../../shared/oauth1/request.ts';
import { clientSecretContext } from '../../../shared/oauth1/secrets.ts';
import { matches } from '../../../shared/oauth1/signature.ts';
import type { Seal } from '../../../shared/seal.ts';
import { isTimely, type UseOnce } from '../../../store/oauth1-nonces.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf } from '../../../store/store.ts';
import { readForm } from '../../form.ts';
import { OAuthProblem } from './problem.ts';

export interface SignedOptions {
  issuer: string;
  clients: Reader<Client>;
  seal: Seal;
  useOnce: UseOnce;
}

/** The same whichever of them is wrong: a caller is not told which clients there are. */
const NOT_SIGNED =
  'no client that is registered for OAuth 1 signed this: look at consumer key, secrets, method and the public URL';

/** @throws Refusal 400 for what cannot be read. */
export async function readRequest(req: IncomingMessage, res: ServerResponse, issuer: string): Promise<SignedRequest> {
  const { method = '', url = '', headers } = req;
  const { authorization } = headers;
  /* Behind whatever names and proxies, the client signed the URL that it was given: "the URL … by the public origin". */
  const unread = { url: `${issuer}${url}`, authorization, form: await formOf(req, res) };
  if (!isSigned(unread))
    throw new OAuthProblem('parameter_absent', 'sign this request by OAuth 1: it has no oauth_consumer_key');
  return readSigned({ ...unread, method });
}

async function formOf(req: IncomingMessage, res: ServerResponse): Promise<Pair[] | undefined> {
  if (req.method !== 'POST' || req.headers['content-type'] === undefined) return undefined;
  if (awaitsContinue(req)) res.writeContinue();
  return readPairs((await readForm(req)).bytes.toString('utf8'), 'the form');
}

/** @param tokenSecret '' where there is no token yet. */
export type SignerOf = (request: SignedRequest, tokenSecret: string) => Promise<Client>;

/**
 * Finds who signed it. Nothing is written before the signature is known to be right.
 *
 * @throws Refusal 401 where it is not who it says, or the request was made before, or too long ago.
 */
export function createSignerOf({ clients, seal, useOnce }: Omit<SignedOptions, 'issuer'>): SignerOf {
  return async (request, tokenSecret) => {
    const { consumer_key, token = '', timestamp, nonce } = request.parameters;
    const client = await clients.read(keyOf(consumer_key));
    const keys = client?.active ? keysOf(client, seal) : {};
    if (!matches(request, { ...keys, tokenSecret }) || !client)
      throw new OAuthProblem('signature_invalid', NOT_SIGNED, client?.client_id);
    /* PLAINTEXT has neither. */
    if (timestamp === undefined || nonce === undefined) return client;
    if (!isTimely(timestamp))
      throw new OAuthProblem(
        'timestamp_refused',
        'the oauth_timestamp is too far from the time here: set the clock',
        consumer_key,
      );
    if (!(await useOnce(consumer_key, token, timestamp, nonce)))
      throw new OAuthProblem(
        'nonce_used',
        'this request was made before: sign each with an oauth_nonce of its own',
        consumer_key,
      );
    return client;
  };
}

/** What it signs with: nothing, where only what is bound to a key or a certificate is good enough for it. */
function keysOf(client: Client, seal: Seal) {
  const { client_id, oauth1 } = isBoundOnly(client) ? { ...client, oauth1: undefined } : client;
  const { secret: sealed, rsa_public_key: rsaPublicKey } = oauth1 ?? {};
  if (sealed === undefined) return { rsaPublicKey };
  const clientSecret = seal.open(sealed, clientSecretContext(client_id));
  if (clientSecret === undefined) throw new Error(`HALLPASS_ENCRYPTION_KEY does not open the secret of ${client_id}`);
  return { clientSecret, rsaPublicKey };
}
