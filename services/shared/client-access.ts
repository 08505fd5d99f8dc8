/**
 * What a client may do, in the words of an LMS's form: boxes that are ticked or not. Each stands for scopes, which alone
 * are kept, so a box is never on where the scopes say otherwise.
 */
import { scopesAt, type FurtherResource } from './resources.ts';
import { covers, readScopes } from './scopes.ts';

/** Box → the scopes it stands for. */
export const ACCESS = {
  'own-statements': {
    says: 'read and write access to statements created by this client',
    scopes: ['statements/write', 'statements/read/mine'],
  },
  /* "full read access to all data – allows broader xAPI statement reading": of statements, and no more than that. */
  'full-read': { says: "full read access to all data: everybody's statements", scopes: ['statements/read'] },
  'shared-events': { says: 'synchronizing events with other LMSes', scopes: ['events'] },
  scim: { says: 'user provisioning, by its SCIM configuration', scopes: ['scim'] },
} as const satisfies Record<string, { says: string; scopes: readonly string[] }>;

export type AccessBox = keyof typeof ACCESS;
export const ACCESS_BOXES = Object.keys(ACCESS) as AccessBox[];

/** Those that stand for a further resource, and for nothing where there is none. */
const AT_RESOURCES: readonly AccessBox[] = ['shared-events', 'scim'];

/** Whether somebody who holds these scopes has all that the box stands for, be it by a wider one. */
export function isTicked(box: AccessBox, held: readonly string[]): boolean {
  return ACCESS[box].scopes.every((scope) => held.some((wide) => covers(wide, scope)));
}

/** Whether the box stands for anything at this installation. */
export function isAvailable(box: AccessBox, resources: readonly FurtherResource[]): boolean {
  const needed = new Set(resources.flatMap(scopesAt));
  return !AT_RESOURCES.includes(box) || ACCESS[box].scopes.some((scope) => needed.has(scope));
}

export interface Ticks {
  allow: readonly AccessBox[];
  disallow: readonly AccessBox[];
}

/**
 * The scopes that are held once boxes are ticked and unticked; what no box stands for stays.
 *
 * @throws Error with a sentence, where a box that is to be off would still be on.
 */
export function withTicks(held: readonly string[], { allow, disallow }: Ticks): string[] {
  const kept = new Set(allow.flatMap((box) => ACCESS[box].scopes as readonly string[]));
  const dropped = new Set(disallow.flatMap((box) => ACCESS[box].scopes as readonly string[]));
  const scopes = [...held.filter((scope) => !dropped.has(scope)), ...kept];
  for (const box of disallow) {
    if (!isTicked(box, scopes)) continue;
    const wider = scopes.filter((wide) => ACCESS[box].scopes.some((scope) => covers(wide, scope)));
    throw new Error(`${box} cannot be off beside ${wider.join(' ')}, which gives as much: change the scope itself`);
  }
  return readScopes(scopes.join(' ')).known;
}

const SCIM_CONFIGURATION = /^[a-z0-9._-]{1,64}$/;

/** @throws Error with a sentence that begins "should". */
export function readScimConfiguration(text: string): string {
  if (SCIM_CONFIGURATION.test(text)) return text;
  throw new Error(`should be 1 to 64 lower-case letters, digits and ".", "_", "-", not ${JSON.stringify(text)}`);
}
