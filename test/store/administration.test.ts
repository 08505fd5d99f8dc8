/** The records of what administrators changed: none is lost, and none is kept for ever. */
import { createAdministration, KEPT_DAYS, type AdministrativeChange } from '../../services/store/administration.ts';
import { KINDS, type Store } from '../../services/store/store.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';

const DAY_MS = 86_400_000;
/** Noon. */
const NOW_MS = 1_800_014_400_000 - (1_800_014_400_000 % DAY_MS) + DAY_MS / 2;

const change = (id: string): Omit<AdministrativeChange, 'at'> => ({
  user: 'somebody',
  host: 'here',
  action: 'update',
  subject: 'client',
  id,
  outcome: 'changed',
});

describe.each(DRIVERS)('administrative changes, on %s', (_name, open) => {
  let shared: SharedStore;
  let stores: Store[];
  beforeEach(async () => {
    shared = await open();
    stores = [await shared.connect(), await shared.connect()];
  });
  afterEach(() => shared.close());

  const idsOf = async (administration: ReturnType<typeof createAdministration>, days: number) =>
    (await Array.fromAsync(administration.ofDays(days))).map(({ id }) => id);

  it('are read in the order in which they were made, day by day', async () => {
    let nowMs = NOW_MS;
    const [store] = stores;
    if (!store) throw new Error('no store');
    const administration = createAdministration(store, () => nowMs);
    for (let n = 0; n < 9; n++) {
      await administration.record(change(`change ${n}`));
      if (n % 3 === 2) nowMs += 2 * DAY_MS;
    }
    nowMs -= DAY_MS;
    const all = Array.from({ length: 9 }, (_, n) => `change ${n}`);
    expect(await idsOf(administration, KEPT_DAYS)).toEqual(all);
    expect(await idsOf(administration, 6)).toEqual(all);
    expect(await idsOf(administration, 5)).toEqual(all.slice(3));
    expect(await idsOf(administration, 1)).toEqual([]);
    const [first] = await Array.fromAsync(administration.ofDays(10));
    expect(first).toEqual({ at: new Date(NOW_MS).toISOString(), ...change('change 0') });
  });

  it('of two processes at once are all kept', async () => {
    const administrations = stores.map((store) => createAdministration(store, () => NOW_MS));
    const ids = Array.from({ length: 40 }, (_, n) => `change ${n}`);
    await Promise.all(
      administrations.flatMap((administration, n) =>
        ids.filter((_, i) => i % 2 === n).map((id) => administration.record(change(id))),
      ),
    );
    for (const administration of administrations)
      expect((await idsOf(administration, 1)).sort()).toEqual([...ids].sort());
  });

  it('of one day are forgotten together, when it is 400 days past', async () => {
    const [store] = stores;
    if (!store) throw new Error('no store');
    const lives: number[] = [];
    const writeNew: Store['writeNew'] = (kind, key, value, ...lifetime) => {
      lives.push(...lifetime);
      return store.writeNew(kind, key, value, ...lifetime);
    };
    for (const nowMs of [NOW_MS, NOW_MS + 1000])
      await createAdministration({ ...store, writeNew }, () => nowMs).record(change('a'));
    expect(lives).toEqual([400.5 * 86_400, 400.5 * 86_400 - 1]);
    expect(KINDS.administration.expires).toBe(true);
  });
});
