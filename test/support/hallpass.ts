/** The `hallpass` command as an operator starts it: a process of its own, with the settings it is given and no others. */
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { runProcess, type ProcessEnd, type RunningProcess } from './run-process.ts';
import { eventually } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../services/cli/hallpass.js', import.meta.url));

/** What Node made of the sources, kept between processes: to read them again takes most of the time of a command. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled-for-tests', import.meta.url));

export type Settings = Record<string, string | undefined>;

interface RunOptions {
  env?: Settings;
  cwd?: string;
  input?: string;
}

export interface Outcome extends ProcessEnd {
  stdout: string;
  stderr: string;
}

/** Starts it and goes on. */
export function hallpass(args: string[], options: RunOptions = {}): RunningProcess {
  const env = { NODE_COMPILE_CACHE: COMPILED, ...options.env };
  return runProcess(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], { ...options, env });
}

/** Runs it to its end. */
export async function runHallpass(args: string[], options: RunOptions = {}): Promise<Outcome> {
  const running = hallpass(args, options);
  const end = await running.exited;
  return { ...end, stdout: running.stdout, stderr: running.stderr };
}

/** What a command printed as JSON, or an error with what it said instead. */
export async function printedBy<T>(args: string[], options: RunOptions = {}): Promise<T> {
  const { code, stdout, stderr } = await runHallpass([...args, '--json'], options);
  if (code !== 0) throw new Error(`hallpass ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

export interface RunningService {
  readonly url: string;
  readonly port: number;
  readonly process: RunningProcess;
  /** As an operator ends it. */
  stop(): Promise<ProcessEnd>;
}

export interface StartOptions {
  cwd?: string;
  /** One that is kept over several starts; any free one where it is absent. */
  port?: number;
}

/** Of a machine that is busy: it only says how long a service that hangs does so. */
const START_MS = 60_000;

/** Starts a service on a free port and waits until it answers. One that never does is not left running. */
export async function startHallpass(
  verb: string,
  env: Settings,
  { cwd, port: wanted }: StartOptions = {},
): Promise<RunningService> {
  const port = wanted ?? (await freePort());
  const process = hallpass([verb], { env: { HALLPASS_PORT: String(port), ...env }, ...(cwd && { cwd }) });
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  void process.exited.then(() => (ended = true));
  await eventually(
    async () => {
      if (!ended) await fetch(`${url}/healthz`);
    },
    { timeoutMs: START_MS },
  ).catch(async (error: unknown) => {
    await process.stop();
    throw error;
  });
  if (ended) throw new Error(`hallpass ${verb} ended:\n${process.output}`);
  return { url, port, process, stop: () => process.stop() };
}

/** Several that start at once. Where one does not, none is left running. */
export async function allStarted<T extends readonly Promise<RunningService>[]>(
  ...starting: T
): Promise<{ [N in keyof T]: RunningService }> {
  const settled = await Promise.allSettled(starting);
  const running = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = settled.find((each) => each.status === 'rejected');
  if (!failed) return running as { [N in keyof T]: RunningService };
  await Promise.all(running.map((service) => service.stop()));
  throw failed.reason;
}
