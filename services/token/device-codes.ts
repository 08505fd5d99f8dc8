/**
 * Devices that wait for a person's answer. A device has its code, a person the short one that the device shows, and both
 * lead to one record, which is called by a name that neither of them is: what a person's browser carries through the flow
 * redeems nothing. @see RFC 8628
 */
import { nowSeconds } from '../shared/clock.ts';
import { generateSecret } from '../shared/secret.ts';
import { keyOf, type Store } from '../store/store.ts';
import type { Adapter, Payload, Refusals } from './adapter.ts';
import type { Families } from './families.ts';
import type { Polling } from './polling.ts';
import { answeredKey } from './spendable.ts';

/** "An expiration time of the device_code and user_code": a person finds another screen, signs in and reads. */
export const DEVICE_SECONDS = 600;
/** Who comes too late is told that it is too late, rather than that there never was such a code. */
const REMEMBERED_SECONDS = 600;

/** Of twenty consonants: no words, no vowels, nothing that is another key on another keyboard (RFC 8628 §6.1). */
const USER_CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/;

/** As it was typed, in any case, with or without the dash. @returns `undefined` for what can be no code. */
export function readUserCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s\p{Pd}_.]/gu, '');
  return USER_CODE.test(code) ? code : undefined;
}

/** As it is shown. */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** What is kept of a device. */
export interface DeviceRecord extends Payload {
  params?: Record<string, unknown>;
  error?: string;
  errorDescription?: string;
}

export const recordKey = (device: string) => keyOf(`Device ${device}`);
export const userCodeKey = (userCode: string) => keyOf(`Device user code ${userCode}`);
const codeKey = (code: string) => keyOf(`DeviceCode ${code}`);

/** Nobody has said anything yet, and there is still time. */
export function isPending({ accountId, error, exp = 0 }: DeviceRecord): boolean {
  return accountId === undefined && error === undefined && exp > nowSeconds();
}

export async function readDevice(store: Store, device: string): Promise<DeviceRecord | undefined> {
  const text = await store.read('device', recordKey(device));
  return text === undefined ? undefined : (JSON.parse(text) as DeviceRecord);
}

export function writeDevice(store: Store, device: string, record: DeviceRecord): Promise<void> {
  const leftSeconds = Math.max(0, (record.exp ?? 0) - nowSeconds());
  return store.write('device', recordKey(device), JSON.stringify(record), leftSeconds + REMEMBERED_SECONDS);
}

interface Surroundings {
  store: Store;
  families: Families;
  refusals: Refusals;
  polling: Polling;
}

export function deviceCodes({ store, families, refusals, polling }: Surroundings): Partial<Adapter> {
  async function begin(code: string, userCode: string, record: DeviceRecord, expiresIn: number): Promise<void> {
    const device = generateSecret();
    const lifeSeconds = expiresIn + REMEMBERED_SECONDS;
    await writeDevice(store, device, record);
    await store.write('device-code', codeKey(code), device, lifeSeconds);
    /* Of two devices with one code a person could not tell which is theirs. */
    if (!(await store.writeNew('device', userCodeKey(userCode), device, lifeSeconds)))
      throw new Error('a user code was made twice');
  }

  return {
    /** The first time by the device's code, with the user code; then by its name. */
    upsert: async (id, { jti: _jti, userCode, ...record }: DeviceRecord & { userCode?: string }, expiresIn) => {
      if (userCode !== undefined) return begin(id, userCode, record, expiresIn);
      if (record.grantId === undefined) return writeDevice(store, id, record);
      const lifeSeconds = Math.max(0, expiresIn) + REMEMBERED_SECONDS;
      const text = JSON.stringify(record);
      if (!(await families.write(record.grantId, 'device', recordKey(id), text, lifeSeconds))) throw refusals.ended();
    },

    find: async (id) => {
      const code = await store.readOnce('device-code', codeKey(id));
      const device = code?.value ?? id;
      const record = await readDevice(store, device);
      if (!record) return undefined;
      const payload = { ...record, jti: id };
      /* By its name: it is the person's browser that asks. */
      if (!code) return payload;
      if (code.consumedAt !== undefined) {
        if ((await store.read('replay', answeredKey(id))) === undefined) throw await refusals.lost('DeviceCode', id);
        return { ...payload, consumed: code.consumedAt };
      }
      const waitSeconds = isPending(record) ? await polling.ask(device, (record.exp ?? 0) - nowSeconds()) : undefined;
      if (waitSeconds !== undefined) throw refusals.tooSoon(waitSeconds);
      return payload;
    },

    /** What is only the name of a device is no code, and there is nothing to be consumed. */
    consume: async (id) => {
      if (!(await store.consume('device-code', codeKey(id)))) throw await refusals.lost('DeviceCode', id);
    },
  };
}
