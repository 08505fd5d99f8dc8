/** Which key signs, which are published, and until when: by the clock alone. */
import { publishedAt, withEnds, type KeyTimes } from '../../services/store/key-times.ts';

interface Named extends KeyTimes {
  name: string;
}

const at = (now: number, ...keys: Named[]) => publishedAt(keys, now).map(({ key, state }) => `${key.name} ${state}`);
const ended = (now: number, keepSeconds: number, ...keys: Named[]) => withEnds(keys, now, keepSeconds);

const FIRST = { name: 'first', until: 5000 };
const SECOND = { name: 'second', from: 1000, until: 9000 };
const THIRD = { name: 'third', from: 2000 };

describe('a key', () => {
  it('is published before it signs, signs from its second on, and is published after', () => {
    expect(at(999, FIRST, SECOND)).toEqual(['first current', 'second published']);
    expect(at(1000, FIRST, SECOND)).toEqual(['second current', 'first retired']);
    expect(at(4999, FIRST, SECOND)).toEqual(['second current', 'first retired']);
  });

  it('is not published any more from its last second on', () => {
    expect(at(5000, FIRST, SECOND)).toEqual(['second current']);
  });

  it('comes after the one that signs, whichever was made first', () => {
    expect(at(1500, THIRD, FIRST, SECOND)).toEqual(['second current', 'third published', 'first retired']);
    expect(at(2000, FIRST, SECOND, THIRD)).toEqual(['third current', 'second retired', 'first retired']);
  });

  it('signs before its time only where no other could', () => {
    expect(at(500, THIRD, SECOND)).toEqual(['second current', 'third published']);
    expect(at(500)).toEqual([]);
  });

  it.each([undefined, 1000])(
    'of two from the same second (%s) is the newer one where it is first in the record',
    (from) => {
      const times = from === undefined ? {} : { from };
      expect(at(1000, { name: 'a', ...times }, { name: 'b', ...times })).toEqual(['a current', 'b retired']);
    },
  );
});

describe('the end of a key', () => {
  it('is counted from when the next one takes over', () => {
    expect(ended(100, 600, { name: 'first' }, { name: 'second', from: 1000 }, THIRD)).toEqual([
      { name: 'first', until: 1600 },
      { name: 'second', from: 1000, until: 2600 },
      { name: 'third', from: 2000 },
    ]);
  });

  it('never comes nearer', () => {
    expect(ended(100, 600, FIRST, SECOND, THIRD)).toEqual([FIRST, SECOND, THIRD]);
  });

  it('is none any more where none takes over any more', () => {
    expect(ended(100, 600, FIRST)).toEqual([{ name: 'first' }]);
  });

  it('takes it from the record', () => {
    expect(ended(5000, 600, FIRST, SECOND, THIRD)).toEqual([SECOND, THIRD]);
  });

  it('is not guessed where nobody knows when it signed last', () => {
    expect(ended(100, 600, { name: 'a' }, { name: 'b' })).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(ended(100, 600, { name: 'a' }, { name: 'b' }, { name: 'c', from: 200 })).toEqual([
      { name: 'a', until: 800 },
      { name: 'b', until: 800 },
      { name: 'c', from: 200 },
    ]);
  });
});
