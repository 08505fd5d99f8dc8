/** `/metrics`, on a port of its own and nowhere else: what an operator's Prometheus may read is nobody else's business. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import type { Readable } from './metrics.ts';
import { serve, type Listening } from '../serve.ts';

export interface ServeMetricsOptions {
  host: string;
  port: number;
  drainSeconds: number;
  log: Log;
  figures: Readable;
}

const PATH = '/metrics';
const READ = ['GET', 'HEAD'];

export function serveMetrics({ figures, ...where }: ServeMetricsOptions): Promise<Listening> {
  const { log } = where;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url?.split('?')[0];
    if (path !== PATH) return say(req, res, 404, `there is nothing at this path; figures are at ${PATH}\n`);
    if (!READ.includes(req.method ?? '')) {
      res.setHeader('Allow', READ.join(', '));
      return say(req, res, 405, `use ${READ.join(' or ')} here\n`);
    }
    say(req, res, 200, await figures.text(), figures.contentType);
  }

  return serve({
    ...where,
    handler: (req, res) =>
      void answer(req, res).catch((error: unknown) => {
        log.error({ err: error }, 'metrics error');
        say(req, res, 500, 'the figures could not be told; it has been logged\n');
      }),
  });
}

function say(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  const headers = {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  };
  res.writeHead(status, headers).end(req.method === 'HEAD' ? '' : text);
}
