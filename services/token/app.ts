/** What the token service answers over HTTP. Every path and method is in one table; the rest is 404 or 405. */
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { Log } from '../shared/log.ts';
import { Refusal } from '../shared/refusal.ts';
import { awaitsContinue } from '../shared/serve.ts';
import { readScopes } from '../shared/scopes.ts';
import { StoreUnavailable, type Store } from '../store/store.ts';
import { readForm, withForm } from './form.ts';
import { ROUTES, type ProviderHandler } from './provider.ts';

export interface TokenAppOptions {
  issuer: string;
  provider: ProviderHandler;
  store: Store;
  log: Log;
}

/** Compared exactly: `/oauth2/TOKEN` and `/oauth2/token/` are other paths. */
const ENDPOINTS: Record<string, { methods: readonly string[]; form: boolean }> = {
  [ROUTES.token]: { methods: ['POST'], form: true },
  [ROUTES.introspection]: { methods: ['POST'], form: true },
  [ROUTES.revocation]: { methods: ['POST'], form: true },
  [ROUTES.jwks]: { methods: ['GET', 'HEAD'], form: false },
  '/.well-known/oauth-authorization-server': { methods: ['GET', 'HEAD'], form: false },
  '/.well-known/openid-configuration': { methods: ['GET', 'HEAD'], form: false },
};

export function createTokenApp({ issuer, provider, store, log }: TokenAppOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('strict routing').enable('case sensitive routing');

  app.use(neverStored);
  app.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  app.get('/readyz', async (_req, res) => {
    await store.ping();
    res.json({ status: 'ready' });
  });
  app.use(claimIssuer(issuer));
  app.use(async (req, res) => {
    const endpoint = endpointOf(req);
    if (!endpoint.form) return provider(req, res);
    if (awaitsContinue(req)) res.writeContinue();
    const form = await readForm(req);
    translateScope(form);
    await provider(withForm(req, form), res);
  });
  app.use(refuse(log));
  return app;
}

const neverStored: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store').set('Pragma', 'no-cache').set('X-Content-Type-Options', 'nosniff');
  next();
};

/**
 * URLs in metadata, and what proofs are checked against, derive from the issuer whatever `Host` says: otherwise
 * `Host: evil.example` would publish `http://evil.example/oauth2/token` as ours.
 */
function claimIssuer(issuer: string): RequestHandler {
  const { host, protocol } = new URL(issuer);
  return (req, _res, next) => {
    for (const name of Object.keys(req.headers)) if (/^(x-)?forwarded/.test(name)) delete req.headers[name];
    Object.assign(req.headers, { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) });
    next();
  };
}

/** @throws Refusal 404 or 405. */
function endpointOf(req: Request): { methods: readonly string[]; form: boolean } {
  const path = req.originalUrl.split('?')[0] ?? '';
  const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
  if (!endpoint)
    throw new Refusal('not_found', 'there is nothing at this path; see /.well-known/oauth-authorization-server');
  if (!endpoint.methods.includes(req.method))
    throw new Refusal('method_not_allowed', `use ${endpoint.methods.join(' or ')} here`, { allow: endpoint.methods });
  return endpoint;
}

/** Any spelling of scopes, commas and other systems' names included, becomes ours before oidc-provider sees it. */
function translateScope(form: URLSearchParams): void {
  const asked = form.get('scope');
  if (asked === null) return;
  const { known, unknown } = readScopes(asked);
  const names = [...known, ...unknown];
  if (names.length > 0) form.set('scope', names.join(' '));
  else form.delete('scope');
}

/** The only place outside oidc-provider that writes an error. */
function refuse(log: Log): ErrorRequestHandler {
  return (error: unknown, req: Request, res: Response, next) => {
    if (res.headersSent) return next(error);
    const refusal = asRefusal(error);
    if (refusal.status >= 500) log.error({ err: error, method: req.method }, 'token service error');
    if (refusal.allow) res.set('Allow', refusal.allow.join(', '));
    if (refusal.status === 503) res.set('Retry-After', '1');
    if (!req.complete) res.set('Connection', 'close');
    res.status(refusal.status).json({ error: oauthCode(refusal), error_description: refusal.message });
  };
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable)
    return new Refusal('temporarily_unavailable', 'the token store cannot be reached; try again', { cause: error });
  return new Refusal('server_error', 'something went wrong here; it has been logged', { cause: error });
}

/** RFC 6749 §5.2 has one code for every malformed request, whatever the status. */
function oauthCode({ code, status }: Refusal): string {
  return status < 500 ? 'invalid_request' : code;
}
