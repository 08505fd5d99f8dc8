/** What is counted of a grant or a refusal, beside its line in the audit. */
import type { IncomingMessage } from 'node:http';
import { notedOf } from '../shared/observing/call.ts';

/** What OAuth and its extensions have words for. Whatever else an error says is none: it could be anything. */
const ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_client_metadata',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'invalid_authorization_details',
  'invalid_request_object',
  'invalid_request_uri',
  'invalid_redirect_uri',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'unsupported_response_mode',
  'unsupported_token_type',
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'expired_token',
  'slow_down',
  'server_error',
  'temporarily_unavailable',
]);

export interface CountedOutcome {
  clientId: string | undefined;
  /** By which an access token was issued, just now. */
  grantType: string | undefined;
  error: string | undefined;
}

export function noteOutcome(req: IncomingMessage, { clientId, grantType, error }: CountedOutcome): void {
  const noted = notedOf(req);
  if (!noted) return;
  if (clientId !== undefined) noted.caller = { clientId };
  noted.issuedBy = grantType;
  if (error !== undefined) noted.error = ERRORS.has(error) ? error : 'other';
}
