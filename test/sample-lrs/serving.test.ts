/** The sample LRS as a server of its own, spoken to over its socket. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { SAMPLE_LRS_NOTICE } from '../../services/sample-lrs/app.ts';
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import { ALICE, attachment, basic, multipart, statement } from './support.ts';

const HEADERS = { Authorization: basic(ALICE), 'X-Experience-API-Version': '1.0.3' };
const MEBIBYTE = 1024 * 1024;

let lrs: Awaited<ReturnType<typeof startSampleLrs>>;
beforeAll(async () => {
  lrs = await startSampleLrs({ credentials: [ALICE], host: '127.0.0.1', port: 0 });
});
afterAll(() => lrs.close());

/** Sends a body in chunks, without Content-Length; the answer may come before the body is sent. */
function sendChunks(
  headers: Record<string, string>,
  chunks: Iterable<Buffer>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const req = request(`${lrs.url}/statements`, { method: 'POST', headers: { ...HEADERS, ...headers } }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    });
    req.on('error', reject);
    void (async () => {
      for (const chunk of chunks) if (!req.write(chunk)) await new Promise((drained) => req.once('drain', drained));
      req.end();
    })();
  });
}

/** Writes bytes to the socket as they are and reads the answer's first line. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(lrs.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      resolve(data.toString('latin1').split('\r\n', 1)[0] ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const head = (...lines: string[]) =>
  [
    'POST /xapi/statements HTTP/1.1',
    'Host: lrs',
    ...Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json',
    ...lines,
    '\r\n',
  ].join('\r\n');

describe('startSampleLrs', () => {
  it('says where it listens, with the base path, and on what port', async () => {
    expect(lrs.url).toBe(`http://127.0.0.1:${lrs.port}/xapi`);
    expect((await fetch(`${lrs.url}/about`)).status).toBe(200);
  });

  it('takes another base path', async () => {
    const other = await startSampleLrs({ credentials: [ALICE], host: '127.0.0.1', port: 0, basePath: '/data/xAPI/' });
    expect(other.url).toBe(`http://127.0.0.1:${other.port}/data/xAPI`);
    expect((await fetch(`${other.url}/about`)).status).toBe(200);
    await other.close();
  });

  it('rejects where the port is taken', async () => {
    await expect(startSampleLrs({ credentials: [ALICE], host: '127.0.0.1', port: lrs.port })).rejects.toThrow(
      'EADDRINUSE',
    );
  });

  it('ends at close, however often it is called, also with a connection kept alive', async () => {
    const other = await startSampleLrs({ credentials: [ALICE], host: '127.0.0.1', port: 0 });
    await (await fetch(`${other.url}/about`)).text();
    await Promise.all([other.close(), other.close()]);
    await expect(fetch(`${other.url}/about`)).rejects.toThrow();
  });

  it('keeps each LRS to itself', async () => {
    const other = await startSampleLrs({ credentials: [ALICE], host: '127.0.0.1', port: 0 });
    await fetch(`${other.url}/statements`, {
      method: 'POST',
      headers: { ...HEADERS, 'Content-Type': 'application/json' },
      body: JSON.stringify(statement()),
    });
    const answer = await fetch(`${lrs.url}/statements`, { headers: HEADERS });
    expect(await answer.json()).toEqual({ statements: [], more: '' });
    await other.close();
  });

  it('has a sentence that says what it is', () => {
    expect(SAMPLE_LRS_NOTICE).toMatch(/sample.*memory only.*gone.*not for production/s);
  });
});

describe('a body', () => {
  it('may come in chunks', async () => {
    const sent = statement();
    const bytes = [...Buffer.from(JSON.stringify(sent))].map((byte) => Buffer.of(byte));
    const { status, text } = await sendChunks({ 'Content-Type': 'application/json' }, bytes);
    expect([status, JSON.parse(text)]).toEqual([200, [sent.id]]);
  });

  it('may have an attachment of 200 MB, which comes back as it was', async () => {
    const content = Buffer.alloc(200 * MEBIBYTE, 'hallpass \x80\xff\r\n', 'latin1');
    const sent = statement({ attachments: [attachment(content)] });
    const { sha2 } = (sent.attachments as { sha2: string }[])[0] ?? { sha2: '' };
    const part = ['Content-Transfer-Encoding: binary', `X-Experience-API-Hash: ${sha2}`];
    const body = multipart('b', [['Content-Type: application/json'], JSON.stringify(sent)], [part, content]);
    const chunks = Array.from({ length: 202 }, (_, n) => body.subarray(n * MEBIBYTE, (n + 1) * MEBIBYTE));
    expect(await sendChunks({ 'Content-Type': 'multipart/mixed; boundary=b' }, chunks)).toMatchObject({ status: 200 });
    const url = `${lrs.url}/statements?attachments=true&statementId=${String(sent.id)}`;
    const answer = await fetch(url, { headers: HEADERS });
    const got = Buffer.from(await answer.arrayBuffer());
    const start = got.indexOf(`X-Experience-API-Hash: ${sha2}\r\n\r\n`) + 'X-Experience-API-Hash: \r\n\r\n'.length + 64;
    expect(
      createHash('sha256')
        .update(got.subarray(start, start + content.length))
        .digest('hex'),
    ).toBe(sha2);
  });

  it('is answered 413 at once where its Content-Length is over 256 MiB', async () => {
    expect(await raw(head(`Content-Length: ${256 * MEBIBYTE + 1}`))).toBe('HTTP/1.1 413 Payload Too Large');
  });

  it('is answered 413 where its chunks come to more than 256 MiB', async () => {
    const chunk = Buffer.alloc(MEBIBYTE, ' ');
    const { status, text } = await sendChunks({ 'Content-Type': 'application/json' }, Array(300).fill(chunk));
    expect([status, JSON.parse(text)]).toEqual([413, { error: 'the body is larger than 268435456 bytes' }]);
  });

  it('is refused with 400 in a Content-Encoding', async () => {
    expect(await raw(head('Content-Encoding: gzip', 'Content-Length: 0'))).toBe('HTTP/1.1 400 Bad Request');
  });

  it('that breaks off does not end the LRS', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(lrs.port, '127.0.0.1', () => {
        socket.write(`${head('Content-Length: 100')}{"actor"`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect((await fetch(`${lrs.url}/about`)).status).toBe(200);
  });
});
