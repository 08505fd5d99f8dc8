/** Whose statements a caller's are, in one LRS: what they are given there, and whether they can be told from all others. */
import type { LrsAuth, Organization } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Authority } from '../shared/xapi/actor.ts';
import { fillAuthority, tellsClientsApart, usualAuthority } from '../shared/xapi/authority.ts';
import type { Caller } from '../caller/caller.ts';
import { PROFILES } from './jwt-profiles.ts';

export interface Issuing {
  issuer: string;
  tokenEndpoint: string;
}

export interface Authorities {
  /** See {@link Lrs.authorityOf}. */
  authorityOf(caller: Caller): Authority | undefined;
  /** See {@link Lrs.authorityToSet}. */
  authorityToSet(caller: Caller): Authority;
}

/** What an LRS that records its own authority for each credential records, by how it learns who is calling. */
type Recorded = (caller: Caller) => Authority | undefined;

export function createAuthorities({ org, lrs }: Organization, { issuer, tokenEndpoint }: Issuing): Authorities {
  const templateFor = ({ client }: Caller) => client.authority ?? lrs.authority_template;

  function filled(template: Authority, caller: Caller, subject = caller.subject): Authority {
    const lrsUsername = caller.client.lrs_credential?.username ?? lrs.username;
    return fillAuthority(template, {
      client_id: caller.clientId,
      client_name: caller.client.client_name,
      org,
      issuer,
      token_endpoint: tokenEndpoint,
      ...(subject !== undefined && { subject }),
      ...(lrsUsername !== undefined && { lrs_username: lrsUsername }),
    });
  }

  function asserted(caller: Caller): Authority {
    const template = templateFor(caller);
    const { clientId, subject } = caller;
    return template ? filled(template, caller) : usualAuthority({ tokenEndpoint, issuer, clientId, subject });
  }

  /** One that says less than who is calling is no reason to show whoever is calling all that was written under it. */
  function isExclusive(caller: Caller): boolean {
    const template = templateFor(caller);
    if (!template) return true;
    const hasOwnName = caller.client.lrs_credential !== undefined || !isIn(template, 'lrs_username');
    const isOfOneClient = caller.client.authority !== undefined || (tellsClientsApart(template) && hasOwnName);
    return isOfOneClient && (caller.subject === undefined || isIn(template, 'subject'));
  }

  const RECORDED: Readonly<Record<LrsAuth, Recorded>> = {
    headers: asserted,

    /** From the token's claims. A person who is called as the client is could not be told from it. */
    jwt: (caller) => {
      const { clientId, subject } = caller;
      const { subject: subjectOf, authority } = PROFILES[lrs.jwt_profile];
      const [template, sub] = [templateFor(caller), subjectOf(caller)];
      if (subject === clientId) return undefined;
      return template ? filled(template, caller, sub) : authority?.(issuer, clientId, sub);
    },

    /** From the credential, which says nothing of a person. */
    basic: (caller) => {
      const template = templateFor(caller);
      const isDistinct = caller.client.lrs_credential !== undefined && caller.subject === undefined;
      return template && isDistinct ? filled(template, caller) : undefined;
    },
  };

  const known: Recorded =
    lrs.authority === 'shared' ? () => undefined : lrs.authority === 'kept' ? asserted : RECORDED[lrs.auth];

  return {
    authorityOf: (caller) => {
      if (!isExclusive(caller)) return undefined;
      try {
        return known(caller);
      } catch {
        return undefined;
      }
    },
    authorityToSet: (caller) => {
      try {
        return asserted(caller);
      } catch (cause) {
        throw new Refusal(
          'server_error',
          'the authority of this client is not set up rightly; its operator has been told',
          {
            cause,
          },
        );
      }
    },
  };
}

/** Whether a placeholder is in what identifies somebody. An Agent's name does not. */
function isIn(template: Authority, placeholder: string): boolean {
  const agents = 'member' in template ? template.member : [template];
  return agents.some(({ name: _, ...identifier }) => JSON.stringify(identifier).includes(`{${placeholder}}`));
}
