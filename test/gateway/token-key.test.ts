import { createKeyOfToken } from '../../services/caller/token-key.ts';
import { keyOf } from '../../services/store/store.ts';

describe('the key of a token that was shown before', () => {
  it('is the key of that token and of no other, however many were shown in between', () => {
    const keyOfToken = createKeyOfToken();
    const tokens = Array.from({ length: 12_000 }, (_, n) => `token-${n}`);
    const long = 'x'.repeat(65);
    for (const token of [...tokens, ...tokens.slice(0, 6000), long, long, '', ...tokens.toReversed()])
      expect(keyOfToken(token)).toBe(keyOf(token));
  });
});
