import type { Client } from '../../services/shared/client.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { keyOf, type Store, type Withdrawal } from '../../services/store/store.ts';
import { newClient, tempStore, type TempStore } from '../support/token-service.ts';

let opened: TempStore;
let other: Store;
let register: ClientRegister;
let elsewhere: ClientRegister;
beforeAll(async () => {
  opened = await tempStore();
  other = opened.connect();
  register = createClientRegister(opened.store);
  elsewhere = createClientRegister(other);
});
afterAll(() => opened.close());

async function added(registration: Partial<Client> = {}): Promise<Client> {
  const { client } = newClient(registration);
  expect(await register.add(client)).toBe(true);
  return client;
}

describe('the register of clients', () => {
  it('finds what was added, also from another process', async () => {
    const client = await added({ client_name: 'ä "name" 😀', description: 'x' });
    expect(await register.find(client.client_id)).toEqual(client);
    expect(await elsewhere.find(client.client_id)).toEqual(client);
  });

  it.each(['nobody', '', '__proto__', 'constructor', 'toString'])('finds nobody called %j', async (id) => {
    expect(await register.find(id)).toBeUndefined();
  });

  it('adds no second client under an id, and leaves the first as it is', async () => {
    const client = await added();
    expect(await elsewhere.add({ ...client, client_name: 'An impostor' })).toBe(false);
    expect(await register.find(client.client_id)).toEqual(client);
  });

  it('adds exactly one of many that come at once under one id', async () => {
    const { client } = newClient();
    const racers = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? register : elsewhere).add({ ...client, generation: n }),
    );
    expect((await Promise.all(racers)).filter(Boolean)).toHaveLength(1);
  });

  it('loses no change, however many come at once', async () => {
    const { client_id } = await added();
    const raise = (by: ClientRegister) =>
      by.change(client_id, (client) => ({ ...client, generation: client.generation + 1 }));
    const changed = await Promise.all(Array.from({ length: 40 }, (_, n) => raise(n % 2 ? register : elsewhere)));
    expect((await register.find(client_id))?.generation).toBe(40);
    expect(new Set(changed.map((client) => client?.generation)).size).toBe(40);
  });

  it('changes nobody who is not there, and brings nobody back', async () => {
    const { client_id } = await added();
    expect(await register.remove(client_id)).toBe(true);
    expect(await register.change(client_id, (client) => client)).toBeUndefined();
    expect(await register.find(client_id)).toBeUndefined();
    expect(await register.remove(client_id)).toBe(false);
  });

  it('leaves a client as it was, where a change throws', async () => {
    const client = await added();
    const refuse = () => {
      throw new Error('not like that');
    };
    await expect(register.change(client.client_id, refuse)).rejects.toThrow('not like that');
    expect(await register.find(client.client_id)).toEqual(client);
  });

  it('tells every follower of a change and a removal, and of nothing else', async () => {
    const heard: Withdrawal[] = [];
    const following = await other.follow((withdrawal) => heard.push(withdrawal));
    const { client_id } = await added();
    expect(following.isCurrent()).toBe(true);
    expect(heard).toEqual([]);
    await register.change(client_id, (client) => ({ ...client, active: false }));
    expect(following.isCurrent()).toBe(true);
    expect(heard).toEqual([{ kind: 'client', key: keyOf(client_id) }]);
    await register.remove(client_id);
    expect(following.isCurrent()).toBe(true);
    expect(heard).toHaveLength(2);
    await following.close();
  });

  it('lists by name, then id', async () => {
    const fresh = await tempStore();
    const listed = createClientRegister(fresh.store);
    const named: [name: string, id: string][] = [
      ['b', '0'],
      ['a', '2'],
      ['a', '1'],
      ['', '3'],
    ];
    for (const [client_name, client_id] of named) await listed.add(newClient({ client_name, client_id }).client);
    expect((await listed.list()).map(({ client_name, client_id }) => [client_name, client_id])).toEqual([
      ['', '3'],
      ['a', '1'],
      ['a', '2'],
      ['b', '0'],
    ]);
    await fresh.close();
  });

  it('keeps no secret that could be used', async () => {
    const { client, client_secret } = newClient();
    await register.add(client);
    const stored = await Array.fromAsync(other.list('client'));
    expect(stored.join('')).toContain(client.client_id);
    expect(stored.join('')).not.toContain(client_secret);
  });
});
