/** What oidc-provider's short error descriptions leave unsaid: how the caller mends it. */
import { GRANT_TYPES } from '../shared/client.ts';

const ADVICE: Record<string, string> = {
  'client authentication failed':
    'client authentication failed: no active client has this id and secret. A secret that was regenerated, or rotated ' +
    'longer ago than its overlap, no longer works',
  'no client authentication mechanism provided':
    'no client authentication: send client_id and client_secret in the form, or both by HTTP Basic',
  'client authentication must only be provided using one mechanism':
    'client authentication must come one way only: in the Authorization header or in the form, not both',
  'invalid authorization header value format':
    'the Authorization header should be Basic, a space, and the base64 of client_id:client_secret, each form-urlencoded',
  'unsupported grant_type requested': `unsupported grant_type; this server has ${GRANT_TYPES.join(', ')}`,
};

export interface ErrorBody {
  error: string;
  error_description?: string;
}

export function withAdvice(body: ErrorBody): ErrorBody {
  const { error_description: short = '' } = body;
  return Object.hasOwn(ADVICE, short) ? { ...body, error_description: ADVICE[short] ?? short } : body;
}
