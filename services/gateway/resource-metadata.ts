/**
 * What a client learns of a resource from its URL alone: who issues tokens for it, and which scopes it knows.
 *
 * @see RFC 9728
 */
import type { RequestHandler } from 'express';
import { DPOP_ALGORITHMS } from '../shared/dpop.ts';
import { ORGANIZATION_ID } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import { scopesAt, type FurtherResource } from '../shared/resources.ts';
import { LRS_SCOPES } from '../shared/xapi/permissions.ts';
import { allowAnyOrigin } from './cors.ts';

/** RFC 9728 §2. */
export interface ProtectedResource {
  resource: string;
  resource_name: string;
  authorization_servers: readonly [string];
  scopes_supported: readonly string[];
  bearer_methods_supported: readonly ['header'];
  dpop_signing_alg_values_supported: readonly string[];
  tls_client_certificate_bound_access_tokens: true;
  authorization_details_types_supported?: readonly string[];
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const OF_ORGANIZATION = /^\/api\/organizations\/(?<org>[^/]*)\/lrs$/;
const METHODS = ['GET', 'HEAD', 'OPTIONS'];
const FRESH_SECONDS = 3600;

type OfAll = 'authorization_servers' | 'bearer_methods_supported' | 'dpop_signing_alg_values_supported';
type Known = Omit<ProtectedResource, OfAll | 'resource' | 'tls_client_certificate_bound_access_tokens'>;

const LRS: Known = {
  resource_name: 'Learning Record Store',
  scopes_supported: Object.keys(LRS_SCOPES),
  authorization_details_types_supported: ['xapi'],
};

/** The issuer itself: a token that is asked for so is for the LRS. */
const LRS_PATHS = ['', '/xapi'];

/** Where the metadata of the resource at `path` is. @see RFC 9728 §3.1: the path goes behind the well-known one */
export function metadataUrl(issuer: string, path: string): string {
  return `${issuer}${WELL_KNOWN}${path}`;
}

/**
 * Public, and the same for everybody. Every id that an organization could have has its document, so that none tells
 * whether there is such an organization.
 */
export function createResourceMetadata(issuer: string, resources: readonly FurtherResource[]): RequestHandler {
  const documentOf = documentsOf(issuer, resources);
  return (req, res, next) => {
    const path = req.originalUrl.split('?')[0] ?? '';
    const document = path.startsWith(WELL_KNOWN) ? documentOf(path.slice(WELL_KNOWN.length)) : undefined;
    if (!document) return next();
    allowAnyOrigin(res, METHODS);
    if (!METHODS.includes(req.method))
      throw new Refusal('method_not_allowed', 'metadata can only be read', { allow: METHODS });
    if (req.method === 'OPTIONS') return void res.writeHead(204).end();
    res.set('Cache-Control', `public, max-age=${FRESH_SECONDS}`).json(document);
  };
}

/**
 * Compared with the path as it came: what is spelled in another way has no document. With a slash at its end, as xAPI
 * endpoints are often written, it is named so: "the `resource` value returned MUST be identical" (RFC 9728 §3.3).
 */
function documentsOf(issuer: string, resources: readonly FurtherResource[]) {
  const ofResource = new Map<string, Known>([
    ...LRS_PATHS.map((path) => [path, LRS] as const),
    ...resources.map((each) => [each.path, { resource_name: each.name, scopes_supported: scopesAt(each) }] as const),
  ]);
  return (path: string): ProtectedResource | undefined => {
    const bare = path.endsWith('/') ? path.slice(0, -1) : path;
    const org = OF_ORGANIZATION.exec(bare)?.groups?.org;
    const known = org !== undefined && ORGANIZATION_ID.test(org) ? LRS : ofResource.get(bare);
    if (!known) return undefined;
    const bearer_methods_supported = ['header'] as const;
    return {
      resource: `${issuer}${path}`,
      authorization_servers: [issuer],
      bearer_methods_supported,
      dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
      tls_client_certificate_bound_access_tokens: true,
      ...known,
    };
  };
}
