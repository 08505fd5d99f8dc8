/** How long the gateway waits for the LRS, and what a caller sees of an LRS that is slow, away or broken. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { rawRequest } from '../support/raw-request.ts';
import { startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts';
import { withUnreachable } from '../support/unreachable.ts';
import { eventually } from '../support/wait.ts';
import { askPort, refusalOf, VERSION_1, type Headers } from './support.ts';

const STATE = '/xapi/activities/state?stateId=a';
const PATIENCE = { connectSeconds: 1, responseSeconds: 1, idleSeconds: 1 };

interface Timed {
  answer: Awaited<ReturnType<typeof askPort>>;
  tookMs: number;
}

async function timed(gateway: RunningGateway, line = `GET ${STATE}`, body?: string): Promise<Timed> {
  const { bearer } = await gateway.mint('all');
  const startedAt = performance.now();
  const answer = await askPort(gateway.port, line, { ...VERSION_1, Authorization: bearer }, body, {
    timeoutMs: 20_000,
  });
  return { answer, tookMs: performance.now() - startedAt };
}

/** The gateway's own refusal, and not before so long. */
function expectRefused({ answer, tookMs }: Timed, status: 502 | 504, fromMs: number): void {
  expect(refusalOf(answer)).toMatchObject({ status, error: status === 502 ? 'bad_gateway' : 'gateway_timeout' });
  expect(answer.headers.has('www-authenticate')).toBe(false);
  expect(tookMs).toBeGreaterThanOrEqual(fromMs);
}

describe('an LRS that cannot be reached', () => {
  it('is given up after the time to connect, with 504', async () => {
    await withUnreachable(async (origin) => {
      const gateway = await startTestGateway({ lrsUrl: `${origin}/xapi`, lrs: PATIENCE });
      try {
        expectRefused(await timed(gateway), 504, 700);
        expectRefused(await timed(gateway, `PUT ${STATE}`, 'a document'), 504, 700);
      } finally {
        await gateway.close();
      }
    });
  });

  it('is said at once to be away where it refuses connections, with 502, and is asked again when it is back', async () => {
    const port = await freePort();
    const gateway = await startTestGateway({ lrsUrl: `http://127.0.0.1:${port}/xapi`, lrs: PATIENCE });
    expectRefused(await timed(gateway), 502, 0);
    expectRefused(await timed(gateway, `PUT ${STATE}`, 'a document'), 502, 0);
    const server = createServer((_req, res) => void res.end('back'));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect((await timed(gateway)).answer).toMatchObject({ status: 200, body: 'back' });
    await gateway.close();
    server.close();
  });

  it('is said to be away where its name is unknown, with 502 or 504', async () => {
    const gateway = await startTestGateway({ lrsUrl: 'http://no-such-lrs.invalid/xapi', lrs: PATIENCE });
    expect([502, 504]).toContain((await timed(gateway)).answer.status);
    await gateway.close();
  });
});

