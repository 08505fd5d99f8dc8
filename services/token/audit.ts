/** One line for each grant and each refusal: who, what, from which client; never a secret. */
import type { IncomingMessage } from 'node:http';
import { callerAddress } from '../shared/caller-address.ts';
import { GRANT_TYPES } from '../shared/client.ts';
import type { Log } from '../shared/log.ts';
import { noteOutcome } from './note-outcome.ts';
import { publicScopes } from './identity-scopes.ts';

/** What of oidc-provider's context is audited. */
export interface Audited {
  readonly path: string;
  readonly req: IncomingMessage;
  readonly oidc: {
    readonly client?: { readonly clientId: string } | undefined;
    readonly params?: Readonly<Record<string, unknown>> | undefined;
    readonly account?: { readonly accountId: string } | undefined;
    readonly accessToken?: { readonly scope?: string | undefined } | undefined;
  };
}

/** What was granted, as far as it is nobody's secret: restrictions name learners. */
export interface AuditedGrant {
  readonly resource?: string;
  readonly restrictions?: readonly unknown[];
}

export type AuditedError = Error & { error_detail?: string | undefined };

export interface Outcome {
  /** Absent where it was granted. */
  error?: AuditedError;
  grant?: AuditedGrant | undefined;
  /** It was granted a moment ago, and the answer was given again. */
  isRepeated?: boolean;
  /** Somebody else had used it before: one of the two has stolen it, and the whole family was ended. */
  isReplayed?: boolean | undefined;
}

/** A person is named by their id, which tells nothing. A grant type that is none of ours is not repeated: it could be anything. */
export function audit(log: Log, ctx: Audited, { error, grant, isRepeated, isReplayed }: Outcome): void {
  const { client, params, account, accessToken } = ctx.oidc;
  const granted = error === undefined;
  const scope = accessToken?.scope ?? params?.scope;
  const grantType = GRANT_TYPES.find((known) => known === params?.grant_type);
  const isIssued = granted && !isRepeated;
  noteOutcome(ctx.req, {
    clientId: client?.clientId,
    grantType: isIssued ? grantType : undefined,
    error: error?.message,
  });
  log.info(
    {
      audit: 'token',
      granted,
      route: routeOf(ctx),
      client: client?.clientId,
      person: account?.accountId,
      address: callerAddress(ctx.req),
      grant_type: grantType,
      scope: granted && typeof scope === 'string' ? publicScopes(scope) : undefined,
      resource: grant?.resource,
      restrictions: grant?.restrictions?.length,
      repeated: isRepeated,
      replayed: isReplayed,
      ...(error && { reason: error.message, detail: error.error_detail }),
    },
    granted ? 'token granted' : 'refused',
  );
}

/** Without the id of a stop on the way, which is somebody's. */
function routeOf({ path }: Audited): string {
  return path.replace(/^(\/oauth2\/authorize|\/sign-in\/device)\/.*/, '$1');
}
