/** Random text, cut from bytes that are drawn a block at a time: to draw them for each token costs more than to hash one. */
import { randomFillSync } from 'node:crypto';

/** 256 bits cannot be guessed. */
const BYTES = 32;
const drawn = Buffer.alloc(128 * BYTES);
let used = drawn.length;

/** 256 random bits that were never given out before: 43 characters of base64url. */
export function randomText(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const text = drawn.toString('base64url', used, used + BYTES);
  /* What looks into the memory later finds none that was given out. */
  drawn.fill(0, used, used + BYTES);
  used += BYTES;
  return text;
}
