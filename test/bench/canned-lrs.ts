/**
 * An LRS that costs next to nothing: the same page for every query that names `ids`, the same receipt for every write.
 * Arguments: a client's authority as JSON.
 */
import { createServer } from 'node:http';
import { statement } from './statements.ts';

const own = JSON.parse(process.argv[2] ?? '{}') as object;
const others = { account: { homePage: 'https://elsewhere.example/token', name: 'another' } };

function pageOf(count: number, share: number): Buffer {
  const statements = Array.from({ length: count }, (_, n) => ({
    ...statement(n),
    stored: '2026-01-01T00:00:00.000Z',
    authority: n % share === 0 ? own : others,
    version: '1.0.0',
  }));
  return Buffer.from(JSON.stringify({ statements, more: '' }));
}

const PAGES: Record<string, Buffer> = { '1': pageOf(1, 1), '20': pageOf(20, 2) };
const RECEIPT = Buffer.from('["6f9c6d0e-6f0c-4f52-8d58-0c6e6f5b2a01"]');

const server = createServer((req, res) => {
  req.resume();
  req.on('end', () => {
    const limit = /[?&]limit=(\d+)/.exec(req.url ?? '')?.[1] ?? '1';
    const body = req.method === 'GET' ? (PAGES[limit] ?? RECEIPT) : RECEIPT;
    res.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'X-Experience-API-Version': '1.0.3',
    });
    res.end(body);
  });
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening ${typeof address === 'object' ? address?.port : ''}\n`);
});
