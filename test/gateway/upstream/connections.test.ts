/** Which connection a call goes out on, and what becomes of a connection after its answer. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Departure } from '../../../services/gateway/departure.ts';
import { createUpstream } from '../../../services/gateway/upstream/upstream.ts';
import { MOST_CONNECTIONS } from '../../../services/gateway/upstream/pool.ts';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/wait.ts';
import { ok, PATIENCE, says, saysAndEnds, staying, textOf, upstreamScene } from './support.ts';

const scene = upstreamScene({ connectSeconds: 10, responseSeconds: 3, idleSeconds: 10 });
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';

describe('a connection', () => {
  it.each([
    ['an answer with a length', ok('abc')],
    ['an answer in chunks', `${CHUNKED}\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['an answer without a body', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['an answer of HTTP/1.0 that says so', ok('abc', 'Connection: Keep-Alive').replace('1.1', '1.0')],
    ['an answer after 1xx', `HTTP/1.1 100 Continue\r\n\r\n${ok('abc')}`],
  ])('is used again after %s', async (_what, answer) => {
    scene.answers(says(answer));
    for (let n = 0; n < 5; n++) await scene.outcome();
    expect(scene.received).toHaveLength(1);
    expect(scene.received[0]?.match(/GET/g)).toHaveLength(5);
  });

  it.each([
    ['Connection: close', ok('abc', 'Connection: close')],
    ['Connection: close, among others', ok('abc', 'Connection: x , CLOSE')],
    ['Connection: close in a second header', ok('abc', 'Connection: keep-alive', 'connection: close')],
    ['HTTP/1.0', ok('abc').replace('1.1', '1.0')],
    ['an answer that says it is kept for a second', ok('abc', 'Keep-Alive: timeout=1')],
    ['a byte behind the answer', `${ok('abc')}\n`],
    ['an answer behind the answer', ok('abc') + ok('forged')],
    ['bytes behind the last chunk', `${CHUNKED}\r\n3\r\nabc\r\n0\r\n\r\n\r\n`],
  ])('is not used again after %s', async (_what, answer) => {
    scene.answers(says(answer));
    for (let n = 0; n < 3; n++) expect(await scene.outcome()).toBe('200 abc');
    expect(scene.received.map((text) => text.match(/GET/g)?.length)).toEqual([1, 1, 1]);
    await eventually(() => expect(scene.open.size).toBe(0));
  });

  it.each(['204 No Content', '304 Not Modified'])('is not used again after %s with a body', async (status) => {
    scene.answers(says(`HTTP/1.1 ${status}\r\nContent-Length: 6\r\n\r\nforged`));
    expect(await scene.outcome()).toBe(`${status.slice(0, 3)} `);
    scene.answers(says(ok('next')));
    expect(await scene.outcome()).toBe('200 next');
    expect(scene.received).toHaveLength(2);
  });

  it('is not used again after the answer to HEAD had a body', async () => {
    scene.answers(says(ok('forged')));
    expect(await scene.outcome({ method: 'HEAD' })).toBe('200 ');
    scene.answers(says(ok('next')));
    expect(await scene.outcome()).toBe('200 next');
    expect(scene.received).toHaveLength(2);
  });

  it('is over where a byte comes while nobody asks', async () => {
    scene.answers((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write(ok('abc'));
      setTimeout(() => socket.write(ok('forged')), 20);
    });
    expect(await scene.outcome()).toBe('200 abc');
    await eventually(() => expect(scene.open.size).toBe(0));
    scene.answers(says(ok('next')));
    expect(await scene.outcome()).toBe('200 next');
  });

  it('is over where the LRS ends it while nobody asks', async () => {
    scene.answers(saysAndEnds(ok('abc')));
    for (let n = 0; n < 3; n++) {
      expect(await scene.outcome()).toBe('200 abc');
      await eventually(() => expect(scene.open.size).toBe(0));
    }
  });

  it('is closed by the gateway when it was not used for a while', async () => {
    scene.answers(says(ok('abc', 'Keep-Alive: timeout=2, max=5')));
    expect(await scene.outcome()).toBe('200 abc');
    expect(scene.open.size).toBe(1);
    await eventually(() => expect(scene.open.size).toBe(0));
    expect(await scene.outcome()).toBe('200 abc');
  });

  it('is not used again by a process that stood still for longer than it is kept', async () => {
    scene.answers(says(ok('abc', 'Keep-Alive: timeout=2')));
    expect(await scene.outcome()).toBe('200 abc');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
    expect(await scene.outcome({ method: 'PUT' })).toBe('200 abc');
    expect(scene.received).toHaveLength(2);
  });

  it('is the one that was used last', async () => {
    scene.answers(says(ok('abc')));
    await Promise.all([scene.outcome(), scene.outcome(), scene.outcome()]);
    expect(scene.received).toHaveLength(3);
    for (let n = 0; n < 6; n++) await scene.outcome();
    const calls = scene.received.map((text) => text.match(/GET/g)?.length);
    expect(calls.sort()).toEqual([1, 1, 7]);
  });

  it('is over where its answer is not read to its end, and the next call has another', async () => {
    scene.answers(says(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'a'.repeat(100_000)}`));
    const { body } = await scene.ask();
    if (Buffer.isBuffer(body)) throw new Error('it is not all there');
    body.destroy();
    await eventually(() => expect(scene.open.size).toBe(0));
    scene.answers(says(ok('next')));
    expect(await scene.outcome()).toBe('200 next');
  });
});

describe('a call whose connection ends without a word', () => {
  /** Answers the first call of each connection and ends it at the second. */
  const onlyOnce = (resets: boolean, answer = ok('abc')) =>
    scene.answers((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      if (received.match(/HTTP\/1\.1\r\n/g)?.length === 1) socket.write(answer);
      else if (resets) socket.resetAndDestroy();
      else socket.end();
    });

  it.each<[string, boolean, string]>([
    ['GET', true, '200 abc'],
    ['GET', false, '200 abc'],
    ['HEAD', true, '200 '],
  ])('is asked again on another, where it was used before: %s (reset: %s)', async (method, resets, expected) => {
    onlyOnce(resets, method === 'HEAD' ? ok('abc').slice(0, -3) : ok('abc'));
    for (let n = 0; n < 4; n++) expect(await scene.outcome({ method })).toBe(expected);
    expect(scene.received).toHaveLength(4);
  });

  it.each(['PUT', 'POST', 'DELETE'])('is not asked again: %s', async (method) => {
    onlyOnce(true);
    expect(await scene.outcome()).toBe('200 abc');
    expect(await scene.outcome({ method })).toBe('broken');
    expect(scene.received).toHaveLength(1);
  });

  it('is not asked again where the connection was a new one', async () => {
    scene.answers((socket) => void socket.resetAndDestroy());
    expect(await scene.outcome()).toBe('broken');
    expect(scene.received).toHaveLength(1);
  });

  it('is not asked a third time', async () => {
    scene.answers((socket, received, connection) => {
      if (connection === 0 && received.match(/GET/g)?.length === 1) socket.write(ok('abc'));
      else socket.resetAndDestroy();
    });
    expect(await scene.outcome()).toBe('200 abc');
    expect(await scene.outcome()).toBe('broken');
    expect(scene.received).toHaveLength(2);
  });

  it('is not asked again where a byte of an answer came', async () => {
    scene.answers((socket, received) => {
      if (received.match(/GET/g)?.length === 1) socket.write(ok('abc'));
      else socket.end('H');
    });
    expect(await scene.outcome()).toBe('200 abc');
    expect(await scene.outcome()).toBe('broken');
    expect(scene.received).toHaveLength(1);
  });

  it('is not asked again where it has a body', async () => {
    onlyOnce(true);
    expect(await scene.outcome()).toBe('200 abc');
    const body = Buffer.from('\r\n\r\n');
    expect(await scene.outcome({ body, length: 4 })).toBe('broken');
  });
});

