/** The bytes of a call as they reach the LRS: these and no others, and never of a body more or less than was said. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/wait.ts';
import { ok, says, upstreamScene, type Script } from './support.ts';

const scene = upstreamScene();
const host = () => `Host: 127.0.0.1:${scene.lrs.port}\r\nConnection: keep-alive\r\n`;

/** Answers once so many bytes have come. */
const after =
  (bytes: number): Script =>
  (socket, received) => {
    if (received.length >= bytes) socket.write(ok('abc'));
  };

/** These pieces, each in its own turn. */
const streamed = (...pieces: (string | Buffer)[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));

describe('a call without a body', () => {
  beforeEach(() => scene.answers(says(ok('abc'))));

  it.each(['GET', 'HEAD', 'DELETE'])('is a head alone: %s', async (method) => {
    scene.answers(says(ok('')));
    await scene.outcome({ method, path: '/lrs/xapi/statements?a=b%20c&d={"e":"f"}', headers: [['X-A', 'one two']] });
    expect(scene.received).toEqual([
      `${method} /lrs/xapi/statements?a=b%20c&d={"e":"f"} HTTP/1.1\r\n${host()}X-A: one two\r\n\r\n`,
    ]);
  });

  it.each(['PUT', 'POST'])('says so where one would be expected: %s', async (method) => {
    await scene.outcome({ method });
    expect(scene.received).toEqual([`${method} / HTTP/1.1\r\n${host()}Content-Length: 0\r\n\r\n`]);
  });

  it('has its headers in their order and spelling, in Latin-1', async () => {
    const headers: [string, string][] = [
      ['x-b', 'caf\xe9'],
      ['X-B', ''],
      ['x_c', '\ttab\t'],
      ['ACCEPT', '*/*'],
    ];
    await scene.outcome({ headers });
    expect(scene.received[0]).toBe(
      `GET / HTTP/1.1\r\n${host()}x-b: caf\xe9\r\nX-B: \r\nx_c: \ttab\t\r\nACCEPT: */*\r\n\r\n`,
    );
  });
});

describe('a call that cannot be said', () => {
  it.each<[string, object]>([
    ['a line end in a value', { headers: [['X-A', 'b\r\nX-Injected: c']] }],
    ['LF in a value', { headers: [['X-A', 'b\nc']] }],
    ['NUL in a value', { headers: [['X-A', 'b\0']] }],
    ['a character in a value whose last byte is LF', { headers: [['X-A', 'b\u010ac']] }],
    ['a line end in a name', { headers: [['X-A\r\nX-Injected', 'b']] }],
    ['a space in a name', { headers: [['X A', 'b']] }],
    ['a colon in a name', { headers: [['X-A:', 'b']] }],
    ['no name', { headers: [['', 'b']] }],
    ['a length of its own', { headers: [['content-LENGTH', '9']] }],
    ['a coding of its own', { headers: [['Transfer-Encoding', 'chunked']] }],
    ['a connection of its own', { headers: [['connection', 'close']] }],
    ['a host of its own', { headers: [['HOST', 'elsewhere']] }],
    ['a space in its target', { path: '/a b' }],
    ['a line end in its target', { path: '/a\r\nX-Injected: b' }],
    ['a character in its target whose last byte is LF', { path: '/a\u010a' }],
    ['a target that is no path', { path: 'http://elsewhere/' }],
    ['no target', { path: '' }],
    ['a method that is none', { method: 'GET / HTTP/1.1\r\n' }],
    ['a body of another length', { method: 'PUT', body: Buffer.from('abc'), length: 4 }],
  ])('is never sent: %s', async (_what, call) => {
    expect(await scene.outcome(call)).toBe('broken');
    expect(scene.received).toEqual([]);
  });
});

