/** Registration tokens, as a command sees them: each that it gives out or takes back is told. */
import { createRegistrationTokens, type RegistrationTokens } from '../store/registration-tokens.ts';
import type { Store } from '../store/store.ts';
import type { Made } from './watched.ts';

export type GivenTokens = Pick<RegistrationTokens, 'create' | 'revoke'>;

export function createGivenTokens(store: Store, tell: (made: Made) => void): GivenTokens {
  const tokens = createRegistrationTokens(store);
  return {
    create: async (allowance) => {
      const made = await tokens.create(allowance);
      tell({ subject: 'registration token', id: made.id, outcome: 'added', scope: allowance.scope });
      return made;
    },
    revoke: async (id) => {
      const isRevoked = await tokens.revoke(id);
      if (isRevoked) tell({ subject: 'registration token', id, outcome: 'removed' });
      return isRevoked;
    },
  };
}
