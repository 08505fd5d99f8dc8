/**
 * Reads of one turn of the event loop go as one MGET: a command, its promise and its packet cost several times what it
 * reads. In a cluster keys live apart, and each goes by itself.
 */
import { byTurn } from '../shared/by-turn.ts';
import type { RedisClient } from './redis-connection.ts';

export type ReadValue = (key: string) => Promise<string | undefined>;

interface Waiting {
  key: string;
  resolve: (value: string | undefined) => void;
  reject: (error: unknown) => void;
}

/** So that Redis serves others in between. */
const MOST_AT_ONCE = 200;

/** @param available what an answer is awaited with: what it throws is thrown to every reader. */
export function createReads(client: RedisClient, available: <T>(answer: Promise<T>) => Promise<T>): ReadValue {
  if (client.isCluster) return async (key) => (await available(client.get(key))) ?? undefined;
  const readTogether = byTurn<Waiting>(MOST_AT_ONCE, (reads) => {
    available(client.mget(reads.map(({ key }) => key))).then(
      (values) => reads.forEach(({ resolve }, n) => resolve(values[n] ?? undefined)),
      (error: unknown) => reads.forEach(({ reject }) => reject(error)),
    );
  });
  return (key) => new Promise((resolve, reject) => readTogether({ key, resolve, reject }));
}
