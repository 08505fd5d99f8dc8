/**
 * What tells one browser from another: a random cookie of ours. It binds forms to the browser that was given them, and
 * lets a person be known by the browser they use. It says nothing about who is signed in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHmac } from 'node:crypto';
import { digest, sameDigest } from '../../shared/digest.ts';
import { generateSecret } from '../../shared/secret.ts';
import { keyOf, type Store } from '../../store/store.ts';

export const KNOWN_SECONDS = 180 * 24 * 3600;

const SECRET = /^[\w-]{43}$/;

export interface Browsers {
  /** The browser's own secret; a new one is set where it has none. */
  secretOf(req: IncomingMessage, res: ServerResponse): string;
  /** What a form carries: made of the browser's secret and what the form is for, so no other page can have it. */
  formToken(secret: string, purpose: readonly string[]): string;
  isFormToken(token: unknown, secret: string, purpose: readonly string[]): boolean;
  /** Whether this person has signed in from it before. */
  isKnown(secret: string, personId: string): Promise<boolean>;
  remember(secret: string, personId: string): Promise<void>;
}

/** @param issuer over https the cookie is `__Host-`: no neighbour in the domain can plant one (cookie tossing). */
export function createBrowsers(store: Store, issuer: string): Browsers {
  const isSecure = issuer.startsWith('https:');
  const name = isSecure ? '__Host-hallpass_browser' : 'hallpass_browser';
  const attributes = `Path=/; Max-Age=${KNOWN_SECONDS}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const keyFor = (secret: string, personId: string) => keyOf(`${secret} ${personId}`);
  const formToken: Browsers['formToken'] = (secret, purpose) =>
    createHmac('sha256', secret).update(JSON.stringify(purpose)).digest('base64url');

  return {
    secretOf: (req, res) => {
      const sent = cookieOf(req, name);
      if (sent !== undefined && SECRET.test(sent)) return sent;
      const secret = generateSecret();
      res.appendHeader('Set-Cookie', `${name}=${secret}; ${attributes}`);
      return secret;
    },
    formToken,
    isFormToken: (token, secret, purpose) =>
      typeof token === 'string' && sameDigest(digest(token), digest(formToken(secret, purpose))),
    isKnown: async (secret, personId) => (await store.read('known-browser', keyFor(secret, personId))) !== undefined,
    remember: (secret, personId) => store.write('known-browser', keyFor(secret, personId), '', KNOWN_SECONDS),
  };
}

function cookieOf(req: IncomingMessage, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
