/**
 * Scopes that tell a client who a person is, and open nothing at an LRS. `read` is Open edX's: the person's own account.
 *
 * @see OpenID Connect Core 1.0 §5.4, §11
 */
import { isScope, readScopes } from '../shared/scopes.ts';

/**
 * OpenID Connect's `profile`, the person's name, as it is called in here: the scope `profile` of xAPI is another, and
 * opens the documents of every activity and agent.
 */
export const NAME = 'openid/profile';

const ASK_WHO = ['openid', 'email', 'read'];

/** As they are called in here. */
export const IDENTITY_SCOPES: readonly string[] = ['openid', NAME, 'email', 'read', 'offline_access'];

/** What each tells of a person, at the userinfo endpoint. */
export const CLAIMS = {
  openid: ['sub'],
  [NAME]: ['name', 'preferred_username', 'locale'],
  email: ['email', 'email_verified'],
} as const;

export function isIdentityScope(scope: string): boolean {
  return IDENTITY_SCOPES.includes(scope);
}

/**
 * Scopes as a client asks a person for them, as they are called in here. `profile` is the person's name where the client
 * asks who the person is (`openid`, `email`, `read`), and the LRS’s profiles where it does not. Where both are meant, the
 * latter become their two halves, so that a person can take one away without the other.
 *
 * @param prefix what this realm writes before each scope of ours.
 */
export function readAuthorizationScope(text: string, prefix = ''): string {
  const names = text.split(/[\s,]+/).filter(Boolean);
  const asksWho = ASK_WHO.some((name) => names.includes(name));
  const inward = (name: string) => (name === 'profile' && asksWho ? NAME : name);
  const identity = new Set(names.map(inward).filter(isIdentityScope));
  const others = names.filter((name) => !identity.has(inward(name)));
  const { known, unknown } = readScopes(others.join(' '), prefix);
  const halves = (scope: string) =>
    scope === 'profile' && identity.has(NAME) ? ['profile/read', 'profile/write'] : scope;
  return [...identity, ...known.flatMap(halves), ...unknown].join(' ');
}

/** As clients and people know them. */
export function publicScopes(scope: string): string {
  return scope.split(' ').map(publicScope).join(' ');
}

export function publicScope(scope: string): string {
  return scope === NAME ? 'profile' : scope;
}

/** Scopes as they are called in here, apart. What is neither grants nothing. */
export function apart(scope: string | undefined): { identity: string[]; ours: string[]; unknown: string[] } {
  const names = (scope ?? '').split(' ').filter(Boolean);
  return {
    identity: names.filter(isIdentityScope),
    ours: names.filter(isScope),
    unknown: names.filter((name) => !isIdentityScope(name) && !isScope(name)),
  };
}
