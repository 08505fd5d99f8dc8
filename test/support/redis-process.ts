/** Starts, ends and pauses one redis-server process, as often as a test asks, by its pid. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { endWithTests } from './process-guard.ts';
import { redisCommand, type RedisLogin } from './redis-command.ts';
import { eventually } from './wait.ts';

export interface RedisProcess {
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** Settles when it answers; does nothing when it runs already. */
  start(): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
  pause(): void;
  resume(): void;
}

/** `args` are those of redis-server: the configuration file, then `--sentinel` where it is one. */
export function redisProcess(args: string[], login: RedisLogin, logFile: string): RedisProcess {
  let child: ChildProcess | undefined;
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const answers = async () => {
    if (!running()) throw new Error('redis-server has ended');
    if ((await redisCommand(login, ['PING'])) !== 'PONG') throw new Error('redis-server is not ready');
  };

  return {
    get pid() {
      return child?.pid ?? 0;
    },
    start: async () => {
      if (running()) return;
      child = spawn('redis-server', args, { stdio: 'ignore' });
      await once(child, 'spawn');
      endWithTests(child);
      await eventually(answers, { timeoutMs: 10_000, everyMs: 20 }).catch(async (error: unknown) => {
        const log = await readFile(logFile, 'utf8').catch(() => '');
        throw new Error(`redis-server did not start on port ${login.port}:\n${log}`, { cause: error });
      });
    },
    end: async (signal) => {
      if (!child || !running()) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      child.kill('SIGCONT');
      await ended;
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}
