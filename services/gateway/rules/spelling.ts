/**
 * Names in another case than the specification's. The gateway decides upon `authority`; an LRS that takes `Authority` for
 * the same, as many JSON libraries do, would have another statement before it.
 *
 * "The LRS MUST reject Statements … where the case of a key does not match the case specified in this specification …
 * where the case of a value restricted to enumerated values does not match an enumerated value … exactly".
 *
 * @see xAPI 1.0.3 Part 2 §2.2
 */
import type { JsonPart } from '../../shared/json-text.ts';
import { Refusal } from '../../shared/refusal.ts';

/** Of a statement itself. */
const OF_A_STATEMENT = ['id', 'actor', 'verb', 'object', 'context', 'authority', 'attachments', 'version'];

/** What a decision can depend on, wherever in a statement it is. */
const DECISIVE = [
  ...OF_A_STATEMENT,
  ...[
    'objectType',
    'definition',
    'usageType',
    'mbox',
    'mbox_sha1sum',
    'openid',
    'account',
    'homePage',
    'name',
    'member',
  ],
  ...['contextActivities', 'contextAgents', 'contextGroups', 'registration', 'instructor', 'team', 'agent', 'group'],
];
const OBJECT_TYPES = ['Activity', 'Agent', 'Group', 'SubStatement', 'StatementRef', 'contextAgent', 'contextGroup'];

/** What is in here has names of its own: language tags, or anything. */
const FREE = new Set(['extensions', 'display', 'definition', 'description']);

const STATEMENT_KEYS = byFolded(OF_A_STATEMENT);
const KEYS = byFolded(DECISIVE);
const TYPES = byFolded(OBJECT_TYPES);

/** @param isDeep whether more is decided upon than members of the statement itself. @throws Refusal 400 */
export function refuseMisspelt(statement: JsonPart, isDeep: boolean): void {
  if (!isDeep) return refuseKeys(statement, STATEMENT_KEYS);
  const parts = [statement];
  for (let part = parts.pop(); part; part = parts.pop()) {
    refuseKeys(part, KEYS);
    const type = part.members?.get('objectType')?.value;
    if (typeof type === 'string') refuse(type, TYPES);
    for (const [key, member] of part.members ?? []) if (!FREE.has(key)) parts.push(member);
    for (const item of part.items ?? []) parts.push(item);
  }
}

function refuseKeys({ members }: JsonPart, names: ReadonlyMap<string, string>): void {
  for (const key of members?.keys() ?? []) refuse(key, names);
}

function refuse(written: string, names: ReadonlyMap<string, string>): void {
  const name = names.get(folded(written));
  if (name !== undefined && name !== written)
    throw new Refusal('invalid_request', `${JSON.stringify(written)} should be written ${JSON.stringify(name)}`);
}

function byFolded(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [folded(name), name]));
}

/**
 * Both ways: the long s (U+017F), the Kelvin sign and the two Turkish i are an s, a k and an i to whoever folds by Unicode.
 * And only up to NUL, where the texts of some end.
 */
function folded(text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).toUpperCase().toLowerCase().replaceAll('\u0307', '');
}
