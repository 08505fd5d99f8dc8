/**
 * What an assertion looks like for the LRS that reads it, as data: by what it is signed, who is its subject, how scopes
 * are called there, and which authority the LRS makes of it.
 */
import type { JwtProfile } from '../shared/organization.ts';
import type { Authority } from '../shared/xapi/actor.ts';
import { LRS_SCOPES, type LrsScope } from '../shared/xapi/permissions.ts';
import type { SigningAlgorithm } from '../store/signing-keys.ts';
import type { Caller } from '../caller/caller.ts';

export interface Profile {
  algorithm: SigningAlgorithm;
  /** The `sub` of a caller. */
  subject: (caller: Caller) => string;
  /** What it is told for each of our scopes; absent: just those. */
  scopes?: Readonly<Record<LrsScope, readonly string[]>>;
  /** The authority that it makes of the claims, where nothing else is registered; `undefined` where that cannot be said. */
  authority?: (iss: string, clientId: string, sub: string) => Authority | undefined;
  /** Claims that it does not need, and that others can use. */
  claims?: (caller: Caller) => Record<string, string>;
}

const ALL_PROFILES = ['activities_profile', 'agents_profile'];
const STATE = ['state/read', 'state/write'];
const PROFILE = ['profile/read', 'profile/write'];

const SAME_EVERYWHERE = {
  all: ['all'],
  'all/read': ['all/read'],
  'statements/write': ['statements/write'],
  'statements/read': ['statements/read'],
  'statements/read/mine': ['statements/read/mine'],
} as const;

export const PROFILES: Readonly<Record<JwtProfile, Profile>> = {
  generic: {
    algorithm: 'ES256',
    subject: personOrClient,
    claims: ({ org }) => ({ org }),
  },

  /**
   * SQL LRS has no scope `define`, `profile`, or for reading alone; the gateway has decided already, so the nearest that
   * suffices is told. It verifies RS256 and nothing else.
   *
   * @see yetanalytics/lrsql doc/oidc.md, doc/authority.md; pedestal-oidc jwt.clj (`{:alg :rs256}`)
   */
  lrsql: {
    algorithm: 'RS256',
    subject: personOrClient,
    scopes: {
      ...SAME_EVERYWHERE,
      state: ['state'],
      'state/read': ['state'],
      'state/write': ['state'],
      define: [],
      profile: ALL_PROFILES,
      'profile/read': ALL_PROFILES,
      'profile/write': ALL_PROFILES,
      activities_profile: ['activities_profile'],
      'activities_profile/read': ['activities_profile'],
      agents_profile: ['agents_profile'],
      'agents_profile/read': ['agents_profile'],
    },
    authority: (iss, clientId, sub) =>
      [clientId, sub].some((id) => /[\\\p{Cc}]/u.test(id))
        ? undefined
        : {
            objectType: 'Group',
            member: [
              { account: { homePage: iss, name: asInHtml(clientId) } },
              { account: { homePage: iss, name: asInHtml(sub) } },
            ],
          },
  },

  /**
   * Ralph refuses a token that has a scope it does not know. It knows its callers by `sub` alone, so that has the client
   * in it, too: otherwise what two clients wrote for one person would be each other's. A slash is none of either's.
   *
   * @see openfun/ralph src/ralph/api/auth/oidc.py (`{"openid": f"{iss}/{sub}"}`), user.py
   */
  ralph: {
    algorithm: 'ES256',
    subject: ({ clientId, subject }) =>
      [clientId, ...(subject === undefined ? [] : [subject])].map(encodeURIComponent).join('/'),
    scopes: {
      ...SAME_EVERYWHERE,
      state: STATE,
      'state/read': ['state/read'],
      'state/write': ['state/write'],
      define: ['define'],
      profile: PROFILE,
      'profile/read': ['profile/read'],
      'profile/write': ['profile/write'],
      activities_profile: PROFILE,
      'activities_profile/read': ['profile/read'],
      agents_profile: PROFILE,
      'agents_profile/read': ['profile/read'],
    },
    authority: (iss, _clientId, sub) => ({ openid: `${iss}/${sub}` }),
  },
};

/** "the value of 'sub' SHOULD correspond to an identifier … used to indicate the client application". @see RFC 9068 §2.2 */
function personOrClient({ clientId, subject }: Caller): string {
  return subject ?? clientId;
}

/**
 * SQL LRS puts claims into JSON as Selmer does into pages; a backslash it leaves to be read as JSON has it.
 *
 * @see yogthos/Selmer filter_parser.clj `escape-html*`
 */
function asInHtml(id: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return id.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/**
 * Scopes in the LRS's words. Those that are not about an LRS stay here: to SQL LRS, `admin` is whoever runs it.
 *
 * @returns nothing but what the profile knows, each once.
 */
export function scopesIn(profile: JwtProfile, scopes: readonly string[], prefix = ''): string[] {
  const ours = scopes.filter((scope): scope is LrsScope => Object.hasOwn(LRS_SCOPES, scope));
  const told = ours.flatMap((scope) => PROFILES[profile].scopes?.[scope] ?? [scope]);
  return [...new Set(told)].map((scope) => `${prefix}${scope}`);
}
