/** The keys that sign: what is published of them, and how long they last. @see RFC 7517 */
import { DatabaseSync } from 'node:sqlite';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createSeal, KEY_BYTES } from '../../services/shared/seal.ts';
import { loadSigningKeys } from '../../services/store/signing-keys.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import { keyOf } from '../../services/store/store.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { newSeal, runTokenService, tempStore, type TempStore, type TokenService } from '../support/token-service.ts';

let opened: TempStore;
beforeEach(async () => {
  opened = await tempStore();
});
afterEach(() => opened.close());

async function publishedBy(service: TokenService): Promise<Record<string, unknown>[]> {
  const response = await service.send('get', '/oauth2/jwks').buffer(true).expect(200);
  expect(response.headers['content-type']).toMatch(/^application\/(jwk-set\+)?json\b/);
  return (JSON.parse(response.text) as { keys: Record<string, unknown>[] }).keys;
}

describe('GET /oauth2/jwks', () => {
  it('has public keys only', async () => {
    const service = await runTokenService();
    const keys = await publishedBy(service);
    expect(keys).toEqual([
      expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }),
      expect.objectContaining({ kty: 'RSA', alg: 'RS256', use: 'sig' }),
    ]);
    const [elliptic = {}, rsa = {}] = keys;
    expect(Object.keys(elliptic).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(Object.keys(rsa).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    await service.close();
  });
});

describe('the signing keys', () => {
  it('are the same after a restart', async () => {
    const seal = newSeal();
    const first = await runTokenService({ store: opened.store, seal });
    const before = await publishedBy(first);
    await first.close();
    const second = await runTokenService({ store: opened.connect(), seal });
    expect(await publishedBy(second)).toEqual(before);
    await second.close();
  });

  it('are the same for services that start at once on one store', async () => {
    const seal = newSeal();
    const services = await Promise.all([1, 2, 3, 4].map(() => runTokenService({ store: opened.connect(), seal })));
    const published = await Promise.all(services.map(publishedBy));
    for (const keys of published) expect(keys).toEqual(published[0]);
    await Promise.all(services.map((service) => service.close()));
  });

  it('are those of the store alone: another store has others', async () => {
    const seal = newSeal();
    const another = await tempStore();
    const [one, other] = [await loadSigningKeys(opened.store, seal), await loadSigningKeys(another.store, seal)];
    expect(one.jwks[0]?.kid).not.toBe(other.jwks[0]?.kid);
    expect(one.cookieKeys).not.toEqual(other.cookieKeys);
    await another.close();
  });

  it('stop the start with a clear error, where the encryption key has changed', async () => {
    await loadSigningKeys(opened.store, newSeal());
    const before = await opened.store.read('keys', keyOf('signing keys'));
    await expect(runTokenService({ store: opened.store, seal: newSeal() })).rejects.toThrow(
      /HALLPASS_ENCRYPTION_KEY has changed/,
    );
    expect(await opened.store.read('keys', keyOf('signing keys'))).toBe(before);
  });

  it('open under a new encryption key that has the old one behind it', async () => {
    const [old, fresh] = [randomBytes(KEY_BYTES), randomBytes(KEY_BYTES)];
    const before = await loadSigningKeys(opened.store, createSeal([old], 'store'));
    expect(await loadSigningKeys(opened.store, createSeal([fresh, old], 'store'))).toEqual(before);
  });

  describe('in the file', () => {
    let folder: TempFolder;
    beforeEach(async () => {
      folder = await tempFolder('keys');
    });
    afterEach(() => folder.remove());

    it('cannot be read by whoever has only the file', async () => {
      const path = join(folder.path, 'hallpass.db');
      const store = openSqlite(path);
      const { jwks, cookieKeys } = await loadSigningKeys(store, newSeal());
      await store.close();
      const database = new DatabaseSync(path);
      const dump = JSON.stringify(database.prepare('SELECT * FROM record').all());
      database.close();
      for (const secret of [jwks[0]?.d, cookieKeys[0], '"d"', 'P-256']) {
        expect(secret).toBeTruthy();
        expect(dump).not.toContain(secret);
      }
    });
  });
});
