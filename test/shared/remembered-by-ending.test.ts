import { rememberedByEnding } from '../../services/shared/remembered-by-ending.ts';

/** What it is made of, and how often that was asked. */
function counted(places: number, longest = 100) {
  const worked: string[] = [];
  const about = (text: string) => {
    worked.push(text);
    return text.startsWith('no') ? undefined : { text };
  };
  return { worked, read: rememberedByEnding(about, { places, longest }) };
}

describe('what is remembered of texts by their ending', () => {
  it('is of the very same text, not of another that ends alike', () => {
    const { worked, read } = counted(16);
    read('Bearer one.abcdef');
    const one = read('Bearer one.abcdef');
    expect(read('Bearer one.abcdef')).toBe(one);
    expect(worked).toEqual(['Bearer one.abcdef', 'Bearer one.abcdef']);
    for (const text of ['Bearer two.abcdef', 'abcdef', '', 'Bearer one.abcdef']) expect(read(text)).toEqual({ text });
  });

  it('is never of another text, though there are a hundred for each place', () => {
    const { worked, read } = counted(64);
    const texts = Array.from({ length: 6400 }, (_, n) => `text ${n * 7919}`);
    const all = [...texts, ...texts].flatMap((text) => [text, text, text]);
    expect(all.map((text) => read(text)?.text)).toEqual(all);
    expect(worked.length).toBeGreaterThan(2 * texts.length);
    expect(worked.length).toBeLessThanOrEqual(4 * texts.length);
  });

  it('is nothing of what comes once, or in turn with another that has the same place', () => {
    const { worked, read } = counted(1);
    const inTurn = Array.from({ length: 100 }, (_, n) => (n % 2 ? 'one' : 'two'));
    for (const text of inTurn) read(text);
    expect(worked).toEqual(inTurn);
  });

  it('is so of short texts and of the empty one', () => {
    const { worked, read } = counted(1024);
    const texts = ['', 'a', 'ab', '\u{1F600}'];
    for (const text of [...texts, ...texts, ...texts, ...texts]) expect(read(text)).toEqual({ text });
    expect(worked.length).toBeLessThanOrEqual(2 * texts.length);
  });

  it('is nothing of what is longer than is to be held, or of what comes to nothing', () => {
    const { worked, read } = counted(16, 10);
    const texts = ['12345678901', '12345678901', '12345678901', 'no', 'no', 'no'];
    for (const text of texts) read(text);
    expect(worked).toEqual(texts);
  });
});
