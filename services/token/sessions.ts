/** Sessions of people with us, and the stops on their way through a flow. */
import { keyOf, type Key, type Store } from '../store/store.ts';
import type { Adapter, Payload } from './adapter.ts';

const named = (uid: string) => keyOf(`Session uid ${uid}`);

/** Where the session that the library calls by this is. */
export async function sessionKeyOf(store: Store, uid: string): Promise<Key | undefined> {
  return (await store.read('session', named(uid))) as Key | undefined;
}

/** Where it is noted which sessions are one person's. */
export function sessionsOf(personId: string): Key {
  return keyOf(JSON.stringify(['sessions of', personId]));
}

/** The id is what the cookie has, so that it is nowhere in the record; `uid` is what the library calls it by otherwise. */
export function sessions(store: Store): Partial<Adapter> {
  const at = (id: string) => keyOf(`Session ${id}`);
  const read = async (key: Key) => {
    const text = await store.read('session', key);
    return text === undefined ? undefined : (JSON.parse(text) as Payload);
  };
  return {
    upsert: async (id, { jti: _jti, ...payload }, expiresIn) => {
      if (payload.accountId) await store.link(sessionsOf(payload.accountId), 'session', at(id), expiresIn);
      await store.write('session', at(id), JSON.stringify(payload), expiresIn);
      if (payload.uid) await store.write('session', named(payload.uid), at(id), expiresIn);
    },
    find: async (id) => {
      const payload = await read(at(id));
      return payload && { ...payload, jti: id };
    },
    findByUid: async (uid) => {
      const key = await sessionKeyOf(store, uid);
      return key === undefined ? undefined : read(key);
    },
    destroy: async (id) => {
      const { uid } = (await read(at(id))) ?? {};
      await store.remove('session', at(id));
      if (uid !== undefined) await store.remove('session', named(uid));
    },
  };
}

export function interactions(store: Store): Partial<Adapter> {
  const at = (id: string) => keyOf(`Interaction ${id}`);
  return {
    upsert: (id, { jti: _jti, session, ...payload }, expiresIn) => {
      /* The library would keep what the cookie has, and reads it nowhere. */
      const { cookie: _cookie, ...known } = session ?? {};
      return store.write(
        'interaction',
        at(id),
        JSON.stringify({ ...payload, ...(session && { session: known }) }),
        expiresIn,
      );
    },
    find: async (id) => {
      const text = await store.read('interaction', at(id));
      return text === undefined ? undefined : { ...(JSON.parse(text) as Payload), jti: id };
    },
    destroy: (id) => store.remove('interaction', at(id)),
  };
}