describe('a body', () => {
  const head = (framing: string) => `PUT / HTTP/1.1\r\n${host()}${framing}\r\n\r\n`;

  it.each([1, 1000, 65_536, 65_537, 1_000_000])('that is all there goes as it is: %d bytes', async (length) => {
    const body = Buffer.alloc(length, 'a\xe9\n', 'latin1');
    const expected = head(`Content-Length: ${length}`) + body.toString('latin1');
    scene.answers(after(expected.length));
    expect(await scene.outcome({ method: 'PUT', body, length })).toBe('200 abc');
    expect(scene.received[0] === expected).toBe(true);
  });

  it('goes in one write with its head, where it is small', async () => {
    let reads = 0;
    scene.answers((socket) => {
      reads += 1;
      socket.write(ok('abc'));
    });
    expect(await scene.outcome({ method: 'PUT', body: Buffer.alloc(1000), length: 1000 })).toBe('200 abc');
    expect(reads).toBe(1);
  });

  it.each<[string, string]>([
    ['abc', '3\r\nabc\r\n0\r\n\r\n'],
    ['', '0\r\n\r\n'],
  ])('that is all there although its length was not said goes in one chunk: %j', async (text, sent) => {
    const expected = head('Transfer-Encoding: chunked') + sent;
    scene.answers(after(expected.length));
    expect(await scene.outcome({ method: 'PUT', body: Buffer.from(text), length: undefined })).toBe('200 abc');
    expect(scene.received).toEqual([expected]);
  });

  it.each<[string, number | undefined, string, string[], string]>([
    ['with a length', 6, 'Content-Length: 6', ['ab', '', 'cdef'], 'abcdef'],
    ['in chunks', undefined, 'Transfer-Encoding: chunked', ['ab', '', 'cdef'], '2\r\nab\r\n4\r\ncdef\r\n0\r\n\r\n'],
    ['in no chunks', undefined, 'Transfer-Encoding: chunked', [], '0\r\n\r\n'],
    [
      'in a chunk of 20 bytes',
      undefined,
      'Transfer-Encoding: chunked',
      ['x'.repeat(20)],
      `14\r\n${'x'.repeat(20)}\r\n0\r\n\r\n`,
    ],
  ])('that comes in pieces goes as it comes: %s', async (_what, length, framing, pieces, sent) => {
    const expected = head(framing) + sent;
    scene.answers(after(expected.length));
    for (let n = 0; n < 2; n++)
      expect(await scene.outcome({ method: 'PUT', body: streamed(...pieces), length })).toBe('200 abc');
    expect(scene.received[0]?.startsWith(expected)).toBe(true);
  });

  it.each<[string, number, string[]]>([
    ['shorter', 7, ['abc', 'def']],
    ['shorter by everything', 7, []],
    ['longer', 5, ['abc', 'def']],
    ['longer by a byte at its end', 6, ['abc', 'def', '!']],
  ])('that is %s than was said is never sent to its end', async (_what, length, pieces) => {
    scene.answers(() => undefined);
    expect(await scene.outcome({ method: 'PUT', body: streamed(...pieces), length })).toBe('broken');
    await eventually(() => expect(scene.open.size).toBe(0));
    const [, body = ''] = scene.received[0]?.split('\r\n\r\n') ?? [];
    expect(body.length).toBeLessThanOrEqual(length);
    expect(scene.received.join()).not.toContain('!');
  });

  it('that breaks off ends its connection, and is never passed off as whole', async () => {
    scene.answers(() => undefined);
    for (const length of [6, undefined]) {
      const body = new Readable({ read: () => undefined });
      body.push('abc');
      const said = scene.outcome({ method: 'PUT', body, length });
      await eventually(() => expect(scene.received.at(-1)).toContain('abc'));
      body.destroy(new Error('the caller went away'));
      expect(await said).toBe('broken');
      await eventually(() => expect(scene.open.size).toBe(0));
      expect(scene.received.at(-1)).not.toContain('0\r\n\r\n');
    }
  });

  it('that broke off before its first piece never reaches the LRS', async () => {
    const body = new Readable({ read: () => undefined });
    body.destroy(new Error('the caller went away'));
    expect(await scene.outcome({ method: 'PUT', body, length: 6 })).toBe('broken');
    const later = new Readable({ read: () => undefined });
    setTimeout(() => later.destroy(), 30);
    expect(await scene.outcome({ method: 'PUT', body: later, length: 6 })).toBe('broken');
    expect(scene.received.join('')).toBe('');
  });

  it('is destroyed, and nothing else of the caller’s, where the LRS cannot be reached', async () => {
    const body = streamed('abc');
    const origin = `http://127.0.0.1:${await freePort()}`;
    expect(await scene.outcome({ origin, method: 'PUT', body, length: 3 })).toBe('broken');
    expect(body.destroyed).toBe(true);
  });

  it('goes no faster than the LRS takes it', async () => {
    let read = 0;
    const body = new Readable({
      highWaterMark: 65_536,
      read() {
        this.push(Buffer.alloc(65_536));
        read += 65_536;
      },
    });
    scene.answers((socket) => void socket.pause());
    const said = scene.outcome({ method: 'PUT', body, length: 1e9 });
    let before = -1;
    await eventually(
      () => {
        const same = before === read;
        before = read;
        expect(same).toBe(true);
      },
      { everyMs: 300 },
    );
    expect(read).toBeLessThan(50e6);
    body.destroy();
    expect(await said).toBe('broken');
  });
});

