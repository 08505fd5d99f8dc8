/** Bytes of Redis a live token takes: the mean MEMORY USAGE of 10,000, and what Redis grows by with a million of them. */
import { Agent } from 'node:http';
import { send } from './load.ts';
import { startBench, type Bench } from './processes.ts';

const TOKENS = 10_000;
const MANY = 1_000_000;
/** Redis answers nothing else while a script runs. */
const A_SCRIPT = 50_000;
const AT_ONCE = 50;

const MEAN_USAGE = `
  local sum, n = 0, 0
  for _, key in ipairs(redis.call('KEYS', 'hp:at:*')) do sum = sum + redis.call('MEMORY', 'USAGE', key); n = n + 1 end
  return sum .. ' ' .. n`;
/** Copies of one that was issued, under keys as long as its own. */
const COPY = `
  local original = redis.call('SCAN', 0, 'MATCH', 'hp:at:*', 'COUNT', 1000)[2][1]
  local value, seconds = redis.call('GET', original), redis.call('TTL', original)
  for n = tonumber(ARGV[1]) + 1, tonumber(ARGV[2]) do
    redis.call('SET', 'hp:at:' .. redis.sha1hex(n) .. '---', value, 'EX', seconds)
  end`;

export async function tokenMemory(): Promise<unknown> {
  const bench = await startBench();
  try {
    const before = await usedBytes(bench);
    await issueAll(bench);
    const sum = await bench.redis.command('EVAL', MEAN_USAGE, '0');
    const [bytes = 0, tokens = 0] = sum.trim().split(' ').map(Number);
    for (let n = TOKENS; n < MANY; n += A_SCRIPT)
      await bench.redis.command('EVAL', COPY, '0', String(n), String(Math.min(n + A_SCRIPT, MANY)));
    const many = Number(await bench.redis.command('DBSIZE'));
    return [
      { tokens, 'bytes a token': rounded(bytes / tokens), measured: 'MEMORY USAGE, mean' },
      {
        tokens: many,
        'bytes a token': rounded(((await usedBytes(bench)) - before) / many),
        measured: 'used_memory, growth',
      },
    ];
  } finally {
    await bench.close();
  }
}

async function issueAll(bench: Bench): Promise<void> {
  const [{ clientId, secret } = { clientId: '', secret: '' }] = await bench.register(1);
  const { port } = await bench.start('token');
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${secret}`;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  const issue = () => send(agent, { port, method: 'POST', path: '/oauth2/token', headers, body });
  for (let n = 0; n < TOKENS; n += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, issue));
  agent.destroy();
}

async function usedBytes({ redis }: Bench): Promise<number> {
  const info = await redis.command('INFO', 'memory');
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}

function rounded(bytes: number): number {
  return Number(bytes.toFixed(1));
}
