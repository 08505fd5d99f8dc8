/** What a person's pages ask about a device that waits for their answer, and say to it. @see RFC 8628 §3.3 */
import type { Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { digest } from '../shared/digest.ts';
import type { Reader } from '../store/records.ts';
import { keyOf, type Store } from '../store/store.ts';
import { DEVICE_SECONDS, isPending, readDevice, userCodeKey, writeDevice } from './device-codes.ts';

export interface WaitingDevice {
  /** Its name in the flow: neither of its codes. */
  device: string;
  client: Client;
  /** What it asked for, as far as its client may have it. */
  params: Readonly<Record<string, unknown>>;
}

/** Why there is no answer to be given. */
export type NoDevice = 'unknown' | 'expired' | 'used';

export interface Devices {
  /** @param userCode as `readUserCode` reads it. */
  find(userCode: string): Promise<WaitingDevice | NoDevice>;
  /** One browser answers a device, as often as it wants to. @returns whether it is this one. */
  claim(device: string, browser: string): Promise<boolean>;
  deny(device: string): Promise<void>;
}

export function createDevices(store: Store, clients: Reader<Client>): Devices {
  return {
    find: async (userCode) => {
      const device = await store.read('device', userCodeKey(userCode));
      const record = device === undefined ? undefined : await readDevice(store, device);
      if (device === undefined || !record) return 'unknown';
      if ((record.exp ?? 0) <= nowSeconds()) return 'expired';
      if (!isPending(record)) return 'used';
      const client = await clients.read(keyOf(record.clientId ?? ''));
      return client?.active ? { device, client, params: record.params ?? {} } : 'expired';
    },

    claim: async (device, browser) => {
      const [key, whose] = [keyOf(`Device claimed ${device}`), digest(`${device} ${browser}`)];
      if (await store.writeNew('device', key, whose, DEVICE_SECONDS)) return true;
      return (await store.read('device', key)) === whose;
    },

    deny: async (device) => {
      const record = await readDevice(store, device);
      if (!record || !isPending(record)) return;
      await writeDevice(store, device, { ...record, error: 'access_denied', errorDescription: 'the person said no' });
    },
  };
}
