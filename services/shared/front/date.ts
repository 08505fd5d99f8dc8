/** The Date header, worked out once a second. @see RFC 9110 §6.6.1 */
import { nowSeconds } from '../clock.ts';

let second = 0;
let text = '';

export function dateNow(): string {
  const now = nowSeconds();
  if (now !== second) {
    second = now;
    text = new Date(now * 1000).toUTCString();
  }
  return text;
}
