/**
 * Families: all that came of one authorization, its code, its refresh tokens and its access tokens. A family is ended as a
 * whole. Its root is the library's Grant.
 */
import { grantRoot as rootOf } from '../store/grant-root.ts';
import type { ExpiringKind, Key, Store } from '../store/store.ts';

export interface Families {
  /**
   * Writes something of a family, where the family still is. What was ended between the two is not written after all:
   * otherwise a code that is replayed while it is redeemed would leave tokens that nothing ends.
   *
   * @returns `false` where it was ended.
   */
  write(grantId: string, kind: ExpiringKind, key: Key, value: string, ttlSeconds: number): Promise<boolean>;
  /** @param parents what each ends it as well. */
  begin(grantId: string, value: string, ttlSeconds: number, parents: readonly Key[]): Promise<void>;
  find(grantId: string): Promise<string | undefined>;
  end(grantId: string): Promise<void>;
  /** Ends every family that began under it. */
  endAllOf(parent: Key): Promise<void>;
}

/** What gateways hold in memory of a family. */
const CACHED: readonly ExpiringKind[] = ['access-token', 'oauth1-token'];

export function createFamilies(store: Store): Families {
  async function end(root: Key): Promise<void> {
    /* The root first: whoever is writing meanwhile looks for it afterwards. */
    await store.remove('grant', root);
    await store.announce('grant', root);
    const ended = await store.unlink(root);
    for (const { kind, key } of ended) if (CACHED.includes(kind)) await store.announce(kind, key);
  }

  return {
    write: async (grantId, kind, key, value, ttlSeconds) => {
      const root = rootOf(grantId);
      await store.link(root, kind, key, ttlSeconds);
      await store.write(kind, key, value, ttlSeconds);
      if ((await store.read('grant', root)) !== undefined) return true;
      await store.remove(kind, key);
      await store.announce(kind, key);
      return false;
    },
    begin: async (grantId, value, ttlSeconds, parents) => {
      for (const parent of parents) await store.link(parent, 'grant', rootOf(grantId), ttlSeconds);
      await store.write('grant', rootOf(grantId), value, ttlSeconds);
    },
    find: (grantId) => store.read('grant', rootOf(grantId)),
    end: (grantId) => end(rootOf(grantId)),
    endAllOf: async (parent) => {
      for (const { key } of await store.unlink(parent)) await end(key);
    },
  };
}
