/** JSON of texts that come again and again: to escape one each time would cost more than to find it. */

const MOST = 10_000;

/** @returns what gives a text as JSON has it, with its quotes. */
export function createTexts(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= MOST) known.clear();
    const escaped = JSON.stringify(text);
    known.set(text, escaped);
    return escaped;
  };
}
