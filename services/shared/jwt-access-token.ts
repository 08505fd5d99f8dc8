/**
 * An access-token record as the claims of a JWT, and back: what the token service signs and whoever verifies it reads.
 *
 * @see RFC 9068 §2.2
 */
import { decodeAccessToken, encodeAccessToken, type AccessTokenRecord } from './access-token.ts';
import { isObject } from './xapi/property.ts';

/** The media type, so that no other JWT of ours is taken for one. @see RFC 9068 §2.1 */
export const JWT_ACCESS_TOKEN_TYPE = 'at+jwt';

export interface JwtAccessToken {
  jti: string;
  /** Its audience is never empty. */
  record: AccessTokenRecord & { audience: readonly string[] };
}

/** Of `authorization_details`: the only type there is. @see RFC 9396 §9.1 */
const DETAIL_TYPE = 'xapi';

/**
 * All claims but `iss`. Where a client acts for itself, `sub` is its id: "an identifier the authorization server uses to
 * indicate the client application". `resource` says that `aud` was asked for.
 */
export function claimsOf({ jti, record }: JwtAccessToken): Record<string, unknown> {
  const { audience } = record;
  const stored = JSON.parse(encodeAccessToken(record)) as Record<string, unknown>;
  const { aud: resource, authorization_details: _bare, ...rest } = stored;
  const details = record.restrictions?.map((restriction) => ({ type: DETAIL_TYPE, ...restriction }));
  return {
    ...rest,
    jti,
    aud: audience.length === 1 ? audience[0] : audience,
    sub: record.sub ?? record.client_id,
    org: record.org,
    ...(resource !== undefined && { resource }),
    ...(details && { authorization_details: details }),
  };
}

/**
 * @param claims of a JWT whose signature, type and issuer were verified.
 * @throws Error where they are not those of an access token: we signed it, and no guess would be safe.
 */
export function readClaims(claims: Readonly<Record<string, unknown>>): JwtAccessToken {
  const { iss: _ours, jti, aud, sub, resource, authorization_details: details, ...rest } = claims;
  const audience = Array.isArray(aud) ? (aud as unknown[]) : [aud];
  const areTexts = [jti, sub, ...audience].every((value) => typeof value === 'string');
  if (!areTexts || audience.length === 0) throw new Error('a JWT of ours is no access token');
  const stored = {
    ...rest,
    ...(sub !== rest.client_id && { sub }),
    ...(resource !== undefined && { aud: resource }),
    ...(details !== undefined && { authorization_details: bare(details) }),
  };
  return {
    jti: jti as string,
    record: { ...decodeAccessToken(JSON.stringify(stored)), audience: audience as string[] },
  };
}

function bare(details: unknown): unknown {
  if (!Array.isArray(details) || !details.every(isObject)) return details;
  return details.map(({ type: _type, ...restriction }) => restriction);
}
