/** What can be used once: codes and refresh tokens. Of any number that come at once, one is first. */
import { nowSeconds } from '../shared/clock.ts';
import { keyOf, type Key, type OnceKind, type ExpiringKind, type Store } from '../store/store.ts';
import type { Adapter, Payload, Refusals } from './adapter.ts';
import type { Families } from './families.ts';

/** How long a client that lost the answer may ask again with a refresh token that it has used. */
export const GRACE_SECONDS = 10;

export type Spendable = 'AuthorizationCode' | 'RefreshToken';

interface Surroundings {
  store: Store;
  families: Families;
  refusals: Refusals;
}

/** The id is the credential: it is in no record, and no key but as a digest. */
export function spentKey(model: Spendable, id: string): Key {
  return keyOf(`${model} ${id}`);
}

/** Where it is noted that a code, a device's too, was redeemed, and the client told. */
export function answeredKey(code: string): Key {
  return keyOf(`AuthorizationCode answered ${code}`);
}

export function spendable(
  model: Spendable,
  kind: OnceKind & ExpiringKind,
  { store, families, refusals }: Surroundings,
): Partial<Adapter> {
  return {
    upsert: async (id, { jti: _jti, ...payload }, expiresIn) => {
      if (!payload.grantId) throw new Error(`oidc-provider made a ${model} without a grant`);
      const text = JSON.stringify(payload);
      if (!(await families.write(payload.grantId, kind, spentKey(model, id), text, expiresIn))) throw refusals.ended();
    },
    find: async (id) => {
      const found = await store.readOnce(kind, spentKey(model, id));
      if (!found) return undefined;
      const payload = { ...(JSON.parse(found.value) as Payload), jti: id };
      if (found.consumedAt === undefined) return payload;
      if (model === 'RefreshToken') return { ...payload, ...sinceWhen(found.consumedAt) };
      /* While the one that came first is still being answered, nobody else's use of it says that it was stolen. */
      if ((await store.read('replay', answeredKey(id))) === undefined) throw await refusals.lost(model, id);
      return { ...payload, consumed: found.consumedAt };
    },
    consume: async (id) => {
      if (!(await store.consume(kind, spentKey(model, id)))) throw await refusals.lost(model, id);
    },
    destroy: (id) => store.remove(kind, spentKey(model, id)),
  };
}

function sinceWhen(consumedAt: number): Pick<Payload, 'spent' | 'consumed'> {
  return nowSeconds() - consumedAt <= GRACE_SECONDS ? { spent: consumedAt } : { consumed: consumedAt };
}
