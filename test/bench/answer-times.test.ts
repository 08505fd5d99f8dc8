/** The client that takes the answer times: what it sends, and that nothing it does hides an answer that is late or wrong. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { tempFolder } from '../support/temp-folder.ts';
import { atRate, eachOnce, oneAfterTheOther } from './answer-times.ts';
import { messagesOf } from './messages.ts';

async function withServer(listener: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const GET = 'GET /xapi/statements?limit=1 HTTP/1.1\r\nHost: lrs.example.org\r\n@@\r\n';
const POST = 'POST /xapi/statements HTTP/1.1\r\nHost: lrs.example.org\r\n@@Content-Length: 2\r\n\r\n{}';

/** What is sent, by requests and by what `headers` and `count` say; see requests.lua. */
async function sending(requests: readonly string[], headers: string, count: number, lines = '') {
  const folder = await tempFolder('bench-messages');
  try {
    const files = requests.map((_, n) => join(folder.path, `${n}.http`));
    for (const [n, file] of files.entries()) await writeFile(file, requests[n] ?? '');
    if (lines) await writeFile(join(folder.path, 'lines'), lines);
    return await messagesOf({ requests: files, headers: lines ? `@${join(folder.path, 'lines')}` : headers, count });
  } finally {
    await folder.remove();
  }
}

describe('the requests of a load', () => {
  it('come in turn, with each of the tokens once before any comes again', async () => {
    const seen: string[] = [];
    const next = await sending([GET, POST], 'abc', 40);
    await withServer(
      (req, res) => {
        seen.push(`${req.method} ${req.headers.authorization}`);
        req.resume().on('end', () => res.end('[]'));
      },
      async (port) => void (await oneAfterTheOther(port, next, 40)),
    );
    expect(seen.map((one) => one.split(' ')[0])).toEqual(Array.from({ length: 20 }, () => ['GET', 'POST']).flat());
    expect(new Set(seen.map((one) => one.split(' ')[2])).size).toBe(40);
    expect(seen[0]).toMatch(/^GET Bearer abc\d{23}$/);
  });

  it('have lines that are good for one call each once, in order, and never again', async () => {
    const seen: unknown[] = [];
    const next = await sending([POST], '', 0, 'Authorization: DPoP t\\nDPoP: one\nAuthorization: DPoP t\\nDPoP: two');
    await withServer(
      (req, res) => {
        seen.push(req.headers['dpop']);
        res.end('[]');
      },
      async (port) => {
        await oneAfterTheOther(port, next, 2);
        await expect(oneAfterTheOther(port, next, 1)).rejects.toThrow('has 2 lines, and more calls were made');
      },
    );
    expect(seen).toEqual(['one', 'two']);
  });
});

describe('calls at a fixed rate', () => {
  it('do not wait for answers that are late', async () => {
    const waiting: (() => void)[] = [];
    const next = await sending([GET], 'abc', 10);
    await withServer(
      (_req, res) => {
        waiting.push(() => void res.end('[]'));
        if (waiting.length === 20) for (const answer of waiting) answer();
      },
      async (port) => expect(await atRate(port, next, { perSecond: 1000, count: 20 })).toHaveLength(20),
    );
    expect(waiting).toHaveLength(20);
  });

  it('are an error as soon as one is refused', async () => {
    const next = await sending([GET], 'abc', 10);
    await withServer(
      (_req, res) => void res.writeHead(401).end('no'),
      async (port) => {
        await expect(atRate(port, next, { perSecond: 10, count: 1_000_000 })).rejects.toThrow(/answered 401: no$/);
      },
    );
  });

  it('are made again where a server ended a connection that it had kept', async () => {
    let calls = 0;
    const next = await sending([GET], 'abc', 10);
    await withServer(
      (req, res) => {
        calls += 1;
        if (calls % 3 === 0) req.socket.destroy();
        else res.end('[]');
      },
      async (port) => expect(await oneAfterTheOther(port, next, 10)).toHaveLength(10),
    );
    expect(calls).toBeGreaterThan(10);
  });

  it('are an error where a new connection ends without an answer', async () => {
    const next = await sending([GET], 'abc', 10);
    await withServer(
      (req) => void req.socket.destroy(),
      async (port) => {
        await expect(eachOnce(port, next, 32)).rejects.toThrow(/closed the connection|ECONNRESET/);
      },
    );
  });

  it('are answered by chunks, in pieces, as by a length', async () => {
    const next = await sending([GET], 'abc', 10);
    await withServer(
      (_req, res) => {
        res.write('a'.repeat(70_000));
        void delay(5).then(() => res.end('b'));
      },
      async (port) => expect(await oneAfterTheOther(port, next, 3)).toHaveLength(3),
    );
  });
});
