/** Too much of anything, or too slowly: a bound is met, and it is said which. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { expectRefused, head, hostileScene, STATE, STATEMENTS, VERSION } from './support.ts';

const scene = hostileScene();

describe('a head that is too large', () => {
  const LONG = 'x'.repeat(17 * 1024);

  it.each([
    ['one header of 17 KB', () => scene.head(`GET ${STATE}`, `X-A: ${LONG}`)],
    ['a name of 17 KB', () => scene.head(`GET ${STATE}`, `${LONG}: a`)],
    ['a token of 17 KB', () => head(`GET ${STATE}`, VERSION, `Authorization: Bearer ${LONG}`)],
    ['cookies of 17 KB', () => scene.head(`GET ${STATE}`, `Cookie: a=${LONG}`)],
    ['a query of 17 KB', () => scene.head(`GET ${STATEMENTS}?verb=${LONG}`)],
    ['1000 headers', () => scene.head(`GET ${STATE}`, ...Array.from({ length: 1000 }, (_, n) => `X-${n}: ${n}`))],
    ['20 000 headers', () => scene.head(`GET ${STATE}`, ...Array.from({ length: 20_000 }, () => 'a:'))],
    [
      'more headers than are counted, and a length behind them',
      () => {
        const many = Array.from({ length: 2100 }, () => 'a:');
        return scene.head(`PUT ${STATE}`, ...many, 'Content-Length: 2') + '{}';
      },
    ],
    ['17 KB for the token service', () => head('POST /oauth2/token', `X-A: ${LONG}`)],
    ['17 KB without end', () => `GET ${STATE} HTTP/1.1\r\nHost: gateway.test\r\nX-A: ${LONG}`],
  ])('is 431, as JSON, with the xAPI version: %s', async (_name, text) => {
    const sent = await scene.send(text());
    expect(expectRefused(sent, 431).error_description).toContain('16 KiB');
    expect(sent.closed).toBe(true);
    expect(sent.headers.get('content-length')).toEqual([String(sent.body.length)]);
  });

  it('is 431 in whichever packets it comes', async () => {
    const text = scene.head(`GET ${STATE}`, `X-A: ${LONG}`);
    expectRefused(await scene.send([text.slice(0, 100), text.slice(100, 9000), text.slice(9000)]), 431);
  });

  it('is served just below the bound, and all of it goes on', async () => {
    const lines = Array.from({ length: 400 }, (_, n) => `X-H-${n}: ${'v'.repeat(10)}`);
    const many = await scene.send(scene.head(`GET ${STATE}`, ...lines));
    expect(
      many.upstream.map(({ headers }) => Object.keys(headers).filter((name) => name.startsWith('x-h-')).length),
    ).toEqual([400]);
    const long = await scene.send(scene.head(`GET ${STATE}`, `X-A: ${'v'.repeat(15_000)}`));
    expect(long.upstream.map(({ headers }) => (headers['x-a'] as string).length)).toEqual([15_000]);
  });
});

describe('a head that comes slowly', () => {
  it('is read to its end where it comes byte by byte', async () => {
    const text = scene.head(`GET ${STATE}`);
    const sent = await scene.send([...text.slice(0, 60)].concat(text.slice(60)), { pauseMs: 1 });
    expect(sent.status).toBe(200);
  });

  it('has 20 seconds; a body that moves has as long as it takes', async () => {
    const seen = new Set<Server>();
    const onRequest = (message: unknown) => {
      const { server } = message as { server: Server };
      const address = server.address();
      if (typeof address === 'object' && address?.port === scene.gateway.port) seen.add(server);
    };
    subscribe('http.server.request.start', onRequest);
    await scene.send(scene.head('GET /healthz'));
    unsubscribe('http.server.request.start', onRequest);
    expect(
      [...seen].map(({ headersTimeout, requestTimeout, timeout }) => [headersTimeout, requestTimeout, timeout]),
    ).toEqual([[20_000, 0, 120_000]]);
  });
});

describe('many connections that say nothing, or hang up at once', () => {
  it('do not keep a good request waiting', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(scene.gateway.port, '127.0.0.1'));
    for (const [at, socket] of sockets.entries()) {
      socket.on('error', () => undefined);
      if (at % 4 === 1) socket.write('GET /xapi/sta');
      if (at % 4 === 2) socket.on('connect', () => socket.resetAndDestroy());
      if (at % 4 === 3) socket.end(scene.head(`POST ${STATEMENTS}`, 'Content-Length: 10') + '{}');
    }
    const sent = await scene.send(scene.head(`GET ${STATE}`));
    expect(sent.status).toBe(200);
    for (const socket of sockets) socket.destroy();
    const after = [...sent.upstream, ...(await scene.late())];
    expect(after.filter(({ method, complete }) => method === 'POST' && complete)).toEqual([]);
  });
});
