import { createDoorkeeper } from '../../services/store/doorkeeper.ts';
import { keyOf } from '../../services/store/store.ts';

const keys = (name: string, count: number) => Array.from({ length: count }, (_, n) => keyOf(`${name} ${n}`));

describe('the doorkeeper of a full cache', () => {
  it('knows who came a moment ago, and nobody who comes for the first time', () => {
    const cameBefore = createDoorkeeper(1000);
    for (const key of keys('new', 500)) {
      expect(cameBefore(key)).toBe(false);
      expect(cameBefore(key)).toBe(true);
    }
  });

  it('knows most of as many as the cache holds', () => {
    const cameBefore = createDoorkeeper(1024);
    const some = keys('some', 512);
    for (const key of some) cameBefore(key);
    expect(some.filter(cameBefore).length).toBeGreaterThan(256);
  });

  it('has forgotten who came a hundred times as long ago', () => {
    const cameBefore = createDoorkeeper(128);
    const early = keys('early', 128);
    for (const key of [...early, ...keys('later', 12_800)]) cameBefore(key);
    expect(early.filter(cameBefore)).toEqual([]);
  });
});
