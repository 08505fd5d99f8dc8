/** Reads HALLPASS_STORE. */
import { readRedisUrl, REDIS_FORMS, type RedisAddress } from './redis-url.ts';

export type StoreAddress = { driver: 'sqlite'; path: string } | { driver: 'redis'; address: RedisAddress };

export const STORE_FORMS = `sqlite:PATH, ${REDIS_FORMS}`;

/** @returns `undefined` where it is none of {@link STORE_FORMS}. */
export function readStoreAddress(text: string): StoreAddress | undefined {
  if (text.startsWith('sqlite:')) {
    const path = text.slice('sqlite:'.length);
    return path === '' ? undefined : { driver: 'sqlite', path };
  }
  const address = readRedisUrl(text);
  return address && { driver: 'redis', address };
}
