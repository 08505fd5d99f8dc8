/** How an LRS learns that it can trust a call, and who is calling: a registration made into headers. */
import type { LrsAuth, Organization } from '../shared/organization.ts';
import type { Seal } from '../shared/seal.ts';
import type { Soon } from '../shared/soon.ts';
import type { CurrentKeys } from '../store/signing-keys.ts';
import { createSign } from './assertion.ts';
import { createAuthorities, type Authorities, type Issuing } from './authorities.ts';
import type { Call } from './call.ts';
import { createCredential } from './credential.ts';
import type { HeaderList } from './headers.ts';
import { identityHeaders, type Identity } from './identity.ts';
import type { Caller } from '../caller/caller.ts';
import { PROFILES, scopesIn } from './jwt-profiles.ts';
import type { Lrs } from './lrs.ts';

export interface TrustOptions extends Issuing {
  seal: Seal;
  /** The keys as they are now. */
  keys: CurrentKeys;
}

interface Told {
  organization: Organization;
  authorities: Authorities;
  caller: Caller;
  scopes: readonly string[];
}

/** The headers that an LRS trusts, for a call that somebody makes. */
type Tell = (told: Told) => Soon<HeaderList>;

/** @returns what makes an LRS of a registration. What is opened, imported or signed for one call serves the next. */
export function createTrust({ issuer, tokenEndpoint, seal, keys }: TrustOptions): (organization: Organization) => Lrs {
  const sign = createSign(keys);
  const basic = createCredential(seal);

  const TELL: Readonly<Record<LrsAuth, Tell>> = {
    basic: ({ organization, caller }) => basic(organization, caller),

    /** Who may do nothing there is nobody there: a token without a scope is refused, and `about` needs none. */
    jwt: async ({ organization: { lrs }, caller, scopes }) => {
      const profile = PROFILES[lrs.jwt_profile];
      const told = scopesIn(lrs.jwt_profile, scopes, lrs.scope_prefix);
      if (told.length === 0) return [];
      const token = await sign(
        {
          iss: issuer,
          aud: lrs.audience ?? lrs.url,
          sub: profile.subject(caller),
          client_id: caller.clientId,
          scope: told.join(' '),
          ...profile.claims?.(caller),
        },
        profile.algorithm,
      );
      return [['Authorization', `Bearer ${token}`]];
    },

    headers: async ({ organization, authorities, caller, scopes }) => {
      const { lrs, org } = organization;
      const identity: Identity = {
        client: caller.clientId,
        subject: PROFILES.generic.subject(caller),
        organization: org,
        scopes: scopesIn('generic', scopes, lrs.scope_prefix),
        authority: authorities.authorityToSet(caller),
      };
      const token = await sign(
        {
          iss: issuer,
          aud: lrs.audience ?? lrs.url,
          sub: identity.subject,
          client_id: identity.client,
          org,
          scope: identity.scopes.join(' '),
          authority: identity.authority,
        },
        PROFILES.generic.algorithm,
      );
      return [...basic(organization, caller), ...identityHeaders(identity), ['X-Hallpass-Assertion', token]];
    },
  };

  return (organization) => {
    const { org, lrs, isolate_state } = organization;
    const { origin, pathname } = new URL(lrs.url);
    const authorities = createAuthorities(organization, { issuer, tokenEndpoint });
    return {
      org,
      origin,
      basePath: pathname.replace(/\/$/, ''),
      authority: lrs.authority,
      version: lrs.version,
      isolatesState: isolate_state,
      credential: ({ caller, scopes }: Pick<Call, 'caller' | 'scopes'>) =>
        caller ? TELL[lrs.auth]({ organization, authorities, caller, scopes }) : basic(organization, undefined),
      ...authorities,
    };
  };
}
