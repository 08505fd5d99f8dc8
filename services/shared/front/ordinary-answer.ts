/**
 * The answer to an ordinary request: of node:http's what handlers use, but one that is whole is one text and one write.
 *
 * @see RFC 9112 §6, §7.1, §9.6
 */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { LAST_CHUNK, writeChunk } from '../chunks.ts';
import { sendTogether } from '../sent-together.ts';
import { answerHead, type AnswerHead, type AnswerHeaders } from './answer-head.ts';

export interface OrdinaryAnswerOptions {
  socket: Socket;
  /** The method of the request: HEAD has no body. */
  method: string;
  keptSeconds: number;
  /** All of it was sent. @param isLast whether the connection ends with it. */
  sent: (isLast: boolean) => void;
}

/** "… response to a HEAD request … 204 … 304 … is always terminated by the first empty line" (RFC 9112 §6.3). */
const WITHOUT_BODY = [204, 304];

export class OrdinaryAnswer {
  statusCode = 200;
  /** Whether all of it has been handed to the system. */
  writableFinished = false;
  readonly #options: OrdinaryAnswerOptions;
  readonly #onClose: (() => void)[] = [];
  #set: Map<string, readonly [name: string, value: string]> | undefined;
  #head: AnswerHead | undefined;
  #stream: Writable | undefined;
  #isOver = false;

  constructor(options: OrdinaryAnswerOptions) {
    this.#options = options;
  }

  /** Whether the head is settled. */
  get headersSent(): boolean {
    return this.#head !== undefined;
  }

  /** @param listener is called once: when all has been sent, or never will be. */
  on(_event: 'close', listener: () => void): this {
    this.#onClose.push(listener);
    return this;
  }

  setHeader(name: string, value: string): this {
    (this.#set ??= new Map()).set(name.toLowerCase(), [name, value]);
    return this;
  }

  hasHeader(name: string): boolean {
    return this.#set?.has(name.toLowerCase()) ?? false;
  }

  removeHeader(name: string): void {
    this.#set?.delete(name.toLowerCase());
  }

  /** Goes out with the body. @throws TypeError for a header that cannot be said; nothing has been sent then. */
  writeHead(status: number, headers: AnswerHeaders = []): this {
    this.statusCode = status;
    this.#headNow(headers);
    return this;
  }

  /** @param body that is whole, as text in the encoding. @throws TypeError for a header that cannot be said. */
  end(body: string | Buffer = '', encoding: BufferEncoding = 'utf8'): this {
    const head = this.#headNow();
    sendTogether(() => this.#send(head, body, encoding));
    return this;
  }

  #send({ text, hasLength }: AnswerHead, body: string | Buffer, encoding: BufferEncoding): void {
    const { socket } = this.#options;
    if (!this.#hasBody()) socket.write(`${text}\r\n`, 'latin1');
    else {
      const length = hasLength ? '' : `Content-Length: ${Buffer.byteLength(body, encoding)}\r\n`;
      if (typeof body === 'string' && encoding === 'latin1') socket.write(`${text}${length}\r\n${body}`, 'latin1');
      else {
        socket.cork();
        socket.write(`${text}${length}\r\n`, 'latin1');
        socket.write(body, encoding);
        socket.uncork();
      }
    }
    /* Mostly the system has taken it by now; to be called back for each would cost more. */
    if (socket.writableLength === 0 && !socket.destroyed) this.#finish();
    else socket.write('', (error) => void (error ?? this.#finish()));
  }

  /** For a body that comes bit by bit. To destroy it before its end cuts the caller off: a part is never passed off as the whole. */
  stream(): Writable {
    const { socket } = this.#options;
    const { text, hasLength } = this.#headNow();
    const hasBody = this.#hasBody();
    const isChunked = hasBody && !hasLength;
    socket.write(`${text}${isChunked ? 'Transfer-Encoding: chunked\r\n' : ''}\r\n`, 'latin1');
    this.#stream = new Writable({
      write: (piece: Buffer, _encoding, done) => {
        if (!hasBody) return done();
        if (!isChunked) return void socket.write(piece, done);
        socket.cork();
        writeChunk(socket, piece, done);
        socket.uncork();
      },
      final: (done) => void socket.write(isChunked ? LAST_CHUNK : '', 'latin1', done),
      destroy: (error, done) => {
        if (!this.#isOver) {
          socket.destroy();
          this.closed();
        }
        done(error);
      },
    }).on('finish', () => this.#finish());
    return this.#stream;
  }

  /** Cuts the caller off. */
  destroy(): void {
    this.#options.socket.destroy();
  }

  /** The connection is no more. */
  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const listener of this.#onClose) listener();
    if (!this.writableFinished) this.#stream?.destroy(new Error('the caller went away'));
  }

  #headNow(headers: AnswerHeaders = []): AnswerHead {
    this.#head ??= answerHead(this.statusCode, headers, this.#set, this.#options.keptSeconds);
    return this.#head;
  }

  #hasBody(): boolean {
    return this.#options.method !== 'HEAD' && !WITHOUT_BODY.includes(this.statusCode);
  }

  #finish(): void {
    this.writableFinished = true;
    this.closed();
    this.#options.sent(this.#head?.isLast ?? true);
  }
}
