/**
 * What is known of texts that end by chance, as tokens do: each has one place by its last characters, and what comes there
 * later takes it. To hash a text whole, as a Map does with every one that came by a socket, costs more. It is for what is
 * soon worked out again: of a thousand texts in as many places as here, some thirty have no peace.
 *
 * To learn a token by how long it takes to be told apart from a guess, eight characters would have to be guessed at once:
 * V8 compares so many at a time.
 */

export interface KnownByEnding<T> {
  /** Of the very same text. */
  get(text: string): T | undefined;
  set(text: string, known: T): void;
}

const ENDING = 6;

/** @param places a power of two. */
export function createKnownByEnding<T>(places: number): KnownByEnding<T> {
  const texts: (string | undefined)[] = Array.from({ length: places });
  const known: (T | undefined)[] = Array.from({ length: places });
  return {
    get: (text) => {
      const place = endingOf(text) & (places - 1);
      return texts[place] === text ? known[place] : undefined;
    },
    set: (text, value) => {
      const place = endingOf(text) & (places - 1);
      texts[place] = text;
      known[place] = value;
    },
  };
}

function endingOf(text: string): number {
  let bits = 0;
  for (let at = Math.max(0, text.length - ENDING); at < text.length; at++)
    bits = (Math.imul(bits, 31) + text.charCodeAt(at)) | 0;
  return bits;
}
