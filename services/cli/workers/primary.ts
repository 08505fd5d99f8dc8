/** The process that serves nothing: it starts workers behind one port, another for each that ends, and ends them all. */
import cluster, { type Worker } from 'node:cluster';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../shared/log.ts';
import { CommandFailed, SaidElsewhere } from '../context.ts';
import { ASKED, DRAIN, READY, type Told } from './messages.ts';

export interface WorkersOptions {
  count: number;
  /** What each is given as it starts. */
  told: Told;
  log: Log;
}

export interface Workers {
  /** Rejects once there is none left and none can be started. */
  failed: Promise<never>;
  /** Resolves once all have ended, and what was under way in them. */
  close(): Promise<void>;
}

interface Started {
  worker: Worker;
  startedAtMs: number;
  /** Whether it got to listen before it ended. */
  listening: Promise<boolean>;
  ended: Promise<{ code: number | null; signal: string | null }>;
}

/** Before another is started; twice as long each time, unless the one before had served for long. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
const LONG_MS = 60_000;
/** With none that listens, so many starts one after the other are enough to know. */
const MOST_FAILURES = 5;

/**
 * The first goes ahead alone: what is wrong with it is wrong with all of them and is said once, and what is made at a
 * first start is made by one.
 *
 * @returns once all listen. @throws SaidElsewhere where the first ended before it did, and has said why.
 */
export async function startWorkers({ count, told, log }: WorkersOptions): Promise<Workers> {
  const running = new Map<Worker, Promise<unknown>>();
  const listening = new Set<Worker>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const closing = new AbortController();
  let failures = 0;

  function start(): Started {
    const worker = cluster.fork();
    const isReady = Promise.withResolvers<boolean>();
    worker.on('message', (message) => {
      if (message === ASKED) say(worker, told);
      if (message !== READY) return;
      listening.add(worker);
      failures = 0;
      isReady.resolve(true);
    });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      worker.once('exit', (code, signal) => {
        running.delete(worker);
        listening.delete(worker);
        isReady.resolve(false);
        resolve({ code, signal });
      }),
    );
    running.set(worker, ended);
    return { worker, startedAtMs: performance.now(), listening: isReady.promise, ended };
  }

  /** One after the other in the place of one. */
  async function keep(first: Started): Promise<void> {
    let delayMs = FIRST_DELAY_MS;
    for (let each = first; ; each = start()) {
      const hasListened = await each.listening;
      const end = await each.ended;
      if (closing.signal.aborted) return;
      failures += hasListened ? 0 : 1;
      if (performance.now() - each.startedAtMs > LONG_MS) delayMs = FIRST_DELAY_MS;
      const left = listening.size;
      log.error({ worker: each.worker.id, ...end, left, delayMs }, 'a worker ended; another will be started');
      if (left === 0 && failures >= MOST_FAILURES) return failed.reject(new CommandFailed(NONE_LEFT));
      await pause(delayMs, undefined, { signal: closing.signal });
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
    }
  }

  const first = start();
  if (!(await first.listening)) {
    const { code, signal } = await first.ended;
    throw code === null
      ? new CommandFailed(`${signal} ended the first worker before it listened`)
      : new SaidElsewhere(code);
  }
  const all = [first, ...Array.from({ length: count - 1 }, start)];
  for (const each of all) keep(each).catch(() => undefined);
  await Promise.all(all.map((each) => each.listening));

  return {
    failed: failed.promise,
    close: async () => {
      closing.abort();
      /* One that does not listen yet does not hear messages either, and has nothing to end first. */
      for (const worker of running.keys())
        if (listening.has(worker) && worker.isConnected()) say(worker, DRAIN);
        else worker.process.kill('SIGTERM');
      await Promise.all(running.values());
    },
  };
}

/** One that is just ending hears nothing, and that is no trouble: without this, Node would end the primary for it. */
function say(worker: Worker, message: Told | typeof DRAIN): void {
  worker.send(message, undefined, undefined, () => undefined);
}

const NONE_LEFT = 'no worker is left, and none that is started gets to listen: the lines above say why';
