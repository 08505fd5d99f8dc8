/**
 * Passes the token service's paths on to it, when it is a process of its own or another port of this one. The only file
 * that imports http-proxy-middleware.
 */
import { Agent, ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import { createProxyMiddleware, responseInterceptor, type Options } from 'http-proxy-middleware';
import { Refusal } from '../shared/refusal.ts';
import { awaitsContinue } from '../shared/expect.ts';
import { forRequest, pairs, repeated } from './headers.ts';

/** Headers that `forRequest` keeps from an LRS, but which are meant for the token service. */
const FOR_TOKEN_SERVICE = ['authorization', 'cookie', 'content-length', 'transfer-encoding'];
const TIMEOUT_MS = 30_000;
/** Its answer is handed on only once this process has heard what was withdrawn. */
const WITHDRAWING_PATH = '/oauth2/revoke';

export interface PassOnOptions {
  /** The token service's URL. */
  target: string;
  /** Awaited before an answer is handed on: what it withdrew is then withdrawn here as well. */
  settled: () => Promise<void>;
  onError: (error: Error, req: IncomingMessage, res: ServerResponse) => void;
}

/**
 * Headers are made right before the proxy sees them: its own request hook is skipped for `Expect: 100-continue`, and a
 * `Trailer` header that reaches it ends the process.
 */
export function passOn({ target, settled, onError }: PassOnOptions): RequestHandler[] {
  const common: Options = {
    target,
    ws: false,
    xfwd: false,
    changeOrigin: true,
    agent: new Agent({ keepAlive: true }),
    proxyTimeout: TIMEOUT_MS,
  };
  const error = (cause: Error, req: IncomingMessage, res: ServerResponse | Socket) => {
    if (res instanceof ServerResponse) onError(cause, req, res);
    else res.destroy();
  };
  const plain = createProxyMiddleware({ ...common, on: { error } });
  const withdrawing = createProxyMiddleware({
    ...common,
    selfHandleResponse: true,
    on: {
      error,
      proxyRes: responseInterceptor(async (body) => {
        await settled();
        return body;
      }),
    },
  });
  return [clean, (req, res, next) => void (req.path === WITHDRAWING_PATH ? withdrawing : plain)(req, res, next)];
}

const clean: RequestHandler = (req, res, next) => {
  const headers = pairs(req.rawHeaders);
  const twice = repeated(headers);
  if (twice !== undefined) throw new Refusal('invalid_request', `${twice} must not be sent more than once`);
  if (awaitsContinue(req)) res.writeContinue();
  const kept = new Set(forRequest(headers).map(([name]) => name.toLowerCase()));
  for (const name of Object.keys(req.headers))
    if (!kept.has(name) && !FOR_TOKEN_SERVICE.includes(name)) delete req.headers[name];
  next();
};
