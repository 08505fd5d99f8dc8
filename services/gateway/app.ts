/** The gateway: every call to the LRS goes through this pipeline, every other path to what serves it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../shared/log.ts';
import { alternateOrSame } from './alternate-request.ts';
import { answer } from './answer.ts';
import { authorize } from './authorize.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import type { Forward } from './forward.ts';
import type { Identify } from './identify.ts';
import { operationOf, resourceOf, XAPI_PREFIX } from './operation.ts';
import { brokeOff, refuse, type Exchange } from './refuse.ts';
import type { Rewrite } from './rewrite.ts';
import { sanitize } from './sanitize.ts';

export interface GatewayOptions {
  identify: Identify;
  rewrite: Rewrite;
  forward: Forward;
  /** Everything that is not `/xapi/…`. */
  elsewhere: RequestListener;
  maxInspectedBytes: number;
  log: Log;
}

export function createGateway(options: GatewayOptions): RequestListener {
  const { identify, rewrite, forward, elsewhere, maxInspectedBytes, log } = options;

  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const exchange: Exchange = { method: req.method, version: req.headers['x-experience-api-version'] as string };
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    try {
      allowOrigin(req, res);
      const sanitized = sanitize(req, res);
      const resource = (exchange.resource = resourceOf(sanitized.path));
      const request = await alternateOrSame(sanitized, maxInspectedBytes);
      Object.assign(exchange, { method: request.method, version: request.version });
      const operation = operationOf(request, resource);
      if (operation.access === 'preflight') return answerPreflight(res, resource);
      const caller = (exchange.caller = await identify(request.authorization));
      authorize(caller, operation);
      const upstream = rewrite(request, operation, caller);
      await answer(res, await forward.ask(upstream, gone.signal), upstream);
    } catch (error) {
      if (gone.signal.aborted) brokeOff(error, exchange, log);
      else refuse(error, exchange, { req, res, log });
    }
  }

  return (req, res) => {
    if (req.url?.startsWith(XAPI_PREFIX)) void pass(req, res);
    else elsewhere(req, res);
  };
}
