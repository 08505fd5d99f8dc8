/** Joins the two permission tables: may these scopes do this to that? */
import { LRS_SCOPES, RESOURCES, type Access, type LrsScope, type Permission, type Resource } from './permissions.ts';

export type Decision = { allow: true; only?: 'mine' } | { allow: false; needs: readonly LrsScope[] };

/**
 * What a method does to a resource, or `undefined` where the resource has no such method.
 * `Object.hasOwn`: a method named `constructor` must not find one on the prototype.
 */
export function accessOf(resource: Resource, method: string): Access | undefined {
  const methods: Partial<Record<string, Access>> = RESOURCES[resource];
  return Object.hasOwn(methods, method) ? methods[method] : undefined;
}

/** The methods a resource has, for `Allow`. */
export function methodsOf(resource: Resource): string[] {
  return Object.keys(RESOURCES[resource]);
}

/** The name as a resource, if it is one, compared exactly. */
export function resourceNamed(name: string): Resource | undefined {
  return Object.hasOwn(RESOURCES, name) ? (name as Resource) : undefined;
}

/** Whether a scope gives a permission on a resource. An unknown scope gives none. */
export function grants(scope: string, resource: Resource, permission: Permission): boolean {
  if (!Object.hasOwn(LRS_SCOPES, scope)) return false;
  const row: Partial<Record<Resource, readonly Permission[]>> = LRS_SCOPES[scope as LrsScope];
  return row[resource]?.includes(permission) ?? false;
}

/**
 * Decides on a `read` or `write` of a resource by a caller who holds `scopes`. A broader scope held beside
 * `statements/read/mine` wins. A refusal names every scope that would do, for `insufficient_scope`.
 *
 * @see xAPI 1.0.3 Part 3 §4.2
 * @see RFC 6750 §3.1
 */
export function decide(scopes: Iterable<string>, resource: Resource, access: 'read' | 'write'): Decision {
  const held = [...scopes];
  if (held.some((scope) => grants(scope, resource, access))) return { allow: true };
  if (access === 'read' && held.some((scope) => grants(scope, resource, 'mine'))) return { allow: true, only: 'mine' };
  return { allow: false, needs: scopesThatGrant(resource, access) };
}

/** Every scope that gives a permission on a resource, narrowest vocabulary first as the table has it. */
export function scopesThatGrant(resource: Resource, permission: Permission): LrsScope[] {
  return (Object.keys(LRS_SCOPES) as LrsScope[]).filter((scope) => grants(scope, resource, permission));
}
