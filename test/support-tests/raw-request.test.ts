import type { Socket } from 'node:net';
import { startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts';
import { rawRequest } from '../support/raw-request.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('rawRequest', () => {
  let server: RawUpstream;
  const answering = async (onSocket: (socket: Socket) => void) => {
    server = await startRawUpstream(onSocket);
    return server.port;
  };
  afterEach(() => server.close());

  it('reads a chunked response that comes in pieces, without waiting for the close', async () => {
    const port = await answering((socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n3\r\nabc\r\n2',
      );
      setTimeout(() => socket.write('\r\nde\r\n0\r\n\r\n'), 30);
    });
    const answer = await rawRequest(port, GET);
    expect(answer).toMatchObject({ status: 200, body: 'abcde', closed: false });
    expect(answer.headers.get('set-cookie')).toEqual(['a', 'b']);
  });

  it('passes over 100 Continue and reads by Content-Length', async () => {
    const port = await answering((socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n\u00e9');
    });
    expect(await rawRequest(port, GET)).toMatchObject({ status: 201, body: '\u00e9', closed: false });
  });

  it('waits for the close that a response announces', async () => {
    const port = await answering((socket) => {
      socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      setTimeout(() => socket.end(), 50);
    });
    expect(await rawRequest(port, GET)).toMatchObject({ status: 400, closed: true });
  });

  it('knows that the answer to HEAD has no body, and reads as many responses as are wanted', async () => {
    const port = await answering((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx');
    });
    const answer = await rawRequest(port, `HEAD / HTTP/1.1\r\n\r\n${GET}`, { responses: 2 });
    expect(answer.responses.map(({ status, body }) => [status, body])).toEqual([
      [200, ''],
      [404, 'x'],
    ]);
  });

  it('writes each byte as it is, and each part on its own', async () => {
    const received: Buffer[] = [];
    const port = await answering((socket) => {
      socket.on('data', (chunk) => received.push(chunk));
      socket.on('end', () => socket.destroy());
    });
    await rawRequest(port, ['GET /\u0000\u00ff', Buffer.from([1, 0x80])], { endAfterWrite: true });
    expect(received).toEqual([Buffer.from('GET /\u0000\u00ff', 'latin1'), Buffer.from([1, 0x80])]);
    await expect(rawRequest(port, '\u20ac')).rejects.toThrow('pass a Buffer');
  });

  it('gives back what came when the time is over', async () => {
    const port = await answering((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    });
    const answer = await rawRequest(port, GET, { timeoutMs: 100 });
    expect(answer).toMatchObject({ status: 200, body: 'half', closed: false });
    expect(answer.responses[0]?.complete).toBe(false);
  });

  it('says closed after a reset', async () => {
    const port = await answering((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await rawRequest(port, GET)).toMatchObject({ status: undefined, text: '', closed: true });
  });
});
