/** A call as handlers see it: node:http's own objects are such, and so are the lean ones of the front. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { AnswerHeaders } from './answer-head.ts';
import type { OrdinaryRequest } from './ordinary-request.ts';

export type HttpRequest = IncomingMessage | OrdinaryRequest;

/** Of a ServerResponse what a handler may use that serves the front as well. */
export interface HttpAnswer {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  on(event: 'close', listener: () => void): unknown;
  setHeader(name: string, value: string): unknown;
  hasHeader(name: string): boolean;
  removeHeader(name: string): void;
  writeHead(status: number, headers?: AnswerHeaders): this;
  end(body?: string | Buffer, encoding?: BufferEncoding): unknown;
  destroy(): unknown;
  /** For a request that awaits it, as none at the front does. */
  writeContinue?(): void;
  /** What takes a body that comes bit by bit; a ServerResponse does so itself. */
  stream?(): Writable;
}

/** Where the body of an answer goes that comes bit by bit. */
export function streamTo(res: HttpAnswer): NodeJS.WritableStream {
  return res.stream?.() ?? (res as ServerResponse);
}

export type Handler = (req: HttpRequest, res: HttpAnswer) => void;
