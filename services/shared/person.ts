/** A person with an account here, for whom a client may act: what is kept, and what may be said of it. */
import type { StoredSecret } from './secret.ts';

export interface Person {
  /** `person:` and 24 hex digits. No client's id can have a colon, so neither is ever taken for the other. */
  person_id: string;
  /** The organization it belongs to. */
  org: string;
  /** In lower case; nobody else's. See {@link addressOf}: it may stand for none. */
  email: string;
  email_verified: boolean;
  /** Nobody else's. */
  username: string;
  name: string;
  /** What a client may do for it at most: our vocabulary, separated by spaces; '' is nothing. */
  scope: string;
  /** Which clients of its organization it administers; absent: none. */
  administers?: 'all' | readonly string[];
  /** Absent where it signs in elsewhere only. */
  password?: StoredSecret;
  /** Who it is at other identity providers. */
  links?: readonly PersonLink[];
  active: boolean;
  /** Sessions and tokens carry the generation they began under; raising it ends them all at once. */
  generation: number;
  /** The language of its pages, where it chose one. */
  locale?: string;
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
}

/** Somebody at another identity provider: by what is never another's there, which an e-mail address is not. */
export interface PersonLink {
  /** The provider's issuer, without a trailing slash. */
  issuer: string;
  /** "The sub (subject) and iss (issuer) Claims … are the only Claims that an RP can rely upon" (OpenID Connect Core §5.7) */
  sub: string;
}

export function isSameLink(one: PersonLink, other: PersonLink): boolean {
  return one.issuer === other.issuer && one.sub === other.sub;
}

/** Nobody's addresses, for ever (RFC 2606 §2): an account that has no address of its own has one of these. */
const NO_ADDRESS = '.invalid';

/** The address that somebody has; none where a provider that they come from said none, or none that it verified. */
export function addressOf({ email }: Pick<Person, 'email'>): string | undefined {
  return email.endsWith(NO_ADDRESS) ? undefined : email;
}

/** @param name that no other account's is made of. @param host a label of a host name. */
export function noAddress(name: string, host: string): string {
  return `${name}@${host}${NO_ADDRESS}`;
}

/** The scopes that a person may let a client have. */
export function permissionsOf(person: Person): string[] {
  return person.scope.split(' ').filter(Boolean);
}

/** Whether what began under `generation` still counts. */
export function personStands(person: Person, generation: number): boolean {
  return person.active && person.generation === generation;
}
