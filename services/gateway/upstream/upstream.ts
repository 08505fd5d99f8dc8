/** Asks LRSs by HTTP/1.1 on plain sockets. What it reads is only what can be read in one way. */
import type { Readable } from 'node:stream';
import type { Departure } from '../departure.ts';
import type { UpstreamAnswer } from './asking.ts';
import { TICK_MS, type Clock } from './clock.ts';
import type { Patience } from './connection.ts';
import { UpstreamFault } from './fault.ts';
import { originOf, type Origin } from './origin.ts';
import { createPool, type Pool } from './pool.ts';
import { inOneChunk } from './send-body.ts';
import { requestHead, type Said } from './request-head.ts';

export interface UpstreamCall extends Omit<Said, 'hasBody'> {
  /** Scheme, host and perhaps port. */
  origin: string;
  /** A Buffer is sent with the head, in one write; a stream as it comes. */
  body: Buffer | Readable | undefined;
}

export interface Upstream {
  /** @throws UpstreamFault, or an Error where the caller has gone or the body broke off. */
  ask(call: UpstreamCall, departure: Departure): Promise<UpstreamAnswer>;
  /** Ends every connection and every call. */
  close(): void;
}

/** Is told what each call came to: as it settles, since a promise more for each would cost more than all that is counted. */
export interface UpstreamObserver {
  /** @param tookMs until the head of the answer. */
  answered(status: number, tookMs: number): void;
  /** @param error as whoever asked is told. */
  failed(error: Error): void;
  /** Whoever asked went before there was an answer. */
  departed(): void;
}

interface UpstreamOptions {
  patience: Patience;
  /** What is made of an error for whoever asked. */
  explained?: (error: Error) => Error;
  observer?: UpstreamObserver | undefined;
}

interface Place {
  origin: Origin;
  pool: Pool;
}

export function createUpstream({ patience, explained = (error) => error, observer }: UpstreamOptions): Upstream {
  const clock: Clock = { now: 0 };
  const places = new Map<string, Place>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function placeOf(url: string): Place {
    const known = places.get(url);
    if (known) return known;
    const origin = originOf(url);
    const place = { origin, pool: createPool(origin, patience, clock) };
    places.set(url, place);
    timer ??= setInterval(tick, TICK_MS).unref();
    return place;
  }

  /** A pool without connections is forgotten, and without pools there is nothing to watch. */
  function tick(): void {
    clock.now += 1;
    for (const [url, { pool }] of places) if (!pool.sweep()) places.delete(url);
    if (places.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    ask: ({ origin: url, method, path, headers, length, body }, departure) =>
      new Promise<UpstreamAnswer>((resolve, reject) => {
        const begunMs = observer ? performance.now() : 0;
        const answered = (answer: UpstreamAnswer) => {
          observer?.answered(answer.status, performance.now() - begunMs);
          resolve(answer);
        };
        const refuse = (cause: Error) => {
          if (body && !Buffer.isBuffer(body)) body.destroy();
          const error = explained(cause);
          if (departure.hasGone) observer?.departed();
          else observer?.failed(error);
          reject(error);
        };
        /* A body may break off while nobody reads it yet, and an 'error' that nobody hears ends the process. */
        if (body && !Buffer.isBuffer(body)) body.on('error', () => undefined);
        try {
          if (isClosed || departure.hasGone) throw new Error('it is not asked for any more');
          if (Buffer.isBuffer(body) && length !== undefined && length !== body.length)
            throw new UpstreamFault('broken', `a body of ${body.length} bytes is no body of ${length}`);
          const { origin, pool } = placeOf(url);
          const said: Said = { method, path, headers, hasBody: body !== undefined, length };
          const head = requestHead(origin.host, said);
          const sent = Buffer.isBuffer(body) && length === undefined ? inOneChunk(body) : body;
          pool.ask({
            method,
            head,
            body: sent,
            length,
            departure,
            resolve: answered,
            reject: refuse,
            isSecond: false,
            deadline: 0,
          });
        } catch (error) {
          refuse(error as Error);
        }
      }),
    close: () => {
      isClosed = true;
      clearInterval(timer);
      for (const { pool } of places.values()) pool.close();
      places.clear();
    },
  };
}
