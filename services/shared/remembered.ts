/** What is worked out of a text and nothing else, remembered for the texts that come again and again. */

export interface RememberedOptions {
  /** Of texts; twice as many at most, for a while. */
  most: number;
}

/** @returns the same as `workOut`, whatever is remembered. */
export function remembered<T extends string | object>(
  workOut: (text: string) => T,
  { most }: RememberedOptions,
): (text: string) => T {
  let recent = new Map<string, T>();
  let before = new Map<string, T>();

  return (text) => {
    const known = recent.get(text);
    if (known !== undefined) return known;
    const result = before.get(text) ?? workOut(text);
    if (recent.size === most) [before, recent] = [recent, new Map<string, T>()];
    recent.set(text, result);
    return result;
  };
}
