/** `Expect: 100-continue`. @see RFC 9110 §10.1.1 */
import type { IncomingMessage } from 'node:http';

/** Whether the client waits for `100 Continue` before it sends its body. One that speaks HTTP/1.0 does not know of it. */
export function awaitsContinue(req: IncomingMessage): boolean {
  return isHttp11(req) && req.headers.expect?.toLowerCase() === '100-continue';
}

export function isHttp11(req: IncomingMessage): boolean {
  return req.httpVersion === '1.1';
}
