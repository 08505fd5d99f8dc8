/** How long an LRS is waited for, who stops waiting, and what is held of an answer that nobody takes. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { freePort } from '../../support/free-port.ts';
import { withUnreachable } from '../../support/unreachable.ts';
import { eventually } from '../../support/wait.ts';
import { ok, says, staying, textOf, upstreamScene } from './support.ts';

const scene = upstreamScene();
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('an LRS that is slow', () => {
  it('to be connected to is given up: it was not reached', async () => {
    await withUnreachable(async (origin) => {
      expect(await scene.outcome({ origin })).toBe('unreached');
    });
  });

  it.each([
    ['says nothing', ''],
    ['says half a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['says only that it goes on', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('is given up, and its connection ended, where it %s', async (_what, said) => {
    scene.answers((socket) => void socket.write(said));
    const startedAt = performance.now();
    expect(await scene.outcome()).toBe('unanswered');
    expect(performance.now() - startedAt).toBeGreaterThan(390);
    await eventually(() => expect(scene.open.size).toBe(0));
  });

  it('is given up although it goes on and on before its answer', async () => {
    scene.answers((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 100);
      socket.once('close', () => clearInterval(timer));
    });
    expect(await scene.outcome()).toBe('unanswered');
  });

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['with a long length', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf'],
    ['in chunks', `${CHUNKED}4\r\nhalf\r\n`],
  ])('within an answer %s is given up, and what has come is not passed off as whole', async (_what, said) => {
    scene.answers(says(said));
    expect(await scene.outcome()).toBe('200 half…');
    await eventually(() => expect(scene.open.size).toBe(0));
  });

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n'],
    ['without one', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
  ])('is waited for while something comes, for longer than it has: %s', async (_what, head) => {
    scene.answers((socket) => {
      socket.write(head);
      for (let n = 1; n <= 6; n++) setTimeout(() => socket.write(String(n)), n * 200);
      setTimeout(() => socket.end(), 1300);
    });
    expect(await scene.outcome()).toBe('200 123456');
  });

  it('is waited for only once the body was sent', async () => {
    scene.answers((socket, received) => {
      if (received.endsWith('6')) socket.write(ok('abc'));
    });
    const body = Readable.from(
      (async function* () {
        for (let n = 1; n <= 6; n++) {
          await sleep(200);
          yield Buffer.from(String(n));
        }
      })(),
    );
    expect(await scene.outcome({ method: 'PUT', body, length: 6 })).toBe('200 abc');
  });

  it('to take a body is given up', async () => {
    scene.answers((socket) => void socket.pause());
    const body = Readable.from(Array.from({ length: 2000 }, () => Buffer.alloc(65_536)));
    expect(await scene.outcome({ method: 'PUT', body, length: 2000 * 65_536 })).toBe('unanswered');
    expect(body.destroyed).toBe(true);
  });
});

describe('a caller that goes away', () => {
  it.each([
    ['while the LRS is silent', ''],
    ['within the head', 'HTTP/1.1 200 OK\r\n'],
    ['within a small answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('ends the call and its connection: %s', async (_what, said) => {
    scene.answers((socket) => void socket.write(said));
    const departure = staying();
    const outcome = scene.outcome({}, departure);
    await eventually(() => expect(scene.received.join()).toContain('\r\n\r\n'));
    await sleep(20);
    departure.onGone?.();
    expect(await outcome).toBe('error: the caller went away');
    expect(departure.onGone).toBeUndefined();
    await eventually(() => expect(scene.open.size).toBe(0));
  });

  it('ends an answer that is under way', async () => {
    scene.answers(says('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf'));
    const departure = staying();
    const { body } = await scene.ask({}, departure);
    departure.onGone?.();
    expect(await textOf(body)).toMatch(/…$/);
    await eventually(() => expect(scene.open.size).toBe(0));
  });

  it('before it is asked for is not asked for', async () => {
    scene.answers(says(ok('abc')));
    expect(await scene.outcome({}, { hasGone: true, onGone: undefined })).toMatch(/^error/);
    expect(scene.received).toEqual([]);
  });

  it('after the answer ends nothing', async () => {
    scene.answers(says(ok('abc')));
    const departure = staying();
    expect(await scene.outcome({}, departure)).toBe('200 abc');
    expect(departure.onGone).toBeUndefined();
    expect(await scene.outcome()).toBe('200 abc');
    expect(scene.received).toHaveLength(1);
  });
});

describe('an answer that nobody takes', () => {
  const BYTES = 50 * 1024 * 1024;
  const EXPECTED = Buffer.alloc(1024 * 1024, 'a');

  async function startPouring(head: string): Promise<{ origin: string; written: () => number; close: () => void }> {
    let socket: Socket | undefined;
    const piece = Buffer.alloc(65_536, 'a');
    const server = createServer((accepted) => {
      socket = accepted.on('error', () => undefined);
      accepted.once('data', () => {
        accepted.write(head);
        let left = BYTES;
        const pour = () => {
          while (left > 0) {
            left -= piece.length;
            if (!accepted.write(piece)) return;
          }
          accepted.end();
        };
        accepted.on('drain', pour);
        pour();
      });
    });
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return {
      origin: `http://127.0.0.1:${port}`,
      written: () => (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0),
      close: () => {
        socket?.destroy();
        server.close();
      },
    };
  }

  it.each([
    ['with a length', `HTTP/1.1 200 OK\r\nContent-Length: ${BYTES}\r\n\r\n`],
    ['until the end', 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('is not read on, however long that takes, and nothing of it is lost: %s', async (_what, head) => {
    const { origin, written, close } = await startPouring(head);
    try {
      const { body } = await scene.ask({ origin });
      if (Buffer.isBuffer(body)) throw new Error('it is not all there');
      await sleep(1000);
      expect(body.readableLength).toBeLessThanOrEqual(128 * 1024);
      expect(written()).toBeLessThan(BYTES / 2);
      let read = 0;
      for await (const piece of body as AsyncIterable<Buffer>) {
        if (!piece.equals(EXPECTED.subarray(0, piece.length))) throw new Error('another byte');
        read += piece.length;
      }
      expect(read).toBe(BYTES);
    } finally {
      close();
    }
  });

  it('breaks off while nobody listens, and no process ends of it', async () => {
    scene.answers((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf');
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const { body } = await scene.ask();
    await eventually(() => expect(scene.open.size).toBe(0));
    await sleep(50);
    expect(await textOf(body)).toMatch(/…$/);
  });
});
