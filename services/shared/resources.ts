/**
 * Further resources: what stands behind the same tokens as the LRS does. Each is a path of the gateway's, where its calls
 * go, and which scopes its methods need.
 */
import { isResourceScope } from './scopes.ts';
import { isObject } from './xapi/property.ts';

export interface FurtherResource {
  name: string;
  /** Where it is, under the issuer: `/scim/v2`. */
  path: string;
  /** Where its calls go, with the path it has there; without a trailing slash. */
  upstream: string;
  /** HTTP method → scopes, any one of which is enough. A method that is not here does not exist. */
  methods: Record<string, string[]>;
  /** The gateway's own credential there, by HTTP Basic. */
  username?: string;
  password?: string;
}

export const RESOURCE_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The first segments of paths that are served already, or will be. */
const TAKEN = [
  'xapi',
  'oauth2',
  'oauth',
  'auth',
  'api',
  'sign-in',
  'cmi5',
  'healthz',
  'readyz',
  'metrics',
  '.well-known',
];

const FIELDS = ['name', 'path', 'upstream', 'methods', 'username', 'password'];
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Segments that no server, proxy or URL parser reads in two ways: no escapes, no empty ones, no dot segments. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** What tokens name it by (RFC 8707 §2). */
export function identifierOf(issuer: string, { path }: FurtherResource): string {
  return `${issuer}${path}`;
}

/** The scopes that mean something there. */
export function scopesAt({ methods }: FurtherResource): string[] {
  return [...new Set(Object.values(methods).flat())];
}

/**
 * @param value the list as somebody configured it, parsed from JSON.
 * @throws Error with a sentence that begins "should", where anything about it is not exactly as it must be: a typing error
 * in what opens a further server must not open more of it.
 */
export function readResources(value: unknown): FurtherResource[] {
  if (!Array.isArray(value)) throw new Error('should be a JSON array of resources');
  const resources = value.map(readResource);
  resources.forEach((resource, index) => {
    const others = resources.slice(0, index);
    if (others.some(({ name }) => name === resource.name))
      throw new Error(`should have a name of its own for each resource: "${resource.name}" is there twice`);
    const other = others.find(({ path }) => isWithin(path, resource.path) || isWithin(resource.path, path));
    if (other) throw new Error(`should have no resource within another: ${other.path} and ${resource.path}`);
  });
  return resources;
}

function readResource(value: unknown, index: number): FurtherResource {
  const at = `resource ${index + 1}`;
  if (!isObject(value)) throw new Error(`should have objects in its array: ${at} is none`);
  const unknown = Object.keys(value).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Error(`should have no field "${unknown}" in ${at}: ${FIELDS.join(', ')}`);
  const { name } = value;
  if (typeof name !== 'string' || !NAME.test(name))
    throw new Error(`should have in ${at} a name like scim: lower-case letters, digits, ".", "_" and "-"`);
  return {
    name,
    path: readPath(value.path, name),
    upstream: readUpstream(value.upstream, name),
    methods: readMethods(value.methods, name),
    ...readCredential(value, name),
  };
}

function readPath(path: unknown, name: string): string {
  if (typeof path !== 'string' || !PATH.test(path))
    throw new Error(`should have for ${name} a path like /scim/v2, of letters, digits and ".", "_", "~", "-"`);
  const first = path.split('/')[1]?.toLowerCase() ?? '';
  if (TAKEN.includes(first)) throw new Error(`should have for ${name} another path than ${path}: /${first} is taken`);
  return path;
}

/** Without regard to case: what differs in nothing else is one path to some servers. */
function isWithin(inner: string, outer: string): boolean {
  return `${inner}/`.toLowerCase().startsWith(`${outer}/`.toLowerCase());
}

function readUpstream(upstream: unknown, name: string): string {
  const url = typeof upstream === 'string' ? URL.parse(upstream) : null;
  if (typeof upstream !== 'string' || !url || !/^https?:$/.test(url.protocol) || /[?#\\\s]/.test(upstream))
    throw new Error(`should have for ${name} an upstream like https://scim.internal/v2, without query or fragment`);
  if (url.username || url.password)
    throw new Error(`should have for ${name} no credential in the upstream: username and password are fields`);
  return url.href.replace(/\/+$/, '');
}

function readMethods(methods: unknown, name: string): Record<string, string[]> {
  const rows = isObject(methods) ? Object.entries(methods) : [];
  if (rows.length === 0)
    throw new Error(`should have for ${name} the scopes that each method needs, like {"GET": ["scim"]}`);
  return Object.fromEntries(rows.map(([method, scopes]) => [method, readMethod(method, scopes, name)]));
}

function readMethod(method: string, scopes: unknown, name: string): string[] {
  if (!RESOURCE_METHODS.some((known) => known === method))
    throw new Error(`should have for ${name} no method "${method}": there are ${RESOURCE_METHODS.join(', ')}`);
  if (!isTextList(scopes) || scopes.length === 0)
    throw new Error(`should have for ${name} ${method} an array of scopes, any one of which is enough`);
  const stranger = scopes.find((scope) => !isResourceScope(scope));
  if (stranger !== undefined)
    throw new Error(`should have for ${name} ${method} no scope "${stranger}": scim, events, wsapi:all or ext/NAME`);
  return scopes;
}

/** HTTP Basic ends a user name at its first colon (RFC 7617 §2). */
function readCredential({ username, password }: Record<string, unknown>, name: string): Partial<FurtherResource> {
  if (username === undefined && password === undefined) return {};
  const isText = (value: unknown): value is string => typeof value === 'string' && !CONTROL_CHARACTER.test(value);
  if (!isText(username) || !isText(password) || username === '' || username.includes(':'))
    throw new Error(`should have for ${name} both username and password or neither, and no ":" in the username`);
  return { username, password };
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
