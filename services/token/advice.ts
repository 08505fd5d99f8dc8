/** What oidc-provider's short error descriptions leave unsaid: how the caller mends it. */
import { GRANT_TYPES } from '../shared/client.ts';
import { XAPI } from './authorization-details.ts';

const ADVICE: Record<string, string> = {
  'client authentication failed':
    'client authentication failed: no active client has this id and secret. A secret that was regenerated, or rotated ' +
    'longer ago than its overlap, no longer works. An assertion needs a registered key, the client_id as iss and sub, the ' +
    'issuer as aud, an exp within the hour, and a jti of its own',
  'no client authentication mechanism provided':
    'no client authentication: send client_id and client_secret in the form, or both by HTTP Basic, or a client_assertion',
  'client authentication must only be provided using one mechanism':
    'client authentication must come one way only: in the Authorization header or in the form, not both',
  'invalid authorization header value format':
    'the Authorization header should be Basic, a space, and the base64 of client_id:client_secret, each form-urlencoded',
  'could not parse the authorization_details parameter JSON':
    'authorization_details is not JSON: it should be a JSON array of objects',
  'unsupported authorization details type value': `authorization_details has a type that is not known here; there is ${XAPI}`,
  'resource indicator must be an absolute URI':
    'the resource should be an absolute URI, as protected_resources has them',
  'client is invalid': 'no active client has this client_id',
  "redirect_uri did not match any of the client's registered redirect_uris":
    'the client is not registered with this redirect_uri; they are compared exactly, to the last character',
  'grant request is invalid':
    "the code or refresh token is unknown, has expired, was used or withdrawn, or is another client's; or redirect_uri or " +
    'code_verifier is not the one that belongs to it; or it goes with a DPoP proof, by the key that it is bound to',
  'unsupported grant_type requested': `unsupported grant_type; this server has ${GRANT_TYPES.join(', ')}`,
};

/** Of errors that the library says no more of. */
const UNSAID: Record<string, string> = {
  request_not_supported: 'request objects are not read here: send the parameters as they are',
  request_uri_not_supported: 'request_uri should be one that /oauth2/par gave, and is for /oauth2/authorize',
};

export interface ErrorBody {
  error: string;
  error_description?: string;
}

/** The library says of which of several objects it speaks, in brackets. */
const INDEX = / \(authorization details index \d+\)$/;

export function withAdvice(body: ErrorBody): ErrorBody {
  if (body.error_description === undefined && Object.hasOwn(UNSAID, body.error))
    return { ...body, error_description: UNSAID[body.error] ?? '' };
  const short = body.error_description?.replace(INDEX, '') ?? '';
  return Object.hasOwn(ADVICE, short) ? { ...body, error_description: ADVICE[short] ?? short } : body;
}

/** Of those characters that an `error_description` may have. @see RFC 6749 §5.2 */
export function asDescription(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}
