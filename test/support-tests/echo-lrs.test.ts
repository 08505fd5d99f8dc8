import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { startEchoLrs, startRawUpstream, type EchoLrs } from '../support/echo-lrs.ts';
import { rawRequest } from '../support/raw-request.ts';
import { eventually } from '../support/wait.ts';

describe('startEchoLrs', () => {
  let lrs: EchoLrs;
  beforeEach(async () => {
    lrs = await startEchoLrs();
  });
  afterEach(() => lrs.close());

  it('records the target, headers, body and trailers as they were sent', async () => {
    const answer = await rawRequest(lrs.port, [
      'POST /lrs/xapi/statements?a=%2F&a=b HTTP/1.1\r\nHost: lrs.example\r\nX-OdD: 1\r\nTransfer-Encoding: chunked\r\n',
      'Trailer: X-Sum\r\n\r\n3\r\n[{}\r\n1\r\n]\r\n0\r\nX-Sum: 7\r\n\r\n',
    ]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-experience-api-version')).toEqual(['1.0.3']);
    expect(answer.body).toBe('{}');
    expect(lrs.requests).toHaveLength(1);
    expect(lrs.requests[0]).toMatchObject({
      method: 'POST',
      url: '/lrs/xapi/statements?a=%2F&a=b',
      bodyLength: 4,
      trailers: { 'x-sum': '7' },
      complete: true,
      aborted: false,
      connection: 1,
    });
    expect(lrs.requests[0]?.rawHeaders).toEqual(expect.arrayContaining(['X-OdD', '1']));
    expect(lrs.requests[0]?.body.toString()).toBe('[{}]');
  });

  it('hashes a body over 1 MB and keeps none of it', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, 0xe9);
    await fetch(`${lrs.url}/statements`, { method: 'POST', body });
    expect(lrs.requests[0]?.body).toHaveLength(0);
    expect(lrs.requests[0]?.bodyLength).toBe(body.length);
    expect(lrs.requests[0]?.bodySha256).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it('answers what the test says, also before the body has come', async () => {
    lrs.respond((request, res) => res.writeHead(413).end(request.url), { at: 'headers' });
    const answer = await rawRequest(lrs.port, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1');
    expect(answer.status).toBe(413);
    expect(answer.body).toBe('/x');
    expect(lrs.requests[0]).toMatchObject({ bodyLength: 1, complete: false });
  });

  it('tells a request that was broken off and counts connections', async () => {
    const socket = connect(lrs.port, '127.0.0.1', () => {
      socket.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    });
    await eventually(() => expect(lrs.requests[0]?.bodyLength).toBe(5));
    socket.resetAndDestroy();
    await eventually(() => expect(lrs.requests[0]).toMatchObject({ aborted: true, complete: false }));
    await rawRequest(lrs.port, 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(lrs.connections).toBe(2);
  });
});

describe('startRawUpstream', () => {
  it('hands each connection to the test', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 banana\r\n\r\n')),
    );
    const answer = await rawRequest(upstream.port, 'GET / HTTP/1.1\r\n\r\n');
    expect(answer).toMatchObject({ text: 'HTTP/1.1 banana\r\n\r\n', status: undefined, closed: true });
    expect(upstream.connections).toBe(1);
    await upstream.close();
  });
});
