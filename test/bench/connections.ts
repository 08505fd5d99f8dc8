/** Kept-alive connections of a client that costs next to nothing. */
import { connect } from 'node:net';
import { readResponses } from '../support/read-responses.ts';
import type { Sent } from './messages.ts';

export interface Connections {
  /**
   * Over one that is free, or a new one; again where a server closed one that it had kept, as Apache does with many.
   *
   * @throws Error unless the answer is 200: a benchmark of refusals would look very fast.
   */
  ask(sent: Sent): Promise<void>;
  close(): void;
}

interface Connection {
  ask(sent: Sent): Promise<void>;
  close(): void;
}

const SMALL_BYTES = 65_536;

/** A kept connection ended before a byte of an answer came. @see RFC 9112 §9.3.1 */
class NotAnswered extends Error {}

export function createConnections(port: number): Connections {
  const [all, free]: [Connection[], Connection[]] = [[], []];
  const opened = async (): Promise<Connection> => {
    const connection = await open(port);
    all.push(connection);
    return connection;
  };
  const ask = async (sent: Sent): Promise<void> => {
    const connection = free.pop() ?? (await opened());
    try {
      await connection.ask(sent);
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      return ask(sent);
    }
    free.push(connection);
  };
  return { ask, close: () => all.forEach((connection) => connection.close()) };
}

async function open(port: number): Promise<Connection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let pieces: Buffer[] = [];
  let [asked, isOver] = [0, false];
  let settle: PromiseWithResolvers<void> | undefined;
  const end = (why: string) => {
    isOver = true;
    settle?.reject(asked > 1 && pieces.length === 0 ? new NotAnswered(why) : new Error(`${port} ${why}`));
  };
  socket.on('data', (piece) => {
    pieces.push(piece);
    const [answer] = readResponses(pieces.length === 1 ? piece : Buffer.concat(pieces));
    if (!answer?.complete) return;
    pieces = [];
    if (answer.status === 200) settle?.resolve();
    else settle?.reject(new Error(`${port} answered ${answer.status}: ${answer.body}`));
  });
  socket.on('error', (error) => end(error.message)).on('close', () => end('closed the connection'));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return {
    ask: ([start, rest]) => {
      settle = Promise.withResolvers();
      asked += 1;
      if (isOver) end('closed the connection');
      else if (rest.length <= SMALL_BYTES) socket.write(Buffer.concat([start, rest]));
      else {
        socket.write(start);
        socket.write(rest);
      }
      return settle.promise;
    },
    close: () => socket.destroy(),
  };
}
