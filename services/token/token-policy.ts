/** Who may be told of a token, what they are told, and who may end it. */
import { scopesHeld, stands, type Client } from '../shared/client.ts';
import { permissionsOf, personStands, type Person } from '../shared/person.ts';
import { narrow } from '../shared/scopes.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import type { Extra } from './adapter.ts';
import { apart } from './identity-scopes.ts';
import type { Targets } from './targets.ts';

/** The parts of a token that a policy reads, and makes what it is shown as. */
export interface HandledToken {
  clientId?: string | undefined;
  accountId?: string | undefined;
  scope?: string | undefined;
  aud?: string | string[] | undefined;
  extra?: Extra | undefined;
}

export interface TokenPolicy<Model> {
  /** Also makes the token what is true of it now. */
  mayRead: (caller: Model, token: HandledToken) => Promise<boolean>;
  mayRevoke: (caller: Model, token: HandledToken) => boolean;
}

export interface TokenPolicyOptions<Model> {
  clients: Reader<Client>;
  people: Reader<Person>;
  registrationOf: (caller: Model) => Client;
  targets: Targets;
}

/** Holders of `introspect` for every token, everybody else for their own. */
export function createTokenPolicy<Model extends { clientId: string }>({
  clients,
  people,
  registrationOf,
  targets,
}: TokenPolicyOptions<Model>): TokenPolicy<Model> {
  const mayHandle = (caller: Model, { clientId }: HandledToken) =>
    clientId === caller.clientId || scopesHeld(registrationOf(caller)).includes('introspect');

  /** What the person of a token, if it has one, lets of these scopes; `undefined` where they do not stand. */
  async function allowedBy({ accountId, extra }: HandledToken, scopes: string[]): Promise<string[] | undefined> {
    if (accountId === undefined) return scopes;
    const person = await people.read(keyOf(accountId));
    if (!person || !personStands(person, extra?.person_generation ?? -1) || person.org !== extra?.org) return undefined;
    return narrow(scopes, permissionsOf(person));
  }

  return {
    /** Only while the client it was issued to, and its person, stand as they did then: the gateway refuses it otherwise. */
    mayRead: async (caller, token) => {
      const owner = await clients.read(keyOf(token.clientId ?? ''));
      const { generation = 0, person_generation: _began, org, ...shown } = token.extra ?? {};
      if (!owner || !stands(owner, generation) || owner.org !== org) return false;
      const { ours, identity } = apart(token.scope);
      const scopes = await allowedBy(token, narrow(ours, scopesHeld(owner)));
      if (!scopes || scopes.length + identity.length === 0) return false;
      token.scope = [...identity, ...scopes].join(' ');
      if (scopes.length > 0) token.aud ??= targets.reachedBy(scopes);
      token.extra = { org, ...shown };
      return mayHandle(caller, token);
    },
    /** Whatever has become of its client meanwhile: a scope or an activation given back must not bring it back. */
    mayRevoke: mayHandle,
  };
}
