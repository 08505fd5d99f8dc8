/**
 * Who may do what at an LRS, as data. What is not written here is refused.
 *
 * @see xAPI 1.0.3 Part 3 §4.2 (the eight scopes), Part 3 §2 (the resources)
 */

/** What an operation does. `public` needs no credential; `preflight` is answered by the gateway itself. */
export type Access = 'public' | 'preflight' | 'read' | 'write';

/** What a scope gives: `mine` is a read that must be narrowed to the caller's own statements before it is forwarded. */
export type Permission = 'read' | 'write' | 'mine' | 'define';

const READ_ONLY = { GET: 'read', HEAD: 'read', OPTIONS: 'preflight' } as const;
const DOCUMENTS = { ...READ_ONLY, PUT: 'write', POST: 'write', DELETE: 'write' } as const;

/** Resource × method. A pair that is not here does not exist. */
export const RESOURCES = {
  about: { GET: 'public', HEAD: 'public', OPTIONS: 'preflight' },
  statements: { ...READ_ONLY, PUT: 'write', POST: 'write' },
  activities: READ_ONLY,
  'activities/state': DOCUMENTS,
  'activities/profile': DOCUMENTS,
  agents: READ_ONLY,
  'agents/profile': DOCUMENTS,
} as const satisfies Record<string, Partial<Record<string, Access>>>;

export type Resource = keyof typeof RESOURCES;

/** What needs a credential. */
export type Datatype = Exclude<Resource, 'about'>;

const EVERYTHING = Object.keys(RESOURCES) as Resource[];

type Grants = Partial<Record<Resource, readonly Permission[]>>;

function on(resources: readonly Resource[], ...permissions: Permission[]): Grants {
  return Object.fromEntries(resources.map((resource) => [resource, permissions]));
}

/** Scope × resource. A scope that is not here grants nothing at the LRS; none grants anything by deriving from another. */
export const LRS_SCOPES = {
  all: on(EVERYTHING, 'read', 'write', 'mine', 'define'),
  'all/read': on(EVERYTHING, 'read', 'mine'),
  'statements/write': on(['statements'], 'write'),
  'statements/read': on(['statements'], 'read', 'mine'),
  'statements/read/mine': on(['statements'], 'mine'),
  state: on(['activities/state'], 'read', 'write'),
  'state/read': on(['activities/state'], 'read'),
  'state/write': on(['activities/state'], 'write'),
  define: on(['activities', 'agents'], 'define'),
  profile: on(['activities/profile', 'agents/profile'], 'read', 'write'),
  'profile/read': on(['activities/profile', 'agents/profile'], 'read'),
  'profile/write': on(['activities/profile', 'agents/profile'], 'write'),
  activities_profile: on(['activities/profile'], 'read', 'write'),
  'activities_profile/read': on(['activities/profile'], 'read'),
  agents_profile: on(['agents/profile'], 'read', 'write'),
  'agents_profile/read': on(['agents/profile'], 'read'),
} as const satisfies Record<string, Grants>;

export type LrsScope = keyof typeof LRS_SCOPES;
