/**
 * Passes calls on over Node's own HTTP client: the token service's paths to it, when it is a process of its own or another
 * port of this one, and those of further resources. The only file that imports http-proxy-middleware.
 */
import { Agent, ServerResponse, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import { createProxyMiddleware, responseInterceptor, type Options } from 'http-proxy-middleware';
import { tellCallerAddress, type AddressOf } from '../shared/caller-address.ts';
import type { TellCertificate } from '../shared/client-certificate.ts';
import { Refusal } from '../shared/refusal.ts';
import { awaitsContinue } from '../shared/expect.ts';
import { forRequest, type HeaderList } from './headers.ts';

/** Headers that `forRequest` keeps from an LRS, but which are meant for the token service. */
const FOR_TOKEN_SERVICE = ['authorization', 'dpop', 'cookie', 'content-length', 'transfer-encoding'];
const TIMEOUT_MS = 30_000;
/** A connection that is not made in this time, or waits for it to be used again: shorter than most servers keep one. */
const UNUSED_MS = 4000;
const CONNECTIONS = 256;
const MOST_LISTENERS = 40;
/** Their answers are handed on only once this process has heard what was withdrawn. */
const WITHDRAWING_PATH =
  /^\/(?:oauth2\/(?:revoke|revoke_token|logout\/confirm|register\/[^/]+)|sign-in\/granted\/withdraw|xapi\/OAuth\/token|auth\/tokens|cmi5\/launches\/[^/]+)$/;

export interface PassOnOptions {
  /** The token service's URL. */
  target: string;
  /** Awaited before an answer is handed on: what it withdrew is then withdrawn here as well. */
  settled: () => Promise<void>;
  addressOf: AddressOf;
  tellCertificate: TellCertificate;
  onError: (error: Error, req: IncomingMessage, res: ServerResponse) => void;
}

/**
 * Headers are made right before the proxy sees them: its own request hook is skipped for `Expect: 100-continue`, and a
 * `Trailer` header that reaches it ends the process. With `ws` an upgrade would pass by everything that comes before.
 */
export function passOn({ target, settled, addressOf, tellCertificate, onError }: PassOnOptions): RequestHandler[] {
  const common = optionsFor(target, TIMEOUT_MS);
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
  return [
    cleaner(addressOf, tellCertificate),
    (req, res, next) => void (WITHDRAWING_PATH.test(req.path) ? withdrawing : plain)(req, res, next),
  ];
}

function cleaner(addressOf: AddressOf, tellCertificate: TellCertificate): RequestHandler {
  return (req, res, next) => {
    const kept = new Set(forRequest(req.rawHeaders).map(([name]) => name.toLowerCase()));
    if (awaitsContinue(req)) res.writeContinue();
    const [address, tell] = [addressOf(req), tellCertificate(req)];
    for (const name of Object.keys(req.headers))
      if (!kept.has(name) && !FOR_TOKEN_SERVICE.includes(name)) delete req.headers[name];
    tellCallerAddress(req, address);
    tell();
    next();
  };
}

export interface UpstreamOptions {
  origin: string;
  /** The longest silence, before the head of the answer and within it. */
  silenceSeconds: number;
}

/** @param path with the query, as it is there. @param headers all that it is told, but for the framing of the body. */
export type AskUpstream = (
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  headers: HeaderList,
) => Promise<IncomingMessage>;

interface Waiting {
  answer: (answer: IncomingMessage) => void;
  fail: (cause: unknown) => void;
}

/**
 * Asks a further upstream with the body of a request, as it comes.
 *
 * @returns what gives its answer, with the body still to be read, and throws Refusal 502 or 504, or an Error where the
 * caller has gone.
 */
export function createAskUpstream({ origin, silenceSeconds }: UpstreamOptions): AskUpstream {
  const waiting = new WeakMap<IncomingMessage, Waiting>();
  const proxy = createProxyMiddleware<IncomingMessage, ServerResponse>({
    ...optionsFor(origin, silenceSeconds * 1000),
    selfHandleResponse: true,
    on: {
      proxyReq: (proxyReq, req) => {
        proxyReq.once('timeout', () => waiting.get(req)?.fail(tooLate()));
        /* Of an upgrade that nobody listens for Node says nothing: the caller would wait for ever. */
        proxyReq.once('upgrade', (_answer, socket) => {
          socket.destroy();
          waiting.get(req)?.fail(new Error('101 from the upstream, which was not asked to upgrade'));
        });
      },
      proxyRes: (answer, req) => waiting.get(req)?.answer(answer),
      error: (cause, req) => waiting.get(req)?.fail(cause),
    },
  });
  return (req, res, path, headers) =>
    new Promise((resolve, reject) => {
      let isSecond = false;
      /* An answer that breaks off, or a call cut off when its time is over, fails once more: it must not be asked again. */
      const settle = (how: () => void) => {
        waiting.delete(req);
        how();
      };
      const ask = () => {
        req.url = path;
        void proxy(req, res, reject);
      };
      const fail = (cause: unknown) => {
        if (!isSecond && mayAskAgain(req, cause)) {
          isSecond = true;
          return ask();
        }
        settle(() => reject(cause instanceof Refusal ? cause : outOfReach(cause)));
      };
      waiting.set(req, { answer: (answer) => settle(() => resolve(answer)), fail });
      /* The proxy alone adds half a dozen, and Node would warn of a leak. */
      res.setMaxListeners(MOST_LISTENERS);
      res.once('close', () => settle(() => reject(new Error('the caller went away'))));
      if (awaitsContinue(req)) res.writeContinue();
      req.headers = withFraming(req, headers);
      ask();
    });
}

/** An idle connection that is closed in the very moment it is used again: the call was not seen. @see RFC 9112 §9.3.1 */
function mayAskAgain({ method }: IncomingMessage, cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return (method === 'GET' || method === 'HEAD') && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** Only the parsed framing goes on: Node made sure that there is one, and that it can be read in one way. */
function withFraming({ headers: said, method = '' }: IncomingMessage, headers: HeaderList): IncomingHttpHeaders {
  /* A header may be called `constructor`, or `__proto__`. */
  const list = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) (list[name.toLowerCase()] ??= []).push(value);
  const { 'content-length': length, 'transfer-encoding': coding } = said;
  if (coding !== undefined) list['transfer-encoding'] = ['chunked'];
  else if (length !== undefined && !['GET', 'HEAD'].includes(method)) list['content-length'] = [length];
  return list;
}

function optionsFor(target: string, silenceMs: number): Options {
  const agentOptions = { keepAlive: true, maxSockets: CONNECTIONS, timeout: UNUSED_MS };
  const agent = target.startsWith('https:') ? new TlsAgent(agentOptions) : new Agent(agentOptions);
  return { target, ws: false, xfwd: false, changeOrigin: true, agent, proxyTimeout: silenceMs };
}

function tooLate(): Refusal {
  return new Refusal('gateway_timeout', 'there was no answer in time; the call may or may not have been carried out');
}

function outOfReach(cause: unknown): Refusal {
  return new Refusal('bad_gateway', 'what serves this could not be reached, or broke off; try again', { cause });
}