describe('an answer before the body was sent', () => {
  const endless = () => {
    const body = new Readable({ read: () => undefined });
    body.push('abc');
    return body;
  };

  it.each([
    ['413', ok('big').replace('200 OK', '413 Payload Too Large'), '413 big'],
    ['413, which closes', ok('big', 'Connection: close').replace('200 OK', '413 Payload Too Large'), '413 big'],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', '204 '],
  ])('is handed on, and no more is sent: %s', async (_what, answer, expected) => {
    scene.answers((socket) => void socket.write(answer));
    for (const length of [1000, undefined]) {
      const body = endless();
      expect(await scene.outcome({ method: 'PUT', body, length })).toBe(expected);
      expect(body.destroyed).toBe(true);
      await eventually(() => expect(scene.open.size).toBe(0));
    }
  });

  it('whose end comes only after the body goes on while the body does', async () => {
    const goOn = Promise.withResolvers<void>();
    scene.answers((socket, received) => {
      if (received.endsWith('abc')) {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
        goOn.resolve();
      } else socket.write('4\r\nlast\r\n0\r\n\r\n');
    });
    const body = endless();
    void goOn.promise.then(() => {
      body.push('def');
      body.push(null);
    });
    expect(await scene.outcome({ method: 'PUT', body, length: 6 })).toBe('200 firstlast');
  });
});

it('is understood by a server that reads HTTP: a thousand calls of all kinds over a few connections', async () => {
  let connections = 0;
  const lrs = createServer((req, res) => {
    let bytes = 0;
    req.on('data', (piece: Buffer) => (bytes += piece.length));
    req.on('end', () => {
      const said = `${req.method} ${req.url} ${bytes}`;
      if (bytes % 2 === 0) res.setHeader('Content-Length', said.length);
      res.end(said);
    });
  });
  lrs.on('connection', () => (connections += 1));
  const port = await freePort();
  lrs.listen(port, '127.0.0.1');
  await once(lrs, 'listening');
  const origin = `http://127.0.0.1:${port}`;
  try {
    const one = async (n: number) => {
      const size = (n * 37) % 3000;
      const bytes = Buffer.alloc(size, 'a');
      const body = n % 3 === 0 ? bytes : streamed(bytes.subarray(0, size / 2), bytes.subarray(size / 2));
      const length = n % 2 === 0 ? size : undefined;
      expect(await scene.outcome({ origin, method: 'POST', path: `/${n}`, body, length })).toBe(
        `200 POST /${n} ${size}`,
      );
      expect(await scene.outcome({ origin, path: `/${n}` })).toBe(`200 GET /${n} 0`);
    };
    for (let n = 0; n < 500; n += 10) await Promise.all(Array.from({ length: 10 }, (_, each) => one(n + each)));
    expect(connections).toBeLessThanOrEqual(10);
  } finally {
    lrs.closeAllConnections();
    lrs.close();
  }
});
