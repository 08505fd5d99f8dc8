/**
 * Seals what the store must be able to give back, and what a client is to carry without being able to read or change
 * it. AES-256-GCM; the first key seals, every key opens, so a key is rotated by putting the new one in front.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Seal {
  /** `context` says what it is sealed for; opening it for anything else fails. */
  seal(plain: string, context: string): string;
  /** The same text for the same input, so that a sealed link does not change from one answer to the next. */
  sealStable(plain: string, context: string): string;
  /** `undefined` where it was not sealed by one of our keys for this context. */
  open(sealed: string, context: string): string | undefined;
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** @param keys newest first, 32 bytes each. @param purpose keeps one use's keys apart from another's (HKDF `info`). */
export function createSeal(keys: readonly Buffer[], purpose: string): Seal {
  const derived = keys.map((key) => ({
    encryption: derive(key, `${purpose} encryption`),
    nonce: derive(key, `${purpose} nonce`),
  }));
  const [newest] = derived;
  if (!newest) throw new Error('a seal needs at least one key');

  function sealWith(iv: Buffer, key: Buffer, plain: string, context: string): string {
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  return {
    seal: (plain, context) => sealWith(randomBytes(IV_BYTES), newest.encryption, plain, context),

    /** The nonce is a keyed hash of all that is sealed: it repeats only where the whole message does (RFC 8452's idea). */
    sealStable: (plain, context) => {
      const material = JSON.stringify([context, plain]);
      const iv = createHmac('sha256', newest.nonce).update(material).digest().subarray(0, IV_BYTES);
      return sealWith(iv, newest.encryption, plain, context);
    },

    open: (sealed, context) => {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      for (const { encryption } of derived) {
        try {
          const decipher = createDecipheriv(ALGORITHM, encryption, bytes.subarray(0, IV_BYTES))
            .setAAD(Buffer.from(context))
            .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
          return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
        } catch {
          continue;
        }
      }
      return undefined;
    },
  };
}

function derive(key: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, 'hallpass', info, KEY_BYTES));
}
