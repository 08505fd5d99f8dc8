/**
 * Further resources behind the same tokens: SCIM, events, an LRS's own API. Each call is sanitised, identified and decided
 * upon like one for the LRS, then passed on to what serves it, which is told who calls.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { AddressOf } from '../shared/caller-address.ts';
import { note } from '../shared/observing/call.ts';
import { DEFAULT_ORGANIZATION } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import { identifierOf, scopesAt, type FurtherResource } from '../shared/resources.ts';
import { withoutToken } from './authorize.ts';
import { allowOrigin, answerPreflight, holdToOrigins, varyingByOrigin } from './cors.ts';
import { basic } from './credential.ts';
import { callerHeaders, scimHeader } from './identity.ts';
import { departureOf } from './departure.ts';
import type { HeaderList } from './headers.ts';
import type { Caller } from '../caller/caller.ts';
import { refuseForOther } from '../caller/meant-for.ts';
import type { Identify } from '../caller/identify.ts';
import { createAskUpstream, type UpstreamOptions } from './pass-on.ts';
import { createPublicAnswer } from './public-answer.ts';
import { passed } from './reclaim.ts';
import { brokeOff, refuse, type Exchange } from './refuse.ts';
import { metadataUrl } from './resource-metadata.ts';
import { sanitize } from './sanitize.ts';
import { withoutSignature } from './signed-request.ts';
import { remainderOf } from './remainder.ts';

export interface FurtherResourcesOptions {
  issuer: string;
  resources: readonly FurtherResource[];
  identify: Identify;
  addressOf: AddressOf;
  silenceSeconds: UpstreamOptions['silenceSeconds'];
  /** Whether calls may be signed by OAuth 1. */
  oauth1: boolean;
  /** Everything that is none of them. */
  elsewhere: RequestListener;
}

export function createFurtherResources(options: FurtherResourcesOptions): RequestListener {
  const { resources, elsewhere } = options;
  const doors = resources.map((resource) => ({ path: resource.path, answer: createDoor(resource, options) }));
  return (req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    /* Compared as it came: another spelling of a resource's path is none. */
    const door = doors.find((each) => path === each.path || path.startsWith(`${each.path}/`));
    (door?.answer ?? elsewhere)(req, res);
  };
}

function createDoor(resource: FurtherResource, options: FurtherResourcesOptions): RequestListener {
  const { issuer, identify, addressOf, silenceSeconds, oauth1 } = options;
  const { name, path, upstream, username, password } = resource;
  const { origin, pathname } = new URL(upstream);
  const basePath = pathname.replace(/\/$/, '');
  const own = username === undefined || password === undefined ? [] : basic(username, password);
  const ask = createAskUpstream({ origin, silenceSeconds });
  const publicAnswer = createPublicAnswer(resource, issuer);

  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const metadata = metadataUrl(issuer, path);
    const exchange: Exchange = note(req, {
      method: req.method,
      address: addressOf(req),
      resource: name,
      protected: { realm: name, metadata, oauth1 },
    });
    const departure = departureOf(res);
    try {
      allowOrigin(req, res, ['*']);
      const sanitized = sanitize(req, res);
      const request = oauth1 ? withoutSignature(sanitized) : sanitized;
      const rest = remainderOf(request.path.slice(path.length));
      const scopes = scopesFor(resource, request.method);
      if (request.method === 'OPTIONS') return answerPreflight(res, methodsOf(resource), ['*']);
      const caller = (exchange.caller = await identify(request.authorization, request.called, exchange.address));
      holdToOrigins(req, res, caller?.client);
      const admitted = admit(caller, resource, scopes, identifierOf(issuer, resource));
      const query = request.query === '' ? '' : `?${request.query}`;
      const target = (`${basePath}${rest}` || '/') + query;
      const answer = await ask(req, res, target, [...request.headers, ...own, ...told(admitted, resource)]);
      const headers = varyingByOrigin(res, publicAnswer(answer, `${origin}${target}`));
      res.writeHead(answer.statusCode ?? 502, headers.flat());
      answer.on('data', passed);
      await pipeline(answer, res).catch((cause: unknown) => {
        throw new Refusal('bad_gateway', `the answer of ${name} broke off`, { cause });
      });
    } catch (error) {
      if (departure.hasGone) brokeOff(error, exchange);
      else refuse(error, exchange, { req, res });
    }
  }

  return (req, res) => void pass(req, res);
}

/** @throws Refusal 405 */
function scopesFor(resource: FurtherResource, method: string): readonly string[] {
  const { methods } = resource;
  if (method === 'OPTIONS') return [];
  /* "identical to GET except that the server MUST NOT send content": what may be read may be asked about (RFC 9110 §9.3.2). */
  const row = method === 'HEAD' && !Object.hasOwn(methods, 'HEAD') ? 'GET' : method;
  const scopes = Object.hasOwn(methods, row) ? methods[row] : undefined;
  if (scopes) return scopes;
  throw new Refusal('method_not_allowed', `${resource.name} has no ${method}`, { allow: methodsOf(resource) });
}

function methodsOf({ methods }: FurtherResource): string[] {
  const named = Object.keys(methods);
  return [...named, ...(named.includes('GET') && !named.includes('HEAD') ? ['HEAD'] : []), 'OPTIONS'];
}

/**
 * What is behind a further resource belongs to the installation, so to the clients of its own organization. A restriction
 * speaks of xAPI only: here nothing would hold a caller to it, and what was meant to be narrower would be the whole.
 *
 * @throws Refusal 401 or 403
 */
function admit(
  caller: Caller | undefined,
  { name }: FurtherResource,
  scopes: readonly string[],
  identifier: string,
): Caller {
  if (!caller) throw withoutToken();
  if (caller.org !== DEFAULT_ORGANIZATION)
    throw new Refusal('access_denied', `${name} is not for the clients of other organizations`);
  refuseForOther(caller, identifier);
  if (caller.restrictions.length > 0)
    throw new Refusal('access_denied', `this token is restricted within xAPI, and so not good for ${name}`);
  if (!scopes.some((scope) => caller.scopes.includes(scope)))
    throw new Refusal('insufficient_scope', `this token may not do that at ${name}`, { scope: scopes });
  return caller;
}

function told({ clientId, subject, scopes, client }: Caller, resource: FurtherResource): HeaderList {
  const headers = callerHeaders({ client: clientId, subject: subject ?? clientId, scopes });
  const { scim_configuration: configuration } = client;
  const isScim = scopesAt(resource).includes('scim');
  return configuration !== undefined && isScim ? [...headers, ...scimHeader(configuration)] : headers;
}
