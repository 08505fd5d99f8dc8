/** One line for each session that a person ends. */
import type { IncomingMessage } from 'node:http';
import { callerAddress } from '../shared/caller-address.ts';
import type { Log } from '../shared/log.ts';

/** What of oidc-provider's context is audited. */
export interface SigningOut {
  readonly req: IncomingMessage;
  readonly oidc: {
    readonly client?: { readonly clientId: string } | undefined;
    readonly session?: { readonly accountId?: string; readonly destroyed?: boolean } | undefined;
  };
}

/** Whoever stays signed in has done nothing. */
export function auditSignOut(log: Log, { req, oidc: { client, session } }: SigningOut): void {
  if (session?.accountId === undefined || session.destroyed !== true) return;
  const who = { client: client?.clientId, person: session.accountId, address: callerAddress(req) };
  log.info({ audit: 'sign-out', granted: true, ...who }, 'signed out');
}
