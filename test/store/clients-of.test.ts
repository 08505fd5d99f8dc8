/** The register of clients as an administrator has it. What is not theirs is not there, also while others change it. */
import type { Administrator } from '../../services/shared/administrator.ts';
import type { Client } from '../../services/shared/client.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { clientsOf, NotTheirs } from '../../services/store/clients-of.ts';
import { newClient } from '../../services/store/new-client.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';

const HR: Administrator = { org: 'default', active: true, administers: ['hr'] };

describe.each(DRIVERS)('clientsOf, on %s', (_name, open) => {
  let shared: SharedStore;
  let all: ClientRegister;
  let hr: ClientRegister;
  beforeAll(async () => {
    shared = await open();
    all = createClientRegister(await shared.connect());
    hr = clientsOf(all, HR);
  });
  afterAll(() => shared.close());

  const made = (labels: string[], said: Partial<Client> = {}) =>
    newClient({ client_name: `For ${labels.join()}`, scope: 'state', labels, ...said });
  async function add(labels: string[], said?: Partial<Client>): Promise<string> {
    const client = made(labels, said);
    await all.add(client);
    return client.client_id;
  }
  const rename = (client: Client): Client => ({ ...client, client_name: 'Renamed' });
  const relabel =
    (...labels: string[]) =>
    (client: Client): Client => ({ ...client, labels });

  it('finds, lists, changes and removes those with a label of theirs', async () => {
    const id = await add(['hr', 'sales']);
    expect(await hr.find(id)).toMatchObject({ client_id: id });
    expect((await hr.list()).map(({ client_id }) => client_id)).toContain(id);
    expect(await hr.change(id, rename)).toMatchObject({ client_name: 'Renamed' });
    expect(await hr.remove(id)).toBe(true);
    expect(await all.find(id)).toBeUndefined();
  });

  it.each<[string, string[], Partial<Client>]>([
    ['with labels of others', ['sales'], {}],
    ['without a label', [], {}],
    ['of another organization', ['hr'], { org: 'acme' }],
  ])('has no client %s', async (_which, labels, said) => {
    const id = await add(labels, said);
    expect(await hr.find(id)).toBeUndefined();
    expect((await hr.list()).map(({ client_id }) => client_id)).not.toContain(id);
    expect(await hr.change(id, rename)).toBeUndefined();
    expect(await hr.remove(id)).toBe(false);
    expect(await all.find(id)).toMatchObject({ client_id: id, client_name: made(labels).client_name });
  });

  it('changes nothing where it refuses', async () => {
    const id = await add(['hr']);
    await expect(hr.change(id, relabel('sales'))).rejects.toThrow(NotTheirs);
    await expect(hr.change(id, relabel())).rejects.toThrow(NotTheirs);
    await expect(hr.change(id, (client) => ({ ...client, org: 'acme' }))).rejects.toThrow(NotTheirs);
    expect(await all.find(id)).toMatchObject({ labels: ['hr'], org: 'default' });
    const refused = made(['sales']);
    await expect(hr.add(refused)).rejects.toThrow(NotTheirs);
    expect(await all.find(refused.client_id)).toBeUndefined();
    expect(await hr.add(made(['hr']))).toBe(true);
  });

  it('has it no more where its label is taken away while it is being changed', async () => {
    const id = await add(['hr']);
    /* The first attempt is overtaken, so the change is applied to the client as it is by then. */
    let overtaken: Promise<unknown> | undefined;
    const other = createClientRegister(await shared.connect());
    const slow: ClientRegister = {
      ...all,
      change: async (clientId, change) => {
        await (overtaken ??= other.change(clientId, relabel('sales')));
        return all.change(clientId, change);
      },
    };
    expect(await clientsOf(slow, HR).change(id, rename)).toBeUndefined();
    expect(await all.find(id)).toMatchObject({ labels: ['sales'], client_name: 'For hr' });
  });

  it('passes on what the change itself throws', async () => {
    const id = await add(['hr']);
    const fault = new Error('no');
    await expect(
      hr.change(id, () => {
        throw fault;
      }),
    ).rejects.toBe(fault);
  });
});
