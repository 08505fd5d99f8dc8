/** Registration tokens, as a command sees them: each that it gives out or takes back is told. */
import { createAdministration, KEPT_DAYS } from '../store/administration.ts';
import { createRegistrationTokens, type RegistrationTokens } from '../store/registration-tokens.ts';
import type { Store } from '../store/store.ts';
import type { Made } from './watched.ts';

type Left = NonNullable<Awaited<ReturnType<RegistrationTokens['look']>>>;

export interface GivenTokens extends Pick<RegistrationTokens, 'create' | 'revoke'> {
  /** Those that are good still, the oldest first: as the record of what administrators did has them. */
  list(): Promise<Left[]>;
}

export function createGivenTokens(store: Store, tell: (made: Made) => void): GivenTokens {
  const tokens = createRegistrationTokens(store);
  return {
    create: async (allowance) => {
      const made = await tokens.create(allowance);
      tell({ subject: 'registration token', id: made.id, outcome: 'added', scope: allowance.scope });
      return made;
    },
    list: async () => {
      const left: Left[] = [];
      for await (const { subject, outcome, id } of createAdministration(store).ofDays(KEPT_DAYS)) {
        const token = subject === 'registration token' && outcome === 'added' ? await tokens.look(id) : undefined;
        if (token) left.push(token);
      }
      return left;
    },
    revoke: async (id) => {
      const isRevoked = await tokens.revoke(id);
      if (isRevoked) tell({ subject: 'registration token', id, outcome: 'removed' });
      return isRevoked;
    },
  };
}
