/** What the library is told where something that can be used once was, or was ended, meanwhile. */
import type { Refusals } from './adapter.ts';
import type { Rotation, TokenContext } from './rotation.ts';

/** @param context of the request that is being answered. */
export function createLostRaces(
  rotation: Pick<Rotation, 'repeat'>,
  context: () => TokenContext,
  invalidGrant: (why: string) => Error,
): Refusals {
  return {
    ended: () => invalidGrant('the family of tokens was ended meanwhile'),
    lost: async (model, id) => {
      if (model === 'RefreshToken') await rotation.repeat(context(), id);
      return invalidGrant(`another request with this ${model} came first`);
    },
  };
}
