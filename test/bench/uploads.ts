/** What 100 MB cost on their way through: CPU of one upload, and memory of eight at once to an LRS that is slow to read. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { issueOpaque } from './callers.ts';
import { residentBytes, watchCpu } from './cpu.ts';
import { median } from './load.ts';
import type { Peer } from './peers/nginx.ts';
import { startPlainNginx } from './peers/nginx-proxies.ts';
import { startScene } from './scene.ts';

const ROUNDS = 9;
const BYTES = 100_000_000;
const AT_ONCE = 8;
const SLOW_BYTES_A_SECOND = 32_000_000;
const PIECE = Buffer.alloc(64 * 1024);

export async function uploads(): Promise<unknown> {
  const scene = await startScene();
  const [quick, slow] = [await startReader(Infinity), await startReader(SLOW_BYTES_A_SECOND)];
  try {
    const { bench, client } = scene;
    const prefix = await issueOpaque(bench.store, 1, client.clientId, 'statements/write');
    const token = `${prefix}${'0'.repeat(23)}`;
    const through = async (lrsPort: number): Promise<Record<string, Peer>> => ({
      nginx: await startPlainNginx(bench.run, lrsPort),
      hallpass: await scene.startGateway({ HALLPASS_LRS_URL: `http://127.0.0.1:${lrsPort}/xAPI` }),
    });
    const [quickly, slowly] = [await through(quick.port), await through(slow.port)];
    const rises: Record<string, number> = {};
    for (const [way, peer] of Object.entries(slowly)) rises[way] = await riseOf(peer, token);
    const costs: Record<string, number[]> = { nginx: [], hallpass: [] };
    for (let round = 0; round <= ROUNDS; round++)
      for (const [way, peer] of Object.entries(quickly)) {
        const cpuSince = watchCpu(peer.pids);
        await upload(peer.port, token);
        if (round > 0) costs[way]?.push(cpuSince() / 1e6);
      }
    for (const peer of [...Object.values(quickly), ...Object.values(slowly)]) await peer.close();
    return Object.entries(costs).map(([way, spent]) => ({
      way,
      'CPU ms/100 MB (median)': Math.round(median(spent)),
      '× nginx (median)': Number(median(spent.map((one, n) => one / (costs['nginx']?.[n] ?? Number.NaN))).toFixed(2)),
      [`rise of memory, ${AT_ONCE} at once, MB`]: Math.round((rises[way] ?? Number.NaN) / 1e6),
    }));
  } finally {
    await scene.close();
    await quick.close();
    await slow.close();
  }
}

/** Of all its processes, from before to the most that was seen. */
async function riseOf({ port, pids }: Peer, token: string): Promise<number> {
  await upload(port, token, 1_000_000);
  const resident = () => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const before = resident();
  let [most, isOver] = [before, false];
  const watching = (async () => {
    while (!isOver) {
      most = Math.max(most, resident());
      await delay(20);
    }
  })();
  await Promise.all(Array.from({ length: AT_ONCE }, () => upload(port, token)));
  isOver = true;
  await watching;
  return most - before;
}

function upload(port: number, token: string, bytes = BYTES): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      'X-Experience-API-Version': '1.0.3',
      'Content-Type': 'multipart/mixed; boundary=b',
      'Content-Length': bytes,
    };
    const req = request({ host: '127.0.0.1', port, method: 'POST', path: '/xapi/statements', headers }, (res) => {
      res
        .resume()
        .on('end', () => (res.statusCode === 200 ? resolve() : reject(new Error(`answered ${res.statusCode}`))));
    });
    req.on('error', reject);
    let left = bytes;
    const write = () => {
      while (left > 0) {
        const piece = PIECE.subarray(0, Math.min(PIECE.length, left));
        left -= piece.length;
        if (!req.write(piece)) return void req.once('drain', write);
      }
      req.end();
    };
    write();
  });
}

/** An LRS that reads so fast, and answers when it has read everything. */
async function startReader(bytesASecond: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((req, res) => {
    req.on('data', (piece: Buffer) => {
      if (bytesASecond === Infinity) return;
      req.pause();
      setTimeout(() => req.resume(), (piece.length / bytesASecond) * 1000);
    });
    req.on('end', () => res.writeHead(200, { 'Content-Type': 'application/json' }).end('[]'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
