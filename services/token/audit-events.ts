/** What of the library's events is audited, and what is an error of ours. */
import { callerAddress } from '../shared/caller-address.ts';
import type { Log } from '../shared/log.ts';
import { StoreUnavailable } from '../store/store.ts';
import { sayUnavailable, type Answer } from './amend.ts';
import { auditSignOut, type SigningOut } from './audit-sign-out.ts';
import { audit, type Audited, type AuditedError, type AuditedGrant } from './audit.ts';
import type { Rotation, TokenContext } from './rotation.ts';

type Context = Audited & Answer & TokenContext;

/** The library, as far as it tells of events. */
interface Telling {
  on(event: string, listener: (...said: never[]) => void): unknown;
}

export interface AuditEventsOptions {
  log: Log;
  grantOf: (ctx: object) => AuditedGrant | undefined;
  /** Tells which refusals became answers that were given before, and which came of a refresh token that was stolen. */
  rotation: Pick<Rotation, 'answerTo' | 'isReplayed'>;
  /** The request that is being answered. */
  current: () => Audited | undefined;
}

const GRANTS = ['authorization.success', 'device_authorization.success', 'pushed_authorization_request.success'];
const REFUSALS = [
  ...['introspection.error', 'revocation.error', 'userinfo.error', 'authorization.error'],
  ...['end_session.error', 'end_session_confirm.error'],
  ...['device_authorization.error', 'device_resume.error', 'pushed_authorization_request.error'],
];
const REVOCATIONS = ['client_credentials.destroyed', 'access_token.destroyed', 'refresh_token.destroyed'];

export function auditEvents(provider: Telling, options: AuditEventsOptions): void {
  const { log, grantOf, rotation, current } = options;
  const from = (ctx: Audited | undefined) => ({ route: ctx?.path, address: ctx && callerAddress(ctx.req) });
  provider.on('server_error', (ctx: Context, error: Error) => {
    if (error instanceof StoreUnavailable) sayUnavailable(ctx);
    log.error({ err: error, route: ctx.path }, 'token service error');
  });
  for (const event of REVOCATIONS)
    provider.on(event, ({ clientId, accountId }: { clientId?: string; accountId?: string }) =>
      log.info({ audit: 'revocation', client: clientId, person: accountId, ...from(current()) }, 'token revoked'),
    );
  provider.on('grant.revoked', (ctx: Context) =>
    log.info({ audit: 'revocation', client: ctx.oidc.client?.clientId, ...from(ctx) }, 'family of tokens ended'),
  );
  provider.on('grant.success', (ctx: Context) => audit(log, ctx, { grant: grantOf(ctx) }));
  for (const event of GRANTS) provider.on(event, (ctx: Context) => audit(log, ctx, {}));
  provider.on('end_session.success', (ctx: SigningOut) => auditSignOut(log, ctx));
  provider.on('grant.error', (ctx: Context, error: AuditedError) => {
    /* Nothing was decided yet, and every device asks a hundred times. */
    if (error.message === 'authorization_pending') return;
    const isReplayed = rotation.isReplayed(ctx) || undefined;
    audit(log, ctx, rotation.answerTo(ctx) ? { isRepeated: true } : { error, isReplayed });
  });
  for (const event of REFUSALS) provider.on(event, (ctx: Context, error: AuditedError) => audit(log, ctx, { error }));
}
