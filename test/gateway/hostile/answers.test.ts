/** What an LRS that is broken, or not what it seems, can do to a caller: nothing but fail to answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { startTestGateway, type RunningGateway } from '../../support/gateway.ts';
import { rawRequest, type RawAnswer } from '../../support/raw-request.ts';
import { startRawUpstream, type RawUpstream } from '../../support/raw-upstream.ts';
import { eventually } from '../../support/wait.ts';
import { FORGED, head, refusalOf, STATE, STATEMENTS, VERSION } from './support.ts';

type Script = (socket: Socket) => void;

let upstream: RawUpstream;
let gateway: RunningGateway;
let authorized: string;
let script: Script;
let asked: string[] = [];
beforeAll(async () => {
  upstream = await startRawUpstream((socket) => {
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (!/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(text)) return;
      asked.push(text);
      script(socket);
    });
  });
  gateway = await startTestGateway({ lrsUrl: upstream.url });
  authorized = `Authorization: ${(await gateway.mint('all')).bearer}`;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  asked = [];
});
/** Whatever came before: the next caller has its own answer, and it is whole. */
afterEach(async () => {
  script = (socket) => void socket.write(ok('GOOD'));
  const next = await rawRequest(gateway.port, head(`GET ${STATE}`, VERSION, authorized));
  expect([next.status, next.body]).toEqual([200, 'GOOD']);
});

function ok(body: string, ...lines: string[]): string {
  return ['HTTP/1.1 200 OK', ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

const bytes =
  (text: string): Script =>
  (socket) =>
    void socket.write(Buffer.from(text, 'latin1'));
const bytesThenEnd =
  (text: string): Script =>
  (socket) =>
    void socket.end(Buffer.from(text, 'latin1'));

function ask(
  answering: Script,
  text = head(`GET ${STATE}`, VERSION, authorized),
  timeoutMs = 3_000,
): Promise<RawAnswer> {
  script = answering;
  return rawRequest(gateway.port, text, { timeoutMs });
}

const namesIn = ({ headers }: RawAnswer) => [...headers.keys()].sort();

describe('headers of the LRS', () => {
  const DROPPED = [
    'Set-Cookie',
    'Set-Cookie2',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    'Proxy-Connection',
    'Alt-Svc',
    'Upgrade',
    'Trailer',
    'TE',
    'WWW-Authenticate',
    'X-Hallpass-Client',
    'X_Hallpass_Scope',
    'Access-Control-Allow-Origin',
    'Access-Control-Allow-Credentials',
  ];

  it.each(DROPPED)('of one hop, or about the gateway’s own session, are not the caller’s to see: %s', async (name) => {
    const answer = await ask(bytes(ok('{}', `${name}: ${FORGED}`)));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(FORGED);
  });

  it('that Connection names stay with it, in every spelling', async () => {
    const lines = ['Connection: X-Secret, x_other', `X-Secret: ${FORGED}`, `X_Secret: ${FORGED}`, `X-Other: ${FORGED}`];
    const answer = await ask(bytes(ok('{}', ...lines)));
    expect(namesIn(answer)).toEqual(['connection', 'content-length', 'date', 'keep-alive']);
    expect(answer.text).not.toContain(FORGED);
  });

  it('that Connection names as if they framed the answer leave it whole', async () => {
    const answer = await ask(bytes(ok('{"a":1}', 'Connection: Content-Length, Content-Type, Transfer-Encoding')));
    expect(answer.body).toBe('{"a":1}');
    expect(answer.responses.map(({ complete }) => complete)).toEqual([true]);
  });

  it('after the body are not handed on', async () => {
    const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\n{}\r\n0\r\nX-A: ${FORGED}\r\n\r\n`;
    const answer = await ask(bytes(text));
    expect(answer.body).toBe('{}');
    expect(answer.text).not.toMatch(/forged|trailer/i);
  });

  it('that are the answer’s own pass byte by byte', async () => {
    const lines = [
      'ETag: "abc"',
      'X-Experience-API-Version: 1.0.3',
      'X-Experience-API-Consistent-Through: 2026-01-01T00:00:00Z',
      'Last-Modified: Sat, 29 Oct 1994 19:43:31 GMT',
      'Content-Type: text/plain; charset=utf-8',
      'X-Name: caf\xe9 \xe6\x97\xa5',
      'x-lower: a, b',
      'Vary: Accept',
    ];
    const answer = await ask(bytes(ok('{}', ...lines)));
    expect(lines.filter((line) => !answer.text.includes(`\r\n${line}\r\n`))).toEqual([]);
  });
});

describe('a status that would mislead the caller', () => {
  it.each([
    ['401 Unauthorized', 'WWW-Authenticate: Basic realm="forged"'],
    ['407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="forged"'],
    ['300 Multiple Choices', 'Location: http://forged.test/'],
    ['301 Moved Permanently', 'Location: http://forged.test/'],
    ['302 Found', 'Location: /forged'],
    ['303 See Other', 'Location: /forged'],
    ['307 Temporary Redirect', 'Location: http://forged.test/'],
    ['308 Permanent Redirect', 'Location: http://forged.test/'],
    ['305 Use Proxy', 'Location: http://forged.test/'],
  ])('is 502, and nothing of it is handed on: %s', async (status, line) => {
    const answer = await ask(bytes(`HTTP/1.1 ${status}\r\n${line}\r\nContent-Length: 6\r\n\r\nforged`));
    expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
    expect(answer.text).not.toContain(FORGED);
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it.each([200, 201, 204, 304, 400, 403, 404, 405, 409, 412, 413, 429, 500, 503, 599])(
    'but %d is the caller’s own',
    async (status) => {
      const answer = await ask(bytes(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 0\r\n\r\n`));
      expect(answer.status).toBe(status);
    },
  );
});

