/** The request as the pipeline sees it: read once, at the door. */
import type { Readable } from 'node:stream';
import type { HeaderList } from './headers.ts';

/** The call as it came, whatever it stands for: what a proof of possession is about. */
export interface Called {
  method: string;
  /** Up to `?`. */
  path: string;
  /** The address of the socket. */
  peer: string | undefined;
  /** The `Client-Cert` header, which tells something where that is a trusted proxy. */
  clientCert: string | undefined;
  /** The `DPoP` header. */
  proof: string | undefined;
  /** Tells the client which nonce the next proof should have. */
  offerNonce: (nonce: string) => void;
}

export interface XapiRequest {
  method: string;
  /** As it came, up to `?`. */
  path: string;
  /** As it came, after `?`. */
  query: string;
  /** What may go on to the LRS. */
  headers: HeaderList;
  /** The caller's, which never goes on. */
  authorization: string | undefined;
  called: Called;
  /** X-Experience-API-Version. */
  version: string | undefined;
  /** In bytes; `undefined` where it is chunked. 0: there is none. */
  contentLength: number | undefined;
  /** Begins to read the body. Called once, and only by what needs it: a client that waits for 100 Continue then gets it. */
  openBody: () => Readable;
}

/** `URLSearchParams` alone would drop a leading `?`, which to the LRS is a part of the first name. */
export function readQuery(query: string): URLSearchParams {
  return new URLSearchParams(`?${query}`);
}
