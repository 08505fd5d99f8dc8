/** `Expect` and `Upgrade`: two ways in which gateways were made to skip their own checks. @see RFC 9110 §7.8, §10.1.1 */
import {
  chunked,
  expectRefused,
  FORGED,
  FORM,
  head,
  hostileScene,
  refusalOf,
  STATE,
  STATEMENTS,
  VERSION,
} from './support.ts';

const scene = hostileScene();
let basic: string;
let reader: string;
beforeAll(async () => {
  ({ basic } = await scene.gateway.register('all'));
  reader = `Authorization: ${(await scene.gateway.mint('statements/read')).bearer}`;
});

const CONTINUE = 'Expect: 100-continue';
const IDENTITY = [`X-Hallpass-Client: ${FORGED}`, `X-Forwarded-User: ${FORGED}`, `Cookie: a=${FORGED}`];
const GRANT = 'grant_type=client_credentials';

describe('trap: with Expect: 100-continue the bearer token and forged identity headers reach the LRS', () => {
  it.each([
    ['Content-Length: 2', '{}'],
    ['Transfer-Encoding: chunked', chunked('{}')],
  ])('not here: the body is asked for, and what goes on is clean (%s)', async (framing, body) => {
    const sent = await scene.send([scene.head(`POST ${STATEMENTS}`, CONTINUE, ...IDENTITY, framing), body], {
      pauseMs: 100,
    });
    expect(sent).toMatchObject({ continued: true, status: 200 });
    expect(sent.upstream.map((request) => [request.body.toString(), request.headers.expect])).toEqual([
      ['{}', undefined],
    ]);
    expect(sent.text.match(/100 Continue/g)).toHaveLength(1);
  });

  it.each([
    ['100-CONTINUE', true],
    [' 100-continue ', true],
  ])('nor where it is written %j', async (value, continued) => {
    const sent = await scene.send(
      scene.head(`POST ${STATEMENTS}`, `Expect: ${value}`, ...IDENTITY, 'Content-Length: 2') + '{}',
    );
    expect(sent).toMatchObject({ continued, status: 200 });
    expect(sent.upstream).toHaveLength(1);
  });

  it('nor for a token: the form is asked for and read', async () => {
    const text = head('POST /oauth2/token', `Authorization: ${basic}`, `Content-Type: ${FORM}`, CONTINUE, ...IDENTITY);
    const sent = await scene.send([text.replace(/\r\n$/, `Content-Length: ${GRANT.length}\r\n\r\n`), GRANT], {
      pauseMs: 100,
    });
    expect(sent).toMatchObject({ continued: true, status: 200 });
    expect(sent.text.match(/100 Continue/g)).toHaveLength(1);
  });

  it('nor from HTTP/1.0, which does not know it and is not answered with 100', async () => {
    const old = scene
      .head(`POST ${STATEMENTS}`, CONTINUE, ...IDENTITY, 'Content-Length: 2')
      .replace('HTTP/1.1', 'HTTP/1.0');
    const sent = await scene.send(`${old}{}`);
    expect(sent).toMatchObject({ continued: false, status: 200 });
  });
});

describe('a refused request that expects 100-continue', () => {
  const post = (target: string, ...lines: string[]) =>
    head(`POST ${target}`, VERSION, CONTINUE, 'Content-Length: 2', ...lines);

  it.each([
    ['no credential', 401, () => post(STATEMENTS)],
    ['an unknown token', 401, () => post(STATEMENTS, 'Authorization: Bearer unknown')],
    ['too little scope', 403, () => post(STATEMENTS, reader)],
    ['an unknown path', 404, () => post('/xapi/nowhere', scene.authorized)],
    ['an unknown method', 405, () => post(STATEMENTS, scene.authorized).replace('POST', 'PATCH')],
    ['an unknown parameter', 400, () => post(`${STATEMENTS}?a=b`, scene.authorized)],
    ['Authorization twice', 400, () => post(STATEMENTS, scene.authorized, reader)],
    ['a method parameter without a form', 400, () => post(`${STATEMENTS}?method=GET`, scene.authorized)],
    ['a path that is nobody’s', 404, () => post('/nowhere', scene.authorized)],
  ])('has its status without 100, and the connection ends: %s (%d → %d)', async (...[, status, text]) => {
    const sent = await scene.send(text());
    expect(expectRefused(sent, status).status).toBe(status);
    expect(sent).toMatchObject({ continued: false, closed: true });
    expect(sent.headers.get('connection')).toEqual(['close']);
  });

  it('whose body comes all the same is not read as the next request', async () => {
    const hidden = scene.head(`GET ${STATE}-${FORGED}`);
    const text = head(`POST ${STATEMENTS}`, VERSION, CONTINUE, `Content-Length: 0${hidden.length}`) + hidden;
    expectRefused(await scene.send(text, { responses: 2 }), 401);
  });
});

