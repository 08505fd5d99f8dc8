/** The activities that a restriction allows: one id, or every id that begins as it does up to a `*` at its end. */

/** @param id a property or a parameter, unchecked. Ids are compared as they are, like everywhere in xAPI. */
export function isWithinActivity(id: unknown, pattern: string): boolean {
  if (typeof id !== 'string') return false;
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

/** An IRI with something after its scheme, so that no prefix is as good as none. */
const PATTERN = /^[a-z][a-z0-9+.-]*:\/*[^\s<>"{}|\\^`*/][^\s<>"{}|\\^`*]*\*?$/i;

export function isActivityPattern(value: unknown): value is string {
  return typeof value === 'string' && PATTERN.test(value);
}
