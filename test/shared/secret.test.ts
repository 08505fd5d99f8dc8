import {
  generateSecret,
  isOneOf,
  MAX_SECRET_LENGTH,
  storeGenerated,
  storeImported,
  type StoredSecret,
} from '../../services/shared/secret.ts';

const NOW = 1_700_000_000;

describe('a generated secret', () => {
  it('is 256 random bits, safe in a form, a URL and a Basic header', () => {
    const secrets = Array.from({ length: 1000 }, generateSecret);
    expect(new Set(secrets).size).toBe(1000);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is not in what is stored of it', () => {
    const secret = generateSecret();
    const stored = storeGenerated(secret, NOW);
    expect(stored).toEqual({ hash: expect.stringMatching(/^sha256:[A-Za-z0-9_-]{43}$/) as unknown, created_at: NOW });
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('is stored as SHA-256: the digest of "abc" is that of FIPS 180-2', () => {
    const expected = Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex');
    expect(storeGenerated('abc', NOW).hash).toBe(`sha256:${expected.toString('base64url')}`);
  });
});

describe('an imported secret', () => {
  it('is stored by scrypt with a salt of its own', async () => {
    const [one, other] = [await storeImported('a password', NOW), await storeImported('a password', NOW)];
    expect(one.hash).toMatch(/^scrypt:16384:[A-Za-z0-9_-]{22}:[A-Za-z0-9_-]{43}$/);
    expect(one.hash).not.toBe(other.hash);
    expect(await isOneOf('a password', [one], NOW)).toBe(true);
    expect(await isOneOf('a password', [other], NOW)).toBe(true);
  });

  it('is still told from others once it has been proven, however often they are tried', async () => {
    const stored = await storeImported('a password', NOW);
    expect(await isOneOf('another', [stored], NOW)).toBe(false);
    expect(await isOneOf('another', [stored], NOW)).toBe(false);
    expect(await isOneOf('a password', [stored], NOW)).toBe(true);
    expect(await isOneOf('another', [stored], NOW)).toBe(false);
    expect(await isOneOf('a passwor', [stored], NOW)).toBe(false);
    expect(await isOneOf('a password', [stored], NOW)).toBe(true);
  });

  it('trap, a slow hash for every request: is derived once for as long as its record is held', async () => {
    const stored = await storeImported('a password', NOW);
    const tookMs = async (times: number) => {
      const startedAtMs = performance.now();
      for (let n = 0; n < times; n++) await isOneOf('a password', [stored], NOW);
      return performance.now() - startedAtMs;
    };
    const derivedMs = await tookMs(1);
    expect(await tookMs(200)).toBeLessThan(100 * derivedMs);
  });

  it('may have any characters', async () => {
    const secret = 'p:ä ss%€😀\u0000';
    expect(await isOneOf(secret, [await storeImported(secret, NOW)], NOW)).toBe(true);
  });
});

describe('isOneOf', () => {
  const ends = (secret: string, expires_at?: number): StoredSecret => ({
    ...storeGenerated(secret, NOW - 100),
    ...(expires_at !== undefined && { expires_at }),
  });

  it('knows every secret of an overlap until its end, and not one second longer', async () => {
    const stored = [ends('new'), ends('old', NOW)];
    expect(await isOneOf('old', stored, NOW - 1)).toBe(true);
    expect(await isOneOf('old', stored, NOW)).toBe(false);
    expect(await isOneOf('new', stored, NOW + 1_000_000)).toBe(true);
  });

  it('knows nothing where nothing is stored, or only what has ended', async () => {
    expect(await isOneOf('secret', [], NOW)).toBe(false);
    expect(await isOneOf('secret', [ends('secret', NOW - 1)], NOW)).toBe(false);
    expect(await isOneOf('', [ends('secret')], NOW)).toBe(false);
  });

  it('does not hash a megabyte', async () => {
    const long = 'x'.repeat(MAX_SECRET_LENGTH + 1);
    expect(await isOneOf(long, [storeGenerated(long, NOW)], NOW)).toBe(false);
    const longest = 'x'.repeat(MAX_SECRET_LENGTH);
    expect(await isOneOf(longest, [storeGenerated(longest, NOW)], NOW)).toBe(true);
  });

  it.each([
    '',
    'sha256:',
    'sha256:short',
    'plain:secret',
    'secret',
    'argon2id:x:y',
    'scrypt',
    'scrypt:16384',
    'scrypt:16384:c2FsdA',
    'scrypt:16384:c2FsdA:',
  ])('knows no secret by a hash that is none: %j', async (hash) => {
    for (const secret of ['', 'secret', hash])
      expect(await isOneOf(secret, [{ hash, created_at: NOW }], NOW)).toBe(false);
  });

  it('does not take the stored hash itself for the secret', async () => {
    const stored = storeGenerated('secret', NOW);
    expect(await isOneOf(stored.hash, [stored], NOW)).toBe(false);
    expect(await isOneOf(stored.hash.slice('sha256:'.length), [stored], NOW)).toBe(false);
  });
});
