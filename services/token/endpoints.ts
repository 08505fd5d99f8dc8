/** Which endpoint a request is for: every path and method is in one table. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { notedOf } from '../shared/observing/call.ts';
import { Refusal } from '../shared/refusal.ts';

export interface Endpoint {
  methods: readonly string[];
  /** @param org the only organization whose clients may come this way. */
  answer: (req: IncomingMessage, res: ServerResponse, org?: string) => Promise<void>;
}

/** An endpoint, with where it is: one path, or every one that fits, and what those are called in log and figures. */
export type Mounted = Endpoint & ({ at: string } | { at: RegExp; called: string });

/** Whoever watches over a service asks all the time. */
const PROBES = ['/healthz', '/readyz'];

/** Paths are compared exactly: `/oauth2/TOKEN` and `/oauth2/token/` are other paths. @throws Refusal 404 or 405. */
export function endpointOf(endpoints: readonly Mounted[], req: IncomingMessage): Endpoint {
  const path = req.url?.split('?')[0] ?? '';
  const endpoint = endpoints.find(({ at }) => (typeof at === 'string' ? at === path : at.test(path)));
  if (!endpoint)
    throw new Refusal('not_found', 'there is nothing at this path; see /.well-known/oauth-authorization-server');
  noteEndpoint(req, 'called' in endpoint ? endpoint.called : endpoint.at);
  if (!endpoint.methods.includes(req.method ?? ''))
    throw new Refusal('method_not_allowed', `use ${endpoint.methods.join(' or ')} here`, { allow: endpoint.methods });
  return endpoint;
}

function noteEndpoint(req: IncomingMessage, called: string): void {
  const noted = notedOf(req);
  if (!noted) return;
  noted.resource = called;
  noted.isSilent = PROBES.includes(called);
}
