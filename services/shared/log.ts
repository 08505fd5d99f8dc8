/** The log: JSON lines on standard error, so that standard output is a command's own. The only file that imports pino. */
import cluster from 'node:cluster';
import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

/** What a caller might hand us that must never be written down, should one of us log it by its own name. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'client_secret',
  'access_token',
  'refresh_token',
  'token',
  'password',
  'secret',
];

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STANDARD_ERROR = 2;
/** Lines are written in batches: a write for each would cost more than the rest of a request. Flushed at exit. */
const BATCH_BYTES = 16_000;
const BATCH_MS = 100;
/** What a pipe takes whole, also from several at once (PIPE_BUF): workers write to the same one. */
const WHOLE_BYTES = 4096;
/** What is handed on at once by who makes many lines, and writes alone. */
const MANY_BYTES = 65_536;
/** Whoever reads them may stop to. What is more is lost, and counted. */
const MOST_WAITING_BYTES = 16_000_000;

/** @param service who speaks. Callers log fields they choose, never a request or its headers; redaction is the net below. */
export function createLog(service: string, level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: { service, ...(cluster.worker && { worker: cluster.worker.id }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { ...Object.fromEntries(SECRET_FIELDS.map((field) => [field, censor])), err: errorWithoutInput },
    },
    destination ?? standardError(),
  );
}

interface Destination extends DestinationStream {
  flushSync?: () => void;
  lost?: number;
}

function standardError(): Destination {
  const options = {
    fd: STANDARD_ERROR,
    sync: false,
    minLength: cluster.isWorker ? WHOLE_BYTES - 1 : BATCH_BYTES,
    ...(cluster.isWorker && { maxWrite: WHOLE_BYTES }),
    periodicFlush: BATCH_MS,
    maxLength: MOST_WAITING_BYTES,
  };
  const destination = Object.assign(pino.destination(options), { lost: 0 });
  destination.on('drop', (text) => (destination.lost += String(text).split('\n').length - 1));
  return destination;
}

/** Where a log's lines go, for who makes lines without it. */
export interface Lines {
  /** @param text whole lines, with their ends. */
  write(text: string): void;
  flushSync(): void;
  /** Bytes that are written as a whole, where others write to the same place. */
  readonly most: number;
  /** Lines, since the start, that were not written because nobody had read those before. */
  lost(): number;
}

export function linesOf(log: Log): Lines {
  const destination = (log as unknown as Record<symbol, Destination>)[pino.symbols.streamSym];
  return {
    write: (text) => destination?.write(text),
    flushSync: () => destination?.flushSync?.(),
    most: cluster.isWorker ? WHOLE_BYTES : MANY_BYTES,
    lost: () => destination?.lost ?? 0,
  };
}

/** By serializers, which cost only the lines that have such a field: pino's `redact` copies every line first. */
function censor(): string {
  return '***';
}

/** Name, message and stack only: pino's own serializer copies every property, and ioredis puts a command's arguments on its errors. */
function errorWithoutInput(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  return { name, message, stack, ...(cause instanceof Error && { cause: errorWithoutInput(cause) }) };
}
