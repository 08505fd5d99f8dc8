/** A Redis that fails over, for a test: one primary, one replica and two sentinels that watch them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { redisCommand } from './redis-command.ts';
import { redisProcess } from './redis-process.ts';
import { startRedis, type RedisServer } from './redis-server.ts';
import { tempFolder } from './temp-folder.ts';
import { eventually } from './wait.ts';

export interface RedisSentinel {
  readonly url: string;
  /** The primary and replica at the start: after a failover they have changed places. */
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** The port of the primary by what the sentinels say now. */
  primaryPort(): Promise<number>;
  close(): Promise<void>;
}

interface Sentinel {
  port: number;
  command(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

const NAME = 'mymaster';

export async function startSentinel(): Promise<RedisSentinel> {
  const started: Array<{ close(): Promise<void> }> = [];
  const close = async () => void (await Promise.all(started.map((server) => server.close())));
  const keep = <Server extends { close(): Promise<void> }>(server: Server) => {
    started.push(server);
    return server;
  };
  try {
    const primary = keep(await startRedis({ settings: ['repl-diskless-sync-delay 0'] }));
    const replica = keep(await startRedis({ settings: [`replicaof 127.0.0.1 ${primary.port}`] }));
    await eventually(() => says(replica.command('INFO', 'replication'), 'master_link_status:up'), {
      timeoutMs: 15_000,
    });
    const first = keep(await startOneSentinel(primary.port));
    const second = keep(await startOneSentinel(primary.port));
    await eventually(() => know([first, second]), { timeoutMs: 15_000 });
    return {
      url: `redis+sentinel://127.0.0.1:${first.port},127.0.0.1:${second.port}/${NAME}`,
      primary,
      replica,
      primaryPort: async () => {
        const [, port] = (await first.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)).split('\n');
        return Number(port);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startOneSentinel(primaryPort: number): Promise<Sentinel> {
  const folder = await tempFolder('sentinel');
  const port = await freePort();
  const configFile = join(folder.path, 'sentinel.conf');
  const logFile = join(folder.path, 'sentinel.log');
  await writeFile(
    configFile,
    [
      'bind 127.0.0.1',
      `port ${port}`,
      `dir ${folder.path}`,
      `logfile ${logFile}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 1`,
      `sentinel down-after-milliseconds ${NAME} 1500`,
      `sentinel failover-timeout ${NAME} 5000`,
    ].join('\n'),
  );
  const process = redisProcess([configFile, '--sentinel'], { port }, logFile);
  const close = async () => {
    await process.end('SIGKILL');
    await folder.remove();
  };
  await process.start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { port, command: (...args) => redisCommand({ port }, args), close };
}

/** Both have found the replica and each other: before that, no failover would come. */
async function know(sentinels: Sentinel[]): Promise<void> {
  for (const sentinel of sentinels) {
    await says(sentinel.command('SENTINEL', 'MASTER', NAME), 'num-slaves\n1\nnum-other-sentinels\n1');
  }
}

async function says(answer: Promise<string>, wanted: string): Promise<void> {
  const text = await answer;
  if (!text.includes(wanted)) throw new Error(`no ${JSON.stringify(wanted)} in:\n${text}`);
}
