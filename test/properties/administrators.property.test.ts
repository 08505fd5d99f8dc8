/**
 * Administrators by label, whatever they try one after the other: none sees or changes a client of others', and none can
 * take one from those who see it.
 */
import fc from 'fast-check';
import { mayAdminister, type Administrator } from '../../services/shared/administrator.ts';
import type { Client } from '../../services/shared/client.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { clientsOf, NotTheirs } from '../../services/store/clients-of.ts';
import { newClient } from '../../services/store/new-client.ts';
import { tempStore, type TempStore } from '../support/token-service.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 60);
const LABELS = ['a', 'b', 'c', 'd'];
const ORGANIZATIONS = ['default', 'acme'];

const labels = fc.subarray(LABELS);
const clients = fc.array(fc.record({ labels, org: fc.constantFrom(...ORGANIZATIONS) }), { minLength: 1, maxLength: 5 });
const administrators = fc.array(
  fc.record({ org: fc.constantFrom(...ORGANIZATIONS), active: fc.constant(true), administers: labels }),
  { minLength: 2, maxLength: 3 },
);
/** Somebody gives a client these labels, or this organization, or removes it, or looks. */
const attempts = fc.array(
  fc.record({
    who: fc.nat(2),
    which: fc.nat(4),
    what: fc.constantFrom('relabel', 'move', 'rename', 'remove', 'look'),
    labels,
    org: fc.constantFrom(...ORGANIZATIONS),
  }),
  { maxLength: 20 },
);

let temp: TempStore;
let all: ClientRegister;
beforeAll(async () => {
  temp = await tempStore();
  all = createClientRegister(temp.store);
});
afterAll(() => temp.close());

it('sees its own, changes its own, and leaves to others what is theirs', async () => {
  await fc.assert(
    fc.asyncProperty(clients, administrators, attempts, async (recipes, people, steps) => {
      const made = recipes.map((said) => newClient({ client_name: 'A', scope: 'state', ...said }));
      for (const client of made) await all.add(client);
      for (const { who, which, what, labels: wanted, org } of steps) {
        const person = people[who % people.length] as Administrator;
        const { client_id } = made[which % made.length] as Client;
        const before = await all.find(client_id);
        if (!before) continue;
        const register = clientsOf(all, person);
        const isTheirs = mayAdminister(person, before);
        const change = { relabel: { labels: wanted }, move: { org }, rename: { client_name: 'B' } };
        expect((await register.find(client_id)) !== undefined).toBe(isTheirs);
        if (what === 'remove') expect(await register.remove(client_id)).toBe(isTheirs);
        else if (what !== 'look')
          await register
            .change(client_id, (client) => ({ ...client, ...change[what] }))
            .catch((error: unknown) => {
              if (!(error instanceof NotTheirs)) throw error;
            });
        const after = await all.find(client_id);
        if (!isTheirs || what === 'look') expect(after).toEqual(before);
        if (!after) continue;
        expect(mayAdminister(person, after)).toBe(isTheirs);
        expect(after.org).toBe(before.org);
        const held = person.administers as readonly string[];
        const ofOthers = ({ labels: given = [] }: Client) => given.filter((label) => !held.includes(label)).sort();
        expect(ofOthers(after)).toEqual(ofOthers(before));
      }
      for (const { client_id } of made) await all.remove(client_id);
    }),
    { numRuns: RUNS },
  );
});
