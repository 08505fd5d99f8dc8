/** Which permissions a person has because of what another identity provider says of them. The rules are data. */
import { isLrsScope, readScopes } from '../../../shared/scopes.ts';
import { isObject } from '../../../shared/xapi/property.ts';
import { LRS_SCOPES } from '../../../shared/xapi/permissions.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface PermissionRule {
  /** Where the claim is: its name, and the names within it. Absent: the rule is for everybody. */
  claim?: readonly string[];
  /** What the claim is, or has among others where it is a list. */
  value?: string | number | boolean;
  scopes: readonly string[];
}

const FIELDS = ['claim', 'value', 'scopes'];

/** @returns scopes, separated by spaces: what all rules that hold for these claims give; '' where none does. */
export function permissionsFor(claims: Claims, rules: readonly PermissionRule[]): string {
  const given = rules.filter((rule) => holds(rule, claims)).flatMap(({ scopes }) => scopes);
  return readScopes(given.join(' ')).known.join(' ');
}

/** Compared with its type: "true" is not true. */
function holds({ claim, value }: PermissionRule, claims: Claims): boolean {
  if (claim === undefined) return true;
  const said = claim.reduce<unknown>(
    (within, name) => (isObject(within) && Object.hasOwn(within, name) ? within[name] : undefined),
    claims,
  );
  return Array.isArray(said) ? said.includes(value) : said === value;
}

/**
 * @param id whose rules they are.
 * @throws Error with a sentence that begins "should". What is granted by name (`introspect`, `scim` …) is for software, and
 * no person can give it to a client: so no claim gives it to a person.
 */
export function readPermissions(value: unknown, id: string): PermissionRule[] {
  if (!Array.isArray(value))
    throw new Error(
      `should have for ${id} permissions like [{"claim": "groups", "value": "teachers", "scopes": "all/read"}]`,
    );
  return value.map((rule, index) => readRule(rule, `permission ${index + 1} of ${id}`));
}

function readRule(rule: unknown, at: string): PermissionRule {
  if (!isObject(rule)) throw new Error(`should have objects as permissions: ${at} is none`);
  const unknown = Object.keys(rule).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Error(`should have no field "${unknown}" in ${at}: ${FIELDS.join(', ')}`);
  const scopes = readRuleScopes(rule.scopes, at);
  if (rule.claim === undefined && rule.value === undefined) return { scopes };
  return { claim: readClaim(rule.claim, at), value: readValue(rule.value, at), scopes };
}

function readClaim(claim: unknown, at: string): readonly string[] {
  const path: unknown[] = Array.isArray(claim) ? claim : [claim];
  const isName = (name: unknown): name is string => typeof name === 'string' && name !== '';
  if (path.length === 0 || !path.every(isName))
    throw new Error(`should have in ${at} a claim like "groups", or for one within another ["realm_access", "roles"]`);
  return path;
}

function readValue(value: unknown, at: string): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`should have in ${at} the value that the claim has: text, a number, true or false`);
}

function readRuleScopes(scopes: unknown, at: string): readonly string[] {
  if (typeof scopes !== 'string') throw new Error(`should have in ${at} scopes like "statements/write state"`);
  const { known, unknown } = readScopes(scopes);
  const refused = [...unknown, ...known.filter((scope) => !isLrsScope(scope))];
  if (refused.length > 0 || known.length === 0)
    throw new Error(
      `should have in ${at} scopes for people, not ${JSON.stringify(scopes.slice(0, 80))}: ${Object.keys(LRS_SCOPES).join(', ')}`,
    );
  return known;
}
