/** One line for each grant and each refusal: who, what, from which client; never a secret. */
import { GRANT_TYPES } from '../shared/client.ts';
import type { Log } from '../shared/log.ts';

/** What of oidc-provider's context is audited. */
export interface Audited {
  readonly path: string;
  readonly oidc: {
    readonly client?: { readonly clientId: string } | undefined;
    readonly params?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** What was granted, as far as it is nobody's secret: restrictions name learners. */
export interface AuditedGrant {
  readonly resource?: string;
  readonly restrictions?: readonly unknown[];
}

/** @param error absent where it was granted. A grant type that is none of ours is not repeated: it could be anything. */
export function audit(
  log: Log,
  ctx: Audited,
  { error, grant }: { error?: Error & { error_detail?: string | undefined }; grant?: AuditedGrant | undefined },
): void {
  const { client, params } = ctx.oidc;
  const granted = error === undefined;
  log.info(
    {
      audit: 'token',
      granted,
      route: ctx.path,
      client: client?.clientId,
      grant_type: GRANT_TYPES.find((known) => known === params?.grant_type),
      scope: granted ? params?.scope : undefined,
      resource: grant?.resource,
      restrictions: grant?.restrictions?.length,
      ...(error && { reason: error.message, detail: error.error_detail }),
    },
    granted ? 'token granted' : 'refused',
  );
}
