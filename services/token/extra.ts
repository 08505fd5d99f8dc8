/** What a token's record has beyond what the library knows of. */
import type { Client } from '../shared/client.ts';
import type { Extra } from './adapter.ts';
import type { ClientGrants } from './client-grants.ts';
import type { StoredFamily } from './flow-hooks.ts';

export interface IssuedToken<Model = unknown> {
  kind: string;
  client?: Model;
  aud?: string | string[];
}

interface Context {
  readonly oidc: { readonly entities: { Grant?: StoredFamily } };
}

export function createExtraOf<Model>(
  registrationOf: (model: Model | undefined) => Client,
  clientGrants: ClientGrants<Model>,
): (ctx: Context, token: IssuedToken) => Extra {
  return (ctx, { kind, client, aud }) => {
    const { generation, org } = registrationOf(client as Model | undefined);
    if (kind !== 'AccessToken') {
      const { resource } = clientGrants.grantedTo(ctx);
      return { generation, org, ...(resource !== undefined && { resource }) };
    }
    const { person_generation } = ctx.oidc.entities.Grant ?? {};
    if (person_generation === undefined) throw new Error('a token of a person was about to be made without a grant');
    return { generation, org, person_generation, ...(typeof aud === 'string' && { resource: aud }) };
  };
}
