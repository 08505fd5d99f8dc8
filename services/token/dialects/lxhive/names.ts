/** lxHive's names for what somebody may do: which of ours each is, and what each is in words. */
import { Refusal } from '../../../shared/refusal.ts';
import { isLrsScope, readScopes } from '../../../shared/scopes.ts';
import type { LrsScope } from '../../../shared/xapi/permissions.ts';
import { asDescription } from '../../advice.ts';

/** Of lxHive's that are granted with the statements here, or not at all: they may be asked for, and give nothing. */
const NOTHING_HERE = ['attachments', 'ext/extendedquery/statements'];

/** As lxHive says it, where it has the name. */
const IN_WORDS: Readonly<Record<LrsScope, string>> = {
  all: 'Full access',
  'all/read': 'Full read-only access',
  'statements/write': 'Write statements',
  'statements/read': 'Read statements',
  'statements/read/mine': 'Read own statements',
  state: 'Access the State API',
  'state/read': 'Read the State API',
  'state/write': 'Write to the State API',
  define: '(Re)define new Activities',
  profile: 'Access the Profile API',
  'profile/read': 'Read the Profile API',
  'profile/write': 'Write to the Profile API',
  activities_profile: 'Access the Activity Profile API',
  'activities_profile/read': 'Read the Activity Profile API',
  agents_profile: 'Access the Agent Profile API',
  'agents_profile/read': 'Read the Agent Profile API',
};

export interface Named {
  name: string;
  description: string;
}

export function inWords(scopes: readonly string[]): Named[] {
  return scopes.filter(isLrsScope).map((name) => ({ name, description: IN_WORDS[name] }));
}

/**
 * @param field whose value it is, for who has to mend it. @param value a list of names, or one text with commas.
 * @param prefix what this realm writes before each scope.
 * @returns scopes of the LRS, each once: people hold no others, and what a person does not hold no credential of theirs has.
 * @throws Refusal 400 for a name that gives something else, or that nobody knows.
 */
export function readNames(field: string, value: unknown, prefix: string): string[] {
  const names = typeof value === 'string' ? value.split(/[\s,]+/).filter((name) => name !== '') : value;
  if (!Array.isArray(names))
    throw new Refusal('invalid_request', `${field} should be a list of names: ['statements/write', 'state']`);
  return [...new Set(names.flatMap((name) => scopesNamed(field, name, prefix)))];
}

function scopesNamed(field: string, name: unknown, prefix: string): readonly string[] {
  if (typeof name !== 'string') throw new Refusal('invalid_request', `each of ${field} should be a name`);
  if (NOTHING_HERE.includes(name)) return [];
  if (name === 'super')
    throw new Refusal('invalid_request', `${field} has super, which is for clients only and is never handed on`);
  /* One name each: of an entry that is read as two, whoever looks through the list sees neither. */
  const { known, unknown } = /[\s,]/.test(name) ? { known: [], unknown: [name] } : readScopes(name, prefix);
  if (known.length > 0 && unknown.length === 0 && known.every(isLrsScope)) return known;
  throw new Refusal('invalid_request', `${field} has ${shown(name)}, which is not a scope of the LRS`);
}

function shown(name: string): string {
  return `'${asDescription(name.slice(0, 60))}'`;
}
