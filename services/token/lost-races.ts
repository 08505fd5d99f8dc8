/** What the library is told where something that can be used once was, or was ended, meanwhile; or is not to be used yet. */
import type { Refusals } from './adapter.ts';
import type { Rotation, TokenContext } from './rotation.ts';

type Refusing = new (description: string) => Error;

/** The library's errors, as far as the store gives rise to them. */
export interface UseErrors {
  InvalidGrant: Refusing;
  InvalidRequestUri: Refusing;
  SlowDown: Refusing;
}

interface AskingContext extends TokenContext {
  readonly oidc: TokenContext['oidc'] & { readonly client?: { readonly clientId: string } | undefined };
}

/** @param context of the request that is being answered. */
export function createLostRaces(
  rotation: Pick<Rotation, 'repeat'>,
  context: () => AskingContext,
  errors: UseErrors,
): Refusals {
  return {
    isAsking: (clientId) => context().oidc.client?.clientId === clientId,
    ended: () => new errors.InvalidGrant('the family of tokens was ended meanwhile'),
    tooSoon: (intervalSeconds) =>
      new errors.SlowDown(`polled too soon: wait ${intervalSeconds} seconds between requests from now on`),
    lost: async (model, id) => {
      if (model === 'RefreshToken') await rotation.repeat(context(), id);
      if (model === 'PushedAuthorizationRequest')
        return new errors.InvalidRequestUri('this request_uri was used: push the request again');
      return new errors.InvalidGrant(`another request with this ${model} came first`);
    },
  };
}
