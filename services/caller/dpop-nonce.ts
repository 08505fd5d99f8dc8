/** Nonces of ours in proofs: whoever has one made the proof lately, whatever its clock says. @see RFC 9449 §8, §9 */
import { createHmac } from 'node:crypto';
import { nowSeconds } from '../shared/clock.ts';
import { sameDigest } from '../shared/digest.ts';

export interface Nonces {
  /** The one that the next proof should have. */
  current(): Promise<string>;
  isRecent(nonce: string): Promise<boolean>;
}

const STEP_SECONDS = 60;
/** In steps: a process whose clock is ahead, this minute, and the two before. */
const ACCEPTED = [1, 0, -1, -2];
export const NONCE_SECONDS = STEP_SECONDS * ACCEPTED.length;

/** @param key the same in every process. Nothing is stored: a nonce is the time, under this key. */
export function createNonces(key: () => Promise<Buffer>): Nonces {
  const nonceAt = async (offset: number) => {
    const step = Math.floor(nowSeconds() / STEP_SECONDS) + offset;
    return createHmac('sha256', await key())
      .update(String(step))
      .digest('base64url');
  };
  return {
    current: () => nonceAt(0),
    isRecent: async (nonce) => {
      const recent = await Promise.all(ACCEPTED.map(nonceAt));
      return recent.some((one) => sameDigest(one, nonce));
    },
  };
}
