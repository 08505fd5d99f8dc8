/** The answer to an ordinary request: the headers, in their order, that oidc-provider sends with every token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './amend.ts';
import { ROUTES } from './routes.ts';

export interface OrdinaryAnswer extends Answer {
  send(): void;
}

/** Of the library's: pages may read the answer where no origin was named, and these two headers with it. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['cache-control', 'no-store'],
  ['Vary', 'Origin'],
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'DPoP-Nonce,WWW-Authenticate'],
  ['Content-Type', 'application/json; charset=utf-8'],
];

/** Nothing is written to the response before it is sent: until then the library may be asked instead. */
export function createOrdinaryAnswer(req: IncomingMessage, res: ServerResponse): OrdinaryAnswer {
  const more = new Map<string, string>();
  return {
    path: ROUTES.token,
    req,
    status: 200,
    body: undefined,
    set: (name, value) => void more.set(name, value),
    remove: (name) => void more.delete(name),
    send() {
      const text = JSON.stringify(this.body);
      for (const [name, value] of HEADERS) res.setHeader(name, value);
      for (const [name, value] of more) res.setHeader(name, value);
      res.setHeader('Content-Length', Buffer.byteLength(text));
      res.statusCode = this.status;
      res.end(text);
    },
  };
}
