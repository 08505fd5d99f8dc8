/**
 * Where a client is told that somebody has signed out. We send a request there, from inside the operator's network:
 * whoever may say the URI can make us ask any host that we reach (SSRF), so only an administrator may.
 *
 * @see OpenID Connect Back-Channel Logout 1.0 §2.2
 */

const MAX_LENGTH = 2000;
const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

/** @returns it, normalized. @throws Error with a sentence that begins "should" */
export function readBackchannelUri(text: string): string {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  const url = /^[!-~]+$/.test(text) && text.length <= MAX_LENGTH ? URL.parse(text) : null;
  /* "…an absolute URI … MUST NOT include a fragment component"; its credentials would be in every log. */
  if (!url || text.includes('#') || url.username || url.password || !isSafe(url))
    throw new Error(
      `should be an https URI without fragment or credentials, or an http one of a loopback host, not ${shown}`,
    );
  return url.href;
}

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}
