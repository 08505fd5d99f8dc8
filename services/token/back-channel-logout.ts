/**
 * Clients that are registered for it are told when somebody has signed out: a signed token, posted to each. That one does
 * not answer holds nobody up for long, and undoes nothing.
 *
 * @see OpenID Connect Back-Channel Logout 1.0
 */
import { importJWK, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { readBackchannelUri } from '../shared/backchannel-uri.ts';
import type { Client } from '../shared/client.ts';
import type { Log } from '../shared/log.ts';
import type { CurrentKeys } from '../store/signing-keys.ts';

export interface Notice {
  client: Client;
  personId: string;
  /** What the ID tokens of this session call it to this client. */
  sid: string | undefined;
}

/** @returns whether the client was told, or is not registered to be. Never throws. */
export type Tell = (notice: Notice) => Promise<boolean>;

export interface BackChannelOptions {
  issuer: string;
  keys: CurrentKeys;
  log: Log;
}

/** Somebody waits for the page that says that they are signed out. */
const TOLD_WITHIN_MS = 3000;
/** "…expiration … preferably at most two minutes in the future" (§2.4) */
const LIFE_SECONDS = 120;
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };
const ALGORITHM = 'ES256';

export function createBackChannel({ issuer, keys, log }: BackChannelOptions): Tell {
  /** "A nonce claim MUST NOT be present", and its type is its own: it can never pass for an ID token. */
  async function logoutToken({ client, personId, sid }: Notice): Promise<string> {
    const jwk = (await keys()).jwks.find(({ alg }) => alg === ALGORITHM);
    if (!jwk?.kid) throw new Error('there is no key to sign with');
    const which = client.backchannel_logout_session_required && sid !== undefined ? { sid } : {};
    return new SignJWT({ events: EVENTS, ...which })
      .setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid, typ: 'logout+jwt' })
      .setIssuer(issuer)
      .setSubject(personId)
      .setAudience(client.client_id)
      .setIssuedAt()
      .setExpirationTime(`${LIFE_SECONDS}s`)
      .setJti(randomUUID())
      .sign(await importJWK(jwk, ALGORITHM));
  }

  return async (notice) => {
    const { client, personId } = notice;
    const { backchannel_logout_uri: uri } = client;
    if (uri === undefined) return true;
    const record = { audit: 'back-channel-logout', client: client.client_id, person: personId };
    try {
      await post(readBackchannelUri(uri), await logoutToken(notice));
      log.info({ ...record, granted: true }, 'client told of a sign-out');
      return true;
    } catch (error) {
      log.warn({ ...record, granted: false, reason: reasonOf(error) }, 'client not told of a sign-out');
      return false;
    }
  };
}

/** A redirect is not followed: it would let whoever answers there choose whom we ask (SSRF). What is answered is not read. */
async function post(uri: string, token: string): Promise<void> {
  const { status, body } = await fetch(uri, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ logout_token: token }),
    signal: AbortSignal.timeout(TOLD_WITHIN_MS),
  });
  await body?.cancel();
  /* "…the RP MUST respond with HTTP 200 OK. However … some Web frameworks will substitute an HTTP 204 No Content" (§2.8) */
  if (status !== 200 && status !== 204) throw new Error(`it answered ${status}`);
}

/** `fetch failed` says nothing; why it did is beneath. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || message : message;
}
