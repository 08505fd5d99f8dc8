import fc from 'fast-check';
import { createUnderWay, type Placed } from '../../services/shared/under-way.ts';

interface Named extends Placed {
  name: number;
}

describe('what is under way', () => {
  it('is what was added and not taken out, each once, whatever the order and however often', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 60 }), (steps) => {
        const ones: Named[] = Array.from({ length: 10 }, (_, name) => ({ name, place: -1 }));
        const [underWay, expected] = [createUnderWay<Named>(), new Set<number>()];
        for (const [isAdded, name] of steps) {
          const one = ones[name] as Named;
          if (isAdded && !expected.has(name)) underWay.add(one);
          if (isAdded) expected.add(name);
          else {
            underWay.remove(one);
            expected.delete(name);
          }
          expect(underWay.all.map((each) => each.name).sort()).toEqual([...expected].sort());
        }
      }),
    );
  });
});
