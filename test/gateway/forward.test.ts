/** To a caller that is allowed, the gateway cannot be told from the LRS: the same bytes, both ways. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { rawRequest } from '../support/raw-request.ts';
import { eventually } from '../support/wait.ts';
import { gatewayScene, LRS_AUTHORIZATION, VERSION_1, type Headers } from './support.ts';

const STATE = '/xapi/activities/state?activityId=a&agent=b&stateId=c';
const EVERY_BYTE = Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 7 + (n >> 8)) % 256));
/** Names that are about the connection, or of the moment. */
const OF_THE_HOP = ['connection', 'keep-alive', 'date', 'transfer-encoding'];

const scene = gatewayScene();
const { ask } = scene;
let caller: Headers;
beforeAll(async () => {
  const { bearer } = await scene.gateway.mint('all');
  caller = { ...VERSION_1, Authorization: bearer };
});
/** Back to an answer that says nothing. */
afterEach(() => scene.lrs.respond((_request, res) => void res.writeHead(200, { 'Content-Length': '0' }).end()));

/** Names and values in turn, as they came from the gateway, without those of the hop. */
async function rawAnswer(
  line: string,
  headers: Headers,
  body?: Buffer,
): Promise<{ status?: number | undefined; raw: string[]; bytes: Buffer }> {
  const [method = '', path = ''] = line.split(' ');
  const asking = request({ port: scene.gateway.port, host: '127.0.0.1', method, path, headers, agent: false });
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const bytes = Buffer.concat((await Array.fromAsync(answer)) as Buffer[]);
  const raw = answer.rawHeaders.filter(
    (_text, at) => !OF_THE_HOP.includes((answer.rawHeaders[at - (at % 2)] ?? '').toLowerCase()),
  );
  return { status: answer.statusCode, raw, bytes };
}

