/** What is an answer, and what is none: over a connection, as an LRS would send it. */
import { ok, saysAndEnds, says, textOf, upstreamScene } from './support.ts';

const scene = upstreamScene();

describe('an answer', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

  it.each<[string, string, string, string?]>([
    ['with a length', ok('abc'), '200 abc'],
    ['with a length of nothing', ok(''), '200 '],
    ['with a length in capitals', 'HTTP/1.1 200 OK\r\nCONTENT-LENGTH:3\r\n\r\nabc', '200 abc'],
    ['without a reason', 'HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc', '200 abc'],
    ['with a reason in Latin-1', 'HTTP/1.1 404 Pas trouv\xe9\r\nContent-Length: 3\r\n\r\nabc', '404 abc'],
    ['without a header', 'HTTP/1.1 200 OK\r\n\r\nabc', '200 abc'],
    ['in chunks', `${CHUNKED}1\r\na\r\n2\r\nbc\r\n0\r\n\r\n`, '200 abc'],
    ['in Chunks', `${CHUNKED.replace('chunked', 'Chunked')}3\r\nabc\r\n0\r\n\r\n`, '200 abc'],
    ['in no chunks', `${CHUNKED}0\r\n\r\n`, '200 '],
    ['in chunks with noughts before their size', `${CHUNKED}0003\r\nabc\r\n000\r\n\r\n`, '200 abc'],
    ['in chunks with extensions', `${CHUNKED}3;a;b=c;d="e;\\"f"\r\nabc\r\n0;last\r\n\r\n`, '200 abc'],
    ['in chunks with trailers', `${CHUNKED}3\r\nabc\r\n0\r\nX-A: b\r\nX-C:\r\n\r\n`, '200 abc'],
    ['of HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc', '200 abc'],
    ['of HTTP/1.0 without one', 'HTTP/1.0 200 OK\r\n\r\nabc', '200 abc'],
    ['to HEAD', ok('abc').slice(0, -3), '200 ', 'HEAD'],
    ['to HEAD, in chunks that never come', CHUNKED, '200 ', 'HEAD'],
    ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n', '204 '],
    ['304 with chunks that never come', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', '304 '],
    ['after 100', `HTTP/1.1 100 Continue\r\n\r\n${ok('abc')}`, '200 abc'],
    ['after many 1xx', `${'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'.repeat(50)}${ok('abc')}`, '200 abc'],
    ['after 103 with a length', `HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n${ok('abc')}`, '200 abc'],
    ['with 200 headers', ok('abc', ...Array.from({ length: 199 }, (_, n) => `X-${n}: a`)), '200 abc'],
    ['with a head of almost 64 KB', ok('abc', `X-A: ${'b'.repeat(65_400)}`), '200 abc'],
    ['of 64 KB', ok('a'.repeat(65_536)), `200 ${'a'.repeat(65_536)}`],
    ['of 300 KB', ok('a'.repeat(300_000)), `200 ${'a'.repeat(300_000)}`],
  ])('is read: %s', async (_what, bytes, expected, method = 'GET') => {
    scene.answers(saysAndEnds(bytes));
    expect(await scene.outcome({ method })).toBe(expected);
  });

  it('has its headers in their order and spelling, and their values without the space around', async () => {
    scene.answers(says(ok('abc', 'x-B:\t one \t', 'X-b: two words', 'X_C:', 'ETag: "caf\xe9"')));
    expect((await scene.ask()).headers).toEqual([
      ['x-B', 'one'],
      ['X-b', 'two words'],
      ['X_C', ''],
      ['ETag', '"caf\xe9"'],
      ['Content-Length', '3'],
    ]);
  });

  it('is the same in pieces of one byte', async () => {
    for (const bytes of [ok('abc', 'X-A: b'), `${CHUNKED}1;a=b\r\na\r\n2\r\nbc\r\n0\r\nX-A: b\r\n\r\n`]) {
      scene.answers((socket, received) => {
        if (!received.endsWith('\r\n\r\n')) return;
        const sendFrom = (at: number) => {
          if (at < bytes.length) socket.write(bytes.charAt(at), () => setImmediate(sendFrom, at + 1));
        };
        sendFrom(0);
      });
      expect(await scene.outcome()).toBe('200 abc');
    }
  });

  it('comes as a whole where it is small and has a length, otherwise as it comes', async () => {
    const kinds: Record<string, boolean> = {};
    for (const [name, bytes] of Object.entries({
      small: ok('abc'),
      large: ok('a'.repeat(70_000)),
      chunked: `${CHUNKED}3\r\nabc\r\n0\r\n\r\n`,
    })) {
      scene.answers(says(bytes));
      const { body } = await scene.ask();
      kinds[name] = Buffer.isBuffer(body);
      await textOf(body);
    }
    expect(kinds).toMatchObject({ small: true, large: false });
  });

  it('is seen piece by piece where its length is not known', async () => {
    const goOn = Promise.withResolvers<void>();
    scene.answers((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write(`${CHUNKED}5\r\nfirst\r\n`);
      void goOn.promise.then(() => socket.write('4\r\nlast\r\n0\r\n\r\n'));
    });
    const { body } = await scene.ask();
    const pieces: string[] = [];
    for await (const piece of body as AsyncIterable<Buffer>) {
      pieces.push(piece.toString());
      goOn.resolve();
    }
    expect(pieces).toEqual(['first', 'last']);
  });
});

