/** Asks an LRS over a pool of kept-alive connections, streaming both ways. The only file that imports undici. */
import { Readable } from 'node:stream';
import { errors, Pool } from 'undici';
import { Refusal } from '../shared/refusal.ts';
import type { Answer } from './call.ts';
import type { Departure } from './departure.ts';
import { pairs } from './headers.ts';
import type { UpstreamRequest } from './rewrite.ts';

export interface ForwardOptions {
  connectSeconds: number;
  /** To the head of the answer. */
  responseSeconds: number;
  /** Between two pieces of it. */
  idleSeconds: number;
}

export interface Forward {
  /** @throws Refusal 502 or 504. */
  ask(request: UpstreamRequest, departure: Departure): Promise<Answer>;
  close(): Promise<void>;
}

const CONNECTIONS = 256;
/** Shorter than most servers keep a connection, so that a request seldom meets one that is just being closed. */
const KEEP_ALIVE_MS = 4000;

export function createForward({ connectSeconds, responseSeconds, idleSeconds }: ForwardOptions): Forward {
  const pools = new Map<string, Pool>();

  function poolOf(origin: string): Pool {
    const known = pools.get(origin);
    if (known) return known;
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: connectSeconds * 1000 },
      headersTimeout: responseSeconds * 1000,
      bodyTimeout: idleSeconds * 1000,
    });
    pools.set(origin, pool);
    return pool;
  }

  async function once(request: UpstreamRequest, signal: AbortSignal): Promise<Answer> {
    const { origin, method, path, headers, contentLength, openBody } = request;
    const length = contentLength === undefined ? [] : ['content-length', String(contentLength)];
    const hasBody = contentLength !== 0;
    const body = hasBody ? openBody() : null;
    const response = await poolOf(origin).request({
      method,
      path,
      headers: [...headers.flat(), ...(hasBody ? length : [])],
      body: Buffer.isBuffer(body) && contentLength === undefined ? Readable.from([body]) : body,
      signal,
      responseHeaders: 'raw',
    });
    return {
      status: response.statusCode,
      headers: pairs(response.headers as unknown as string[]),
      body: response.body,
    };
  }

  return {
    ask: async (request, departure) => {
      const abort = new AbortController();
      departure.onGone = () => abort.abort();
      if (departure.hasGone) abort.abort();
      const { signal } = abort;
      try {
        return await once(request, signal).catch((error: unknown) => {
          if (!mayAskAgain(request, error)) throw error;
          return once(request, signal);
        });
      } catch (error) {
        throw asRefusal(error);
      } finally {
        departure.onGone = undefined;
      }
    },
    close: async () => {
      for (const pool of pools.values()) await pool.destroy();
    },
  };
}

/**
 * An LRS that closes an idle connection in the very moment it is used again has not seen the call, and asking it again
 * to read changes nothing.
 *
 * @see RFC 9110 §9.2.2, RFC 9112 §9.3.1
 */
function mayAskAgain({ method }: UpstreamRequest, error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (method === 'GET' || method === 'HEAD') && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code ?? '');
}

function asRefusal(cause: unknown): Refusal {
  if (cause instanceof errors.ConnectTimeoutError)
    return new Refusal('gateway_timeout', 'the LRS could not be reached in time; try again', { cause });
  if (cause instanceof errors.HeadersTimeoutError)
    return new Refusal(
      'gateway_timeout',
      'the LRS did not answer in time; the call may or may not have been carried out',
      {
        cause,
      },
    );
  return new Refusal('bad_gateway', 'the LRS could not be reached, or broke off; try again', { cause });
}
