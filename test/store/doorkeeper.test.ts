import { jest } from '@jest/globals';
import { createDoorkeeper } from '../../services/store/doorkeeper.ts';
import { keyOf } from '../../services/store/store.ts';

const keys = (name: string, count: number) => Array.from({ length: count }, (_, n) => keyOf(`${name} ${n}`));

describe('the doorkeeper of a full cache', () => {
  afterEach(() => void jest.useRealTimers());

  it('knows who came a moment ago, and nobody who comes for the first time', () => {
    const cameBefore = createDoorkeeper(1000);
    for (const key of keys('new', 500)) {
      expect(cameBefore(key, 30)).toBe(false);
      expect(cameBefore(key, 30)).toBe(true);
    }
  });

  it('knows most of as many as the cache holds', () => {
    const cameBefore = createDoorkeeper(1024);
    const some = keys('some', 512);
    for (const key of some) cameBefore(key, 30);
    expect(some.filter((key) => cameBefore(key, 30)).length).toBeGreaterThan(256);
  });

  it('has forgotten who came a hundred times as long ago', () => {
    const cameBefore = createDoorkeeper(128);
    const early = keys('early', 128);
    for (const key of [...early, ...keys('later', 12_800)]) cameBefore(key, 30);
    expect(early.filter((key) => cameBefore(key, 30))).toEqual([]);
  });

  it('does not know who came longer ago than it would have been kept', () => {
    jest.useFakeTimers({ now: 1_800_000_000_000 });
    const cameBefore = createDoorkeeper(1000);
    const [key = keyOf('')] = keys('kept', 1);
    const after = (seconds: number) => {
      jest.advanceTimersByTime(seconds * 1000);
      return cameBefore(key, 30);
    };
    expect([after(0), after(29), after(30), after(31), after(1)]).toEqual([false, true, false, false, true]);
  });
});
