/** Where oidc-provider's answers differ from the RFCs, or from what this server has. */
import { NAMED_SCOPES, SCOPES } from '../shared/scopes.ts';
import { withAdvice, type ErrorBody } from './advice.ts';
import { dialectOf, type TokenAnswer } from './dialects/token-dialect.ts';
import { IDENTITY_SCOPES, publicScope, publicScopes } from './identity-scopes.ts';
import { INTERVAL_SECONDS } from './polling.ts';
import { ROUTES } from './routes.ts';

/** The part of a Koa context that an answer is written to. */
export interface Answer extends TokenAnswer {
  readonly path: string;
  set(name: string, value: string): void;
}

/** Makes the library's answer ours, before it is sent. @param resources is every identifier that tokens can be for. */
export function amend(ctx: Answer, issuer: string, resources: readonly string[]): void {
  /* RFC 7009 §2.2 leaves the body open; clients that parse every answer as JSON fail on an empty one. */
  if (ctx.path === ROUTES.revocation && ctx.status === 200) ctx.body = {};
  if (ctx.path === ROUTES.device_authorization && ctx.status === 200) tellInterval(ctx.body);
  if (isErrorBody(ctx.body)) explain(ctx, ctx.body, issuer);
  else if (isScoped(ctx.body)) ctx.body.scope = publicScopes(ctx.body.scope);
  else if (ctx.path.startsWith('/.well-known/')) ctx.body = asServed(ctx.body as Record<string, unknown>, resources);
  dialectOf(ctx.req)?.answer(ctx);
}

/** @see RFC 8628 §3.2 */
function tellInterval(body: unknown): void {
  Object.assign(body as object, { interval: INTERVAL_SECONDS });
}

/** Nobody can tell, which the library has as 500. */
export function sayUnavailable(ctx: Answer): void {
  ctx.status = 503;
  ctx.set('Retry-After', '1');
  ctx.body = {
    error: 'temporarily_unavailable',
    error_description: 'the token store cannot be reached; try again',
  };
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'error' in body;
}

function isScoped(body: unknown): body is { scope: string } {
  return typeof body === 'object' && body !== null && 'scope' in body && typeof body.scope === 'string';
}

/**
 * Two codes of RFC 6749 §5.2 that the library has otherwise: "no client authentication included" is `invalid_client` and
 * 401, a grant that is not the client's `unauthorized_client`.
 */
function explain(ctx: Answer, body: ErrorBody, issuer: string): void {
  if (body.error_description === 'no client authentication mechanism provided') {
    ctx.status = 401;
    ctx.set('WWW-Authenticate', `Basic realm="${issuer}"`);
    body.error = 'invalid_client';
  }
  if (/^(?:requested grant type|\S+) is not allowed for this client$/.test(body.error_description ?? ''))
    body.error = 'unauthorized_client';
  ctx.body = withAdvice(body);
}

/** Scopes that are granted by name are announced to nobody. */
function asServed(metadata: Record<string, unknown>, resources: readonly string[]): Record<string, unknown> {
  const open = SCOPES.filter((scope) => !Object.hasOwn(NAMED_SCOPES, scope));
  return {
    ...metadata,
    /* `profile` is one of each. */
    scopes_supported: [...new Set([...open, ...IDENTITY_SCOPES.map(publicScope)])],
    registration_endpoint: `${String(metadata.issuer)}${ROUTES.registration}`,
    /* RFC 9728 §4: "resource identifiers for OAuth protected resources". */
    protected_resources: resources,
  };
}
