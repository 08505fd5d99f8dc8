/** When a person is asked to sign in, or to agree. */

/** The library's policies, as far as they are used here. */
export interface LibraryPolicies<Policy, Check> {
  base(): Policy & { get(name: string): { checks: { add(check: Check): void } } | undefined };
  Check: new (reason: string, description: string, error: string, check: (ctx: AskingContext) => boolean) => Check;
}

interface Stop {
  prompt: { name: string; reasons: readonly string[] };
}

interface AskingContext {
  readonly oidc: {
    readonly account?: unknown;
    /** The stop that the flow goes on from. */
    readonly entities: { readonly Interaction?: Stop | undefined };
  };
}

/** Of the stop with which a device's flow begins. */
export const DEVICE_PROMPT = 'device';
/** Why it asks: whoever is at the device is somebody else than who is signed in. */
export const ANOTHER = 'another';

/**
 * The library's, and two more: a session of somebody who is there no more, or whose password changed, is none; and a device
 * can be let in by somebody else, for which it has no parameter.
 */
export function promptsOf<Policy, Check>(policies: LibraryPolicies<Policy, Check>): Policy {
  const policy = policies.base();
  const isGone = ({ oidc }: AskingContext) => oidc.account === undefined;
  const check = new policies.Check('gone', 'who signed in has to do so again', 'login_required', isGone);
  const isAnother = ({ oidc: { entities } }: AskingContext) =>
    entities.Interaction?.prompt.name === DEVICE_PROMPT && entities.Interaction.prompt.reasons.includes(ANOTHER);
  const other = new policies.Check(ANOTHER, 'somebody else is to sign in', 'login_required', isAnother);
  for (const each of [check, other]) policy.get('login')?.checks.add(each);
  return policy;
}
