/** A register: records that last, by id. Every change is told to the processes that have the old one cached. */
import { keyOf, type LastingKind, type ListedKind, type PlainKind, type Store } from './store.ts';

export interface Register<T> {
  find(id: string): Promise<T | undefined>;
  /** `false` where the id is taken. */
  add(record: T): Promise<boolean>;
  /** Applies `change` to the record as it is now, however many others change it at once. */
  change(id: string, change: (record: T) => T): Promise<T | undefined>;
  /** `false` where there was none. */
  remove(id: string): Promise<boolean>;
  /** By name, then id. */
  list(): Promise<T[]>;
}

export interface RegisterOptions<T> {
  kind: PlainKind & LastingKind & ListedKind;
  idOf: (record: T) => string;
  nameOf: (record: T) => string;
  decode: (text: string) => T;
}

/** How often a change is tried again because another came first. */
const CHANGE_ATTEMPTS = 50;

export function createRegister<T>(store: Store, { kind, idOf, nameOf, decode }: RegisterOptions<T>): Register<T> {
  return {
    find: async (id) => {
      const text = await store.read(kind, keyOf(id));
      return text === undefined ? undefined : decode(text);
    },

    add: (record) => store.writeNew(kind, keyOf(idOf(record)), JSON.stringify(record)),

    change: async (id, change) => {
      const key = keyOf(id);
      for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
        const text = await store.read(kind, key);
        if (text === undefined) return undefined;
        const changed = change(decode(text));
        if (!(await store.swap(kind, key, text, JSON.stringify(changed)))) continue;
        await store.announce(kind, key);
        return changed;
      }
      throw new Error(`${kind} ${id} is being changed by too many others at once; try again`);
    },

    remove: async (id) => {
      const key = keyOf(id);
      if ((await store.read(kind, key)) === undefined) return false;
      await store.remove(kind, key);
      await store.announce(kind, key);
      return true;
    },

    list: async () => {
      const records = (await Array.fromAsync(store.list(kind))).map(decode);
      const order = (record: T) => `${nameOf(record)}\u0000${idOf(record)}`;
      return records.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    },
  };
}
