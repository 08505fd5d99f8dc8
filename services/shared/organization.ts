/** An organization: a tenant with its LRS, its clients, its policy. `default` comes from the settings, others from the store. */
import type { Authority } from './xapi/actor.ts';

export const DEFAULT_ORGANIZATION = 'default';

/** In lower case and ASCII only, so that no two ids can be taken for one another, in a path or on a disk. */
export const ORGANIZATION_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** How the LRS learns who is calling. */
export const LRS_AUTHS = ['basic', 'jwt', 'headers'] as const;
export type LrsAuth = (typeof LRS_AUTHS)[number];

/** Whose authority the LRS records: the one it is sent, its own for each credential, or one for everybody. */
export const LRS_AUTHORITIES = ['kept', 'per-credential', 'shared'] as const;
export type LrsAuthority = (typeof LRS_AUTHORITIES)[number];

/** What a signed assertion looks like, for the LRS that reads it. */
export const JWT_PROFILES = ['generic', 'lrsql', 'ralph'] as const;
export type JwtProfile = (typeof JWT_PROFILES)[number];

export const LRS_VERSIONS = ['1.0.3', '2.0.0'] as const;
export type LrsVersion = (typeof LRS_VERSIONS)[number];

/** What a password for an LRS is sealed for, be it an organization's or a client's. */
export const LRS_PASSWORD_CONTEXT = 'lrs-password';

export interface LrsRegistration {
  /** With its xAPI path, without a trailing slash. */
  url: string;
  auth: LrsAuth;
  username?: string;
  /** Sealed where the registration comes from the store. */
  password?: string;
  authority: LrsAuthority;
  /** The authority of those of its clients that have none of their own; strings may have placeholders. */
  authority_template?: Authority;
  jwt_profile: JwtProfile;
  /** The `aud` of what is signed for it; absent: its URL. */
  audience?: string;
  /** What its realm writes before each scope, e.g. `lrs:`. */
  scope_prefix?: string;
  /** The only version it speaks; absent: it is told the client's. */
  version?: LrsVersion;
}

export interface Organization {
  org: string;
  name: string;
  lrs: LrsRegistration;
  /** State documents of one client are invisible to the others. */
  isolate_state: boolean;
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
}
