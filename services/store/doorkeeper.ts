/**
 * Who may come into a cache that is full: what would be found in it now, had it been let in the time before. Where far more records
 * are in use than it holds, or each more seldom than it is kept, each would otherwise push out one that is asked for as often, and
 * that costs more than the cache saves.
 *
 * @see https://arxiv.org/abs/1512.00727 §3.4.2 (the doorkeeper of TinyLFU)
 */
import { nowSeconds } from '../shared/clock.ts';
import type { Key } from './store.ts';

/**
 * @returns whether it came before, no longer ago than it would have been kept, among about as many others as the cache holds;
 * that it came is then noted.
 */
export type Doorkeeper = (key: Key, keptSeconds: number) => boolean;

/** @param capacity of the cache, in records: 8 to 16 bytes are kept for each. */
export function createDoorkeeper(capacity: number): Doorkeeper {
  const places = 2 ** Math.ceil(Math.log2(capacity));
  let marks: Uint32Array | undefined;
  let times: Uint32Array | undefined;
  return (key, keptSeconds) => {
    marks ??= new Uint32Array(places);
    times ??= new Uint32Array(places);
    const place = bitsOf(key, 0) & (places - 1);
    const mark = bitsOf(key, CHARACTERS);
    const now = nowSeconds();
    const isKnown = marks[place] === mark && now - (times[place] ?? 0) < keptSeconds;
    marks[place] = mark;
    times[place] = now;
    return isKnown;
  };
}

const CHARACTERS = 10;

/** 32 of the bits that a digest has there. */
function bitsOf(key: Key, start: number): number {
  let bits = 0;
  for (let at = start; at < start + CHARACTERS; at++) bits = (Math.imul(bits, 31) + key.charCodeAt(at)) | 0;
  return bits >>> 0;
}