describe('an answer before the answer', () => {
  it.each(['100 Continue', '103 Early Hints', '102 Processing', '199 Whatever'])(
    'is passed over: %s',
    async (status) => {
      const answer = await ask(
        bytes(`HTTP/1.1 ${status}\r\nSet-Cookie: a=${FORGED}\r\nLink: <${FORGED}>\r\n\r\n`.repeat(3) + ok('{}')),
      );
      expect([answer.status, answer.body]).toEqual([200, '{}']);
      expect(answer.text).not.toContain(FORGED);
      expect(answer.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    },
  );

  it('that never ends lasts no longer than the caller waits', async () => {
    let open: Socket | undefined;
    await ask(
      (socket) => {
        open = socket;
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10)), 20);
        socket.once('close', () => clearInterval(timer));
      },
      undefined,
      300,
    );
    await eventually(() => expect(open?.destroyed).toBe(true));
  });
});

describe('what is not an HTTP answer', () => {
  const CL2 = 'Content-Length: 2\r\n\r\n{}';

  it.each([
    ['nothing at all', ''],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['HTTP/0.9', '<html></html>'],
    ['noise', '\0\xff\x16\x03\x01\r\n\r\n'],
    [
      '101, though nobody asked',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['a status of two digits', `HTTP/1.1 20 OK\r\n${CL2}`],
    ['a status of four digits', `HTTP/1.1 2000 OK\r\n${CL2}`],
    ['a status of 0', `HTTP/1.1 000 OK\r\n${CL2}`],
    ['a status below 100', `HTTP/1.1 099 OK\r\n${CL2}`],
    ['an unknown version', `HTTP/3.1 200 OK\r\n${CL2}`],
    [
      'Content-Length and Transfer-Encoding',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    [
      'Transfer-Encoding and Content-Length',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['two lengths that differ', `HTTP/1.1 200 OK\r\nContent-Length: 7\r\n${CL2}`],
    ['two lengths that agree', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${CL2}`],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n{}'],
    ['a bare CR in a header', `HTTP/1.1 200 OK\r\nX-A: b\rX-Injected: ${FORGED}\r\n${CL2}`],
    ['a bare LF after a header', `HTTP/1.1 200 OK\r\nX-A: b\nX-Injected: ${FORGED}\r\n${CL2}`],
    ['a folded header', `HTTP/1.1 200 OK\r\nX-A: b\r\n X-Injected: ${FORGED}\r\n${CL2}`],
    ['NUL in a header', `HTTP/1.1 200 OK\r\nX-A: b\0c\r\n${CL2}`],
    ['a space in a name', `HTTP/1.1 200 OK\r\nX A: b\r\n${CL2}`],
    ['a space before the colon', `HTTP/1.1 200 OK\r\nX-A : b\r\n${CL2}`],
    ['a head that ends in the middle', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['a head of 100 KB', `HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(100_000)}\r\n${CL2}`],
    ['10 000 headers', `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(10_000)}${CL2}`],
  ])('is 502: %s', async (_name, text) => {
    const answer = await ask(bytesThenEnd(text));
    expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
    expect(answer.text).not.toContain(FORGED);
  });

  it('is 502 where its headers never end, and the LRS is hung up on', async () => {
    let open: Socket | undefined;
    const answer = await ask((socket) => {
      open = socket;
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('X-A: b\r\n'.repeat(100)), 5);
      socket.once('close', () => clearInterval(timer));
    });
    expect(refusalOf(answer).status).toBe(502);
    await eventually(() => expect(open?.destroyed).toBe(true));
  });
});

describe('an answer that breaks off', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';

  it.each([
    ['before its Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"a":'],
    [
      'before its Content-Length, as announced',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20\r\n\r\n{"a":',
    ],
    ['between chunks', `${CHUNKED}\r\n5\r\n{"a":\r\n`],
    ['within a chunk', `${CHUNKED}\r\nff\r\n{"a":`],
    ['between chunks, as announced', `${CHUNKED}Connection: close\r\n\r\n5\r\n{"a":\r\n`],
    ['within a chunk, as announced', `${CHUNKED}Connection: close\r\n\r\nff\r\n{"a":`],
    ['before the end of the last chunk', `${CHUNKED}\r\n5\r\n{"a":\r\n0\r\n`],
    ['with a chunk that is none', `${CHUNKED}\r\n5\r\n{"a":\r\nzz\r\n\r\n`],
  ])('is seen to break off, never to end: %s', async (_name, text) => {
    for (const target of [STATE, STATEMENTS])
      for (const close of [bytesThenEnd(text), resetAfter(text)]) {
        const answer = await ask(close, head(`GET ${target}`, VERSION, authorized));
        expect(answer.closed).toBe(true);
        /* Where it breaks off before its first byte went on, there is still time to say so. */
        if (answer.status === 502) refusalOf(answer);
        else expect(answer.responses.map(({ status, complete }) => [status, complete])).toEqual([[200, false]]);
      }
  });

  function resetAfter(text: string): Script {
    return (socket) => {
      socket.write(text);
      setTimeout(() => socket.resetAndDestroy(), 20);
    };
  }

  it('is logged', async () => {
    const failures = () => gateway.logged().match(/"broke_off":true/g)?.length ?? 0;
    const before = failures();
    await ask(bytesThenEnd('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"a":'));
    await eventually(() => expect(failures()).toBe(before + 1));
  });

  it('is whole where only its end shows that it ended', async () => {
    const answer = await ask(bytesThenEnd('HTTP/1.0 200 OK\r\n\r\nhello'));
    expect([answer.status, answer.body]).toEqual([200, 'hello']);
  });
});

describe('more bytes than the answer has', () => {
  it.each([
    ['after its Content-Length', `${ok('{}')}EXTRA`],
    ['that are an answer of their own', ok('{}') + ok(FORGED)],
    ['after the last chunk', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n${ok(FORGED)}`],
  ])('are nobody’s answer: %s', async (_name, text) => {
    const answer = await ask(bytes(text));
    expect([answer.status, answer.body]).toEqual([200, '{}']);
    expect(answer.text).not.toContain(FORGED);
  });

  it('are nobody’s answer where they come while nobody asks', async () => {
    const answer = await ask((socket) => {
      socket.write(ok('{}'));
      setTimeout(() => socket.write(ok(FORGED)), 30);
    });
    expect(answer.body).toBe('{}');
    await sleep(80);
  });

  it.each(['204 No Content', '304 Not Modified'])('are nobody’s answer after %s, which has no body', async (status) => {
    const answer = await ask(bytes(`HTTP/1.1 ${status}\r\nContent-Length: ${ok(FORGED).length}\r\n\r\n${ok(FORGED)}`));
    expect(answer.status).toBe(Number(status.slice(0, 3)));
    expect(answer.text).not.toContain(FORGED);
  });

  it('are nobody’s answer after the answer to a HEAD', async () => {
    const answer = await ask(bytes(ok(ok(FORGED))), head(`HEAD ${STATE}`, VERSION, authorized));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(FORGED);
  });
});

describe('an answer before the request’s body was read', () => {
  const put = (length: number, sent: number) =>
    head(`PUT ${STATE}`, VERSION, authorized, `Content-Length: ${length}`) + 'x'.repeat(sent);
  const TOO_LARGE = 'HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: 8\r\n';

  it.each([
    ['and stays', bytes(`${TOO_LARGE}\r\n"is 413"`)],
    ['and says it will close', bytes(`${TOO_LARGE}Connection: close\r\n\r\n"is 413"`)],
    ['and closes', bytesThenEnd(`${TOO_LARGE}Connection: close\r\n\r\n"is 413"`)],
  ])('reaches the caller, who has sent a part or all of it: the LRS says 413 %s', async (_name, answering) => {
    for (const [length, sent] of [
      [1_000, 10],
      [1_000, 1_000],
      [300_000, 300_000],
    ] as const) {
      const answer = await ask(answering, put(length, sent));
      expect([answer.status, answer.body]).toEqual([413, '"is 413"']);
    }
  });
});

describe('more, of an LRS that wants to lead elsewhere', () => {
  const page = (more: string) => bytes(ok(`{"statements":[],"more":${more}}`, 'Content-Type: application/json'));
  const statements = () => head(`GET ${STATEMENTS}`, VERSION, authorized);

  it.each([
    '"http://forged.test/more"',
    '"//forged.test/more"',
    '"/lrs/forged"',
    '"forged"',
    '"\\u0066orged"',
    '"?forged"',
  ])('is a sealed link of the gateway’s own: %s', async (more) => {
    const answer = await ask(page(more), statements());
    expect(answer.body).toMatch(/^\{"statements":\[\],"more":"\/xapi\/statements\?more=[A-Za-z0-9_-]+"\}$/);
    const { more: link } = JSON.parse(answer.body) as { more: string };
    asked = [];
    await ask(bytes(ok('{}')), head(`GET ${link}`, VERSION, authorized));
    expect(asked.map((text) => /\r\nhost: (.*)\r\n/i.exec(text)?.[1])).toEqual([`127.0.0.1:${upstream.port}`]);
  });

  it.each([
    '"javascript:alert(1)"',
    '"data:text/html,forged"',
    '"/a b\\r\\nX-A: forged"',
    '"/\\u0000forged"',
    '"/\\ud83d\\ude00forged"',
    '"http://["',
    '"http://forged.test:99999/"',
  ])('opens nothing but the LRS, or fails: %s', async (more) => {
    const answer = await ask(page(more), statements());
    const link = /"more":"([^"]+)"/.exec(answer.body)?.[1];
    expect(answer.body).not.toContain(FORGED);
    if (link === undefined) return;
    asked = [];
    const followed = await ask(bytes(ok('{}')), head(`GET ${link}`, VERSION, authorized));
    expect([200, 400, 500, 502]).toContain(followed.status);
    for (const text of asked) expect(text).not.toMatch(/^x-a:/im);
  });

  it('breaks the answer off where it is not even a string of JSON', async () => {
    const answer = await ask(page('"\\x"'), statements());
    expect(answer.responses.filter(({ complete, status }) => complete && status === 200)).toEqual([]);
    expect(answer.closed || answer.status === 502).toBe(true);
  });

  it('is not looked for in what is compressed: 502, for nobody asked for that', async () => {
    const answer = await ask(bytes(ok('\x1f\x8b', 'Content-Encoding: gzip')), statements());
    expect(refusalOf(answer).status).toBe(502);
    expect(asked.join()).toMatch(/\r\naccept-encoding: identity\r\n/i);
  });
});
