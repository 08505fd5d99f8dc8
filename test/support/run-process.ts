/** Starts a program as a user would, in a clean environment, and reads what it says. */
import { spawn } from 'node:child_process';
import { endWithTests } from './process-guard.ts';

export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

export interface RunningProcess {
  readonly pid: number | undefined;
  /** What it has written so far, by stream and together in the order it came. */
  readonly stdout: string;
  readonly stderr: string;
  readonly output: string;
  /** Settles when the process has ended and all it wrote was read. A program that could not be started ends with 127. */
  readonly exited: Promise<ProcessEnd>;
  /** The first match in the output, waiting for it. Rejects, with the output so far, when it ends or takes too long. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL when that has not ended it in time. */
  stop(graceMs?: number): Promise<ProcessEnd>;
}

export interface RunOptions {
  /** On top of PATH and HOME, which are all that is passed on from the test process. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  input?: string;
}

export function runProcess(command: string, args: string[], options: RunOptions = {}): RunningProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    stdio: 'pipe',
  });
  endWithTests(child);
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);

  const said = { stdout: '', stderr: '', output: '' };
  const listeners = new Set<() => void>();
  const hear = (stream: 'stdout' | 'stderr', text: string) => {
    said[stream] += text;
    said.output += text;
    for (const listener of [...listeners]) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => hear('stdout', text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => hear('stderr', text));

  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => {
      hear('stderr', `${error.message}\n`);
      if (child.pid === undefined) resolve({ code: 127, signal: null });
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

  return {
    pid: child.pid,
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    get output() {
      return said.output;
    },
    exited,
    waitFor: (pattern, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = said.output.match(pattern);
          if (match) settle(() => resolve(match));
          return match !== null;
        };
        const fail = (why: string) =>
          settle(() => reject(new Error(`${why} before ${String(pattern)}; output so far:\n${said.output}`)));
        const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
        const settle = (outcome: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          outcome();
        };
        listeners.add(look);
        if (!look()) void exited.then(({ code, signal }) => fail(`${command} ended (${code ?? signal})`));
      }),
    signal: (name) => {
      child.kill(name);
    },
    stop: async (graceMs = 5_000) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const end = await exited;
      clearTimeout(timer);
      return end;
    },
  };
}
