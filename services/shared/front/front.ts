/**
 * What accepts connections before node:http does, and keeps those whose every request is an ordinary one: for these most of
 * what a Node server does for a request is done for nothing, and it costs more than all that hallpass does itself. A connection
 * that brings anything else is handed to node:http, with what it brought, and stays there.
 *
 * Both read with the same parser, so there is nothing that one takes for a request and the other does not.
 */
import type { Socket } from 'node:net';
import type { Handler } from './message.ts';
import { OrdinaryAnswer } from './ordinary-answer.ts';
import { createReadOrdinary, type OrdinaryRequest } from './ordinary-request.ts';
import { createReadInto } from './read-into.ts';

export interface FrontOptions {
  /** Whether a target is for the handler; whatever is not is node:http's. */
  takes: (target: string) => boolean;
  handler: Handler;
  /** Gives a connection to node:http. */
  handOver: (socket: Socket) => void;
  patience: Patience;
}

export interface Patience {
  /** Until something comes. */
  headMs: number;
  /** For the piece that comes behind a head: some clients send their bodies so. */
  bodyMs: number;
  /** Between two requests; and what callers are told of it. */
  keptMs: number;
  keptSeconds: number;
  /** While a request is answered and nothing moves. */
  idleMs: number;
}

export interface Front {
  accept: (socket: Socket) => void;
  /** Ends the connections on which no request has begun. */
  closeIdle(): void;
  closeAll(): void;
}

interface Connection {
  readonly socket: Socket;
  /** Who is told of what comes. */
  reader: 'front' | 'node:http' | 'nobody';
  answering: OrdinaryAnswer | undefined;
  /** What is not read yet: the beginning of a request, what came while one was answered, or what is not ordinary. */
  ahead: Buffer | undefined;
}

export function createFront({ takes, handler, handOver, patience }: FrontOptions): Front {
  const { headMs, bodyMs, keptMs, keptSeconds, idleMs } = patience;
  const read = createReadOrdinary(takes);
  const readInto = createReadInto();
  const connections = new Set<Connection>();

  function accept(accepted: Socket): void {
    const wait = (ms: number) => {
      if (socket.timeout !== ms) socket.setTimeout(ms);
    };
    const onData = (piece: Buffer) => {
      const { answering, ahead } = connection;
      const bytes = ahead ? Buffer.concat([ahead, piece]) : piece;
      const request = answering ? undefined : read(bytes, socket);
      if (request && request !== 'begun') return answer(request);
      connection.ahead = ahead ? bytes : Buffer.from(bytes);
      if (request === 'begun' && !ahead) return wait(bodyMs);
      socket.pause();
      if (!answering) leave();
    };
    const answer = (request: OrdinaryRequest) => {
      connection.ahead = undefined;
      connection.answering = new OrdinaryAnswer({ socket, method: request.method, keptSeconds, sent });
      wait(keptMs);
      handler(request, connection.answering);
    };
    const sent = (isLast: boolean) => {
      connection.answering = undefined;
      /* "MUST NOT process any further requests received on that connection" (RFC 9112 §9.6). */
      if (isLast) {
        connection.reader = 'nobody';
        socket.resume().destroySoon();
      } else if (connection.ahead) leave();
      else wait(keptMs);
    };
    /* Whoever has sent nothing yet is told so by node:http, once its own clock has run out. */
    const onTimeout = () => {
      if (connection.answering && socket.timeout !== idleMs) wait(idleMs);
      else if (connection.ahead || socket.timeout === headMs) leave();
      else socket.destroy();
    };
    const onEnd = () => void socket.end();
    const onError = () => void socket.destroy();
    const onClose = () => {
      connections.delete(connection);
      connection.answering?.closed();
    };
    const leave = () => {
      connections.delete(connection);
      connection.reader = 'node:http';
      socket.off('end', onEnd).off('error', onError).off('close', onClose).off('timeout', onTimeout);
      socket.setTimeout(0);
      if (connection.ahead) socket.unshift(connection.ahead);
      handOver(socket);
      socket.resume();
    };
    const take = (piece: Buffer): boolean => {
      if (connection.reader === 'node:http') return socket.push(Buffer.from(piece));
      if (connection.reader === 'front') onData(piece);
      return true;
    };

    const socket = readInto(accepted, take);
    const connection: Connection = { socket, reader: 'front', answering: undefined, ahead: undefined };
    connections.add(connection);
    wait(headMs);
    socket.on('end', onEnd).on('error', onError).on('close', onClose).on('timeout', onTimeout);
  }

  return {
    accept,
    closeIdle: () => {
      for (const { socket, answering, ahead } of connections) if (!answering && !ahead) socket.destroy();
    },
    closeAll: () => {
      for (const { socket } of connections) socket.destroy();
    },
  };
}
