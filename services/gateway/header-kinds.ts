/**
 * Which headers cross the gateway, as data. Names are compared in one spelling: to a server that maps `-` and `_` to the
 * same variable (CGI, WSGI, PHP), `X_Hallpass_Client` is `X-Hallpass-Client`.
 */
import { remembered } from '../shared/remembered.ts';

/** About one connection, not about the message. @see RFC 9110 §7.6.1 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Who is calling, from where, or what is really asked: only the gateway may tell the LRS. */
const IDENTITY = new Set([
  'authorization',
  'dpop',
  'x-authorization',
  'cmi5authorization',
  'cookie',
  'cookie2',
  'forwarded',
  'x-forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'true-client-ip',
  'fastly-client-ip',
  'cf-connecting-ip',
  'client-cert',
  'client-cert-chain',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-anonymous-consumer',
  'x-user',
  'x-userinfo',
  'user',
  'x-access-token',
  'x-id-token',
  /* To CGI it is HTTP_PROXY, through which the LRS's own calls would go ("httpoxy"). */
  'proxy',
]);

const IDENTITY_PREFIXES = [
  'x-hallpass-',
  'x-forwarded-',
  'x-original-',
  'x-auth-',
  'x-authenticated-',
  'x-consumer-',
  'x-credential-',
  'x-remote-',
  'remote-',
  'x-user-',
  'x-webauth-',
  'x-goog-',
  'x-amzn-',
  'x-ms-client-',
  'x-ms-token-',
  'x-envoy-',
  'x-pomerium-',
  'tailscale-',
  'cf-access-',
  'sm-',
  'iv-',
  'x-client-cert',
  'x-client-verify',
  'x-ssl-',
  'ssl-client-',
  'oidc-',
];

/** Set anew for the LRS, or spoken for by the gateway itself. */
const REQUEST_ONLY = new Set(['host', 'expect', 'content-length']);

/**
 * From the LRS: a session it opened for the gateway's credential is not the caller's, another way in is a way around,
 * and whom browsers may answer to is the gateway's to say.
 */
const RESPONSE_ONLY = new Set(['set-cookie', 'set-cookie2', 'alt-svc', 'www-authenticate', 'dpop-nonce']);
const RESPONSE_PREFIXES = ['access-control-'];

/** Where two would let the gateway read one and the LRS the other. */
const SINGLE = new Set([
  'host',
  'authorization',
  'dpop',
  'client-cert',
  'content-type',
  'content-length',
  'expect',
  'x-experience-api-version',
]);

/** What the tables say of a name. */
export interface Kind {
  lower: string;
  /** In the one spelling in which names are compared. */
  plain: string;
  goesOn: boolean;
  comesBack: boolean;
  isSingle: boolean;
}

/** The same few names come with every call. A caller that makes up others has them worked out again, no more. */
export const kindOf = remembered(workedOut, { most: 1000 });

function workedOut(name: string): Kind {
  const lower = name.toLowerCase();
  const plain = normal(name);
  const isDropped = HOP_BY_HOP.has(plain) || IDENTITY.has(plain) || startsWithOneOf(plain, IDENTITY_PREFIXES);
  const isKeptBack = RESPONSE_ONLY.has(plain) || startsWithOneOf(plain, RESPONSE_PREFIXES);
  return {
    lower,
    plain,
    goesOn: !isDropped && !REQUEST_ONLY.has(plain),
    comesBack: !isDropped && !isKeptBack,
    isSingle: SINGLE.has(plain),
  };
}

function startsWithOneOf(plain: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => plain.startsWith(prefix));
}

/** The one spelling. */
export function normal(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}
