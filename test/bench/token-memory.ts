/** Bytes of Redis a live token takes: the mean MEMORY USAGE of 10,000. */
import { Agent } from 'node:http';
import { send } from './load.ts';
import { startBench } from './processes.ts';

const TOKENS = 10_000;
const AT_ONCE = 50;

export async function tokenMemory(): Promise<unknown> {
  const bench = await startBench();
  try {
    const [{ clientId, secret } = { clientId: '', secret: '' }] = await bench.register(1);
    const { port } = await bench.start('token');
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${secret}`;
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
    const issue = () => send(agent, { port, method: 'POST', path: '/oauth2/token', headers, body });
    for (let n = 0; n < TOKENS; n += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, issue));
    agent.destroy();
    const sum = await bench.redis.command(
      'EVAL',
      `local sum, n = 0, 0
       for _, key in ipairs(redis.call('KEYS', 'hp:at:*')) do sum = sum + redis.call('MEMORY', 'USAGE', key); n = n + 1 end
       return sum .. ' ' .. n`,
      '0',
    );
    const [bytes = 0, tokens = 0] = sum.trim().split(' ').map(Number);
    return [{ tokens, 'bytes a token (mean)': Number((bytes / tokens).toFixed(1)) }];
  } finally {
    await bench.close();
  }
}
