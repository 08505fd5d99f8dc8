/**
 * Where a client's people may be sent back to, with a code that is as good as what they granted. Compared exactly, as it
 * was said: no pattern, and nothing that two readers could take for two things.
 *
 * @see RFC 9700 §2.1, §4.1; RFC 8252 §7
 */

const MAX_LENGTH = 2000;
/** Of ASCII what a URI may have, without the `*` of those who would have a pattern, and without `#`. @see RFC 3986 §2 */
const CHARACTERS = /^[A-Za-z0-9\-._~:/?[\]@!$&'()+,;=%]+$/;
/** "…apps MUST use a URI scheme based on a domain name under their control, expressed in reverse order" */
const PRIVATE_USE = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:\/./i;
/** What is sent there stays on the person's machine. @see RFC 8252 §7.3, §8.3 */
const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

const EXPECTED =
  'should be an absolute https URI, an http one of a loopback host (http://127.0.0.1/…), or one of a scheme of its own ' +
  'that has a dot (org.example.app:/…)';

/** @returns it, as it was said. @throws Error with a sentence that begins "should" */
export function readRedirectUri(text: string): string {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  if (text.includes('#')) throw new Error(`should have no fragment (#), not ${shown}`);
  if (/[*{}]/.test(text)) throw new Error(`should be exact, without a wildcard, not ${shown}`);
  const url = CHARACTERS.test(text) && text.length <= MAX_LENGTH ? URL.parse(text) : null;
  if (!url || !isOwn(url, text)) throw new Error(`${EXPECTED}, not ${shown}`);
  if (/\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(text)) throw new Error(`should have no . or .. in its path, not ${shown}`);
  return text;
}

function isOwn(url: URL, text: string): boolean {
  if (url.username || url.password) return false;
  if (url.protocol === 'https:') return /^https:\/\/[^/?]/i.test(text);
  if (url.protocol === 'http:') return /^http:\/\/[^/?]/i.test(text) && LOOPBACK.includes(url.hostname);
  return PRIVATE_USE.test(text);
}
