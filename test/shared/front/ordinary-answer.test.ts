import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { streamTo, type Handler, type HttpAnswer } from '../../../services/shared/front/message.ts';
import type { Listening } from '../../../services/shared/serve.ts';
import { rawRequest } from '../../support/raw-request.ts';
import { eventually } from '../../support/wait.ts';
import { serveWithFront } from './scene.ts';

let answer: Handler;
let server: Listening;
beforeAll(async () => {
  server = await serveWithFront((req, res) => answer(req, res));
});
afterAll(() => server.close());

const head = (method = 'GET') => `${method} /front HTTP/1.1\r\nHost: a\r\n\r\n`;
const ask = (handler: Handler, method?: string, options = {}) => {
  answer = handler;
  return rawRequest(server.port, head(method), options);
};
const failed = (error: unknown) => (error as Error).message;

describe('a whole answer', () => {
  it.each([
    ['text in UTF-8', 'héé…', undefined, Buffer.from('héé…')],
    ['bytes', Buffer.from([0, 255, 13, 10, 128]), undefined, Buffer.from([0, 255, 13, 10, 128])],
    ['text, one byte a character', '\x00ÿ\r\n\x80', 'latin1', Buffer.from([0, 255, 13, 10, 128])],
    ['nothing', undefined, undefined, Buffer.alloc(0)],
  ] as const)('has the length of its bytes where none was said: %s', async (_what, body, encoding, expected) => {
    const sent = await ask((_req, res) => void res.writeHead(200, {}).end(body, encoding));
    expect(sent.headers.get('content-length')).toEqual([String(expected.length)]);
    expect(sent.headers.has('transfer-encoding')).toBe(false);
    expect(sent.bytes.subarray(sent.bytes.indexOf('\r\n\r\n') + 4)).toEqual(expected);
  });

  it('has the length that was said, once', async () => {
    const sent = await ask((_req, res) => void res.writeHead(200, ['content-length', '2']).end('ok'));
    expect(sent.headers.get('content-length')).toEqual(['2']);
    expect(sent.body).toBe('ok');
  });

  /* RFC 9112 §6.3: "always terminated by the first empty line after the header fields". */
  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('has no body after %s with %i, whatever was given, and no length of it', async (method, status) => {
    const sent = await ask((_req, res) => void res.writeHead(status, {}).end('a body'), method, { afterwardsMs: 50 });
    expect(sent.status).toBe(status);
    expect(sent.text).toMatch(/\r\n\r\n$/);
    expect(sent.headers.has('content-length')).toBe(false);
  });

  it('has the headers that were set before, where the head does not say otherwise', async () => {
    const sent = await ask((_req, res) => {
      res.setHeader('X-Set', 'before');
      res.setHeader('X-Both', 'before');
      res.setHeader('X-Gone', 'before');
      res.removeHeader('x-gone');
      expect([res.hasHeader('x-set'), res.hasHeader('X-Gone')]).toEqual([true, false]);
      res.writeHead(201, ['x-both', 'in the head']).end();
    });
    expect(sent.status).toBe(201);
    expect([...sent.headers].filter(([name]) => name.startsWith('x-'))).toEqual([
      ['x-both', ['in the head']],
      ['x-set', ['before']],
    ]);
  });

  it('keeps the Date of whoever said it', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    expect((await ask((_req, res) => void res.writeHead(200, { Date: date }).end())).headers.get('date')).toEqual([
      date,
    ]);
  });

  it('ends the connection where its head says so', async () => {
    const sent = await ask((_req, res) => {
      res.setHeader('Connection', 'close');
      res.writeHead(200).end('last');
    });
    expect(sent).toMatchObject({ body: 'last', closed: true });
    expect(sent.headers.get('connection')).toEqual(['close']);
    expect(sent.headers.has('keep-alive')).toBe(false);
  });
});

/* CWE-113: the caller, or a cache on the way, would read two answers. */
describe('a header that would begin a line of its own', () => {
  it.each([
    ['a value with CRLF', 'X-A', 'b\r\nSet-Cookie: c'],
    ['a value with LF', 'X-A', 'b\nSet-Cookie: c'],
    ['a value that Latin-1 would fold to LF', 'X-A', 'b\u010aSet-Cookie: c'],
    ['a value with NUL', 'X-A', 'b\0'],
    ['a name with a colon', 'X-A: b\r\nX', 'c'],
    ['an empty name', '', 'c'],
    ['what frames the body', 'Transfer-Encoding', 'chunked'],
  ])('is refused before anything is sent: %s', async (_what, name, value) => {
    const problems: string[] = [];
    const sent = await ask((_req, res) => {
      try {
        res.writeHead(200, [name, value]);
      } catch (error) {
        problems.push(failed(error));
      }
      expect(res.headersSent).toBe(false);
      res.writeHead(500, {}).end('refused');
    });
    expect(problems).toHaveLength(1);
    expect(sent).toMatchObject({ status: 500, body: 'refused' });
    expect(sent.text).not.toContain('Set-Cookie');
  });
});

