/** One command to one Redis by redis-cli, so that a test looks at the store from outside the code it tests. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RedisLogin {
  port: number;
  username?: string;
  password?: string;
  caFile?: string;
}

/** The answer as redis-cli prints it to a pipe, without the last line end. Rejects when Redis answers with an error. */
export async function redisCommand(login: RedisLogin, args: string[]): Promise<string> {
  const { stdout } = await run(
    'redis-cli',
    [
      ...['-e', '--no-auth-warning', '-h', '127.0.0.1', '-p', String(login.port)],
      ...(login.username ? ['--user', login.username] : []),
      ...(login.password ? ['--pass', login.password] : []),
      ...(login.caFile ? ['--tls', '--cacert', login.caFile] : []),
      ...args,
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 10_000, env: { PATH: process.env['PATH'] } },
  );
  return stdout.replace(/\n$/, '');
}