/**
 * Calls that come together go out together, at the end of a turn of the event loop. The turn that a test goes on in may end at once;
 * in the one after that, what the LRS does is heard before they go.
 */
describe('a call that was given a connection and has not gone out yet', () => {
  const POST = { method: 'POST', body: Buffer.from('{"id":1}'), length: 8 };
  const usedConnection = async () => {
    scene.answers((socket, received) => {
      if (/\r\n\r\n({"id":1})?$/.test(received)) socket.write(ok('abc'));
    });
    expect(await scene.outcome()).toBe('200 abc');
    const [socket] = scene.open;
    await new Promise(setImmediate);
    return socket;
  };

  const ends = (socket?: Socket) => socket?.destroy();
  const says408 = (socket?: Socket) => socket?.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
  const whole = () => POST;
  const inPieces = () => ({ ...POST, body: Readable.from([Buffer.from('{"id"'), Buffer.from(':1}')]) });

  it.each([
    ['ends it', 'whole', ends, whole],
    ['ends it', 'in pieces', ends, inPieces],
    ['says something unasked on it', 'whole', says408, whole],
    ['says something unasked on it', 'in pieces', says408, inPieces],
  ])('goes out on another where the LRS just then %s, %s', async (_what, _body, act, call) => {
    act(await usedConnection());
    expect(await scene.outcome(call())).toBe('200 abc');
    expect(scene.received.map((text) => text.slice(0, 4))).toEqual(['GET ', 'POST']);
    expect(scene.received[1]).toMatch(/\r\n\r\n{"id":1}$/);
  });

  it('never goes out where its caller goes', async () => {
    await usedConnection();
    const departure = staying();
    const outcome = scene.outcome(POST, departure);
    (departure as { hasGone: boolean }).hasGone = true;
    departure.onGone?.();
    expect(await outcome).toMatch(/^error: /);
    await eventually(() => expect(scene.open.size).toBe(0));
    expect(scene.received.join('')).not.toContain('POST');
  });
});