describe('another Expect', () => {
  it.each(['200-ok', '100-continue, 200-ok', 'x 100-continue', '100-continue;q=1', '100', ''])(
    '417, saying which there is, at once and with the connection’s end: %j',
    async (value) => {
      for (const line of [`POST ${STATEMENTS}`, 'POST /oauth2/token', 'POST /nowhere']) {
        const sent = await scene.send(scene.head(line, `Expect: ${value}`, 'Content-Length: 2'));
        expect(expectRefused(sent, 417).error_description).toContain('100-continue');
        expect(sent.closed).toBe(true);
      }
    },
  );

  it('is refused where it comes twice', async () => {
    const sent = await scene.send(scene.head(`POST ${STATEMENTS}`, CONTINUE, CONTINUE, 'Content-Length: 2'));
    expect(refusalOf(sent).status).toBeGreaterThanOrEqual(400);
    expect(sent).toMatchObject({ continued: false, closed: true, upstream: [] });
  });
});

describe('trap: after any proxied request an upgrade gets 101 from upstream, and no check is run', () => {
  const WEBSOCKET = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const rounds = ['before', 'after'] as const;

  it.each(rounds)('not here: %s other requests were proxied', async (round) => {
    if (round === 'after') {
      expect((await scene.send(scene.head(`GET ${STATE}`))).status).toBe(200);
      expect((await scene.send(head('GET /oauth2/jwks'))).status).toBe(200);
      expect((await scene.send(head('POST /oauth2/revoke', 'Content-Length: 0'))).status).toBe(400);
    }
    for (const target of [STATE, STATEMENTS, '/xapi/about']) {
      expectRefused(await scene.send(scene.head(`GET ${target}`, ...WEBSOCKET)), 400);
      expectRefused(await scene.send(head(`GET ${target}`, VERSION, ...WEBSOCKET)), 400);
    }
    for (const target of ['/oauth2/token', '/oauth2/jwks', '/nowhere', '/', '/healthz']) {
      const sent = await scene.send(head(`GET ${target}`, ...WEBSOCKET));
      expect(sent.responses.map(({ status }) => status)).not.toContain(101);
      expect(sent.upstream).toEqual([]);
    }
  });

  it.each(['h2c, websocket', 'WebSocket', 'TLS/1.0', 'foo', 'h2'])('not for Upgrade: %s either', async (protocol) => {
    expectRefused(await scene.send(scene.head(`GET ${STATE}`, 'Connection: Upgrade', `Upgrade: ${protocol}`)), 400);
  });

  it.each(['h2c', 'H2C'])('an offer of %s with a good token is served as HTTP/1.1', async (protocol) => {
    const offer = [
      'Connection: Upgrade, HTTP2-Settings',
      `Upgrade: ${protocol}`,
      'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
    ];
    const sent = await scene.send(scene.head(`GET ${STATE}`, ...offer));
    expect(sent.status).toBe(200);
    expect(
      sent.upstream.map(({ headers }) => Object.keys(headers).filter((name) => /upgrade|http2/.test(name))),
    ).toEqual([[]]);
    const body = await scene.send(scene.head(`POST ${STATEMENTS}`, ...offer, 'Content-Length: 2') + '{}');
    expect(body.upstream.map((request) => request.body.toString())).toEqual(['{}']);
    expect((await scene.send(head(`GET ${STATE}`, VERSION, ...offer))).status).toBe(401);
  });

  it.each(['example.org:443', '127.0.0.1:80', '/xapi/statements', 'gateway.test:8080'])(
    'CONNECT %s opens no tunnel',
    async (target) => {
      const sent = await scene.send(scene.head(`CONNECT ${target}`) + scene.head(`GET ${STATE}-${FORGED}`));
      expect(sent.responses.filter(({ status }) => status < 300)).toEqual([]);
      expect(sent).toMatchObject({ closed: true, upstream: [] });
    },
  );
});
