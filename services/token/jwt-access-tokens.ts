/** Access tokens that are JWTs: made for the clients that are registered so, told of and revoked like the others. */
import { importJWK, SignJWT, type JWK } from 'jose';
import type { Client } from '../shared/client.ts';
import type { AccessTokenRecord } from '../shared/access-token.ts';
import { claimsOf, JWT_ACCESS_TOKEN_TYPE, type JwtAccessToken } from '../shared/jwt-access-token.ts';
import { createReadJwt, JWT_ALGORITHM, MAX_JWT_LENGTH } from '../store/read-jwt.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import type { Store } from '../store/store.ts';
import { denyToken, isTokenDenied } from '../store/token-denials.ts';
import { recordOf } from './access-tokens.ts';
import type { Payload } from './adapter.ts';
import type { Fail } from './flow-hooks.ts';
import { apart } from './identity-scopes.ts';
import type { Targets } from './targets.ts';

export interface JwtAccessTokens<Model> {
  /** @param id as the library has it: see {@link isJwt}. */
  find(id: string): Promise<AccessTokenRecord | undefined>;
  /** Ends one before its time. */
  end(id: string): Promise<void>;
  /** Gives the tokens of this model out as JWTs, where their client is registered so; those are not stored. */
  issueFrom(model: object, registrationOf: (client: Model | undefined) => Client): void;
}

export interface JwtAccessTokensOptions {
  issuer: string;
  keys: SigningKeys;
  store: Store;
  targets: Targets;
  fail: Fail;
}

/** The library's model of a token. */
interface Token<Model> {
  client?: Model;
  getValueAndPayload: (this: Token<Model>) => Promise<{ value: string; payload?: Payload }>;
}

const HIDDEN = 'jwt~';

/** What is opaque has no dot, and no tilde. */
export function isJwt(id: string): boolean {
  return id.includes('.') || id.startsWith(HIDDEN);
}

/**
 * Makes a token one that introspection and revocation can be asked about: the library refuses what looks like a JWT before
 * it asks whether there is such a token.
 *
 * @returns whether there was anything to hide.
 */
export function hideJwt(form: { token?: unknown }): boolean {
  const { token } = form;
  if (typeof token !== 'string' || !token.includes('.')) return false;
  form.token = `${HIDDEN}${token.replaceAll('.', '~')}`;
  return true;
}

function shown(id: string): string {
  return id.startsWith(HIDDEN) ? id.slice(HIDDEN.length).replaceAll('~', '.') : id;
}

export function createJwtAccessTokens<Model>(options: JwtAccessTokensOptions): JwtAccessTokens<Model> {
  const { issuer, keys, store, targets, fail } = options;
  const read = createReadJwt(issuer, () => Promise.resolve(keys));
  const signer = keys.jwks.find(({ alg }) => alg === JWT_ALGORITHM);
  let imported: ReturnType<typeof importJWK> | undefined;

  async function sign(token: JwtAccessToken, { kid = '', ...jwk }: JWK): Promise<string> {
    imported ??= importJWK(jwk, JWT_ALGORITHM);
    const signed = await new SignJWT({ ...claimsOf(token), iss: issuer })
      .setProtectedHeader({ alg: JWT_ALGORITHM, kid, typ: JWT_ACCESS_TOKEN_TYPE })
      .sign(await imported);
    if (signed.length > MAX_JWT_LENGTH)
      throw fail('invalid_request', 'these authorization_details make the token larger than a header may be: say less');
    return signed;
  }

  async function jwtFor(client: Client, payload: Payload): Promise<string | undefined> {
    if (client.access_token_format !== 'jwt' || !payload.jti) return undefined;
    const record = recordOf(payload);
    const { ours } = apart(record.scope);
    /* One that only says who somebody is, is for us: nobody else has to read it. */
    if (ours.length === 0) return undefined;
    if (!signer) throw new Error(`there is no signing key for ${JWT_ALGORITHM}`);
    const audience = [record.resource ?? targets.reachedBy(ours)].flat();
    return sign({ jti: payload.jti, record: { ...record, audience } }, signer);
  }

  return {
    find: async (id) => {
      const token = await read(shown(id));
      return token && !(await isTokenDenied(store, token)) ? token.record : undefined;
    },
    end: async (id) => {
      const token = await read(shown(id));
      if (token) await denyToken(store, token);
    },
    issueFrom: (model, registrationOf) => {
      const { prototype } = model as { prototype: Token<Model> };
      const { getValueAndPayload } = prototype;
      Object.assign(prototype, {
        async getValueAndPayload(this: Token<Model>) {
          const made = await getValueAndPayload.call(this);
          const jwt = made.payload && (await jwtFor(registrationOf(this.client), made.payload));
          return jwt === undefined ? made : { value: jwt };
        },
      });
    },
  };
}
