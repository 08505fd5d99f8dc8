/** Another OpenID provider as it may be, also hostile: what it says is what the test says. Its signatures are real. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export const CLIENT_ID = 'hallpass at school';
export const CLIENT_SECRET = 'a secret: with/odd=characters&+';

/** What one sign-in comes to, over what is right. */
export interface Said {
  /** Of the ID token; `undefined` leaves one out. */
  claims?: Record<string, unknown>;
  /** Makes the ID token of its claims. */
  sign?: (claims: Record<string, unknown>, keys: Keys) => Promise<string>;
  /** Parameters of the callback; `undefined` leaves one out. */
  callback?: Record<string, string | undefined>;
}

export interface Keys {
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export interface OtherProvider {
  readonly issuer: string;
  /** What it was asked at its token endpoint. */
  readonly redeemed: URLSearchParams[];
  /** How often it was asked for its metadata. */
  readonly discovered: number;
  /** Over the metadata as they are right. */
  metadata: Record<string, unknown>;
  /** Where it is there, so is the endpoint. */
  userinfo: Record<string, unknown> | undefined;
  /** Answers in the provider's place. */
  misbehave: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** Signs somebody in who was sent here, and says where they are sent back to. */
  signIn(location: string, said?: Said): Promise<string>;
  close(): Promise<void>;
}

interface Code {
  asked: URLSearchParams;
  said: Said;
}

export async function startOtherProvider(): Promise<OtherProvider> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const publicJwk: JWK = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, Code>();
  const redeemed: URLSearchParams[] = [];
  let discovered = 0;

  const server: Server = createServer((req, res) => {
    if (provider.misbehave?.(req, res)) return;
    void answer(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const json = (body: unknown, status = 200) =>
      void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (req.url === '/.well-known/openid-configuration') {
      discovered += 1;
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        authorization_response_iss_parameter_supported: true,
        ...(provider.userinfo && { userinfo_endpoint: `${issuer}/userinfo` }),
        ...provider.metadata,
      });
    }
    if (req.url === '/jwks') return json({ keys: [publicJwk] });
    if (req.url === '/userinfo' && provider.userinfo)
      return req.headers.authorization === 'Bearer an-access-token' ? json(provider.userinfo) : json({}, 401);
    if (req.url !== '/token') return json({}, 404);
    const form = new URLSearchParams(await text(req));
    redeemed.push(form);
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (!code || !isRightful(req, form, code.asked)) return json({ error: 'invalid_grant' }, 400);
    return json({ access_token: 'an-access-token', token_type: 'Bearer', id_token: await idToken(code) });
  }

  async function idToken({ asked, said }: Code): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { sub = 'somebody' } = said.claims ?? {};
    const claims = {
      ...{ iss: issuer, aud: CLIENT_ID, iat: now, exp: now + 300, nonce: asked.get('nonce') },
      ...{ sub, email: `${String(sub).replace(/\W/g, '-').slice(0, 40)}@example.org`, email_verified: true },
      name: 'Some Body',
      ...said.claims,
    };
    const left = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
    if (said.sign) return said.sign(left, { privateKey, publicJwk });
    return new SignJWT(left).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
  }

  const provider: OtherProvider = {
    issuer,
    redeemed,
    metadata: {},
    userinfo: undefined,
    misbehave: undefined,
    get discovered() {
      return discovered;
    },
    signIn: (location, said = {}) => {
      const asked = new URL(location).searchParams;
      const code = randomBytes(16).toString('hex');
      codes.set(code, { asked, said });
      const callback = { code, state: asked.get('state') ?? undefined, iss: issuer, ...said.callback };
      const url = new URL(asked.get('redirect_uri') ?? '');
      for (const [name, value] of Object.entries(callback)) if (value !== undefined) url.searchParams.set(name, value);
      return Promise.resolve(url.href);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return provider;
}

/** HTTP Basic as RFC 6749 §2.3.1 has it, the redirect URI of before, and PKCE. */
function isRightful(req: IncomingMessage, form: URLSearchParams, asked: URLSearchParams): boolean {
  const [id, secret] = Buffer.from((req.headers.authorization ?? '').replace('Basic ', ''), 'base64')
    .toString()
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  return (
    id === CLIENT_ID &&
    secret === CLIENT_SECRET &&
    form.get('redirect_uri') === asked.get('redirect_uri') &&
    asked.get('code_challenge_method') === 'S256' &&
    challenge === asked.get('code_challenge')
  );
}
