/** The log: JSON lines on standard error, so that standard output is a command's own. The only file that imports pino. */
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

/** @param service who speaks. Callers log fields they choose, never a request or its headers; redaction is the net below. */
export function createLog(service: string, level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { ...Object.fromEntries(SECRET_FIELDS.map((field) => [field, censor])), err: errorWithoutInput },
    },
    destination ??
      pino.destination({ fd: STANDARD_ERROR, sync: false, minLength: BATCH_BYTES, periodicFlush: BATCH_MS }),
  );
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
