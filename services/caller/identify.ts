/** Who is calling: by a token, by a client's id and secret, or by a signature. One identity, one policy, at every service. */
import type { Client } from '../shared/client.ts';
import type { CertificateOf } from '../shared/client-certificate.ts';
import { Refusal } from '../shared/refusal.ts';
import { isStaticToken } from '../shared/static-token.ts';
import { decodeClient } from '../store/clients.ts';
import { createReadJwt } from '../store/read-jwt.ts';
import type { Records } from '../store/records.ts';
import type { Seal } from '../shared/seal.ts';
import { rememberedByEnding } from '../shared/remembered-by-ending.ts';
import type { Soon } from '../shared/soon.ts';
import type { CurrentKeys } from '../store/signing-keys.ts';
import type { Store } from '../store/store.ts';
import type { CompareSecret } from '../store/wrong-secrets.ts';
import { createByPair } from './basic.ts';
import { createByToken, createTokens } from './bearer.ts';
import type { Called } from './called.ts';
import type { Caller } from './caller.ts';
import { createConfirm, type Shown } from './confirmation.ts';
import { createCheckProof } from './dpop.ts';
import { createFindJwt } from './jwt-access-tokens.ts';
import { createBySignature, isSignedCall } from './oauth1.ts';
import { createByStaticToken } from './static-token.ts';

/**
 * @param address where the call came from.
 * @returns `undefined` where nobody is said to be.
 * @throws Refusal 400, 401 or 429; StoreUnavailable where nobody can tell.
 */
export type Identify = (
  authorization: string | undefined,
  called: Called,
  address?: string,
) => Soon<Caller | undefined>;

const CLIENTS_CACHED = 20_000;
/** Most JWTs are shorter. */
const SHOWN_REMEMBERED = { places: 16_384, longest: 1500 };

/** @see RFC 6750 §2.1: `b64token` */
const TOKEN = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*) *$/i;
const BASIC = /^basic +(?<pair>[A-Za-z0-9+/]+={0,2}) *$/i;

export interface IdentifyOptions {
  issuer: string;
  store: Store;
  compareSecret: CompareSecret;
  keys: CurrentKeys;
  certificateOf: CertificateOf;
  /** Whether a DPoP proof needs a nonce. */
  isNonceRequired: boolean;
  /** What opens the secrets that clients sign with by OAuth 1; absent: there is none. */
  oauth1?: Seal | undefined;
}

export function createIdentify(records: Records, options: IdentifyOptions): Identify {
  const { issuer, store, compareSecret, keys, certificateOf, isNonceRequired, oauth1: seal } = options;
  const tokenEndpoint = `${issuer}/oauth2/token`;
  const clients = records.reader<Client>({ kind: 'client', decode: decodeClient, capacity: CLIENTS_CACHED });
  const tokens = createTokens(records, { clients, findJwt: createFindJwt(records, createReadJwt(issuer, keys)) });
  const confirm = createConfirm(createCheckProof({ issuer, store, keys, isNonceRequired }), certificateOf);
  const byToken = createByToken(tokens, confirm, tokenEndpoint);
  const byStaticToken = createByStaticToken(clients, confirm, tokenEndpoint);
  const byPair = createByPair({ clients, tokens, compareSecret, tokenEndpoint });
  const bySignature = seal && createBySignature(records, { issuer, store, seal, clients, tokens });

  /* The very same text for the same token, each time: to compare it with what else is known of it then takes no time. */
  const shownIn = rememberedByEnding(readShown, SHOWN_REMEMBERED);

  return (authorization, called, address) => {
    if (bySignature && isSignedCall(authorization, called)) return bySignature(authorization, called);
    if (authorization === undefined) return undefined;
    const shown = shownIn(authorization);
    if (shown) return (isStaticToken(shown.token) ? byStaticToken : byToken)(shown, called);
    const pair = BASIC.exec(authorization)?.groups?.pair;
    if (pair !== undefined) return byPair(pair, address);
    throw unreadable(authorization);
  };
}

function readShown(authorization: string): Shown | undefined {
  const [, scheme, token] = TOKEN.exec(authorization) ?? [];
  if (scheme === undefined || token === undefined) return undefined;
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token };
}

/** Learning Locker's documentation writes `Bearer: token`, so some clients do. */
function unreadable(authorization: string): Refusal {
  if (/^bearer:/i.test(authorization))
    return new Refusal('invalid_request', 'write "Authorization: Bearer TOKEN", without a colon after Bearer');
  if (/^(bearer|dpop|basic)\b/i.test(authorization))
    return new Refusal(
      'invalid_request',
      'the Authorization header is malformed: "Bearer TOKEN", "DPoP TOKEN" or "Basic BASE64"',
    );
  return new Refusal('unauthenticated', 'use the Bearer or the Basic scheme in the Authorization header');
}
