import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createFront, type Front, type Patience } from '../../../services/shared/front/front.ts';
import type { Handler } from '../../../services/shared/front/message.ts';
import type { Listening } from '../../../services/shared/serve.ts';
import { rawRequest, type RawAnswer } from '../../support/raw-request.ts';
import { eventually } from '../../support/wait.ts';
import { serveWithFront, type Asked } from './scene.ts';

let server: Listening;
beforeAll(async () => void (server = await serveWithFront()));
afterAll(() => server.close());

const send = (text: Parameters<typeof rawRequest>[1], options = {}) => rawRequest(server.port, text, options);
const askedIn = ({ responses }: RawAnswer) => responses.map(({ body }) => JSON.parse(body) as Asked);

/** What is read of it goes on as it comes. */
function openTo(port: number) {
  const seen = { text: '', closed: false };
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (bytes) => (seen.text += bytes.toString('latin1'))).on('close', () => (seen.closed = true));
  return { socket, seen };
}

const get = (line = 'GET /front HTTP/1.1', ...headers: string[]) => [line, 'Host: a', ...headers, '', ''].join('\r\n');
const post = (body: string, ...headers: string[]) =>
  get('POST /front HTTP/1.1', `Content-Length: ${body.length}`, ...headers) + body;

describe('a request that comes in one piece', () => {
  it.each(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('is answered at the front: %s', async (method) => {
    const sent = await send(get(`${method} /front?a=%20b HTTP/1.1`, 'X-A: 1'));
    expect(askedIn(sent)).toEqual([
      { atFront: true, method, url: '/front?a=%20b', rawHeaders: ['Host', 'a', 'X-A', '1'], body: '' },
    ]);
  });

  it('has its body, byte for byte', async () => {
    const body = Array.from({ length: 1024 }, (_, n) => String.fromCharCode(n % 256)).join('');
    expect(askedIn(await send(post(body)))).toMatchObject([{ atFront: true, body }]);
  });

  it('has a head as node:http has it: date, length, for how long the connection is kept', async () => {
    const { status, headers } = await send(get());
    expect(status).toBe(200);
    expect(Math.abs(Date.parse(headers.get('date')?.[0] ?? '') - Date.now())).toBeLessThan(60_000);
    expect(headers.get('connection')).toEqual(['keep-alive']);
    expect(headers.get('keep-alive')).toEqual(['timeout=65']);
  });

  it('may have its body in a packet of its own, as many clients send it', async () => {
    const text = post('a body');
    for (const packets of [
      [text.slice(0, -6), text.slice(-6)],
      [text.slice(0, -3), text.slice(-3)],
    ])
      expect(askedIn(await send(packets))).toMatchObject([{ atFront: true, body: 'a body' }]);
  });

  it('is followed by others on the same connection, at the front still', async () => {
    const { socket, seen } = openTo(server.port);
    for (let n = 1; n <= 5; n++) {
      socket.write(post(`body ${n}`));
      await eventually(() => expect(seen.text.match(/"atFront":true/g)?.length).toBe(n));
    }
    expect(seen.text).toContain('body 5');
    socket.destroy();
  });
});

describe('what is not quite so is node:http’s, with every byte of it', () => {
  const body = 'a body';
  const chunked = get('POST /front HTTP/1.1', 'Transfer-Encoding: chunked') + '6\r\na body\r\n0\r\n\r\n';
  it.each<[what: string, bytes: string | string[], body: string]>([
    ['a head in two packets', [get().slice(0, 20), get().slice(20)], ''],
    ['a body in pieces', [post(body).slice(0, -4), 'bo', 'dy'], body],
    ['chunks', chunked, body],
    ['100-continue', get('POST /front HTTP/1.1', 'Content-Length: 0', 'Expect: 100-continue'), ''],
    ['a header twice', get(undefined, 'X-A: 1', 'X-A: 2'), ''],
    ['a header twice in two spellings', get(undefined, 'X-A: 1', 'x-a: 2'), ''],
    [
      'more headers than the parser tells at once',
      get(undefined, ...Array.from({ length: 40 }, (_, n) => `X-${n}: 1`)),
      '',
    ],
    ['HTTP/1.0', get('GET /front HTTP/1.0', 'Connection: keep-alive'), ''],
    ['Connection: close', get(undefined, 'Connection: close'), ''],
    [
      'an upgrade that may be left unanswered',
      get(undefined, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'),
      '',
    ],
    ['a method that few have', get('PATCH /front HTTP/1.1', 'Content-Length: 0'), ''],
    ['empty lines before it', `\r\n\r\n${post(body)}`, body],
    ['another target', get('GET /elsewhere HTTP/1.1'), ''],
  ])('%s', async (_what, bytes, expected) => {
    const [asked, ...more] = askedIn(await send(bytes, { afterwardsMs: 50 }));
    expect(asked).toMatchObject({ atFront: false, body: expected });
    expect(more).toEqual([]);
  });

  /* The parser skips an empty line between requests: counted from the end, the body would begin two bytes late. */
  it.each(['\r\nfoo', '\r\n\r\nfoo', 'foo\r\n'])(
    'trap: an empty line around a body does not move it: %j',
    async (text) => {
      for (const bytes of [`${post(text)}\r\n`, `\r\n${post(text)}`, `\r\n${post(text)}\r\n`]) {
        const sent = await send(bytes, { afterwardsMs: 50 });
        expect(askedIn(sent).map(({ body: got }) => got)).toEqual([text]);
      }
    },
  );

  it.each([
    ['no Host', 'GET /front HTTP/1.1\r\n\r\n', 400],
    ['two lengths', get('POST /front HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2') + 'ab', 400],
    [
      'a length and chunks',
      get('POST /front HTTP/1.1', 'Content-Length: 6', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      400,
    ],
    ['a line that only ends with LF', 'GET /front HTTP/1.1\nHost: a\n\n', 400],
    ['a space before a colon', get(undefined, 'X-A : 1'), 400],
    ['a folded header', get(undefined, 'X-A: 1', ' 2'), 400],
    ['a length that is no number', get('POST /front HTTP/1.1', 'Content-Length: 0x6') + body, 400],
    ['a head beyond all bounds', get(undefined, `X-A: ${'a'.repeat(20_000)}`), 431],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ])('is refused there: %s', async (_what, bytes, status) => {
    const sent = await send(bytes);
    expect(sent.status).toBe(status);
    expect(sent.closed).toBe(true);
  });
});

/* One parser reads for all connections. Left in the middle of a request, it would take the next caller's bytes for the rest of it:
   that caller's credentials, for a target of the attacker's. */
describe('trap, the request of another: what one connection leaves unfinished', () => {
  const unfinished = 'DELETE /front/attacked HTTP/1.1\r\nHost: a\r\nX-A: ';
  it.each([
    ['by itself', unfinished],
    ['behind a whole request', get() + unfinished],
    ['behind a whole request with a body', post('abc') + unfinished],
    ['as a body that is missing a part', post('abc', 'X-A: 1').slice(0, -2)],
    ['as a beginning of a line', `${get()}DEL`],
    ['as chunks', `${get()}${chunkedHead()}`],
  ])('is not read on with what the next one sends: %s', async (_what, bytes) => {
    const attackers = Array.from({ length: 3 }, () => connect(server.port, '127.0.0.1').on('error', () => undefined));
    for (const attacker of attackers) attacker.write(bytes);
    await pause(50);
    const victim = await send(get('GET /front/mine HTTP/1.1', 'Authorization: Bearer mine'));
    expect(askedIn(victim)).toEqual([
      {
        ...{ atFront: true, method: 'GET', url: '/front/mine', body: '' },
        rawHeaders: ['Host', 'a', 'Authorization', 'Bearer mine'],
      },
    ]);
    for (const attacker of attackers) attacker.destroy();
  });

  function chunkedHead() {
    return get('POST /front/attacked HTTP/1.1', 'Transfer-Encoding: chunked');
  }
});

/* One buffer is read into for all connections: what is kept of one caller's bytes has to be a copy. */
describe('trap, the bytes of another: what is kept while others send', () => {
  const others = () => Promise.all(Array.from({ length: 5 }, () => send(post('x'.repeat(2000)))));
  it('is the body of a request that is under way', async () => {
    const mayAnswer = Promise.withResolvers<void>();
    const bodies: Buffer[] = [];
    const slow = await serveWithFront((req, res) => {
      if ('body' in req) bodies.push(req.body);
      void mayAnswer.promise.then(() => res.writeHead(200).end(bodies.join()));
    });
    const texts = ['mine'.repeat(10), 'theirs'.repeat(1000), 'yours'.repeat(10)];
    const sending = texts.map((text) => rawRequest(slow.port, post(text)));
    await eventually(() => expect(bodies).toHaveLength(3));
    mayAnswer.resolve();
    await Promise.all(sending);
    expect(bodies.map(String).sort()).toEqual(texts);
    await slow.close();
  });

  it.each([1, 6, 60])('is the beginning of a request, %i bytes short', async (missing) => {
    const text = post('mine'.repeat(100));
    const { socket, seen } = openTo(server.port);
    socket.write(text.slice(0, -missing));
    await others();
    socket.write(text.slice(-missing));
    await eventually(() => expect(seen.text).toContain('mine'.repeat(100)));
    socket.destroy();
  });

  it('is a head in two packets, and what is sent after it', async () => {
    const { socket, seen } = openTo(server.port);
    const text = post('mine'.repeat(100));
    socket.write(text.slice(0, 30));
    await others();
    socket.write(text.slice(30, -200));
    await others();
    socket.write(text.slice(-200) + post('again'));
    await eventually(() => expect(seen.text).toContain('again'));
    expect(seen.text).toContain('mine'.repeat(100));
    expect(seen.text).not.toContain('"atFront":true');
    socket.destroy();
  });

  it('is a request that came while the one before was answered', async () => {
    const mayAnswer = Promise.withResolvers<void>();
    const slow = await serveWithFront((req, res) => {
      const text = req.rawHeaders.join();
      if (req.url === '/front/1') void mayAnswer.promise.then(() => res.writeHead(200).end(text));
      else res.writeHead(200).end(text);
    });
    const { socket, seen } = openTo(slow.port);
    socket.write(get('GET /front/1 HTTP/1.1'));
    await pause(50);
    socket.write(get('GET /front/2 HTTP/1.1', 'X-Whose: mine'));
    await pause(50);
    for (let n = 0; n < 5; n++)
      await rawRequest(slow.port, get('GET /front/3 HTTP/1.1', `X-Whose: ${'yours'.repeat(99)}`));
    mayAnswer.resolve();
    await eventually(() => expect(seen.text).toContain('X-Whose,mine'));
    socket.destroy();
    await slow.close();
  });
});

describe('requests that do not wait for the answer before', () => {
  it('are answered in their order, in one packet', async () => {
    const sent = await send(post('one') + post('two') + get('GET /elsewhere HTTP/1.1'), { responses: 3 });
    expect(askedIn(sent).map(({ url, body }) => [url, body])).toEqual([
      ['/front', 'one'],
      ['/front', 'two'],
      ['/elsewhere', ''],
    ]);
  });

  it('are answered in their order, where the second comes while the first is under way', async () => {
    const first = Promise.withResolvers<void>();
    let asked = 0;
    const slow = await serveWithFront((req, res) => {
      asked += 1;
      const text = req.url ?? '';
      if (text === '/front/1') void first.promise.then(() => res.writeHead(200, { 'Content-Length': 8 }).end(text));
      else res.writeHead(200, { 'Content-Length': 8 }).end(text);
    });
    const sending = rawRequest(
      slow.port,
      [get('GET /front/1 HTTP/1.1'), get('GET /front/2 HTTP/1.1'), get('GET /front/3 HTTP/1.1')],
      { responses: 3 },
    );
    await eventually(() => expect(asked).toBe(1));
    await pause(100);
    expect(asked).toBe(1);
    first.resolve();
    expect((await sending).responses.map(({ body }) => body)).toEqual(['/front/1', '/front/2', '/front/3']);
    await slow.close();
  });
});

describe('a request behind one whose answer ends the connection', () => {
  it('is not carried out', async () => {
    const first = Promise.withResolvers<void>();
    const asked: unknown[] = [];
    const ending = await serveWithFront((req, res) => {
      asked.push(req.url);
      res.setHeader('Connection', 'close');
      void first.promise.then(() => res.writeHead(200).end('last'));
    });
    const sending = rawRequest(ending.port, [get('GET /front/1 HTTP/1.1'), get('GET /front/2 HTTP/1.1')], {
      responses: Infinity,
    });
    await eventually(() => expect(asked).toHaveLength(1));
    await pause(100);
    first.resolve();
    expect((await sending).responses.map(({ body }) => body)).toEqual(['last']);
    expect(asked).toEqual(['/front/1']);
    await ending.close();
  });
});

describe('the patience of the front', () => {
  const PATIENCE: Patience = { headMs: 200, bodyMs: 150, keptMs: 300, keptSeconds: 1, idleMs: 400 };
  let front: Front;
  let bare: Server;
  let handedOver: number;
  let handedOverText: string;
  let answerFirst: PromiseWithResolvers<void>;

  const handler: Handler = (req, res) => {
    const answer = () => void res.writeHead(200, { 'Content-Length': 2 }).end('ok');
    if (req.url === '/slow') void answerFirst.promise.then(answer);
    else answer();
  };
  beforeEach(async () => {
    handedOver = 0;
    answerFirst = Promise.withResolvers();
    handedOverText = '';
    const handOver = (socket: Socket) => {
      handedOver += 1;
      const pieces: Buffer[] = [];
      socket.on('data', (bytes) => {
        pieces.push(bytes);
        handedOverText = Buffer.concat(pieces).toString('latin1');
      });
    };
    front = createFront({ takes: () => true, handler, handOver, patience: PATIENCE });
    bare = createServer(front.accept).listen(0, '127.0.0.1');
    await once(bare, 'listening');
  });
  afterEach(async () => {
    const closed = once(bare, 'close');
    bare.close();
    front.closeAll();
    for (const socket of opened.splice(0)) socket.destroy();
    await closed;
  });
  const opened: ReturnType<typeof connect>[] = [];
  const open = () => {
    const one = openTo((bare.address() as AddressInfo).port);
    opened.push(one.socket);
    return one;
  };

  it('hands whoever sends nothing to node:http, which tells it so', async () => {
    open();
    await eventually(() => expect(handedOver).toBe(1));
  });

  it('hands over a request whose body does not come', async () => {
    const { socket, seen } = open();
    socket.write(post('a body').slice(0, -3));
    await eventually(() => expect(handedOver).toBe(1));
    expect(seen.closed).toBe(false);
  });

  it('hands over what comes later as well, each byte its own', async () => {
    const [{ socket }, other] = [open(), open()];
    const text = post('a body', 'Expect: 100-continue');
    socket.write(text);
    await eventually(() => expect(handedOver).toBe(1));
    for (let n = 0; n < 5; n++) {
      socket.write(`piece ${n}`);
      await eventually(() => expect(handedOverText).toMatch(new RegExp(`piece ${n}$`)));
      other.socket.write(get('GET /x HTTP/1.1', `X-A: ${'a'.repeat(500)}`));
      await eventually(() => expect(other.seen.text.match(/ok/g)).toHaveLength(n + 1));
    }
    expect(handedOverText).toBe(`${text}${Array.from({ length: 5 }, (_, n) => `piece ${n}`).join('')}`);
  });

  it('ends a connection that is kept for nothing', async () => {
    const { socket, seen } = open();
    socket.write(get());
    await eventually(() => expect(seen.text).toMatch(/ok$/));
    await eventually(() => expect(seen.closed).toBe(true));
    expect(handedOver).toBe(0);
  });

  it('waits longer for an answer than for a request', async () => {
    const { socket, seen } = open();
    socket.write(get('GET /slow HTTP/1.1'));
    await pause(PATIENCE.keptMs + 150);
    expect(seen.closed).toBe(false);
    answerFirst.resolve();
    await eventually(() => expect(seen.text).toMatch(/ok$/));
  });

  it('cuts off a request that is never answered', async () => {
    const { socket, seen } = open();
    socket.write(get('GET /slow HTTP/1.1'));
    await eventually(() => expect(seen.closed).toBe(true));
    expect(seen.text).toBe('');
  });
});
