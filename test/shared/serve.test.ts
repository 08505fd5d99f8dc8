import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createLog } from '../../services/shared/log.ts';
import { serve, type ServeOptions } from '../../services/shared/serve.ts';
import { rawRequest } from '../support/raw-request.ts';
import { eventually } from '../support/wait.ts';

const log = createLog('serve', 'silent');
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let opened: { close: () => void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened) await one.close();
  opened = [];
});

async function start(handler: RequestListener, options: Partial<ServeOptions> = {}) {
  const listening = await serve({ handler, host: '127.0.0.1', port: 0, drainSeconds: 60, log, ...options });
  const started = { port: listening.port, close: () => listening.close() };
  opened.unshift(started);
  return started;
}

/** A handler that answers when the test says so. */
function onDemand() {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  let requests = 0;
  const handler: RequestListener = (_req, res) => {
    requests += 1;
    asked.resolve();
    void answer.promise.then((text) => res.end(text));
  };
  return { handler, asked: asked.promise, answer: answer.resolve, requests: () => requests };
}

/** A connection that collects what comes, and knows when it was closed. */
async function open(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1' });
  opened.unshift({ close: () => void socket.destroy() });
  await once(socket, 'connect');
  const seen = { text: '', closed: false };
  socket.on('data', (chunk) => (seen.text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (seen.closed = true));
  return { socket, seen };
}

describe('close', () => {
  it('waits for a request under way, which is answered in full', async () => {
    const { handler, asked, answer } = onDemand();
    const { port, close } = await start(handler);
    const { socket, seen } = await open(port);
    socket.write(GET);
    await asked;
    let closed = false;
    const closing = close().then(() => (closed = true));
    await pause(150);
    expect(closed).toBe(false);
    answer('the whole answer');
    await closing;
    await eventually(() => expect(seen).toMatchObject({ closed: true }));
    expect(seen.text).toMatch(/^HTTP\/1\.1 200 OK[^]*the whole answer$/);
  });

  it('says in that answer that the connection ends with it', async () => {
    const { handler, asked, answer } = onDemand();
    const { port, close } = await start(handler);
    const { socket, seen } = await open(port);
    socket.write(GET);
    await asked;
    const closing = close();
    answer('the whole answer');
    await closing;
    await eventually(() => expect(seen.text).toMatch(/\r\nConnection: close\r\n/));
  });

  it('accepts no new connection meanwhile', async () => {
    const { handler, asked, answer } = onDemand();
    const { port, close } = await start(handler);
    const { socket } = await open(port);
    socket.write(GET);
    await asked;
    const closing = close();
    await expect(rawRequest(port, GET)).rejects.toThrow('ECONNREFUSED');
    answer('');
    await closing;
  });

  it('ends connections that are kept alive and idle, at once', async () => {
    const { port, close } = await start((_req, res) => void res.end('done'));
    const { socket, seen } = await open(port);
    socket.write(GET);
    await eventually(() => expect(seen.text).toContain('done'));
    const startedAtMs = performance.now();
    await close();
    expect(performance.now() - startedAtMs).toBeLessThan(20_000);
    await eventually(() => expect(seen.closed).toBe(true));
  });

  it('ends a kept connection after an answer that was begun before, at once', async () => {
    const asked = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    const { port, close } = await start((_req, res) => {
      res.writeHead(200, { 'Content-Length': 8 });
      res.write('half');
      asked.resolve();
      void rest.promise.then(() => res.end('half'));
    });
    const { socket, seen } = await open(port);
    socket.write(GET);
    await asked.promise;
    const closing = close();
    rest.resolve();
    const startedAtMs = performance.now();
    await closing;
    expect(performance.now() - startedAtMs).toBeLessThan(20_000);
    await eventually(() => expect(seen.closed).toBe(true));
    expect(seen.text).toMatch(/halfhalf$/);
  });

  it('cuts off what is still there after the drain time', async () => {
    const { handler, asked } = onDemand();
    const { port, close } = await start(handler, { drainSeconds: 0.2 });
    const { socket, seen } = await open(port);
    socket.write(GET);
    await asked;
    const startedAtMs = performance.now();
    await close();
    expect(performance.now() - startedAtMs).toBeGreaterThan(150);
    await eventually(() => expect(seen).toEqual({ text: '', closed: true }));
  });
});

describe('what is not HTTP', () => {
  it('is answered 400 in JSON, with the headers a service adds to such answers', async () => {
    const { port } = await start((_req, res) => void res.end(), {
      headersOnUnreadable: { 'X-Experience-API-Version': '1.0.3' },
    });
    const answer = await rawRequest(port, 'NONSENSE\r\n\r\n');
    expect(answer).toMatchObject({ status: 400, closed: true });
    expect(answer.headers.get('x-experience-api-version')).toEqual(['1.0.3']);
    expect(JSON.parse(answer.body)).toEqual({
      error: 'invalid_request',
      error_description: 'this is not a valid HTTP request',
    });
  });

  it('is answered 431 where the head is too large', async () => {
    const { port } = await start((_req, res) => void res.end());
    const answer = await rawRequest(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(answer).toMatchObject({ status: 431, closed: true });
  });

  it('trap, the answer of another: is not answered behind a request that is pending, the connection ends', async () => {
    const { handler, asked, answer } = onDemand();
    const { port } = await start(handler);
    const { socket, seen } = await open(port);
    socket.write(GET);
    await asked;
    socket.write('NONSENSE\r\n\r\n');
    await eventually(() => expect(seen.closed).toBe(true));
    answer('too late');
    await pause(50);
    expect(seen.text).toBe('');
  });

  it('is answered behind a request that has been', async () => {
    const { port } = await start((_req, res) => void res.end('first'));
    const { responses } = await rawRequest(port, [GET, 'NONSENSE\r\n\r\n'], { responses: 2, pauseMs: 100 });
    expect(responses.map(({ status }) => status)).toEqual([200, 400]);
  });

  it('never reaches the handler', async () => {
    const { handler, requests } = onDemand();
    const { port } = await start(handler);
    await rawRequest(port, 'NONSENSE\r\n\r\n');
    await rawRequest(port, 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n');
    expect(requests()).toBe(0);
  });
});

describe('what Node would let pass', () => {
  it.each<[string, number, string]>([
    ['no Host', 400, 'GET / HTTP/1.1\r\n\r\n'],
    [
      'a transfer coding that nobody undoes',
      400,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a transfer coding in HTTP/1.0', 400, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an expectation that is not 100-continue', 417, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n'],
  ])('%s is %i, in JSON, and ends the connection', async (_, status, text) => {
    const { handler, requests } = onDemand();
    const { port } = await start(handler);
    const answer = await rawRequest(port, text);
    expect(answer).toMatchObject({ status, closed: true });
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
    expect(requests()).toBe(0);
  });
});

describe('serve', () => {
  it('rejects where the port is taken', async () => {
    const { port } = await start((_req, res) => void res.end());
    await expect(start((_req, res) => void res.end(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('leaves 100 Continue to the handler: whoever refuses by the head need not ask for the body', async () => {
    const { port } = await start((_req, res) => void res.writeHead(403).end());
    const answer = await rawRequest(
      port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    );
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('100 Continue');
  });
});
