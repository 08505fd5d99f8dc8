/** A call as it came, whatever it stands for: what a proof of possession, or a signature, is about. */
import type { Pair } from '../shared/oauth1/percent.ts';

export interface Called {
  method: string;
  /** Up to `?`. */
  path: string;
  /** After `?`, as it came. */
  query: string;
  /** The fields of a body that is a form; `unread` where it is one, and nobody has read it. */
  form: readonly Pair[] | 'unread' | undefined;
  /** The address of the socket. */
  peer: string | undefined;
  /** What says which certificate it came with: `Client-Cert` at the gateway, what the gateway sealed at what is behind it. */
  clientCert: string | undefined;
  /** The `DPoP` header. */
  proof: string | undefined;
  /** Tells the client which nonce the next proof should have. */
  offerNonce: (nonce: string) => void;
}
