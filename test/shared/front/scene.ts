/** A server with the front, and one without: each answers with what it was asked. */
import { buffer } from 'node:stream/consumers';
import type { Handler, HttpAnswer, HttpRequest } from '../../../services/shared/front/message.ts';
import { createLog } from '../../../services/shared/log.ts';
import { serve, type Listening } from '../../../services/shared/serve.ts';

export interface Asked {
  /** Whether node:http had no part in it. */
  atFront: boolean;
  method: string;
  url: string;
  rawHeaders: string[];
  body: string;
}

const log = createLog('front', 'silent');
const AT = { host: '127.0.0.1', port: 0, drainSeconds: 60, log };

/** @param handler at the front, of the targets under `/front`, and of all others. */
export function serveWithFront(handler: Handler = tellOf()): Promise<Listening> {
  return serve({
    ...AT,
    handler,
    atFront: { takes: (target) => target.startsWith('/front'), handler },
    leavesEmptyBodies: true,
  });
}

export function serveWithoutFront(handler: Handler = tellOf()): Promise<Listening> {
  return serve({ ...AT, handler, leavesEmptyBodies: true });
}

/** @param note is told of each request, and then of its body, where all of it comes. */
export function tellOf(note: (req: HttpRequest) => ((body: Buffer) => void) | undefined = () => undefined): Handler {
  return (req: HttpRequest, res: HttpAnswer) => {
    const noteBody = note(req);
    const answer = (bytes: Buffer) => {
      noteBody?.(bytes);
      const { method = '', url = '', rawHeaders } = req;
      const asked: Asked = { atFront: 'body' in req, method, url, rawHeaders, body: bytes.toString('latin1') };
      const text = JSON.stringify(asked);
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
    };
    /* Of a body that breaks off nothing is told. */
    bodyOf(req).then(answer, () => undefined);
  };
}

/** What has no length and no chunks has no body, and here no end either. */
function bodyOf(req: HttpRequest): Promise<Buffer> {
  if ('body' in req) return Promise.resolve(req.body);
  const hasBody = 'content-length' in req.headers || 'transfer-encoding' in req.headers;
  return hasBody ? buffer(req) : Promise.resolve(Buffer.alloc(0));
}
