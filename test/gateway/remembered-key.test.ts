import { createRememberedKeyOf } from '../../services/caller/remembered-key.ts';
import { keyOf } from '../../services/store/store.ts';

describe('a key that is remembered', () => {
  it('is that of this id and of no other, however many came in between', () => {
    const keyOfId = createRememberedKeyOf();
    const tokens = Array.from({ length: 12_000 }, (_, n) => `token-${n}`);
    const long = 'x'.repeat(65);
    for (const token of [...tokens, ...tokens.slice(0, 6000), long, long, '', ...tokens.toReversed()])
      expect(keyOfId(token)).toBe(keyOf(token));
  });
});
