/** `Expect: 100-continue`. @see RFC 9110 §10.1.1 */
import type { HttpRequest } from './front/message.ts';

/** Whether the client waits for `100 Continue` before it sends its body. One that speaks HTTP/1.0 does not know of it. */
export function awaitsContinue(req: HttpRequest): boolean {
  return isHttp11(req) && req.headers.expect?.toLowerCase() === '100-continue';
}

export function isHttp11(req: HttpRequest): boolean {
  return req.httpVersion === '1.1';
}
