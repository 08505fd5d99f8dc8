/** Access tokens that are JWTs, as the gateway takes them: signed by us, not revoked, of a family that was not ended. */
import type { AccessTokenRecord } from '../shared/access-token.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { JwtAccessToken } from '../shared/jwt-access-token.ts';
import { whenKnown, type Soon } from '../shared/soon.ts';
import { grantRoot } from '../store/grant-root.ts';
import type { ReadJwt } from '../store/read-jwt.ts';
import type { Records } from '../store/records.ts';
import { followDenials } from '../store/token-denials.ts';

export type FindJwt = (token: string) => Soon<AccessTokenRecord | undefined>;

/** What is read of a family's root. */
interface Family {
  exp?: number;
}

const FAMILIES_CACHED = 50_000;

/** @returns a function that throws StoreUnavailable where nobody can tell whether the token still counts. */
export function createFindJwt(records: Records, read: ReadJwt): FindJwt {
  const isDenied = followDenials(records);
  const families = records.reader<Family>({
    kind: 'grant',
    decode: (text) => JSON.parse(text) as Family,
    capacity: FAMILIES_CACHED,
    lifeSeconds: ({ exp = 0 }) => exp - nowSeconds(),
  });

  function unlessDenied(found: JwtAccessToken | undefined): Soon<AccessTokenRecord | undefined> {
    if (!found) return undefined;
    return whenKnown(isDenied(found), (denied) => (denied ? undefined : unlessOver(found.record)));
  }

  function unlessOver(record: AccessTokenRecord): Soon<AccessTokenRecord | undefined> {
    if (record.grant === undefined) return record;
    return whenKnown(families.read(grantRoot(record.grant)), (root) => root && record);
  }

  return (token) => whenKnown(read(token), unlessDenied);
}
