/** What has come so far of a body, in one piece. */
import { Refusal } from '../../shared/refusal.ts';

export interface Gathered {
  bytes(): Buffer;
  /** In Latin-1. */
  text(start: number, end: number): string;
  /** Waits for that many bytes, or the end of the body. */
  atLeast(bytes: number): Promise<void>;
  /**
   * Where `text` begins, at `from` or up to `most` bytes after it; `undefined` where it does not.
   *
   * @throws Refusal 400 where the body ends before that.
   */
  find(text: string, from: number, most: number): Promise<number | undefined>;
}

/** Grows by doubling: a body that comes byte by byte is not copied for each of them. */
export function createGathered(pieces: AsyncIterator<Buffer>): Gathered {
  let store: Buffer = Buffer.alloc(0);
  let length = 0;

  async function more(): Promise<boolean> {
    const next = await pieces.next().catch((cause: unknown) => {
      throw new Refusal('invalid_request', 'the body did not arrive to its end', { cause });
    });
    if (next.done) return false;
    const needed = length + next.value.length;
    if (length === 0) store = next.value;
    else {
      if (needed > store.length) store = Buffer.concat([store.subarray(0, length)], Math.max(2 * store.length, needed));
      next.value.copy(store, length);
    }
    length = needed;
    return true;
  }

  const bytes = () => store.subarray(0, length);
  return {
    bytes,
    text: (start, end) => bytes().toString('latin1', start, end),
    atLeast: async (count) => {
      while (length < count && (await more()));
    },
    find: async (text, from, most) => {
      let searched = from;
      for (;;) {
        const at = bytes().indexOf(text, searched, 'latin1');
        if (at >= 0) return at > from + most ? undefined : at;
        if (length - text.length > from + most) return undefined;
        searched = Math.max(from, length - text.length + 1);
        if (!(await more())) throw new Refusal('invalid_request', 'the body ends within its first part');
      }
    },
  };
}
