/**
 * What is known of texts that end by chance, as tokens do: each has one place by its last characters, and takes it when it comes
 * there twice running. To hash a text whole, as a Map does with every one that came by a socket, costs more. It is for what is
 * soon worked out again: of a thousand texts in as many places as here, some thirty have no peace.
 *
 * To hold what comes only once, or among far more others than there are places, would be for nothing: it grows old, and V8 has to
 * collect it as such.
 *
 * To learn a token by how long it takes to be told apart from a guess, eight characters would have to be guessed at once:
 * V8 compares so many at a time.
 */

export interface RememberedByEndingOptions {
  /** A power of two. */
  places: number;
  /** In characters: what anybody sends at any length is not to be held. */
  longest: number;
}

const ENDING = 6;

/** @returns the same as `workOut`, whatever is remembered. */
export function rememberedByEnding<T extends string | object | undefined>(
  workOut: (text: string) => T,
  { places, longest }: RememberedByEndingOptions,
): (text: string) => T {
  const texts: (string | undefined)[] = Array.from({ length: places });
  const known: (T | undefined)[] = Array.from({ length: places });
  /** By the endings that came to each place last. */
  const last = new Int32Array(places);
  return (text) => {
    const ending = endingOf(text);
    const place = ending & (places - 1);
    const before = texts[place] === text ? known[place] : undefined;
    if (before !== undefined) return before;
    const result = workOut(text);
    if (last[place] !== ending) last[place] = ending;
    else if (result !== undefined && text.length <= longest) {
      texts[place] = text;
      known[place] = result;
    }
    return result;
  };
}

function endingOf(text: string): number {
  let bits = 0;
  for (let at = Math.max(0, text.length - ENDING); at < text.length; at++)
    bits = (Math.imul(bits, 31) + text.charCodeAt(at)) | 0;
  return bits;
}
