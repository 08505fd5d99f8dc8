/** Who somebody is, by what a provider says of them. */
import { digest } from '../../../shared/digest.ts';
import { addressOf, noAddress, type PersonLink } from '../../../shared/person.ts';
import { readEmail } from '../../../shared/person-name.ts';
import { linkIssuer, type IdentityProvider } from './identity-provider.ts';
import { permissionsFor, type Claims } from './permission-rules.ts';

export interface Profile {
  link: PersonLink;
  /** One that the provider has verified; another is as good as none. */
  email: string | undefined;
  name: string;
  /** What the provider's rules give; absent where it has none. */
  scope: string | undefined;
}

const MAX_NAME_LENGTH = 200;

export function profileOf({ permissions }: IdentityProvider, claims: Claims & { iss: string; sub: string }): Profile {
  const { iss, sub } = claims;
  const email = verifiedEmail(claims);
  return {
    link: { issuer: linkIssuer(iss), sub },
    email,
    name: lineOf(claims.name) ?? lineOf(claims.preferred_username) ?? email ?? sub,
    scope: permissions && permissionsFor(claims, permissions),
  };
}

/** For an account whose address nobody verified: it holds none that is anybody's. @param id the provider's. */
export function placeholderEmail(id: string, { issuer, sub }: PersonLink): string {
  const hex = Buffer.from(digest(JSON.stringify([issuer, sub])), 'base64url').toString('hex');
  return noAddress(hex.slice(0, 24), id);
}

/** "True if the End-User's e-mail address has been verified": true, and not what only looks like it, as `"true"` does. */
function verifiedEmail({ email, email_verified }: Claims): string | undefined {
  if (email_verified !== true || typeof email !== 'string') return undefined;
  try {
    return addressOf({ email: readEmail(email) });
  } catch {
    return undefined;
  }
}

function lineOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_LENGTH);
  return line === '' || !line.isWellFormed() ? undefined : line;
}
