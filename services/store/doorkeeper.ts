/**
 * Who may come into a cache that is full: what was there to be put in lately as well. Where far more records are in use
 * than it holds, each would otherwise push out one that is asked for as often, and that costs more than the cache saves.
 *
 * @see https://arxiv.org/abs/1512.00727 §3.4.2 (the doorkeeper of TinyLFU)
 */
import type { Key } from './store.ts';

/** @returns whether it came before, among about as many others as the cache holds; that it came is then noted. */
export type Doorkeeper = (key: Key) => boolean;

/** @param capacity of the cache, in records: 4 to 8 bytes are kept for each. */
export function createDoorkeeper(capacity: number): Doorkeeper {
  const places = 2 ** Math.ceil(Math.log2(capacity));
  let lately: Uint32Array | undefined;
  return (key) => {
    lately ??= new Uint32Array(places);
    const place = bitsOf(key, 0) & (places - 1);
    const mark = bitsOf(key, CHARACTERS);
    const isKnown = lately[place] === mark;
    lately[place] = mark;
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
