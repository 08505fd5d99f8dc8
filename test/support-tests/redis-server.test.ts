import { connect } from 'node:tls';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { redisCommand } from '../support/redis-command.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';

describe('startRedis', () => {
  let redis: RedisServer | undefined;
  afterEach(() => redis?.close());

  it('asks for the password and keeps its data over a stop', async () => {
    redis = await startRedis({ password: 'p@ss/wo rd"' });
    expect(redis.url).toBe(`redis://:p%40ss%2Fwo%20rd%22@127.0.0.1:${redis.port}`);
    await expect(redisCommand({ port: redis.port }, ['GET', 'a'])).rejects.toThrow('NOAUTH');
    await redis.command('SET', 'a', 'two\nlines\n');
    const pid = redis.pid;
    await redis.stop();
    await expect(redis.command('GET', 'a')).rejects.toThrow('Connection refused');
    await redis.start();
    expect(redis.pid).not.toBe(pid);
    expect(await redis.command('GET', 'a')).toBe('two\nlines\n');
  });

  it('keeps every write over a kill with the append-only file', async () => {
    redis = await startRedis({ appendonly: true });
    await redis.command('SET', 'a', '1');
    await redis.kill();
    await redis.start();
    expect(await redis.command('GET', 'a')).toBe('1');
  });

  it('lets in the ACL user alone', async () => {
    redis = await startRedis({ username: 'hallpass', password: 'secret' });
    expect(redis.url).toBe(`redis://hallpass:secret@127.0.0.1:${redis.port}`);
    expect(await redis.command('ACL', 'WHOAMI')).toBe('hallpass');
    await expect(redisCommand({ port: redis.port, password: 'secret' }, ['PING'])).rejects.toThrow();
  });

  it('does not answer while paused', async () => {
    redis = await startRedis();
    redis.pause();
    let answered = false;
    const asked = redis.command('PING').then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(answered).toBe(false);
    redis.resume();
    await asked;
    expect(answered).toBe(true);
  });

  it('speaks TLS with a certificate that the authority in caFile signed', async () => {
    redis = await startRedis({ tls: true, password: 'secret' });
    expect(redis.url).toBe(`rediss://:secret@127.0.0.1:${redis.port}`);
    expect(await redis.command('PING')).toBe('PONG');
    const socket = connect({ port: redis.port, host: '127.0.0.1', ca: await readFile(redis.caFile ?? '') });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });
});
