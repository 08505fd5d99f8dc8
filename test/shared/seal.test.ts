import { randomBytes } from 'node:crypto';
import { createSeal, KEY_BYTES } from '../../services/shared/seal.ts';

const key = () => randomBytes(KEY_BYTES);
const CONTEXT = 'more';
const TEXTS = ['', 'a', '/xapi/statements?limit=1', 'é 😀 \u0000\n', 'x'.repeat(100_000)];

describe.each(['seal', 'sealStable'] as const)('%s', (method) => {
  const seal = createSeal([key()], 'a purpose');

  it('gives back what was sealed', () => {
    for (const text of TEXTS) expect(seal.open(seal[method](text, CONTEXT), CONTEXT)).toBe(text);
  });

  it('is safe in a URL as it stands, and shows nothing of what it seals', () => {
    const sealed = seal[method]('statements of somebody', CONTEXT);
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('somebody');
  });

  it('does not open for another context', () => {
    const sealed = seal[method]('text', CONTEXT);
    for (const context of ['', 'mor', 'more ', 'signing keys']) expect(seal.open(sealed, context)).toBeUndefined();
  });

  it('does not open where any one byte was changed', () => {
    const bytes = Buffer.from(seal[method]('text', CONTEXT), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const tampered = Buffer.from(bytes);
      tampered.writeUInt8(tampered.readUInt8(at) ^ 1, at);
      expect(seal.open(tampered.toString('base64url'), CONTEXT)).toBeUndefined();
    }
  });

  it('does not open where it was cut or lengthened', () => {
    const bytes = Buffer.from(seal[method]('text', CONTEXT), 'base64url');
    for (let length = 0; length < bytes.length; length++)
      expect(seal.open(bytes.subarray(0, length).toString('base64url'), CONTEXT)).toBeUndefined();
    expect(seal.open(Buffer.concat([bytes, Buffer.from([0])]).toString('base64url'), CONTEXT)).toBeUndefined();
  });

  it('does not open with another key, or for another purpose of the same key', () => {
    const shared = key();
    const sealed = createSeal([shared], 'store')[method]('text', CONTEXT);
    expect(createSeal([key()], 'store').open(sealed, CONTEXT)).toBeUndefined();
    expect(createSeal([shared], 'more links').open(sealed, CONTEXT)).toBeUndefined();
    expect(createSeal([shared], 'store').open(sealed, CONTEXT)).toBe('text');
  });

  it('goes on opening what an older key sealed, and seals with the newest', () => {
    const [old, fresh] = [key(), key()];
    const rotated = createSeal([fresh, old], 'store');
    expect(rotated.open(createSeal([old], 'store')[method]('text', CONTEXT), CONTEXT)).toBe('text');
    const sealed = rotated[method]('text', CONTEXT);
    expect(createSeal([fresh], 'store').open(sealed, CONTEXT)).toBe('text');
    expect(createSeal([old], 'store').open(sealed, CONTEXT)).toBeUndefined();
  });
});

describe('seal', () => {
  it('gives another text every time, so that nobody sees that two are the same', () => {
    const seal = createSeal([key()], 'store');
    expect(new Set(Array.from({ length: 100 }, () => seal.seal('text', CONTEXT))).size).toBe(100);
  });
});

describe('sealStable', () => {
  const keys = [key()];
  const seal = createSeal(keys, 'store');

  it('gives the same text for the same, also in another process', () => {
    expect(seal.sealStable('text', CONTEXT)).toBe(seal.sealStable('text', CONTEXT));
    expect(createSeal(keys, 'store').sealStable('text', CONTEXT)).toBe(seal.sealStable('text', CONTEXT));
  });

  it('gives another nonce for another text or context, wherever the border between them is', () => {
    const nonce = (plain: string, context: string) => seal.sealStable(plain, context).slice(0, 16);
    const nonces = [nonce('ab', 'c'), nonce('a', 'bc'), nonce('', 'abc'), nonce('abc', ''), nonce('c', 'ab')];
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});

describe('open', () => {
  it.each(['', 'a', '....', '%%%', 'é', 'x'.repeat(100_000), '__proto__'])(
    'opens nothing that was never sealed: %.20j',
    (text) => {
      expect(createSeal([key()], 'store').open(text, CONTEXT)).toBeUndefined();
    },
  );
});

describe('createSeal', () => {
  it('wants a key', () => {
    expect(() => createSeal([], 'store')).toThrow('at least one key');
  });
});
