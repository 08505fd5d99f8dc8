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

/** Whether one of the names is there in another case. @param names that differ in more than case. */
export function hasOtherSpelling(value: Properties, names: readonly string[]): boolean {
  const known = spellings.get(value);
  if (known) return names.some((name) => known.has(folded(name)) && known.get(folded(name)) !== name);
  const keys = Object.keys(value);
  if (keys.length > MANY_KEYS) {
    spellings.set(value, spellingsOf(keys));
    return hasOtherSpelling(value, names);
  }
  return keys.some((key) => !names.includes(key) && names.some((name) => folded(name) === folded(key)));
}

/** More than anything in a statement has by its specification. To go through half a million for every question would take seconds. */
const MANY_KEYS = 100;
/** By their folded form, the keys of what has many; `undefined` for those that are there in two spellings. */
const spellings = new WeakMap<Properties, ReadonlyMap<string, string | undefined>>();

function spellingsOf(keys: readonly string[]): ReadonlyMap<string, string | undefined> {
  const byFolded = new Map<string, string | undefined>();
  for (const key of keys) {
    const name = folded(key);
    byFolded.set(name, byFolded.has(name) ? undefined : key);
  }
  return byFolded;
}

/** Most names come again and again. */
const MOST_REMEMBERED = 500;
const remembered = new Map<string, string>();

/** As Go folds: `ſ` is an `s`, the Kelvin sign a `k`. */
function folded(name: string): string {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const text = name.toUpperCase().toLowerCase();
  if (remembered.size < MOST_REMEMBERED) remembered.set(name, text);
  return text;
}
