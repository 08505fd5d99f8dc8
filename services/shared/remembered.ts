/** What is worked out of a text and nothing else, remembered for the texts that come again and again. */

export interface RememberedOptions {
  /** Of texts; twice as many at most, for a while. */
  most: number;
  /** In characters: what anybody sends at any length is not to be held. Default: however long. */
  longest?: number;
}

/** @returns the same as `workOut`, whatever is remembered. */
export function remembered<T extends string | object>(
  workOut: (text: string) => T,
  { most, longest = Infinity }: RememberedOptions,
): (text: string) => T {
  let recent = new Map<string, T>();
  let before = new Map<string, T>();

  return (text) => {
    const known = recent.get(text);
    if (known !== undefined) return known;
    if (text.length > longest) return workOut(text);
    const result = before.get(text) ?? workOut(text);
    if (recent.size === most) [before, recent] = [recent, new Map<string, T>()];
    recent.set(text, result);
    return result;
  };
}
