/**
 * What hallpass says of a call, verified: for whoever writes an LRS, or a plug-in for one, behind it. Needs jose and
 * nothing else of hallpass.
 *
 * @see RFC 7519 (JWT), RFC 8725 (what verifiers get wrong)
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';

export interface AssertionOptions {
  /** hallpass's public origin: its HALLPASS_ISSUER. */
  issuer: string;
  /** This LRS, as hallpass names it: HALLPASS_LRS_AUDIENCE, or the LRS's URL as hallpass has it. */
  audience: string;
  /** Where its public keys are, if not at `{issuer}/oauth2/jwks`. */
  jwksUri?: string;
}

/** Who is calling, and what they may do. hallpass has held the call to the scopes already. */
export interface Assertion {
  client: string;
  /** The person; the client's id where it acts for itself. */
  subject: string;
  scopes: string[];
  /** The authority of the caller's statements; only in an X-Hallpass-Assertion. */
  authority?: object;
  organization?: string;
}

/** The assertion is none, or none for this LRS now: answer 401. */
export class AssertionRefused extends Error {
  override readonly name = 'AssertionRefused';
}

/** Nobody can tell, because hallpass does not show its keys: answer 503. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** hallpass gives none more; what lives longer is something else that it signed. */
const LONGEST_LIFE_SECONDS = 60;
/** Between clocks. */
const TOLERATED_SKEW_SECONDS = 5;
/** How soon the keys are asked for again for a key that is not among them: a new one is taken up by then. */
const COOLDOWN_MS = 5000;

/**
 * Every check is against what was set up here, and none against what the assertion says of itself: not which algorithm
 * it was signed with, nor where its key is.
 *
 * @throws AssertionRefused or KeysUnavailable.
 */
export async function verifyAssertion(token: string, options: AssertionOptions): Promise<Assertion> {
  const { issuer, audience } = options;
  const { payload } = await jwtVerify(token, keysOf(options), {
    algorithms: ['ES256'],
    typ: 'JWT',
    issuer,
    audience,
    requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id', 'scope'],
    maxTokenAge: LONGEST_LIFE_SECONDS,
    clockTolerance: TOLERATED_SKEW_SECONDS,
  }).catch((error: unknown) => {
    if (error instanceof KeysUnavailable || error instanceof AssertionRefused) throw error;
    throw new AssertionRefused(error instanceof errors.JOSEError ? error.message : 'it is no JWT', { cause: error });
  });
  return assertionOf(payload);
}

function assertionOf({ sub, client_id, scope, org, authority, aud }: JWTPayload): Assertion {
  const isRead = typeof client_id === 'string' && typeof scope === 'string' && typeof aud === 'string';
  if (!isRead || typeof sub !== 'string') throw new AssertionRefused('its claims are not those of an assertion');
  return {
    client: client_id,
    subject: sub,
    scopes: scope.split(' ').filter(Boolean),
    ...(typeof authority === 'object' && authority !== null && { authority }),
    ...(typeof org === 'string' && { organization: org }),
  };
}

/** One for each address, so that the keys are fetched once and not for every call. */
const fetched = new Map<string, JWTVerifyGetKey>();

function keysOf({ issuer, jwksUri = `${issuer}/oauth2/jwks` }: AssertionOptions): JWTVerifyGetKey {
  const known = fetched.get(jwksUri);
  if (known) return known;
  const keys = fetchingFrom(jwksUri);
  fetched.set(jwksUri, keys);
  return keys;
}

function fetchingFrom(jwksUri: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(jwksUri), { cooldownDuration: COOLDOWN_MS });
  return async (header, token) => {
    /* Without one the only key there is would do, and it would go on doing after it was replaced. */
    if (typeof header.kid !== 'string') throw new AssertionRefused('it does not name its key');
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) throw error;
      throw new KeysUnavailable(`the keys at ${jwksUri} cannot be read`, { cause: error });
    }
  };
}