describe('more calls at once than there may be connections', () => {
  const answerLater = () => {
    const waiting: (() => void)[] = [];
    scene.answers((socket, received) => {
      if (received.endsWith('\r\n\r\n'))
        waiting.push(() => socket.write(ok(/GET \/(\d+) HTTP\/1\.1\r\n(?:.+\r\n)*\r\n$/.exec(received)?.[1] ?? '')));
    });
    return waiting;
  };
  const more = 20;

  it('wait for one in their order', async () => {
    const waiting = answerLater();
    const order: string[] = [];
    const all = Array.from({ length: MOST_CONNECTIONS + more }, async (_, n) => {
      const said = await scene.outcome({ path: `/${n}` });
      order.push(said);
      return said;
    });
    await eventually(() => expect(waiting).toHaveLength(MOST_CONNECTIONS));
    expect(scene.received).toHaveLength(MOST_CONNECTIONS);
    for (const [n, answer] of waiting.splice(0).entries()) {
      answer();
      if (n < more) await eventually(() => expect(waiting).toHaveLength(n + 1), { everyMs: 1 });
    }
    for (const answer of waiting) answer();
    expect(await Promise.all(all)).toEqual(all.map((_, n) => `200 ${n}`));
    expect(scene.received).toHaveLength(MOST_CONNECTIONS);
    const later = order.map((said) => Number(said.slice(4))).filter((n) => n >= MOST_CONNECTIONS);
    expect(later).toEqual([...later].sort((a, b) => a - b));
  });

  it('wait no longer than for an answer, and leave when their caller does', async () => {
    const waiting = answerLater();
    const gone: Departure = staying();
    const first = Array.from({ length: MOST_CONNECTIONS }, () => scene.outcome());
    const leaves = scene.outcome({ path: '/leaves' }, gone);
    const waits = scene.outcome({ path: '/waits' });
    await eventually(() => expect(waiting).toHaveLength(MOST_CONNECTIONS));
    gone.onGone?.();
    expect(await leaves).toBe('error: the caller went away');
    expect(gone.onGone).toBeUndefined();
    expect(await waits).toBe('unreached');
    await Promise.all(first);
    expect(scene.received.join()).not.toMatch(/leaves|waits/);
  });

  it('go on where connections end under those that wait', async () => {
    scene.answers((socket, received, connection) => {
      if (!received.endsWith('\r\n\r\n')) return;
      if (connection < MOST_CONNECTIONS) setTimeout(() => socket.resetAndDestroy(), 20);
      else socket.write(ok('abc'));
    });
    const outcomes = await Promise.all(Array.from({ length: MOST_CONNECTIONS + more }, () => scene.outcome()));
    expect(outcomes.filter((said) => said === 'broken')).toHaveLength(MOST_CONNECTIONS);
    expect(outcomes.filter((said) => said === '200 abc')).toHaveLength(more);
  });
});

describe('an origin', () => {
  it('is reached by IPv6, by name and by address', async () => {
    const hosts: string[] = [];
    const lrs = createServer((req, res) => {
      hosts.push(req.headers.host ?? '');
      res.end('abc');
    });
    const port = await freePort();
    await new Promise<void>((resolve) => lrs.listen(port, '::', resolve));
    try {
      for (const host of ['[::1]', 'localhost', '127.0.0.1'])
        expect(await scene.outcome({ origin: `http://${host}:${port}` })).toBe('200 abc');
      expect(hosts).toEqual([`[::1]:${port}`, `localhost:${port}`, `127.0.0.1:${port}`]);
    } finally {
      lrs.closeAllConnections();
      lrs.close();
    }
  });

  it('that nobody listens at is broken, at once, and asked again when it is back', async () => {
    const port = await freePort();
    expect(await scene.outcome({ origin: `http://127.0.0.1:${port}` })).toBe('broken');
    const lrs = createServer((_req, res) => void res.end('back'));
    await new Promise<void>((resolve) => lrs.listen(port, '127.0.0.1', resolve));
    expect(await scene.outcome({ origin: `http://127.0.0.1:${port}` })).toBe('200 back');
    lrs.closeAllConnections();
    lrs.close();
  });
});

it('ends every call and every connection when it is closed, and takes no more', async () => {
  const upstream = createUpstream({ patience: PATIENCE });
  scene.answers(says('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc'));
  const call = { origin: scene.origin, method: 'GET', path: '/', headers: [], body: undefined, length: 0 };
  const { body } = await upstream.ask(call, staying());
  scene.answers(() => undefined);
  const waiting = upstream.ask(call, staying());
  await eventually(() => expect(scene.open.size).toBe(2));
  upstream.close();
  await expect(waiting).rejects.toThrow('the gateway is closing');
  expect(await textOf(body)).toBe('…');
  await expect(upstream.ask(call, staying())).rejects.toThrow();
  await eventually(() => expect(scene.open.size).toBe(0));
});