describe('the answer of the LRS', () => {
  it.each([200, 204, 400, 403, 404, 409, 412, 413, 429, 500, 503])(
    'keeps status %i, its reason and its body',
    async (status) => {
      const body = status === 204 ? '' : `the LRS says ${status}`;
      scene.lrs.respond((_request, res) => {
        res.writeHead(status, [
          'Content-Type',
          'text/plain',
          ...(status === 204 ? [] : ['Content-Length', String(body.length)]),
          'Retry-After',
          '7',
          'X-Experience-API-Version',
          '1.0.3',
        ]);
        res.end(body);
      });
      const answer = await ask(`PUT ${STATE}`, { ...caller, 'If-Match': '"a"' }, 'x');
      expect(answer).toMatchObject({ status, body, complete: true });
      expect([answer.header('Retry-After'), answer.header('X-Experience-API-Version')]).toEqual(['7', '1.0.3']);
      expect(answer.upstream).toHaveLength(1);
    },
  );

  it('keeps every header in its order, its spelling and as often as it came', async () => {
    const sent = [
      ['content-TYPE', 'text/plain;charset=utf-8'],
      ['ETag', '"0a4d55a8d778e5022fab701977c5d840bbc486d0"'],
      ['Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT'],
      ['X-Odd_Name', 'a'],
      ['X-Twice', 'one'],
      ['x-other', ''],
      ['X-TWICE', 'two'],
      ['Content-Encoding', 'gzip'],
      ['Vary', 'Accept, Accept-Language'],
      ['Link', '<https://a.example/é>; rel="next"'],
      ['X-Utf-8', 'Ã©'],
      ['Cache-Control', 'private, max-age=0'],
      ['Content-Language', 'fi'],
      ['Server', 'an LRS'],
      ['Content-Length', '3'],
      ['X-Experience-API-Version', '1.0.2'],
    ].flat();
    scene.lrs.respond((_request, res) => void res.writeHead(200, sent).end(Buffer.from('abc')));
    const { raw, bytes } = await rawAnswer(`GET ${STATE}`, caller);
    expect(raw).toEqual(sent);
    expect(bytes.toString()).toBe('abc');
  });

  it('keeps the date that the LRS wrote', async () => {
    scene.lrs.respond((_request, res) => void res.writeHead(200, { Date: 'Thu, 01 Jan 2026 00:00:00 GMT' }).end());
    expect((await ask(`GET ${STATE}`, caller)).header('Date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });

  it.each<[string, Headers]>([
    ['a length', { 'Content-Length': String(EVERY_BYTE.length) }],
    ['chunks', { 'Transfer-Encoding': 'chunked' }],
    ['an end of the connection', { Connection: 'close' }],
  ])('keeps every byte value of a body with %s', async (_framing, framing) => {
    scene.lrs.respond((_request, res) => {
      if ('Connection' in framing) res.useChunkedEncodingByDefault = false;
      res.writeHead(200, { 'Content-Type': 'application/octet-stream', ...framing });
      res.write(EVERY_BYTE.subarray(0, 1000));
      setTimeout(() => res.end(EVERY_BYTE.subarray(1000)), 20);
    });
    const answer = await ask(`GET ${STATE}`, caller);
    expect(answer.bytes.equals(EVERY_BYTE)).toBe(true);
    expect(answer.header('Content-Length')).toBe(framing['Content-Length']);
  });

  it.each([
    ['gzip', 'activities/state?stateId=a', ''],
    ['br', 'activities/profile?profileId=a', ''],
    ['deflate', 'agents/profile?profileId=a', ''],
  ])('keeps a document encoded as %s', async (encoding, path) => {
    const headers = { 'Content-Encoding': encoding, 'Content-Length': String(EVERY_BYTE.length) };
    scene.lrs.respond((_request, res) => void res.writeHead(200, headers).end(EVERY_BYTE));
    const answer = await ask(`GET /xapi/${path}`, { ...caller, 'Accept-Encoding': encoding });
    expect(answer.upstream[0]?.headers['accept-encoding']).toBe(encoding);
    expect(answer.header('Content-Encoding')).toBe(encoding);
    expect(answer.bytes.equals(EVERY_BYTE)).toBe(true);
  });

  it('keeps 206 and the part of a document that was asked for', async () => {
    scene.lrs.respond(
      (_request, res) => void res.writeHead(206, { 'Content-Range': 'bytes 1-3/9', 'Content-Length': '3' }).end('bcd'),
    );
    const answer = await ask(`GET ${STATE}`, { ...caller, Range: 'bytes=1-3', 'If-Range': '"a"' });
    expect(answer).toMatchObject({
      status: 206,
      body: 'bcd',
      upstream: [{ headers: { range: 'bytes=1-3', 'if-range': '"a"' } }],
    });
    expect(answer.header('Content-Range')).toBe('bytes 1-3/9');
  });

  it('keeps 304 with its ETag, and gives it no body', async () => {
    scene.lrs.respond(
      (_request, res) =>
        void res.writeHead(304, { ETag: '"a"', 'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }).end(),
    );
    const answer = await ask(`GET ${STATE}`, { ...caller, 'If-None-Match': '"a"' });
    expect(answer).toMatchObject({ status: 304, body: '', upstream: [{ headers: { 'if-none-match': '"a"' } }] });
    expect([answer.header('ETag'), answer.header('Last-Modified')]).toEqual(['"a"', 'Thu, 01 Jan 2026 00:00:00 GMT']);
  });

  it('keeps the length that HEAD says, and the connection is good for the next call', async () => {
    scene.lrs.respond(
      ({ method }, res) =>
        void res.writeHead(200, { 'Content-Length': '5', ETag: '"a"' }).end(method === 'HEAD' ? undefined : 'abcde'),
    );
    const lines = Object.entries(caller).map(([name, value]) => `${name}: ${value}\r\n`);
    const call = (method: string) => `${method} ${STATE} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`;
    const { responses } = await rawRequest(scene.gateway.port, [call('HEAD'), call('GET')], { responses: 2 });
    expect(responses.map(({ status, body }) => [status, body])).toEqual([
      [200, ''],
      [200, 'abcde'],
    ]);
    expect(responses[0]?.headers.get('content-length')).toEqual(['5']);
  });

  it('comes piece by piece, as the LRS sends it', async () => {
    const seen = Promise.withResolvers<void>();
    scene.lrs.respond((_request, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      res.write('first');
      void seen.promise.then(() => res.end('last'));
    });
    const asking = request({
      port: scene.gateway.port,
      host: '127.0.0.1',
      path: STATE,
      headers: caller,
      agent: false,
    }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect(String((await once(answer, 'data'))[0])).toBe('first');
    seen.resolve();
    expect(String((await once(answer, 'data'))[0])).toBe('last');
  });

  it('comes before the body of the call was sent, where the LRS has made up its mind', async () => {
    scene.lrs.respond(
      (_request, res) => void res.writeHead(413, { 'Content-Length': '3', Connection: 'close' }).end('big'),
      { at: 'headers' },
    );
    const lines = Object.entries({ ...caller, 'Content-Length': '1000000' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const head = `PUT ${STATE} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`;
    const { status, body } = await rawRequest(scene.gateway.port, [head, 'x'.repeat(1000)]);
    expect([status, body]).toEqual([413, 'big']);
    scene.lrs.respond(() => undefined, { at: 'body' });
  });
});

describe('the call to the LRS', () => {
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  it.each([
    ['PUT', 'application/octet-stream'],
    ['POST', 'application/json'],
    ['POST', 'multipart/mixed; boundary="a b"'],
  ])('has every byte value of a body with a length: %s %s', async (method, type) => {
    const target = type.startsWith('multipart') ? '/xapi/statements' : STATE;
    const { upstream } = await ask(`${method} ${target}`, { ...caller, 'Content-Type': type }, EVERY_BYTE);
    expect(upstream[0]).toMatchObject({ method, bodySha256: sha256(EVERY_BYTE), complete: true });
    expect(upstream[0]?.headers).toMatchObject({ 'content-type': type, 'content-length': String(EVERY_BYTE.length) });
    expect(upstream[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it('has every byte value of a body in chunks, and is in chunks', async () => {
    const chunk = (bytes: Buffer) =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)};ext=1\r\n`), bytes, Buffer.from('\r\n')]);
    const body = Buffer.concat([
      chunk(EVERY_BYTE.subarray(0, 1)),
      chunk(EVERY_BYTE.subarray(1)),
      Buffer.from('0\r\n\r\n'),
    ]);
    const { upstream } = await ask(`PUT ${STATE}`, { ...caller, 'Transfer-Encoding': 'chunked' }, body);
    expect(upstream[0]).toMatchObject({ bodySha256: sha256(EVERY_BYTE), complete: true });
    expect(upstream[0]?.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(upstream[0]?.headers['content-length']).toBeUndefined();
  });

  it.each([
    ['PUT', '', '0'],
    ['POST', '', '0'],
    ['DELETE', undefined, undefined],
    ['GET', undefined, undefined],
  ])('has no body where %s has %j', async (method, body, length) => {
    const { status, upstream } = await ask(`${method} ${STATE}`, caller, body);
    expect(status).toBe(200);
    expect(upstream[0]).toMatchObject({ method, bodyLength: 0, complete: true });
    expect(upstream[0]?.headers['content-length'] ?? length).toBe(length);
    expect(upstream[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it.each([
    'activityId=http%3A%2F%2Fa.example%2F%C3%A9%20x&agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.c%22%7D&stateId=a%2Bb',
    'activityId=a+b&agent=%7b%7d&stateId=%41%61',
    'activityId=http://a.example/x?y=z&agent={"mbox":"mailto:a@b.c"}&stateId=[a|b]',
    'stateId=&activityId=&agent=',
    'activityId=a&&agent=b&stateId',
    "activityId='a'&agent=(b)*!~&stateId=^`",
  ])('has the query byte for byte: %s', async (query) => {
    const { status, upstream } = await ask(`GET /xapi/activities/state?${query}`, caller);
    expect(status).toBe(200);
    expect(upstream[0]?.url).toBe(`/lrs/xapi/activities/state?${query}`);
  });

  it("has the caller's headers in their order and spelling, the LRS's host and the gateway's credential", async () => {
    const own = [
      ['X-experience-api-VERSION', '1.0.3'],
      ['Content-Type', 'application/json; charset=utf-8'],
      ['if-match', '"a"'],
      ['If-None-Match', '*'],
      ['If-Modified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
      ['ACCEPT', 'application/json, */*;q=0.1'],
      ['Accept-Language', 'fi, en;q=0.5'],
      ['Accept-Encoding', 'gzip, br'],
      ['X-Custom', 'one'],
      ['x-custom', 'two'],
      ['X-Request-Id', 'ä'],
      ['User-Agent', 'a client'],
      ['Origin', 'https://content.example'],
      ['Referer', 'https://content.example/page'],
    ];
    const lines = [
      ['Host', 'lrs.example.org'],
      ...own,
      ['Authorization', caller.Authorization ?? ''],
      ['Content-Length', '2'],
    ];
    const text = `PUT ${STATE} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n{}`;
    const before = scene.lrs.requests.length;
    expect((await rawRequest(scene.gateway.port, text)).status).toBe(200);
    const { rawHeaders = [] } = scene.lrs.requests[before] ?? {};
    const pairs = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [[name.toLowerCase(), name, rawHeaders[at + 1] ?? '']] : [],
    );
    const of = (name: string) => pairs.filter(([lower]) => lower === name).map(([, , value]) => value);
    expect(
      pairs
        .filter(([name = '']) => !['host', 'connection', 'authorization', 'content-length'].includes(name))
        .map(([, name, value]) => [name, value]),
    ).toEqual(own);
    expect(of('host')).toEqual([`127.0.0.1:${scene.lrs.port}`]);
    expect(of('authorization')).toEqual([LRS_AUTHORIZATION]);
    expect(of('content-length')).toEqual(['2']);
  });

  it('asks for no encoding, and no part, where the answer has a link to be replaced', async () => {
    const asked = { ...caller, 'Accept-Encoding': 'gzip', Range: 'bytes=0-1', 'If-Range': '"a"' };
    const rewritten = await ask('GET /xapi/statements?limit=1', asked);
    expect(rewritten.upstream[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
    expect(rewritten.upstream[0]?.headers).not.toHaveProperty('range');
    expect(rewritten.upstream[0]?.headers).not.toHaveProperty('if-range');
    for (const target of ['/xapi/statements?statementId=a', STATE, '/xapi/agents?agent=a', '/xapi/about']) {
      const kept = await ask(`GET ${target}`, asked);
      expect(kept.upstream[0]?.headers).toMatchObject({
        'accept-encoding': 'gzip',
        range: 'bytes=0-1',
        'if-range': '"a"',
      });
    }
  });

  it('says bad gateway where the LRS encodes what it was asked not to', async () => {
    scene.lrs.respond((_request, res) => void res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(EVERY_BYTE));
    expect((await ask('GET /xapi/statements', caller)).status).toBe(502);
  });

  it('goes over connections that are kept: two callers at a time need two', async () => {
    const before = scene.lrs.connections;
    const first = scene.lrs.requests.length;
    const inTurn = async () => {
      for (let n = 0; n < 50; n++) expect((await ask(`GET ${STATE}`, caller)).status).toBe(200);
    };
    await Promise.all([inTurn(), inTurn()]);
    expect(scene.lrs.requests.length - first).toBe(100);
    expect(scene.lrs.connections - before).toBeLessThanOrEqual(2);
  });

  it('goes through for many callers at once, each with its own answer', async () => {
    scene.lrs.respond(({ url }, res) => {
      const text = /stateId=(\d+)/.exec(url)?.[1] ?? '';
      setTimeout(() => res.writeHead(200, { 'Content-Length': text.length }).end(text), Math.random() * 50);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    const one = async (n: number) => {
      const asking = request({
        port: scene.gateway.port,
        host: '127.0.0.1',
        path: `/xapi/activities/state?stateId=${n}`,
        headers: caller,
        agent,
      }).end();
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      expect(Buffer.concat((await Array.fromAsync(answer)) as Buffer[]).toString()).toBe(String(n));
    };
    await Promise.all(Array.from({ length: 400 }, (_, n) => one(n)));
    agent.destroy();
  });
});

describe('a caller that goes away', () => {
  const lines = (extra: Headers = {}) =>
    Object.entries({ Host: 'a', ...caller, ...extra })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');

  it('ends the call to the LRS, where it was still sending', async () => {
    const first = scene.lrs.requests.length;
    const socket = connect(scene.gateway.port, '127.0.0.1');
    socket.write(`PUT ${STATE} HTTP/1.1\r\n${lines({ 'Content-Length': '100' })}\r\nhalf`);
    await eventually(() => expect(scene.lrs.requests[first]?.bodyLength).toBe(4));
    socket.destroy();
    await eventually(() => expect(scene.lrs.requests[first]).toMatchObject({ aborted: true, complete: false }));
    expect((await ask(`GET ${STATE}`, caller)).status).toBe(200);
  });

  it('ends the call to the LRS, where it was waiting for the answer', async () => {
    let closed = false;
    scene.lrs.respond((_request, res) => void res.once('close', () => (closed = true)));
    const first = scene.lrs.requests.length;
    const socket = connect(scene.gateway.port, '127.0.0.1');
    socket.write(`GET ${STATE} HTTP/1.1\r\n${lines()}\r\n`);
    await eventually(() => expect(scene.lrs.requests).toHaveLength(first + 1));
    socket.destroy();
    await eventually(() => expect(closed).toBe(true));
  });

  it('ends the call to the LRS, where it was receiving', async () => {
    let closed = false;
    const logged = scene.gateway.logged().length;
    scene.lrs.respond((_request, res) => {
      res.once('close', () => (closed = true));
      res.writeHead(200, { 'Content-Length': '1000' });
      res.write('a part');
    });
    const socket = connect(scene.gateway.port, '127.0.0.1');
    socket.write(`GET ${STATE} HTTP/1.1\r\n${lines()}\r\n`);
    await once(socket, 'data');
    socket.destroy();
    await eventually(() => expect(closed).toBe(true));
    expect(scene.gateway.logged().slice(logged)).not.toContain('"level":50');
  });
});
