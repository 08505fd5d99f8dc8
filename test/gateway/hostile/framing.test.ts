/** Where one request ends and the next begins: gateway and LRS must never see it differently. @see RFC 9112 §6, §11.2 */
import { chunked, expectRefused, FORGED, head, hostileScene, STATE, STATEMENTS, VERSION } from './support.ts';

const scene = hostileScene();
const post = (...lines: string[]) => scene.head(`POST ${STATEMENTS}`, ...lines);
/** A request that must never be carried out. */
const hidden = () => scene.head(`GET ${STATE}-${FORGED}`);

describe('two framings in one head', () => {
  it.each([
    ['Content-Length and Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['Transfer-Encoding and Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['two Content-Lengths that differ', ['Content-Length: 5', 'Content-Length: 0']],
    ['two Content-Lengths that agree', ['Content-Length: 5', 'Content-Length: 5']],
    ['two Transfer-Encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['two Transfer-Encodings, the second unknown', ['Transfer-Encoding: chunked', 'Transfer-Encoding: x']],
  ])('400, and what follows is not carried out: %s', async (_name, lines) => {
    const sent = await scene.send(post(...lines) + `0\r\n\r\n${hidden()}`);
    expectRefused(sent, 400);
    expect(sent.closed).toBe(true);
  });

  it('400: Content-Length beside Content_Length, which some servers take for the same', async () => {
    expectRefused(await scene.send(`${post('Content-Length: 2', 'Content_Length: 0')}{}`), 400);
  });
});

describe('Transfer-Encoding', () => {
  it.each([
    'xchunked',
    'identity',
    '"chunked"',
    'chunked;q=1',
    'chunked, identity',
    'chunked, chunked',
    'identity, chunked',
    'gzip, chunked',
    ', chunked',
    'chunked,',
    'chu\tnked',
    '\vchunked',
    'chunked\v',
    'chunked\0',
    '',
  ])('400 where it is %j', async (coding) => {
    const sent = await scene.send(post(`Transfer-Encoding: ${coding}`) + chunked('{}') + hidden());
    expectRefused(sent, 400);
    expect(sent.closed).toBe(true);
  });

  it('closes without an answer, and without asking the LRS, where a tab comes after it', async () => {
    const sent = await scene.send(post('Transfer-Encoding: chunked\t') + chunked('{}') + hidden());
    expect(sent).toMatchObject({ responses: [], closed: true, upstream: [] });
  });

  it.each(['chunked', 'Chunked', '\tchunked', '  chunked  '])('is understood where it is %j', async (coding) => {
    const sent = await scene.send(post(`Transfer-Encoding: ${coding}`) + chunked('{}'));
    expect(sent.status).toBe(200);
    expect(sent.upstream.map(({ body }) => body.toString())).toEqual(['{}']);
  });

  it('400 from HTTP/1.0, which has none', async () => {
    const old = post('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0');
    expectRefused(await scene.send(old + chunked('{}')), 400);
  });

  it('never reaches the LRS underscored', async () => {
    const sent = await scene.send(post('Content-Length: 2', 'Transfer_Encoding: forged') + '{}');
    expect(sent.status).toBe(200);
    expect(sent.upstream.map(({ headers }) => headers['content-length'])).toEqual(['2']);
  });
});

describe('Content-Length', () => {
  it.each(['-2', '+2', '0x2', '2.0', '2e0', '2,2', '2 2', '2;', '', ' ', '\v2', '18446744073709551618'])(
    '400 where it is %j',
    async (length) => {
      expectRefused(await scene.send(`${post(`Content-Length: ${length}`)}{}${hidden()}`), 400);
    },
  );

  it.each(['Content-Length : 2', 'Content-Length\t: 2', ' Content-Length: 2', 'Content-Length: 2\n'])(
    '400 where it is written %j',
    async (line) => {
      expectRefused(await scene.send(`${post(line)}{}${hidden()}`), 400);
    },
  );
});

describe('lines', () => {
  it.each([
    ['a bare LF ends a header', `X-A: b\nX-Hallpass-Client: ${FORGED}`],
    ['a bare CR is in a header', `X-A: b\rX-Hallpass-Client: ${FORGED}`],
    ['a header is folded', `X-A: b\r\n X-Hallpass-Client: ${FORGED}`],
    ['NUL is in a value', `X-A: b\0`],
    ['NUL is in a name', `X-\0A: b`],
    ['a space is in a name', `X A: b`],
    ['a space comes before the colon', `X-Hallpass-Client : ${FORGED}`],
    ['a name is empty', `: ${FORGED}`],
    ['there is no colon', `X-Hallpass-Client`],
  ])('400 where %s', async (_name, line) => {
    expectRefused(await scene.send(scene.head(`GET ${STATE}`, line)), 400);
  });

  it.each([
    ['every line ends in a bare LF', () => scene.head(`GET ${STATE}`).replaceAll('\r\n', '\n')],
    ['the version is unknown', () => scene.head(`GET ${STATE}`).replace('HTTP/1.1', 'HTTP/1.2')],
    ['it is the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['it is TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['it is noise', () => '\0\xff\0\xff\r\n\r\n'],
    ['there is no Host', () => scene.head(`GET ${STATE}`).replace('Host: gateway.test\r\n', '')],
    ['there are two Hosts', () => scene.head(`GET ${STATE}`, 'Host: forged.test')],
  ])('400 where %s', async (_name, text) => {
    expectRefused(await scene.send(text()), 400);
  });

  it.each(['HTTP/0.9', 'HTTP/2.0'])('505 where the version is %s', async (version) => {
    expectRefused(await scene.send(scene.head(`GET ${STATE}`).replace('HTTP/1.1', version)), 505);
  });

  it('empty lines before a request are passed over', async () => {
    const sent = await scene.send(`\r\n\r\n${scene.head(`GET ${STATE}`)}`);
    expect(sent.status).toBe(200);
    expect(sent.upstream).toHaveLength(1);
  });
});

describe('chunks', () => {
  it.each([
    ['a size beyond 64 bits', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'],
    ['a negative size', '-2\r\n{}\r\n0\r\n\r\n'],
    ['a size with 0x', '0x2\r\n{}\r\n0\r\n\r\n'],
    ['a size with a space after it', '2 \r\n{}\r\n0\r\n\r\n'],
    ['no size', '\r\n{}\r\n0\r\n\r\n'],
    ['bare LF', '2\n{}\n0\n\n'],
    ['bare LF within an extension', '2;a\nb\r\n{}\r\n0\r\n\r\n'],
    ['more bytes than the size says', '2\r\n{}X\r\n0\r\n\r\n'],
    ['no line end after the bytes', '2\r\n{}0\r\n\r\n'],
    ['extensions of 20 KB', `2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
    ['a Content-Length as trailer', '2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n'],
    ['a Transfer-Encoding as trailer', '2\r\n{}\r\n0\r\nTransfer-Encoding: x\r\n\r\n'],
  ])(
    'end the connection without an answer where there is %s, and the LRS never has a whole body',
    async (...[, body]) => {
      const sent = await scene.send(post('Transfer-Encoding: chunked') + body + hidden());
      expect(sent).toMatchObject({ responses: [], closed: true });
      expect([...sent.upstream, ...(await scene.late())].filter(({ complete }) => complete)).toEqual([]);
    },
  );

  it('may have extensions, which end at the gateway', async () => {
    const sent = await scene.send(`${post('Transfer-Encoding: chunked')}2;a=${FORGED}\r\n{}\r\n0;b\r\n\r\n`);
    expect(sent.status).toBe(200);
    expect(sent.upstream.map(({ body }) => body.toString())).toEqual(['{}']);
  });

  it('may have a size with leading zeros', async () => {
    const sent = await scene.send(`${post('Transfer-Encoding: chunked')}0002\r\n{}\r\n0000\r\n\r\n`);
    expect(sent.upstream.map(({ body }) => body.toString())).toEqual(['{}']);
  });
});

describe('a request hidden in a body', () => {
  const withLength = (line: string, ...lines: string[]) =>
    scene.head(line, ...lines, `Content-Length: ${hidden().length}`) + hidden();
  const withChunks = (line: string, ...lines: string[]) =>
    scene.head(line, ...lines, 'Transfer-Encoding: chunked') + chunked(hidden());

  it.each(['GET', 'HEAD'])(
    '400 for a %s with a body, however it is framed, and it is not carried out',
    async (method) => {
      for (const text of [withLength(`${method} ${STATE}`), withChunks(`${method} ${STATE}`)]) {
        const sent = await scene.send(text, { afterwardsMs: 150 });
        expect(sent.responses.map(({ status }) => status)).toEqual([400]);
        expect(sent.upstream).toEqual([]);
      }
    },
  );

  it.each([
    ['refused for its path', 404, () => `POST /xapi/nowhere`],
    ['refused for its method', 405, () => `PATCH ${STATEMENTS}`],
    ['refused for a parameter', 400, () => `POST ${STATEMENTS}?a=b`],
    ['at a path of the gateway itself', 200, () => 'GET /healthz'],
    ['at a path that is nobody’s', 404, () => 'POST /nowhere'],
    ['for the token service', 405, () => 'GET /oauth2/token'],
    ['with OPTIONS for the token service', 405, () => 'OPTIONS /oauth2/token'],
    ['with DELETE for the token service', 405, () => 'DELETE /oauth2/token'],
    ['that is a preflight', 204, () => `OPTIONS ${STATEMENTS}`],
  ])('is not carried out where the request is %s (%d)', async (_name, status, line) => {
    for (const text of [withLength(line()), withChunks(line())]) {
      const sent = await scene.send(text, { afterwardsMs: 150 });
      expect(sent.responses.map((response) => response.status)).toEqual([status]);
      expect(sent.upstream).toEqual([]);
    }
  });

  it('is not carried out where the caller is refused, 401', async () => {
    const text = head(`POST ${STATEMENTS}`, VERSION, `Content-Length: ${hidden().length}`) + hidden();
    const sent = await scene.send(text, { afterwardsMs: 150 });
    expectRefused(sent, 401);
  });

  it('goes on as the body it is where the request is good', async () => {
    const sent = await scene.send(withLength(`PUT ${STATE}`), { afterwardsMs: 150 });
    expect(sent.responses.map(({ status }) => status)).toEqual([200]);
    expect(sent.upstream.map(({ method, body }) => [method, body.toString()])).toEqual([['PUT', hidden()]]);
  });

  it('0.CL: a length that a front door may overlook does not join two requests', async () => {
    const front = post('Content-Length: 44').replace('Content-Length: 44', 'Content-Length:\r\n 44');
    expectRefused(await scene.send(front + hidden() + scene.head(`GET ${STATE}`), { responses: 3 }), 400);
  });

  it('does not stay behind on the connection to the LRS where the caller goes away in the middle of its body', async () => {
    const text = scene.head(`PUT ${STATE}`, 'Content-Length: 100000');
    const { upstream } = await scene.send(text + hidden(), { timeoutMs: 100 });
    await scene.late();
    expect(upstream.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('pipelined requests', () => {
  const good = () => scene.head(`GET ${STATE}`);

  it('are answered in their order, each by its own answer', async () => {
    scene.echo.respond((request, res) => res.end(JSON.stringify({ asked: request.url })));
    const targets = ['one', 'two', 'three'].map((id) => STATE.replace('stateId=c', `stateId=${id}`));
    const sent = await scene.send(targets.map((target) => scene.head(`GET ${target}`)).join(''), { responses: 3 });
    scene.echo.respond((_request, res) => res.end('{}'));
    expect(sent.responses.map(({ body }) => (JSON.parse(body) as { asked: string }).asked)).toEqual(
      targets.map((target) => target.replace('/xapi/', '/lrs/xapi/')),
    );
  });

  it('after a refused one are answered', async () => {
    const sent = await scene.send(scene.head('GET /xapi/nowhere') + good(), { responses: 2 });
    expect(sent.responses.map(({ status }) => status)).toEqual([404, 200]);
  });

  it.each([
    ['a malformed header', () => scene.head(`GET ${STATE}`, `Bad Header: ${FORGED}`)],
    ['a second length', () => post('Content-Length: 2', 'Content-Length: 3')],
    ['noise', () => '\0\0\0\r\n\r\n'],
  ])('with %s behind a good one: no answer is taken for another’s', async (_name, bad) => {
    const sent = await scene.send([good(), bad()], { responses: 2, pauseMs: 100 });
    expect(sent.responses.map(({ status }) => status)).toEqual([200, 400]);
    expect(sent.closed).toBe(true);
    const atOnce = await scene.send(good() + bad(), { responses: 2 });
    expect(atOnce.responses.map(({ status }) => status)).not.toContain(400);
    expect(atOnce.closed).toBe(true);
    expect([...atOnce.upstream, ...(await scene.late())].length).toBeLessThanOrEqual(1);
  });

  it('do not share who is calling', async () => {
    const sent = await scene.send(good() + head(`GET ${STATE}`, VERSION), { responses: 2 });
    expect(sent.responses.map(({ status }) => status)).toEqual([200, 401]);
    expect(sent.upstream).toHaveLength(1);
  });
});
