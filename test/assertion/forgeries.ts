/** Assertions as hallpass signs them, with its own code and the store's keys, and everything that only looks like one. */
import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTHeaderParameters } from 'jose';
import { createSign, type Claims } from '../../services/gateway/assertion.ts';
import { loadSigningKeys } from '../../services/store/signing-keys.ts';
import { ISSUER, nowSeconds, type TokenService } from '../support/token-service.ts';

export const AUDIENCE = 'https://lrs.internal/xapi';

export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'ann',
  client_id: 'tool-1',
  org: 'default',
  scope: 'statements/write statements/read/mine',
  authority: { objectType: 'Agent', account: { homePage: `${ISSUER}/oauth2/token`, name: 'tool-1' } },
};

export interface Forgery {
  what: string;
  token: string;
  /** Beyond the recipe for other languages: its library lets it through, and what it says is true. */
  onlyHere?: true;
}

export interface Signer {
  /** As the gateway does it. */
  sign: (claims?: Claims) => Promise<string>;
  forgeries: () => Promise<Forgery[]>;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function createSigner({ store, seal }: Pick<TokenService, 'store' | 'seal'>): Promise<Signer> {
  const keys = await loadSigningKeys(store, seal);
  const sign = createSign(() => Promise.resolve(keys));
  const [ours = {}, rsa = {}] = keys.jwks;
  const foreign = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

  const timed = () => ({ iat: nowSeconds(), exp: nowSeconds() + 50, jti: randomUUID() });
  const signedWith = async (
    jwk: JWK,
    said: object = {},
    header: Partial<JWTHeaderParameters> = {},
    without?: string,
  ) => {
    const claims = Object.entries({ ...CLAIMS, ...timed(), ...said }).filter(([name]) => name !== without);
    const { alg = jwk.alg ?? 'ES256', kid = ours.kid ?? '', typ = 'JWT', ...more } = header;
    const key = await importJWK({ ...jwk, alg });
    return new SignJWT(Object.fromEntries(claims)).setProtectedHeader({ alg, kid, typ, ...more }).sign(key);
  };
  const saying = (said: object) => signedWith(ours, said);
  const lacking = (name: string) => signedWith(ours, {}, {}, name);

  async function forgeries(): Promise<Forgery[]> {
    const [header = '', payload = '', signature = ''] = (await sign(CLAIMS, 'ES256')).split('.');
    const swapped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    const raised = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), scope: 'all' };
    const publicKey = createPublicKey({ key: { ...ours, d: undefined } as never, format: 'jwk' });
    const hmac = (secret: string | Buffer) => {
      const text = `${encoded({ alg: 'HS256', typ: 'JWT', kid: ours.kid })}.${encoded({ ...CLAIMS, ...timed() })}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    const unsigned = (alg: string) =>
      `${encoded({ alg, typ: 'JWT', kid: ours.kid })}.${encoded({ ...CLAIMS, ...timed() })}.`;
    const { d: _, ...foreignPublic } = foreign;
    const withoutKid = await new SignJWT({ ...CLAIMS, ...timed() })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
      .sign(await importJWK(ours));

    return [
      { what: 'claims that were changed', token: `${header}.${encoded(raised)}.${signature}` },
      { what: 'a signature that was changed', token: `${header}.${payload}.${swapped}` },
      { what: 'no signature', token: `${header}.${payload}.` },
      { what: 'the algorithm none', token: unsigned('none') },
      { what: 'the algorithm nOnE', token: unsigned('nOnE') },
      { what: 'HS256 with the public key as PEM', token: hmac(publicKey.export({ type: 'spki', format: 'pem' })) },
      { what: 'HS256 with the public key as DER', token: hmac(publicKey.export({ type: 'spki', format: 'der' })) },
      { what: 'HS256 with a coordinate of the public key', token: hmac(Buffer.from(ours.x ?? '', 'base64url')) },
      { what: 'HS256 with an empty secret', token: hmac('') },
      { what: "RS256 with hallpass's own key for that", token: await signedWith(rsa, {}, { kid: rsa.kid ?? '' }) },
      { what: 'another key, called as ours is', token: await signedWith(foreign) },
      { what: 'another key', token: await signedWith(foreign, {}, { kid: 'another' }) },
      { what: 'another key, brought along', token: await signedWith(foreign, {}, { jwk: foreignPublic }) },
      {
        what: 'another key, said to be elsewhere',
        token: await signedWith(foreign, {}, { jku: 'http://127.0.0.1:1/' }),
      },
      { what: 'no word of its key', token: withoutKid },
      { what: 'an end that is past', token: await saying({ iat: nowSeconds() - 70, exp: nowSeconds() - 10 }) },
      { what: 'no end', token: await lacking('exp') },
      { what: 'no beginning', token: await lacking('iat') },
      {
        what: 'a life of an hour',
        token: await saying({ iat: nowSeconds() - 100, exp: nowSeconds() + 3500 }),
        onlyHere: true,
      },
      { what: 'another audience', token: await saying({ aud: 'https://other.internal/xapi' }) },
      { what: 'an audience that begins as ours does', token: await saying({ aud: `${AUDIENCE}/statements` }) },
      { what: 'several audiences', token: await saying({ aud: [AUDIENCE, 'https://other.internal'] }), onlyHere: true },
      { what: 'no audience', token: await lacking('aud') },
      { what: 'another issuer', token: await saying({ iss: 'https://evil.example' }) },
      { what: 'the issuer with a slash', token: await saying({ iss: `${ISSUER}/` }) },
      { what: 'no issuer', token: await lacking('iss') },
      { what: 'no client, as an ID token has none', token: await lacking('client_id') },
      { what: 'no scope', token: await lacking('scope') },
      { what: 'no subject', token: await lacking('sub') },
      { what: 'no id', token: await lacking('jti') },
      { what: 'the type of an access token', token: await signedWith(ours, {}, { typ: 'at+jwt' }), onlyHere: true },
      { what: 'nothing in it', token: '' },
      { what: 'no dots', token: 'assertion' },
      { what: 'no JSON', token: 'a.b.c' },
      { what: 'five parts', token: `${header}.${payload}.${signature}.${payload}.${signature}` },
      { what: 'two in one', token: `${header}.${payload}.${signature}, ${header}.${payload}.${signature}` },
    ];
  }

  return { sign: (claims = CLAIMS) => sign(claims, 'ES256'), forgeries };
}
