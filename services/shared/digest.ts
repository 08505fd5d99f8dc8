/** SHA-256, where the thing hashed has its own entropy: tokens, generated secrets. Never for what a person chose. */
import { hash, timingSafeEqual } from 'node:crypto';

/** 43 characters of base64url. */
export function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Compares two digests in constant time, so that timing tells nothing about how much of a guess was right. */
export function sameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