describe('an answer that comes bit by bit', () => {
  const pieces = ['one ', '', 'two ', 'three'];
  const streamed =
    (headers: string[]): Handler =>
    (_req, res) => {
      res.writeHead(200, headers);
      void pipeline(Readable.from(pieces.map((text) => Buffer.from(text))), streamTo(res));
    };

  it('comes in chunks where no length was said', async () => {
    const sent = await ask(streamed([]));
    expect(sent.headers.get('transfer-encoding')).toEqual(['chunked']);
    expect(sent.text).toMatch(/\r\n\r\n4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n$/);
  });

  it('comes as it is where one was', async () => {
    const sent = await ask(streamed(['Content-Length', '13']));
    expect(sent.headers.has('transfer-encoding')).toBe(false);
    expect(sent.body).toBe('one two three');
  });

  it('has no body after HEAD, and no chunks', async () => {
    const sent = await ask(streamed([]), 'HEAD', { afterwardsMs: 50 });
    expect(sent.headers.has('transfer-encoding')).toBe(false);
    expect(sent.text).toMatch(/\r\n\r\n$/);
  });

  it('is followed by another on the same connection', async () => {
    answer = streamed([]);
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString('latin1')));
    for (let n = 1; n <= 3; n++) {
      socket.write(head());
      await eventually(() => expect(text.match(/\r\n0\r\n\r\n/g)).toHaveLength(n));
    }
    socket.destroy();
  });

  it('is cut off where it breaks off: a part is never passed off as the whole', async () => {
    const problems: string[] = [];
    let ended: HttpAnswer | undefined;
    const sent = await ask((_req, res) => {
      ended = res;
      res.writeHead(200, []);
      async function* broken() {
        yield Buffer.from('half');
        await Promise.resolve();
        throw new Error('it broke off');
      }
      pipeline(broken, streamTo(res)).catch((error: unknown) => problems.push(failed(error)));
    });
    expect(sent.closed).toBe(true);
    expect(sent.text).toMatch(/4\r\nhalf\r\n$/);
    expect(problems).toEqual(['it broke off']);
    expect(ended?.writableFinished).toBe(false);
  });

  it('is not read on while the caller takes nothing', async () => {
    let made = 0;
    answer = (_req, res) => {
      res.writeHead(200, []);
      const endless = new Readable({
        read() {
          made += 1;
          this.push(Buffer.alloc(64 * 1024));
        },
      });
      pipeline(endless, streamTo(res)).catch(() => undefined);
    };
    const socket = connect(server.port, '127.0.0.1').pause();
    socket.write(head());
    let before = -1;
    await eventually(() => {
      const isStill = made > 0 && made === before;
      before = made;
      expect(isStill).toBe(true);
    });
    expect(made).toBeLessThan(1000);
    socket.destroy();
    await once(socket, 'close');
  });
});

describe('a caller that goes away', () => {
  it('ends the stream of its answer, which is not read on', async () => {
    const body = new Readable({ read: () => undefined });
    const problems: string[] = [];
    answer = (_req, res) => {
      res.writeHead(200, []);
      pipeline(body, streamTo(res)).catch((error: unknown) => problems.push(failed(error)));
      body.push('a part');
    };
    const socket = connect(server.port, '127.0.0.1');
    socket.write(head());
    await once(socket, 'data');
    socket.destroy();
    await eventually(() => expect(problems).toEqual(['the caller went away']));
    expect(body.destroyed).toBe(true);
  });

  it('is heard of once, while its answer is awaited', async () => {
    const closed: boolean[] = [];
    const asked = Promise.withResolvers<void>();
    answer = (_req, res) => {
      res.on('close', () => closed.push(res.writableFinished));
      asked.resolve();
    };
    const socket = connect(server.port, '127.0.0.1');
    socket.write(head());
    await asked.promise;
    socket.destroy();
    await eventually(() => expect(closed).toEqual([false]));
  });

  it('is heard of once, where the answer has been sent', async () => {
    const closed: boolean[] = [];
    await ask((_req, res) => {
      res.on('close', () => closed.push(res.writableFinished));
      res.writeHead(200).end('ok');
    });
    expect(closed).toEqual([true]);
  });
});
