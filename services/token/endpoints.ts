/** Which endpoint a request is for: every path and method is in one table. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../shared/refusal.ts';
import { REGISTERED, RESUME } from './routes.ts';

export interface Endpoint {
  methods: readonly string[];
  /** @param org the only organization whose clients may come this way. */
  answer: (req: IncomingMessage, res: ServerResponse, org?: string) => Promise<void>;
}

/** In the table of paths, each for every path that fits. */
const PATTERNS = [
  ['resume', RESUME],
  ['registered', REGISTERED],
] as const;

/** @throws Refusal 404 or 405. */
export function endpointOf(endpoints: Record<string, Endpoint>, req: IncomingMessage): Endpoint {
  const path = req.url?.split('?')[0] ?? '';
  const pattern = PATTERNS.find(([, fits]) => fits.test(path))?.[0] ?? '';
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : endpoints[pattern];
  if (!endpoint)
    throw new Refusal('not_found', 'there is nothing at this path; see /.well-known/oauth-authorization-server');
  if (!endpoint.methods.includes(req.method ?? ''))
    throw new Refusal('method_not_allowed', `use ${endpoint.methods.join(' or ')} here`, { allow: endpoint.methods });
  return endpoint;
}
