/**
 * HTTP Basic, and the authority that a credential stands for.
 *
 * @see RFC 7617
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { Agent } from './actor.ts';
import { LrsError } from './lrs-error.ts';

export interface Credential {
  username: string;
  password: string;
}

const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="sample LRS", charset="UTF-8"' };

export function requireCredential(known: readonly Credential[]): RequestHandler {
  return (req, _res, next) => {
    const header = req.get('Authorization');
    if (header === undefined) throw new LrsError(401, 'send HTTP Basic credentials', CHALLENGE);
    const sent = credentialOf(header);
    if (!sent) throw new LrsError(401, 'the Authorization header is not HTTP Basic', CHALLENGE);
    // every one is compared, so that the time taken does not tell which username exists
    if (known.filter((one) => isSame(one, sent)).length === 0) {
      throw new LrsError(401, 'username or password is wrong', CHALLENGE);
    }
    next();
  };
}

/** After requireCredential: the Agent that the LRS asserts statements with. */
export function authorityOf(req: Request, homePage: string): Agent {
  const { username } = credentialOf(req.get('Authorization') ?? '') ?? { username: '' };
  return { objectType: 'Agent', account: { homePage, name: username } };
}

function credentialOf(header: string): Credential | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) return undefined;
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function isSame(one: Credential, other: Credential): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest({ username, password }: Credential): Buffer {
  return createHash('sha256').update(`${username}:${password}`).digest();
}