describe('what is no answer', () => {
  const CL = 'Content-Length: 3\r\n\r\nabc';
  const TE = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

  it.each([
    ['HTTP/2', `HTTP/2 200 OK\r\n${CL}`],
    ['HTTP/1.2', `HTTP/1.2 200 OK\r\n${CL}`],
    ['small letters', `http/1.1 200 OK\r\n${CL}`],
    ['two spaces before the status', `HTTP/1.1  200 OK\r\n${CL}`],
    ['no space behind the status', `HTTP/1.1 200\r\n${CL}`],
    ['a tab behind the status', `HTTP/1.1 200\tOK\r\n${CL}`],
    ['a status of 600', `HTTP/1.1 600 OK\r\n${CL}`],
    ['a status of 099', `HTTP/1.1 099 OK\r\n${CL}`],
    ['a CR in the reason', `HTTP/1.1 200 O\rK\r\n${CL}`],
    ['a line before it', `\r\nHTTP/1.1 200 OK\r\n${CL}`],
    ['LF for CRLF', `HTTP/1.1 200 OK\n${CL.replaceAll('\r\n', '\n')}`],
    ['LF for one CRLF', `HTTP/1.1 200 OK\r\nX-A: b\n${CL}`],
    ['CR for one CRLF', `HTTP/1.1 200 OK\r\nX-A: b\r${CL}`],
    ['a folded header', `HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n${CL}`],
    ['a header folded by a tab', `HTTP/1.1 200 OK\r\nX-A: b\r\n\tc\r\n${CL}`],
    ['a space before the first header', `HTTP/1.1 200 OK\r\n X-A: b\r\n${CL}`],
    ['a space before a colon', `HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc`],
    ['a header without a name', `HTTP/1.1 200 OK\r\n: b\r\n${CL}`],
    ['a header without a colon', `HTTP/1.1 200 OK\r\nX-A\r\n${CL}`],
    ['a name beyond ASCII', `HTTP/1.1 200 OK\r\nX-\xe9: b\r\n${CL}`],
    ['NUL in a value', `HTTP/1.1 200 OK\r\nX-A: b\0\r\n${CL}`],
    ['DEL in a value', `HTTP/1.1 200 OK\r\nX-A: b\x7f\r\n${CL}`],
    ['a form feed in a value', `HTTP/1.1 200 OK\r\nX-A: b\f\r\n${CL}`],
    ['two lengths that agree', `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${CL}`],
    ['two lengths that differ', `HTTP/1.1 200 OK\r\ncontent-length: 4\r\n${CL}`],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc'],
    ['a length in hexadecimal', 'HTTP/1.1 200 OK\r\nContent-Length: 0x3\r\n\r\nabc'],
    ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nabc'],
    ['a length beyond what numbers hold', 'HTTP/1.1 200 OK\r\nContent-Length: 9007199254740993\r\n\r\nabc'],
    ['a length and chunks', `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${TE}`],
    ['chunks, and a length', `HTTP/1.1 200 OK\r\n${TE.replace('\r\n', '\r\nContent-Length: 3\r\n')}`],
    ['chunks twice', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${TE}`],
    ['another coding', `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc`],
    ['another coding, and chunks', `HTTP/1.1 200 OK\r\n${TE.replace('chunked', 'gzip, chunked')}`],
    ['identity', `HTTP/1.1 200 OK\r\n${TE.replace('chunked', 'identity')}`],
    ['chunks in HTTP/1.0', `HTTP/1.0 200 OK\r\n${TE}`],
    ['chunks and a length in 204', 'HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n'],
    ['101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'],
    ['a coding before a tab', `HTTP/1.1 200 OK\r\n${TE.replace('chunked', 'chunked\t')}`],
    ['a length behind a tab', 'HTTP/1.1 200 OK\r\nContent-Length:\t3\r\n\r\nabc'],
    ['100, and then an end', `HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n${ok('abc')}`],
    ['100 in HTTP/1.0', `HTTP/1.0 100 Continue\r\n\r\n${ok('abc')}`],
    ['1xx without end', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(200)],
    ['201 headers', ok('abc', ...Array.from({ length: 200 }, (_, n) => `X-${n}: a`))],
    ['a head of more than 64 KB', ok('abc', `X-A: ${'b'.repeat(65_536)}`)],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['nothing', ''],
  ])('is refused, and its connection is over: %s', async (_what, bytes) => {
    scene.answers(bytes === '' || bytes.endsWith('Le') ? saysAndEnds(bytes) : says(bytes));
    expect(await scene.outcome()).toBe('broken');
    scene.answers(says(ok('next')));
    expect(await scene.outcome()).toBe('200 next');
    expect(scene.received.at(-1)?.match(/GET/g)).toHaveLength(1);
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a line that ends with LF', 'HTTP/1.1 200 OK\nContent-'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nX-A: \0'],
  ])('is refused before its head ends: %s', async (_what, bytes) => {
    scene.answers(says(bytes));
    expect(await scene.outcome()).toBe('broken');
  });
});

describe('a body that is not as its head says', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n';

  it.each([
    ['ends before its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
    ['ends before a long length', 'HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nabc'],
    ['ends between chunks', CHUNKED],
    ['ends within a chunk', `${CHUNKED}9\r\ndef`],
    ['ends behind its last chunk', `${CHUNKED}0\r\n`],
    ['ends within its trailers', `${CHUNKED}0\r\nX-A: b\r\n`],
    ['has a size that is none', `${CHUNKED}xyz\r\n`],
    ['has a size of no digit', `${CHUNKED}\r\n`],
    ['has a size with a sign', `${CHUNKED}+1\r\nd\r\n0\r\n\r\n`],
    ['has a size in 0x', `${CHUNKED}0x1\r\nd\r\n0\r\n\r\n`],
    ['has a space behind a size', `${CHUNKED}1 \r\nd\r\n0\r\n\r\n`],
    ['has a size beyond what numbers hold', `${CHUNKED}${'f'.repeat(17)}\r\nd`],
    ['has a size that ends with LF', `${CHUNKED}1\nd\r\n0\r\n\r\n`],
    ['has a chunk that is longer than its size', `${CHUNKED}1\r\nde\r\n0\r\n\r\n`],
    ['has a chunk that ends with LF', `${CHUNKED}1\r\nd\n0\r\n\r\n`],
    ['has an extension with a CR in it', `${CHUNKED}1;a\rb\r\nd\r\n0\r\n\r\n`],
    ['has an extension without end', `${CHUNKED}1;${'a'.repeat(5000)}`],
    ['has extensions without end', `${CHUNKED}${`1;${'a'.repeat(4000)}\r\nd\r\n`.repeat(20)}0\r\n\r\n`],
    ['has a folded trailer', `${CHUNKED}0\r\nX-A: b\r\n c\r\n\r\n`],
    ['has a trailer that would frame it', `${CHUNKED}0\r\nContent-Length: 3\r\n\r\n`],
    ['has trailers without end', `${CHUNKED}0\r\n${`X-A: ${'b'.repeat(4000)}\r\n`.repeat(20)}\r\n`],
  ])('is never passed off as whole: it %s', async (_what, bytes) => {
    scene.answers(saysAndEnds(bytes));
    expect(await scene.outcome()).toMatch(/^200 abc[def]*…$/);
    scene.answers((socket, received) => {
      if (received.endsWith('\r\n\r\n'))
        socket.write(bytes, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
    expect(await scene.outcome()).toMatch(/^200 abc[def]*…$/);
  });
});