describe('an LRS that does not answer as it should', () => {
  let upstream: RawUpstream;
  let gateway: RunningGateway;
  let script: (socket: Socket) => void;
  let closed = 0;
  let asked = 0;
  beforeAll(async () => {
    upstream = await startRawUpstream((socket) => {
      socket.once('close', () => (closed += 1));
      socket.on('data', (bytes: Buffer) => {
        if (!/^[A-Z]+ \//.test(bytes.toString())) return;
        asked += 1;
        script(socket);
      });
    });
    gateway = await startTestGateway({ lrsUrl: upstream.url, lrs: PATIENCE });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const writes =
    (text: string): typeof script =>
    (socket) =>
      void socket.write(text);

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    ['says half a head', writes('HTTP/1.1 200 OK\r\nContent-Le')],
    ['says only that it goes on', writes('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('is given up after the time to answer where it %s, with 504', async (_what, said) => {
    script = said;
    const before = closed;
    expectRefused(await timed(gateway), 504, 700);
    await eventually(() => expect(closed).toBe(before + 1));
  });

  /** Asking again to read changes nothing; a call that writes may have been carried out. */
  it.each<[string, (socket: Socket) => void]>([
    ['ends the connection', (socket) => void socket.end()],
    ['resets the connection', (socket) => void socket.resetAndDestroy()],
    ['says what is not HTTP', writes('SSH-2.0-OpenSSH_9.2\r\n')],
    ['ends within its head', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
  ])('is said to have broken off where it %s, with 502', async (_what, said) => {
    script = said;
    asked = 0;
    expectRefused(await timed(gateway), 502, 0);
    expect(asked).toBeLessThanOrEqual(2);
    asked = 0;
    expectRefused(await timed(gateway, `PUT ${STATE}`, 'a document'), 502, 0);
    expectRefused(await timed(gateway, `DELETE ${STATE}`), 502, 0);
    expect(asked).toBe(2);
  });

  const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';

  it.each<[string, (socket: Socket) => void]>([
    ['pauses for too long within a body with a length', writes(`${HEAD}Content-Length: 10\r\n\r\nhalf`)],
    ['pauses for too long within a body in chunks', writes(`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`)],
    ['ends within a body with a length', (socket) => void socket.end(`${HEAD}Content-Length: 10\r\n\r\nhalf`)],
    [
      'ends within a body in chunks',
      (socket) => void socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`),
    ],
  ])('gives a caller an answer that can be seen to be cut off where it %s', async (_what, said) => {
    script = said;
    const before = closed;
    const { answer } = await timed(gateway);
    expect(answer).toMatchObject({ status: 200, body: 'half', complete: false });
    await eventually(() => expect(closed).toBe(before + 1));
  });

  it('is waited for while its body comes slowly, however long that takes', async () => {
    script = (socket) => {
      socket.write(`${HEAD}Content-Length: 6\r\n\r\n`);
      for (let n = 1; n <= 6; n++) setTimeout(() => socket.write(String(n)), n * 400);
    };
    const { answer, tookMs } = await timed(gateway);
    expect(answer).toMatchObject({ status: 200, body: '123456', complete: true });
    expect(tookMs).toBeGreaterThan(2300);
  });
});

describe('a caller that is slow', () => {
  let lrs: Server;
  let respond: RequestListener;
  let gateway: RunningGateway;
  let headers: Headers;
  beforeAll(async () => {
    lrs = createServer((req, res) => respond(req, res));
    const port = await freePort();
    await new Promise<void>((resolve) => lrs.listen(port, '127.0.0.1', resolve));
    gateway = await startTestGateway({ lrsUrl: `http://127.0.0.1:${port}/xapi`, lrs: PATIENCE });
    const { bearer } = await gateway.mint('all');
    headers = { ...VERSION_1, Authorization: bearer, Host: 'a' };
  });
  afterAll(async () => {
    await gateway.close();
    lrs.closeAllConnections();
    lrs.close();
  });
  const head = (line: string, extra: Headers) =>
    `${line} HTTP/1.1\r\n${Object.entries({ ...headers, ...extra })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;

  it.each<[string, Headers, string[]]>([
    ['with a length', { 'Content-Length': '7' }, ['1', '2', '3', '4', '5', '6', '7']],
    [
      'in chunks',
      { 'Transfer-Encoding': 'chunked' },
      ['1\r\n1\r\n', '1\r\n2\r\n', '1\r\n3\r\n', '4\r\n4567\r\n', '0\r\n', '\r\n'],
    ],
  ])('is waited for while its body comes, for longer than the LRS has to answer: %s', async (_what, extra, pieces) => {
    respond = (req, res) => void Array.fromAsync(req).then((chunks) => res.end(Buffer.concat(chunks as Buffer[])));
    const sent = [head(`PUT ${STATE}`, extra), ...pieces];
    const { status, body } = await rawRequest(gateway.port, sent, { pauseMs: 400, timeoutMs: 20_000 });
    expect([status, body]).toEqual([200, '1234567']);
  });

  it('has an answer in time where the LRS says nothing after a slow body', async () => {
    respond = (req) => void req.resume();
    const sent = [head(`PUT ${STATE}`, { 'Content-Length': '5' }), '1', '2', '3', '4', '5'];
    const { status } = await rawRequest(gateway.port, sent, { pauseMs: 400, timeoutMs: 20_000 });
    expect(status).toBe(504);
  });

  it('has the whole answer though it takes longer over it than the LRS may pause', async () => {
    const bytes = 30 * 1024 * 1024;
    respond = (_req, res) => void res.end(Buffer.alloc(bytes, 'a'));
    const asking = request({ port: gateway.port, host: '127.0.0.1', path: STATE, headers, agent: false }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.pause();
    await sleep(2000);
    let received = 0;
    answer.on('data', (chunk: Buffer) => (received += chunk.length));
    answer.resume();
    await once(answer, 'end');
    expect(received).toBe(bytes);
  });
});

describe('an LRS that closes connections it has not used for a while', () => {
  let lrs: Server;
  let proxy: FaultProxy;
  let gateway: RunningGateway;
  let headers: Headers;
  let closeAfterMs: number | undefined;
  let asked = 0;
  beforeAll(async () => {
    lrs = createServer((req, res) => {
      asked += 1;
      req.resume();
      if (closeAfterMs !== undefined) setTimeout(() => req.socket.end(), closeAfterMs);
      res.end('[]');
    });
    lrs.keepAliveTimeout = 0;
    const port = await freePort();
    await new Promise<void>((resolve) => lrs.listen(port, '127.0.0.1', resolve));
    proxy = await startFaultProxy(port);
    gateway = await startTestGateway({ lrsUrl: `http://127.0.0.1:${proxy.port}/xapi`, lrs: PATIENCE });
    const { bearer } = await gateway.mint('all');
    headers = { ...VERSION_1, Authorization: bearer };
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
    lrs.closeAllConnections();
    lrs.close();
  });

  const call = async (method: string) =>
    (await fetch(`${gateway.url}${STATE}`, { method, headers, ...(method === 'PUT' && { body: 'a' }) })).status;

  it.each(['GET', 'PUT', 'DELETE'])('fails no %s that comes after', async (method) => {
    closeAfterMs = 5;
    for (let n = 0; n < 20; n++) {
      expect(await call(method)).toBe(200);
      await sleep(25);
    }
  });

  it.each(['GET', 'PUT'])('fails no %s after all connections were cut', async (method) => {
    closeAfterMs = undefined;
    for (let n = 0; n < 10; n++) {
      expect(await call(method)).toBe(200);
      await proxy.cut();
      await sleep(20);
    }
  });

  it('fails no GET that meets the very moment', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 150; n++) {
      closeAfterMs = 3 + (n % 5);
      statuses.push(await call('GET'));
      await sleep(3 + Math.random() * 5);
    }
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  it('asks the LRS once for each call that writes', async () => {
    closeAfterMs = 5;
    const before = asked;
    for (let n = 0; n < 20; n++) {
      await call('PUT');
      await sleep(5);
    }
    expect(asked - before).toBeLessThanOrEqual(20);
  });
});
