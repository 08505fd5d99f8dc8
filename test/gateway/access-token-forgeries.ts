/** Everything that only looks like a JWT access token of ours: signed with keys of others, or with ours for something else. */
import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTHeaderParameters } from 'jose';
import { createSign } from '../../services/gateway/assertion.ts';
import type { Seal } from '../../services/shared/seal.ts';
import { loadSigningKeys } from '../../services/store/signing-keys.ts';
import type { Store } from '../../services/store/store.ts';
import { ISSUER, nowSeconds } from '../support/token-service.ts';

export interface Forgery {
  what: string;
  token: string;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * @param real a token of ours that is good. @param clientId of a client that may do everything.
 * @returns them, and what they would be with nothing wrong: signed here too, and good.
 */
export async function forgeriesOf(
  real: string,
  clientId: string,
  { store, seal }: { store: Store; seal: Seal },
): Promise<{ control: string; forgeries: Forgery[] }> {
  const keys = await loadSigningKeys(store, seal);
  const [ours = {}, rsa = {}] = keys.jwks;
  const foreign = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
  const { d: _, ...foreignPublic } = foreign;
  const now = nowSeconds();
  const CLAIMS = {
    iss: ISSUER,
    aud: `${ISSUER}/xapi`,
    sub: clientId,
    client_id: clientId,
    org: 'default',
    scope: 'all',
    iat: now - 5,
    exp: now + 600,
  };
  const claims = (said: object = {}) => ({ ...CLAIMS, jti: randomUUID(), ...said });
  const signedWith = async (jwk: JWK, said: object = {}, header: Partial<JWTHeaderParameters> = {}) => {
    const { alg = jwk.alg ?? 'ES256', kid = ours.kid ?? '', typ = 'at+jwt', ...more } = header;
    const named = 'kid' in header && header.kid === undefined ? {} : { kid };
    return new SignJWT(claims(said))
      .setProtectedHeader({ alg, ...named, typ, ...more })
      .sign(await importJWK({ ...jwk, alg }));
  };
  const saying = (said: object) => signedWith(ours, said);
  const typed = (typ: string) => signedWith(ours, {}, { typ });
  const publicKey = createPublicKey({ key: { ...ours, d: undefined } as never, format: 'jwk' });
  const hmac = (secret: string | Buffer, kid = ours.kid) => {
    const text = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid })}.${encoded(claims())}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const unsigned = (alg: string) => `${encoded({ alg, typ: 'at+jwt', kid: ours.kid })}.${encoded(claims())}.`;
  const [header = '', payload = '', signature = ''] = real.split('.');
  const decoded = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scope: string; exp: number };
  const swapped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  const assertion = await createSign(() => Promise.resolve(keys))(
    { ...CLAIMS, iat: undefined, exp: undefined },
    'ES256',
  );

  const forgeries = [
    { what: 'a scope that was changed', token: `${header}.${encoded({ ...decoded, scope: 'all' })}.${signature}` },
    { what: 'an end that was put off', token: `${header}.${encoded({ ...decoded, exp: now + 99_999 })}.${signature}` },
    { what: 'a signature that was changed', token: `${header}.${payload}.${swapped}` },
    { what: 'no signature', token: `${header}.${payload}.` },
    { what: 'the algorithm none', token: unsigned('none') },
    { what: 'the algorithm NonE, and a signature', token: `${unsigned('NonE')}${signature}` },
    { what: 'HS256 with the public key as PEM', token: hmac(publicKey.export({ type: 'spki', format: 'pem' })) },
    { what: 'HS256 with the public key as DER', token: hmac(publicKey.export({ type: 'spki', format: 'der' })) },
    { what: 'HS256 with the public key as JSON', token: hmac(JSON.stringify({ ...ours, d: undefined })) },
    { what: 'HS256 with an empty secret, and a path for a key', token: hmac('', '../../../../dev/null') },
    { what: 'RS256 with our own key for that', token: await signedWith(rsa, {}, { kid: rsa.kid ?? '' }) },
    { what: 'RS256, called as our key for ES256 is', token: await signedWith(rsa) },
    { what: 'ES256, called as our key for RS256 is', token: await signedWith(ours, {}, { kid: rsa.kid ?? '' }) },
    { what: 'another key, called as ours is', token: await signedWith(foreign) },
    { what: 'a key that is not known', token: await signedWith(foreign, {}, { kid: 'another' }) },
    { what: 'our key under another name', token: await signedWith(ours, {}, { kid: 'another' }) },
    { what: 'our key under a path', token: await signedWith(ours, {}, { kid: `../${ours.kid}` }) },
    { what: 'our key under the name of a property', token: await signedWith(ours, {}, { kid: '__proto__' }) },
    { what: 'our key with no name', token: await signedWith(ours, {}, { kid: '' }) },
    { what: 'no word of its key', token: await signedWith(ours, {}, { kid: undefined as never }) },
    { what: 'another key, brought along', token: await signedWith(foreign, {}, { jwk: foreignPublic }) },
    { what: 'another key, said to be elsewhere', token: await signedWith(foreign, {}, { jku: 'http://127.0.0.1:1/' }) },
    { what: 'the type of an assertion, or an ID token', token: await typed('JWT') },
    { what: 'the type of a logout token', token: await typed('logout+jwt') },
    { what: 'the type of a proof', token: await typed('dpop+jwt') },
    { what: 'what the gateway signs for an LRS', token: assertion },
    { what: 'an end that is past', token: await saying({ iat: now - 70, exp: now - 1 }) },
    { what: 'no end', token: await saying({ exp: undefined }) },
    { what: 'a beginning that is to come', token: await saying({ iat: now + 600, exp: now + 1200 }) },
    { what: 'no beginning', token: await saying({ iat: undefined }) },
    { what: 'another issuer', token: await saying({ iss: 'https://evil.example' }) },
    { what: 'the issuer with a slash', token: await saying({ iss: `${ISSUER}/` }) },
    { what: 'no issuer', token: await saying({ iss: undefined }) },
    { what: 'another audience', token: await saying({ aud: 'https://other.example/xapi' }) },
    { what: 'an audience that begins as ours does', token: await saying({ aud: `${ISSUER}/xapi/statements` }) },
    { what: 'the audience of an ID token', token: await saying({ aud: clientId }) },
    { what: 'no audience', token: await saying({ aud: undefined }) },
    { what: 'no client', token: await saying({ client_id: undefined }) },
    { what: 'a client that there is not', token: await saying({ client_id: 'nobody', sub: 'nobody' }) },
    { what: 'another generation', token: await saying({ gen: 1 }) },
    { what: 'another organization', token: await saying({ org: 'berlin' }) },
    { what: 'a person without a family', token: await saying({ sub: 'person:0123456789abcdef01234567' }) },
    { what: 'no id', token: await saying({ jti: undefined }) },
    { what: 'no JSON', token: 'a.b.c' },
    { what: 'five parts', token: `${header}.${payload}.${signature}.${payload}.${signature}` },
    { what: 'three times the length', token: `${header}.${payload.repeat(40)}.${signature}` },
  ];
  return { control: await signedWith(ours), forgeries };
}
