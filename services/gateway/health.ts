/** Liveness and readiness, for whoever restarts the process and whoever sends it calls. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressOf } from '../shared/caller-address.ts';
import { note } from '../shared/observing/call.ts';
import { refuse } from './refuse.ts';

export interface HealthOptions {
  /** Rejects while the gateway can't do its work. */
  ready: () => Promise<void>;
  addressOf: AddressOf;
  /** Everything that is neither. */
  otherwise: RequestListener;
}

export function createHealth({ ready, addressOf, otherwise }: HealthOptions): RequestListener {
  async function tell(resource: string, status: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    note(req, { resource, isSilent: true });
    try {
      if (status === 'ready') await ready();
      const body = JSON.stringify({ status });
      const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length };
      res.writeHead(200, { 'Cache-Control': 'no-store', ...headers }).end(body);
    } catch (error) {
      refuse(error, { method: req.method, address: addressOf(req), resource }, { req, res });
    }
  }

  return (req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    const status = STATUSES.get(path);
    if (status !== undefined && (req.method === 'GET' || req.method === 'HEAD')) void tell(path, status, req, res);
    else otherwise(req, res);
  };
}

const STATUSES = new Map([
  ['/healthz', 'ok'],
  ['/readyz', 'ready'],
]);
