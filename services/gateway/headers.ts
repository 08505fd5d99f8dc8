/**
 * Which headers cross the gateway, as data. Names are compared in one spelling: to a server that maps `-` and `_` to the
 * same variable (CGI, WSGI, PHP), `X_Hallpass_Client` is `X-Hallpass-Client`.
 */

/** Name and value, in the order and spelling in which they came. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

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

export function pairs(rawHeaders: readonly string[]): HeaderList {
  const list: [string, string][] = [];
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) list.push([rawHeaders[n] ?? '', rawHeaders[n + 1] ?? '']);
  return list;
}

/** The first value of a header, by its usual name. */
export function valueOf(headers: HeaderList, name: string): string | undefined {
  return headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
}

/** The name of a header that comes twice and must not. */
export function repeated(headers: HeaderList): string | undefined {
  const seen = new Set<string>();
  for (const [name] of headers) {
    const plain = normal(name);
    if (SINGLE.has(plain) && seen.has(plain)) return name;
    seen.add(plain);
  }
  return undefined;
}

/** What of a request's headers goes on to the LRS. */
export function forRequest(headers: HeaderList): HeaderList {
  const named = namedByConnection(headers);
  return headers.filter(([name]) => {
    const plain = normal(name);
    return !isDropped(plain) && !REQUEST_ONLY.has(plain) && !named.has(plain);
  });
}

/** What of the LRS's headers goes back to the caller. */
export function forResponse(headers: HeaderList): HeaderList {
  const named = namedByConnection(headers);
  return headers.filter(([name]) => {
    const plain = normal(name);
    const kept = !isDropped(plain) && !RESPONSE_ONLY.has(plain) && !named.has(plain);
    return kept && !RESPONSE_PREFIXES.some((prefix) => plain.startsWith(prefix));
  });
}

export function without(headers: HeaderList, ...names: string[]): HeaderList {
  return headers.filter(([name]) => !names.includes(name.toLowerCase()));
}

function isDropped(plain: string): boolean {
  return HOP_BY_HOP.has(plain) || IDENTITY.has(plain) || IDENTITY_PREFIXES.some((prefix) => plain.startsWith(prefix));
}

/**
 * `Connection: X-Experience-API-Version` would have the next hop drop what was decided upon, so what it names is dropped
 * here, for the LRS and the gateway alike, but never what frames the message.
 */
function namedByConnection(headers: HeaderList): ReadonlySet<string> {
  const named = headers
    .filter(([name]) => normal(name) === 'connection')
    .flatMap(([, value]) => value.split(',').map((option) => normal(option.trim())));
  return new Set(named.filter((name) => name !== '' && name !== 'content-type'));
}

function normal(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}
