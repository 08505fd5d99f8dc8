/** Why a request is refused: what the caller is told, and, apart from it, what only the log is told. */

/** Each error code and the HTTP status it becomes. A code that is not here cannot be thrown. */
export const STATUS_OF = {
  invalid_request: 400,
  invalid_token: 401,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
  unauthenticated: 401,
  insufficient_scope: 403,
  /* No scope would do. */
  access_denied: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  header_too_large: 431,
  server_error: 500,
  bad_gateway: 502,
  temporarily_unavailable: 503,
  gateway_timeout: 504,
} as const;

export type RefusalCode = keyof typeof STATUS_OF;

interface RefusalOptions {
  /** Scopes, any one of which would do: the `scope` of `insufficient_scope` (RFC 6750 §3). */
  scope?: readonly string[];
  /** The methods a resource has: the `Allow` of 405 (RFC 9110 §15.5.6). */
  allow?: readonly string[];
  /** When it is worth trying again: the `Retry-After` of 429 and 503 (RFC 6585 §4, RFC 9110 §10.2.3). */
  retryAfterSeconds?: number;
  /** How the client is to authenticate, where it is not the usual way. */
  scheme?: 'DPoP' | 'OAuth';
  /** Whose secret was wrong, where that is known. Private. */
  client?: string;
  /** Private: logged, never sent. */
  cause?: unknown;
}

/**
 * Thrown anywhere, rendered in one place per service. `message` is public and tells the caller what to fix;
 * `cause` is private.
 *
 * @see RFC 6750 §3.1
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly scope: readonly string[] | undefined;
  readonly allow: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly scheme: 'DPoP' | 'OAuth' | undefined;
  readonly client: string | undefined;

  constructor(code: RefusalCode, description: string, options: RefusalOptions = {}) {
    const { scope, allow, retryAfterSeconds, scheme, client, cause } = options;
    super(description, { cause });
    this.code = code;
    this.scope = scope;
    this.allow = allow;
    this.retryAfterSeconds = retryAfterSeconds;
    this.scheme = scheme;
    this.client = client;
  }

  get status(): number {
    return STATUS_OF[this.code];
  }
}
