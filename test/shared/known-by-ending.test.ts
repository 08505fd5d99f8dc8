import { createKnownByEnding } from '../../services/shared/known-by-ending.ts';

describe('what is known of texts by their ending', () => {
  it('is of the very same text, not of another that ends alike', () => {
    const known = createKnownByEnding<string>(16);
    known.set('Bearer one.abcdef', 'one');
    expect(known.get('Bearer one.abcdef')).toBe('one');
    expect(known.get('Bearer two.abcdef')).toBeUndefined();
    expect(known.get('abcdef')).toBeUndefined();
    expect(known.get('')).toBeUndefined();
    known.set('Bearer two.abcdef', 'two');
    expect(known.get('Bearer two.abcdef')).toBe('two');
    expect(known.get('Bearer one.abcdef')).toBeUndefined();
  });

  it('is never of another text, though there are a hundred for each place', () => {
    const known = createKnownByEnding<string>(64);
    const texts = Array.from({ length: 6400 }, (_, n) => `text ${n * 7919}`);
    let found = 0;
    for (const text of [...texts, ...texts]) {
      const before = known.get(text);
      expect([text, undefined]).toContain(before);
      if (before !== undefined) found += 1;
      known.set(text, text);
      expect(known.get(text)).toBe(text);
    }
    expect(found).toBeLessThan(texts.length);
  });

  it('is kept of short texts and of the empty one', () => {
    const known = createKnownByEnding<number>(1024);
    for (const [n, text] of ['', 'a', 'ab', '\u{1F600}'].entries()) known.set(text, n);
    expect(['', 'a', 'ab', '\u{1F600}'].map((text) => known.get(text))).toEqual([0, 1, 2, 3]);
  });
});
