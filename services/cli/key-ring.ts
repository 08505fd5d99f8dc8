/** The keys that sign, as a command sees them: whatever it changes is told. */
import type { Seal } from '../shared/seal.ts';
import { listKeys, retireKey, rotateKeys, type KeyView, type Rotation } from '../store/rotate-keys.ts';
import type { Store } from '../store/store.ts';
import type { Made } from './watched.ts';

export interface KeyRing {
  list(): Promise<KeyView[]>;
  rotate(rotation: Rotation): Promise<KeyView[]>;
  retire(kid: string): ReturnType<typeof retireKey>;
}

/** @param seal @throws SettingsFault where there is no key to open them with. */
export function createKeyRing(store: Store, seal: () => Seal, tell: (made: Made) => void): KeyRing {
  return {
    list: () => listKeys(store, seal()),
    rotate: async (rotation) => {
      const added = await rotateKeys(store, seal(), rotation);
      for (const { kid } of added) tell({ subject: 'key', id: kid, outcome: 'added' });
      return added;
    },
    retire: async (kid) => {
      const done = await retireKey(store, seal(), kid);
      if (done) tell({ subject: 'key', id: kid, outcome: 'removed' });
      return done;
    },
  };
}
