/** When a person is asked to sign in, or to agree. */

/** The library's policies, as far as they are used here. */
export interface LibraryPolicies<Policy, Check> {
  base(): Policy & { get(name: string): { checks: { add(check: Check): void } } | undefined };
  Check: new (reason: string, description: string, error: string, check: (ctx: AskingContext) => boolean) => Check;
}

interface AskingContext {
  readonly oidc: { readonly account?: unknown };
}

/** The library's, and one more: a session of somebody who is there no more, or whose password changed, is none. */
export function promptsOf<Policy, Check>(policies: LibraryPolicies<Policy, Check>): Policy {
  const policy = policies.base();
  const isGone = ({ oidc }: AskingContext) => oidc.account === undefined;
  const check = new policies.Check('gone', 'who signed in has to do so again', 'login_required', isGone);
  policy.get('login')?.checks.add(check);
  return policy;
}
