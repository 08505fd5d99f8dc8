/** Where people of an organization may also sign in: another OpenID provider, and what it means here to come from there. */
import { DEFAULT_ORGANIZATION, ORGANIZATION_ID } from '../../../shared/organization.ts';
import { isObject } from '../../../shared/xapi/property.ts';
import { readPermissions, type PermissionRule } from './permission-rules.ts';

export interface IdentityProvider {
  /** In its callback's path, and in the audit. */
  id: string;
  /** What people call it. */
  name: string;
  /** As it calls itself, to the last slash. */
  issuer: string;
  client_id: string;
  /** Absent: a public client there. */
  client_secret?: string;
  scope: string;
  /** Absent: people's permissions are not touched. */
  permissions?: readonly PermissionRule[];
  /** An e-mail address that it says it verified opens the account here that has this address. */
  link_by_email: boolean;
  org: string;
}

const FIELDS = 'id name issuer client_id client_secret scope permissions link_by_email org'.split(' ');
/** A label of a host name, too. */
const ID = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const SUBJECT = /^[\x20-\x7e]{1,255}$/;
const LINE = /^[^\p{Cc}]{1,100}$/u;
const CREDENTIAL = /^[\x20-\x7e]{1,1000}$/;
/** @see RFC 6749 §3.3 */
const SCOPE = /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/;
const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

/** Where it sends people back to: each provider has its own, so that one's answer is never taken for another's (RFC 9700 §4.4). */
export function callbackOf(issuer: string, { id }: IdentityProvider): string {
  return `${issuer}/sign-in/callback/${id}`;
}

/** An issuer as links have it: what differs in a slash at the end is one. */
export function linkIssuer(issuer: string): string {
  return issuer.replace(/\/+$/, '');
}

/**
 * @param value the list as somebody configured it, parsed from JSON.
 * @throws Error with a sentence that begins "should", where anything about it is not exactly as it must be: a typing error
 * in who may come in must not let in more.
 */
export function readIdentityProviders(value: unknown): IdentityProvider[] {
  if (!Array.isArray(value)) throw new Error('should be a JSON array of identity providers');
  const providers = value.map(readProvider);
  providers.forEach((provider, index) => {
    const { id, issuer, org } = provider;
    const others = providers.slice(0, index);
    if (others.some((other) => other.id === id))
      throw new Error(`should have an id of its own for each provider: "${id}" is there twice`);
    if (others.some((other) => other.org === org && linkIssuer(other.issuer) === linkIssuer(issuer)))
      throw new Error(`should have each issuer once in an organization: ${issuer} is there twice`);
  });
  return providers;
}

function readProvider(value: unknown, index: number): IdentityProvider {
  const at = `provider ${index + 1}`;
  if (!isObject(value)) throw new Error(`should have objects in its array: ${at} is none`);
  const unknown = Object.keys(value).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Error(`should have no field "${unknown}" in ${at}: ${FIELDS.join(', ')}`);
  const { client_secret, permissions, link_by_email = false } = value;
  const id = textOf(value, 'id', ID, `in ${at} an id like school: lower-case letters, digits and "-", 32 at most`);
  if (typeof link_by_email !== 'boolean') throw new Error(`should have for ${id} link_by_email true or false`);
  return {
    id,
    name: textOf(value, 'name', LINE, `for ${id} a name, as people know it`),
    issuer: issuerOf(value.issuer, id),
    client_id: textOf(value, 'client_id', CREDENTIAL, `for ${id} the client_id that it has registered there`),
    ...(client_secret !== undefined && {
      client_secret: textOf(value, 'client_secret', CREDENTIAL, `for ${id} a client_secret in ASCII, or none`),
    }),
    scope: readScope(value.scope, id),
    ...(permissions !== undefined && { permissions: readPermissions(permissions, id) }),
    link_by_email,
    org: textOf({ org: DEFAULT_ORGANIZATION, ...value }, 'org', ORGANIZATION_ID, `for ${id} the id of an organization`),
  };
}

/** @param wanted what the sentence says there should be; it repeats nothing that was said, which may be a secret. */
function textOf(value: Record<string, unknown>, field: string, form: RegExp, wanted: string): string {
  const text = value[field];
  if (typeof text !== 'string' || !form.test(text)) throw new Error(`should have ${wanted}`);
  return text;
}

/**
 * "using the https scheme that contains scheme, host, and optionally, port number and path components and no query or
 * fragment": by http where it is on this machine, as when it is tried out.
 *
 * @throws Error with a sentence that begins "should be". @see OpenID Connect Discovery 1.0 §3
 */
export function readIssuer(text: string): string {
  const url = /[?#\\\s]/.test(text) ? null : URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname));
  if (!url || !isSafe || url.username || url.password)
    throw new Error('should be an https URL like https://idp.example.org/realms/school (http of a loopback host only)');
  return url.href;
}

/** "It MUST NOT exceed 255 ASCII characters in length." @throws Error with a sentence that begins "should be" */
export function readSubject(text: string): string {
  if (!SUBJECT.test(text)) throw new Error('should be 1 to 255 characters of ASCII');
  return text;
}

function issuerOf(value: unknown, id: string): string {
  try {
    return readIssuer(typeof value === 'string' ? value : '');
  } catch (error) {
    throw new Error(`should have for ${id} an issuer, which ${(error as Error).message}`, { cause: error });
  }
}

function readScope(value: unknown, id: string): string {
  if (value === undefined) return 'openid email profile';
  const isOne = typeof value === 'string' && SCOPE.test(value) && value.split(' ').includes('openid');
  if (!isOne) throw new Error(`should have for ${id} a scope of words separated by spaces, with openid among them`);
  return value;
}
