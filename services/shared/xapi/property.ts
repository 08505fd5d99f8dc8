/**
 * Properties of JSON that nobody has checked yet, read so that no LRS can read them otherwise: where one takes `Actor` for
 * `actor` (Go's and .NET's readers do), a second spelling would have it record what was never decided upon.
 */

export type Properties = Record<string, unknown>;

/** Two spellings of one name: no value that anything matches. */
const AMBIGUOUS = Symbol('ambiguous');

export function isObject(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A property by its exact name; `undefined` where there is none, what nothing matches where there is another spelling. */
export function propertyOf(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  if (hasOtherSpelling(value, [name])) return AMBIGUOUS;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Whether one of the names is there in another case. */
export function hasOtherSpelling(value: Properties, names: readonly string[]): boolean {
  return Object.keys(value).some((key) => !names.includes(key) && names.some((name) => folded(name) === folded(key)));
}

/** As Go folds: `ſ` is an `s`, the Kelvin sign a `k`. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
