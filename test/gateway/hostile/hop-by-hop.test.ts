/** What is about one connection stays on it: traps that other gateways were caught in. @see RFC 9110 §7.6.1 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { rawRequest } from '../../support/raw-request.ts';
import { startRawUpstream, type RawUpstream } from '../../support/raw-upstream.ts';
import { startTestGateway, type RunningGateway } from '../../support/gateway.ts';
import { chunked, FORGED, FORM, head, hostileScene, STATE, STATEMENTS } from './support.ts';

const scene = hostileScene();
let basic: string;
beforeAll(async () => {
  ({ basic } = await scene.gateway.register('all'));
});

const GRANT = 'grant_type=client_credentials';
const askToken = (...lines: string[]) =>
  head('POST /oauth2/token', `Authorization: ${basic}`, `Content-Type: ${FORM}`, ...lines);
const lengthOf = (body: string) => `Content-Length: ${body.length}`;

const HOP_BY_HOP: [string, string[]][] = [
  ['Trailer', [`Trailer: X-${FORGED}`]],
  ['TE: trailers', ['TE: trailers']],
  ['TE with Connection: TE', [`TE: trailers, deflate;q=0.5`, 'Connection: TE']],
  ['Keep-Alive', [`Keep-Alive: timeout=600, ${FORGED}`]],
  ['Connection: keep-alive', [`Connection: keep-alive, ${FORGED}`]],
  ['Connection: close', [`Connection: close, X-Hallpass-Client`, `X-Hallpass-Client: ${FORGED}`]],
  ['Connection with commas and spaces', [`Connection: ,, ,X-A ,\t,`, `X-A: ${FORGED}`]],
  ['two Connections', [`Connection: X-A`, `Connection: X-B`, `X-A: ${FORGED}`, `X-B: ${FORGED}`]],
  ['Connection in another spelling', [`CONNECTION: x_a`, `X-A: ${FORGED}`]],
  ['Connection: Host', ['Connection: Host']],
  ['Connection: Content-Type', ['Connection: Content-Type']],
  ['Connection: Content-Length', ['Connection: Content-Length']],
  ['Connection: Transfer-Encoding', ['Connection: Transfer-Encoding']],
  ['Proxy-Connection', [`Proxy-Connection: ${FORGED}`]],
  ['Proxy-Authorization', [`Proxy-Authorization: Basic ${FORGED}`]],
  ['Proxy-Authenticate', [`Proxy-Authenticate: Basic ${FORGED}`]],
];

describe('trap: one unauthenticated request with Trailer ends the process', () => {
  it.each([
    ['GET /xapi/statements', 401],
    ['GET /xapi/about', 200],
    ['GET /oauth2/jwks', 200],
    ['GET /.well-known/openid-configuration', 200],
    ['GET /oauth2/token', 405],
    ['POST /oauth2/token', 400],
    ['POST /oauth2/revoke', 400],
    ['GET /healthz', 200],
    ['GET /', 404],
    ['POST /', 404],
  ])('not here: %s is answered with %d', async (line, status) => {
    const sent = await scene.send(head(line, 'Trailer: X', 'X-Experience-API-Version: 1.0.3'));
    expect(sent.status).toBe(status);
  });

  it.each([
    ['POST /oauth2/token', 200],
    ['POST /oauth2/revoke', 400],
    ['GET /oauth2/jwks', 200],
  ])('nor with chunks and real trailers: %s is answered with %d', async (line, status) => {
    const lines = [`Authorization: ${basic}`, `Content-Type: ${FORM}`, 'Trailer: X-A', 'Transfer-Encoding: chunked'];
    const sent = await scene.send(
      head(line, ...lines) + chunked(GRANT, `X-A: ${FORGED}`, `X-Hallpass-Client: ${FORGED}`),
    );
    expect(sent.status).toBe(status);
  });
});

describe('trap: what Connection names, and the other headers of one hop, are handed on', () => {
  const HANDED_ON = ['host', 'connection', 'x-experience-api-version', 'authorization'];

  it.each(HOP_BY_HOP)('not to the LRS by a GET: %s', async (_name, lines) => {
    const sent = await scene.send(scene.head(`GET ${STATE}`, ...lines));
    expect(sent.status).toBe(200);
    expect(sent.upstream.map(({ headers }) => Object.keys(headers))).toEqual([HANDED_ON]);
    expect(sent.upstream.map(({ headers }) => headers.connection)).toEqual(['keep-alive']);
  });

  it.each(HOP_BY_HOP)('not to the LRS by a POST, whose body arrives whole: %s', async (_name, lines) => {
    const json = 'Content-Type: application/json';
    const withLength = await scene.send(scene.head(`POST ${STATEMENTS}`, ...lines, json, lengthOf('{}')) + '{}');
    const withChunks = await scene.send(
      scene.head(`POST ${STATEMENTS}`, ...lines, json, 'Transfer-Encoding: chunked') + chunked('{}', `X-A: ${FORGED}`),
    );
    for (const [sent, framing] of [
      [withLength, 'content-length'],
      [withChunks, 'transfer-encoding'],
    ] as const) {
      expect(sent.status).toBe(200);
      expect(sent.upstream.map(({ body }) => body.toString())).toEqual(['{}']);
      expect(sent.upstream.map(({ headers }) => Object.keys(headers).sort())).toEqual([
        [...HANDED_ON, 'content-type', framing].sort(),
      ]);
      expect(sent.upstream.map(({ trailers }) => trailers)).toEqual([{}]);
    }
  });

  it.each(HOP_BY_HOP)('nor does it keep a client from its token: %s', async (_name, lines) => {
    const withLength = await scene.send(askToken(...lines, lengthOf(GRANT)) + GRANT);
    const withChunks = await scene.send(askToken(...lines, 'Transfer-Encoding: chunked') + chunked(GRANT, `X-A: b`));
    expect([withLength.status, withChunks.status]).toEqual([200, 200]);
  });

  it('Connection: Authorization takes away neither the caller’s token nor the gateway’s credential', async () => {
    const sent = await scene.send(scene.head(`GET ${STATE}`, 'Connection: Authorization'));
    expect(sent.status).toBe(200);
    expect(sent.upstream).toHaveLength(1);
  });

  it('Connection: Authorization lets nobody in who has no token', async () => {
    const sent = await scene.send(head(`GET ${STATE}`, 'Connection: Authorization'));
    expect(sent).toMatchObject({ status: 401, upstream: [] });
  });

  it('Connection: X-Experience-API-Version: the LRS is told no version rather than one that the next hop drops', async () => {
    const sent = await scene.send(scene.head(`GET ${STATE}`, 'Connection: X-Experience-API-Version'));
    expect(sent.upstream.map(({ headers }) => headers['x-experience-api-version'])).toEqual([undefined]);
  });
});

describe('what the token service is sent', () => {
  let wire = '';
  let upstream: RawUpstream;
  let gateway: RunningGateway;
  beforeAll(async () => {
    upstream = await startRawUpstream((socket) => {
      socket.on('data', (chunk) => {
        wire += chunk.toString('latin1');
        if (/\r\n\r\n(.*\r\n\r\n)?/s.test(wire)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
      });
    });
    gateway = await startTestGateway({
      lrsUrl: scene.echo.url,
      options: { tokenServiceUrl: `http://127.0.0.1:${upstream.port}` },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    wire = '';
  });

  const IDENTITY = [
    `X-Hallpass-Client: ${FORGED}`,
    `x_hallpass_client: ${FORGED}`,
    `X-Forwarded-For: ${FORGED}`,
    `X-Forwarded-Host: ${FORGED}`,
    `X-Forwarded-Proto: ${FORGED}`,
    `Forwarded: host=${FORGED}`,
    `Client-Cert: ${FORGED}`,
    `X-HTTP-Method-Override: ${FORGED}`,
    `X-Original-URL: /${FORGED}`,
  ];

  it.each([...HOP_BY_HOP, ['identity headers', IDENTITY] as [string, string[]]])(
    'is the caller’s credential and form, without %s',
    async (_name, lines) => {
      const answer = await rawRequest(gateway.port, askToken(...lines, lengthOf(GRANT)) + GRANT);
      expect(answer.status).toBe(200);
      expect(wire.toLowerCase()).not.toContain(FORGED);
      expect(wire).not.toMatch(/^(trailer|te|keep-alive|proxy-[a-z]+|upgrade):/im);
      expect(wire).toContain(`authorization: ${basic}\r\n`);
      expect(wire).toMatch(/^connection: keep-alive\r\n/im);
      expect(wire.endsWith(`\r\n\r\n${GRANT}`)).toBe(true);
    },
  );

  /* Known of other proxies: a length of 0 is set for these methods and the chunks follow all the same. */
  it.each(['DELETE', 'OPTIONS', 'GET', 'POST'])(
    'has one framing where a %s has chunks: none of them is read as a request',
    async (method) => {
      const hidden = head('GET /oauth2/jwks');
      await rawRequest(gateway.port, head(`${method} /oauth2/token`, 'Transfer-Encoding: chunked') + chunked(hidden));
      expect(wire).toMatch(/^transfer-encoding: chunked\r\n/im);
      expect(wire).not.toMatch(/^content-length:/im);
      expect(wire).toContain(`\r\n\r\n${chunked(hidden)}`);
    },
  );
});

describe('one connection with many token requests', () => {
  it('keeps the time-out it came with, and gathers no listeners', async () => {
    let socket: Socket | undefined;
    const onRequest = (message: unknown) => {
      const seen = message as { server: Server; socket: Socket };
      const address = seen.server.address();
      if (typeof address === 'object' && address?.port === scene.gateway.port) socket = seen.socket;
    };
    subscribe('http.server.request.start', onRequest);
    const counts: number[] = [];
    const text = askToken(lengthOf(GRANT)) + GRANT;
    scene.echo.respond((_request, res) => {
      counts.push(socket?.listenerCount('timeout') ?? -1);
      res.end('{}');
    });
    const sent = await scene.send(
      [text, scene.head(`GET ${STATE}`), ...Array.from({ length: 12 }, () => text), scene.head(`GET ${STATE}`)],
      { responses: 15 },
    );
    unsubscribe('http.server.request.start', onRequest);
    scene.echo.respond((_request, res) => res.end('{}'));
    expect(sent.responses.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 200));
    expect(counts).toEqual([counts[0], counts[0]]);
  });
});
