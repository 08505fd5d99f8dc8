/** The scope vocabulary: how scopes are spelled, read, and narrowed. What they permit is in xapi/permissions.ts. */
import { LRS_SCOPES, type LrsScope, type Permission, type Resource } from './xapi/permissions.ts';

/** What `all` does not cover: these are granted by name. */
export const NAMED_SCOPES = {
  introspect: 'introspect and revoke the tokens of every client',
  'authority/write': 'its statements keep the authority they are sent with',
  super: 'hand out temporary credentials for people (lxHive)',
  launch: 'launch cmi5 content for learners',
  scim: 'the accounts at a further resource that names it',
  events: 'the events at a further resource that names it',
  'wsapi:all': "the LRS's own API (Watershed), at a further resource that names it",
} as const;

/** Those of the named that open a further resource, and no LRS. */
const RESOURCE_SCOPES: readonly string[] = ['scim', 'events', 'wsapi:all'] satisfies (keyof typeof NAMED_SCOPES)[];

/** A scope of the operator's own, for a further resource. It is granted by name and covers only itself. */
const EXTENSION = /^ext\/[a-z0-9][a-z0-9._-]{0,63}$/;

/** Whether a further resource may need it. */
export function isResourceScope(scope: string): boolean {
  return RESOURCE_SCOPES.includes(scope) || EXTENSION.test(scope);
}

/** Other systems' spellings, translated at the door. None gives more than the system it comes from says it does. */
export const DIALECT: Record<string, readonly LrsScope[]> = {
  'xapi:read': ['all/read'],
  'xapi:write': ['statements/write', 'state/write', 'profile/write'],
  'xapi:all': ['all'],
  'xapi/read': ['all/read'],
  'xapi/all': ['all'],
};

/** Every scope a client can be registered with, in the order in which answers list them. */
export const SCOPES: readonly string[] = [...Object.keys(LRS_SCOPES), ...Object.keys(NAMED_SCOPES)];

/** Whether a client can be registered with it, or ask for it. */
export function isScope(name: string): boolean {
  return SCOPES.includes(name) || EXTENSION.test(name);
}

/**
 * Scopes as somebody wrote them, in our vocabulary. Separated by spaces or commas (Watershed, lxHive); other systems'
 * names translated; unknown ones apart, because an unknown scope grants nothing.
 *
 * @param prefix what this realm writes before each scope (`lrs:`); with it or without it, the scope is the same.
 */
export function readScopes(text: string, prefix = ''): { known: string[]; unknown: string[] } {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  const known = new Set<string>();
  const unknown = new Set<string>();
  for (const name of names) {
    const bare = isKnown(name) || !name.startsWith(prefix) ? name : name.slice(prefix.length);
    if (Object.hasOwn(DIALECT, bare)) for (const scope of DIALECT[bare] ?? []) known.add(scope);
    else if (isScope(bare)) known.add(bare);
    else unknown.add(name);
  }
  return { known: inOrder(known), unknown: [...unknown] };
}

function isKnown(name: string): boolean {
  return Object.hasOwn(DIALECT, name) || isScope(name);
}

/**
 * What both sides allow. So asking for `statements/write` of a client that has `all` gives just that, asking for
 * `xapi:all` gives what the client has, and asking for `all/read` of one that has `state` gives `state/read`.
 *
 * @see RFC 6749 §3.3
 */
export function narrow(asked: readonly string[], held: readonly string[]): string[] {
  const isShared = (scope: string) =>
    asked.some((wide) => covers(wide, scope)) && held.some((wide) => covers(wide, scope));
  const shared = SCOPES.filter(isShared);
  const isNamed = (scope: string) => asked.includes(scope) || held.includes(scope);
  const isBroadest = (scope: string) => !shared.some((other) => other !== scope && covers(other, scope));
  const listed = shared.filter((scope) => isNamed(scope) || isBroadest(scope));
  const extensions = asked.filter((scope) => scope.startsWith('ext/') && EXTENSION.test(scope) && held.includes(scope));
  return extensions.length === 0 ? listed : inOrder(new Set([...listed, ...extensions]));
}

/** Whether `wide` permits everything that `slim` does. An unknown scope covers only itself. */
export function covers(wide: string, slim: string): boolean {
  return wide === slim || (COVERED.get(wide)?.has(slim) ?? false);
}

/** Worked out once from the permission table. What is granted by name covers nothing else. */
const COVERED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  SCOPES.filter(isLrsScope).map((wide) => [
    wide,
    new Set(SCOPES.filter(isLrsScope).filter((slim) => permits(wide, slim))),
  ]),
);

function permits(wide: LrsScope, slim: LrsScope): boolean {
  const permitted: Partial<Record<Resource, readonly Permission[]>> = LRS_SCOPES[wide];
  const wanted = Object.entries(LRS_SCOPES[slim]) as [Resource, readonly Permission[]][];
  return wanted.every(([resource, permissions]) =>
    permissions.every((permission) => permitted[resource]?.includes(permission)),
  );
}

/** Whether it permits something at the LRS. */
export function isLrsScope(scope: string): scope is LrsScope {
  return Object.hasOwn(LRS_SCOPES, scope);
}

/** Those of the table as it has them, then the operator's own by their names. */
function inOrder(scopes: ReadonlySet<string>): string[] {
  return [
    ...SCOPES.filter((scope) => scopes.has(scope)),
    ...[...scopes].filter((scope) => EXTENSION.test(scope)).sort(),
  ];
}
