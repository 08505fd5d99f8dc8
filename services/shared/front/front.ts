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
import { createReadOrdinary } from './ordinary-request.ts';

export interface FrontOptions {
  /** Whether a target is for the handler; whatever is not is node:http's. */
  takes: (target: string) => boolean;
  handler: Handler;
  /** Gives a connection to node:http. */
  handOver: (socket: Socket) => void;
  patience: Patience;
}

/** In milliseconds. */
export interface Patience {
  /** Until something comes. */
  headMs: number;
  /** Between two requests. */
  keptMs: number;
  /** While a request is answered and nothing moves. */
  idleMs: number;
}

export interface Front {
  accept: (socket: Socket) => void;
  /** Ends the connections that no request is answered on. */
  closeIdle(): void;
  closeAll(): void;
}

interface Connection {
  readonly socket: Socket;
  answering: OrdinaryAnswer | undefined;
}

export function createFront({ takes, handler, handOver, patience }: FrontOptions): Front {
  const { headMs, keptMs, idleMs } = patience;
  const keptSeconds = Math.floor(keptMs / 1000);
  const read = createReadOrdinary();
  const connections = new Set<Connection>();

  function accept(socket: Socket): void {
    const connection: Connection = { socket, answering: undefined };
    /** What was not read: it came while a request was answered, or is no ordinary one. */
    let ahead: Buffer | undefined;

    const wait = (ms: number) => {
      if (socket.timeout !== ms) socket.setTimeout(ms);
    };
    const onData = (bytes: Buffer) => {
      const request = connection.answering ? undefined : read(bytes, socket);
      if (request && takes(request.url)) {
        const answer = new OrdinaryAnswer({ socket, method: request.method, keptSeconds, sent });
        connection.answering = answer;
        wait(keptMs);
        return handler(request, answer);
      }
      ahead = bytes;
      socket.pause();
      if (!connection.answering) leave();
    };
    const sent = (isLast: boolean) => {
      connection.answering = undefined;
      if (isLast) socket.destroySoon();
      else if (ahead) leave();
      else wait(keptMs);
    };
    /* Whoever has sent nothing yet is told so by node:http, once its own clock has run out. */
    const onTimeout = () => {
      if (connection.answering && socket.timeout !== idleMs) wait(idleMs);
      else if (socket.timeout === headMs) leave();
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
      socket
        .off('data', onData)
        .off('end', onEnd)
        .off('error', onError)
        .off('close', onClose)
        .off('timeout', onTimeout);
      socket.setTimeout(0);
      if (ahead) socket.unshift(ahead);
      handOver(socket);
      socket.resume();
    };
    connections.add(connection);
    wait(headMs);
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose).on('timeout', onTimeout);
  }

  return {
    accept,
    closeIdle: () => {
      for (const { socket, answering } of connections) if (!answering) socket.destroy();
    },
    closeAll: () => {
      for (const { socket } of connections) socket.destroy();
    },
  };
}
