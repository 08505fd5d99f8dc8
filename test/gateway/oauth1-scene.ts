/** Clients that sign by OAuth 1 at a gateway, and people who let them. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { AccessTokenRecord } from '../../services/shared/access-token.ts';
import type { Client } from '../../services/shared/client.ts';
import { clientSecretContext, tokenSecretContext } from '../../services/shared/oauth1/secrets.ts';
import { encodeOAuth1Token } from '../../services/store/oauth1-tokens.ts';
import { keyOf } from '../../services/store/store.ts';
import { TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { encoded, header, signed, type Signing } from '../support/oauth1-signer.ts';
import { newPerson } from '../support/people.ts';
import { VERSION_1, type Headers } from './support.ts';

export const ISSUER = 'https://lrs.example.org';

/** What a client has to sign with. */
export type Keys = Pick<Signing, 'consumerKey' | 'clientSecret' | 'rsaKey' | 'token' | 'tokenSecret'>;

export const RSA = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** Registers one that signs with a secret, unless it is said otherwise. */
export async function addSigner(
  gateway: RunningGateway,
  scope: string,
  said: Partial<Client> = {},
): Promise<{ client: Client; keys: Keys; bearer: string }> {
  const client_id = `signer-${randomBytes(6).toString('hex')}`;
  const clientSecret = randomBytes(24).toString('base64url');
  const secret = TEST_SEAL.seal(clientSecret, clientSecretContext(client_id));
  const { client, bearer } = await gateway.mint(scope, { client_id, oauth1: { secret }, ...said });
  return { client, bearer, keys: { consumerKey: client_id, clientSecret, rsaKey: RSA.privateKey } };
}

/** Token credentials, as they are kept once a person has let a client have them. */
export async function letHave(
  gateway: RunningGateway,
  client: Client,
  keys: Keys,
  said: Partial<AccessTokenRecord> = {},
): Promise<Keys & { token: string; tokenSecret: string; sub: string }> {
  const { person_id: sub } = newPerson();
  await gateway.people.add(newPerson({ person_id: sub, org: client.org }));
  const [token, tokenSecret] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
  const iat = Math.floor(Date.now() / 1000);
  const record = { client_id: client.client_id, generation: client.generation, org: client.org, scope: client.scope };
  const text = encodeOAuth1Token({
    ...record,
    sub,
    iat,
    exp: iat + 3600,
    ...said,
    secret: TEST_SEAL.seal(tokenSecret, tokenSecretContext(token)),
  });
  await gateway.store.write('oauth1-token', keyOf(token), text, 3600);
  return { ...keys, token, tokenSecret, sub };
}

/** The parameters of a signed call. @param target path and query. */
export function sign(keys: Keys, target: string, said: Partial<Signing> = {}): [string, string][] {
  return signed({ ...keys, method: 'GET', url: `${ISSUER}${target}`, ...said });
}

/** The headers of a call that is signed in one of them. */
export function inHeader(keys: Keys, target: string, said: Partial<Signing> = {}): Headers {
  return { ...VERSION_1, Authorization: header(sign(keys, target, said)) };
}

/** The target, with the signature in its query. */
export function inQuery(keys: Keys, target: string, said: Partial<Signing> = {}): string {
  const pairs = encoded(sign(keys, target, said));
  return `${target}${target.includes('?') ? '&' : '?'}${pairs}`;
}
