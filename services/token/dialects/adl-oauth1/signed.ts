/** Requests to the endpoints of OAuth 1, which their client signs: read, and held against what it is registered with. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isBoundOnly, type Client } from '../../../shared/client.ts';
import { createWhoSigned, type SigningFault } from '../../../caller/signer.ts';
import { awaitsContinue } from '../../../shared/expect.ts';
import { readPairs, type Pair } from '../../../shared/oauth1/percent.ts';
import { isSigned, readSigned, type SignedRequest } from '../../../shared/oauth1/request.ts';
import { isTooClear } from '../../../shared/oauth1/signature.ts';
import type { Seal } from '../../../shared/seal.ts';
import type { UseOnce } from '../../../store/oauth1-nonces.ts';
import type { Reader } from '../../../store/records.ts';
import { readForm } from '../../form.ts';
import { OAuthProblem, type Problem } from './problem.ts';

export interface SignedOptions {
  issuer: string;
  clients: Reader<Client>;
  seal: Seal;
  useOnce: UseOnce;
}

/** What is said of each; of a signature the same whichever of client, secret and URL is wrong: nobody is told which clients there are. */
const FAULTS: Readonly<Record<SigningFault, readonly [Problem, string]>> = {
  signature: [
    'signature_invalid',
    'no client that is registered for OAuth 1 signed this: look at consumer key, secrets, method and the public URL',
  ],
  timestamp: ['timestamp_refused', 'the oauth_timestamp is too far from the time here: set the clock'],
  nonce: ['nonce_used', 'this request was made before: sign each with an oauth_nonce of its own'],
};

/** @throws Refusal 400 for what cannot be read. */
export async function readRequest(req: IncomingMessage, res: ServerResponse, issuer: string): Promise<SignedRequest> {
  const { method = '', url = '', headers } = req;
  const { authorization } = headers;
  /* Behind whatever names and proxies, the client signed the URL that it was given: "the URL … by the public origin". */
  const unread = { url: `${issuer}${url}`, authorization, form: await formOf(req, res) };
  if (!isSigned(unread))
    throw new OAuthProblem('parameter_absent', 'sign this request by OAuth 1: it has no oauth_consumer_key');
  const request = readSigned({ ...unread, method });
  if (isTooClear(request))
    throw new OAuthProblem(
      'signature_method_rejected',
      'PLAINTEXT shows its secrets: sign by HMAC, or call over https',
    );
  return request;
}

async function formOf(req: IncomingMessage, res: ServerResponse): Promise<Pair[] | undefined> {
  if (req.method !== 'POST' || req.headers['content-type'] === undefined) return undefined;
  if (awaitsContinue(req)) res.writeContinue();
  return readPairs((await readForm(req)).bytes.toString('utf8'), 'the form');
}

/** @param tokenSecret '' where there is no token yet. */
export type SignerOf = (request: SignedRequest, tokenSecret: string) => Promise<Client>;

/** @throws OAuthProblem 401 where it is not who it says, or the request was made before, or too long ago. */
export function createSignerOf(options: Omit<SignedOptions, 'issuer'>): SignerOf {
  const whoSigned = createWhoSigned(options);
  return async (request, tokenSecret) => {
    const { client, fault } = await whoSigned(request, tokenSecret);
    if (fault) throw new OAuthProblem(...FAULTS[fault], client?.client_id);
    /* For it, only what is bound to a key or a certificate is good enough. */
    if (isBoundOnly(client)) throw new OAuthProblem(...FAULTS.signature, client.client_id);
    return client;
  };
}
