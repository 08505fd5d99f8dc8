/** Who may be told of a token, what they are told, and who may end it. */
import { scopesHeld, stands, type Client } from '../shared/client.ts';
import { narrow } from '../shared/scopes.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import type { Extra } from './adapter.ts';
import type { Targets } from './targets.ts';

/** The parts of a token that a policy reads, and makes what it is shown as. */
export interface HandledToken {
  clientId?: string | undefined;
  scope?: string | undefined;
  aud?: string | string[] | undefined;
  extra?: Extra | undefined;
}

export interface TokenPolicy<Model> {
  /** Also makes the token what is true of it now. */
  mayRead: (caller: Model, token: HandledToken) => Promise<boolean>;
  mayRevoke: (caller: Model, token: HandledToken) => boolean;
}

/** Holders of `introspect` for every token, everybody else for their own. */
export function createTokenPolicy<Model extends { clientId: string }>(
  clients: Reader<Client>,
  registrationOf: (caller: Model) => Client,
  targets: Targets,
): TokenPolicy<Model> {
  const mayHandle = (caller: Model, { clientId }: HandledToken) =>
    clientId === caller.clientId || scopesHeld(registrationOf(caller)).includes('introspect');

  return {
    /** Only while the client it was issued to stands as it did then: the gateway refuses it otherwise. */
    mayRead: async (caller, token) => {
      const owner = await clients.read(keyOf(token.clientId ?? ''));
      const { generation = 0, org, ...shown } = token.extra ?? {};
      if (!owner || !stands(owner, generation) || owner.org !== org) return false;
      const scopes = narrow((token.scope ?? '').split(' '), scopesHeld(owner));
      if (scopes.length === 0) return false;
      token.scope = scopes.join(' ');
      token.aud ??= targets.reachedBy(scopes);
      token.extra = { org, ...shown };
      return mayHandle(caller, token);
    },
    /** Whatever has become of its client meanwhile: a scope or an activation given back must not bring it back. */
    mayRevoke: mayHandle,
  };
}
