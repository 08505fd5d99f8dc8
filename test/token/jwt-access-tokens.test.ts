/** Access tokens that are JWTs: read as a resource server of anybody's reads them, told of and revoked as the others are. @see RFC 9068 */
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import type { Client } from '../../services/shared/client.ts';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { keyOf, type Key, type Store } from '../../services/store/store.ts';
import { retireKey, rotateKeys } from '../../services/store/rotate-keys.ts';
import { ISSUER, refusalOf, runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';
import { personScene, type PersonScene } from './person-scene.ts';

const LRS = `${ISSUER}/xapi`;
const SCIM = `${ISSUER}/scim/v2`;
const RESOURCES: FurtherResource[] = [
  { name: 'scim', path: '/scim/v2', upstream: 'http://127.0.0.1:9', methods: { GET: ['scim'] } },
];
const INACTIVE = { active: false };

let scene: PersonScene;
let service: TokenService;
let tool: Credentials;
beforeAll(async () => {
  scene = await personScene({ resources: RESOURCES });
  service = scene.service;
  tool = scene.tool;
  await service.clients.change(tool.client_id, (client) => ({ ...client, access_token_format: 'jwt' }));
});
afterAll(() => scene.close());

const addClient = (said: Partial<Client> = {}) => service.addClient({ access_token_format: 'jwt', ...said });

async function holder(said: Partial<Client> = {}, form: Record<string, string> = {}) {
  const credentials = await addClient(said);
  const { access_token } = await service.issue(credentials, form);
  return { credentials, access_token, claims: decodeJwt(access_token) };
}

/** "The resource server MUST verify …": by the keys that are published, and nothing else that is known of us. */
async function verified(token: string, audience = LRS): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${service.url}/oauth2/jwks`));
  const { payload } = await jwtVerify(token, keys, {
    typ: 'at+jwt',
    issuer: ISSUER,
    audience,
    algorithms: ['ES256'],
    requiredClaims: ['exp', 'sub', 'client_id', 'iat', 'jti'],
  });
  return payload;
}

describe('a client that is registered for JWTs', () => {
  it('gets one that a resource server verifies with the published keys, with the claims of RFC 9068', async () => {
    const { credentials, access_token } = await holder({ scope: 'statements/write state', org: 'berlin' });
    const { iat = 0, exp, jti, ...claims } = await verified(access_token);
    expect(claims).toEqual({
      iss: ISSUER,
      aud: LRS,
      sub: credentials.client_id,
      client_id: credentials.client_id,
      scope: 'statements/write state',
      org: 'berlin',
    });
    expect(exp).toBe(iat + 3600);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
    expect(jti).toMatch(/^[\w-]{20,}$/);
    expect(decodeProtectedHeader(access_token)).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.any(String) as string,
    });
  });

  it('gets another every time, and is told of its life and scope as anybody is', async () => {
    const credentials = await addClient({ scope: 'statements/write state' });
    const answers = [await service.issue(credentials), await service.issue(credentials, { expire_seconds: '60' })];
    expect(answers[1]).toMatchObject({ token_type: 'Bearer', expires_in: 60, scope: 'statements/write state' });
    const ids = answers.map(({ access_token }) => decodeJwt(access_token).jti);
    expect(new Set(ids).size).toBe(2);
  });

  it('has nothing of it in the store', async () => {
    const { access_token, claims } = await holder();
    for (const id of [access_token, claims.jti ?? ''])
      expect(await service.store.read('access-token', keyOf(id))).toBeUndefined();
    expect(await service.introspect(await service.addClient({ scope: 'introspect' }), claims.jti ?? '')).toEqual(
      INACTIVE,
    );
  });

  it.each<[scope: string, form: Record<string, string>, aud: string | string[]]>([
    ['all', {}, LRS],
    ['all scim', {}, [LRS, SCIM]],
    ['all scim', { resource: SCIM }, SCIM],
    ['all scim', { resource: `${LRS}/` }, LRS],
  ])('with "%s" and %j gets one for %j', async (scope, form, aud) => {
    const { credentials, access_token, claims } = await holder({ scope }, form);
    expect(claims.aud).toEqual(aud);
    expect((await service.introspect(credentials, access_token)).aud).toEqual(aud);
  });

  it('gets its restrictions as authorization_details', async () => {
    const details = [{ type: 'xapi', activity: 'https://course.example/*' }];
    const { credentials, access_token, claims } = await holder({}, { authorization_details: JSON.stringify(details) });
    expect(claims.authorization_details).toEqual(details);
    expect((await service.introspect(credentials, access_token)).authorization_details).toEqual(details);
  });

  it('is refused what would make one larger than a header may be', async () => {
    const verbs = Array.from({ length: 90 }, (_, n) => `https://verbs.example/${'v'.repeat(80)}/${n}`);
    const credentials = await addClient();
    const authorization_details = JSON.stringify([{ type: 'xapi', verbs }]);
    const refusal = refusalOf(
      await service.askToken({ grant_type: 'client_credentials', ...credentials, authorization_details }),
    );
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.error_description).toContain('larger than a header');
  });

  it('still has those that it got, once it is registered for opaque ones again', async () => {
    const { credentials, access_token } = await holder();
    await service.clients.change(credentials.client_id, (client) => ({ ...client, access_token_format: 'opaque' }));
    expect((await service.issue(credentials)).access_token).not.toContain('.');
    expect(await service.introspect(credentials, access_token)).toMatchObject({ active: true });
  });
});

describe('a person’s token', () => {
  it('is a JWT about the person, which userinfo takes as well', async () => {
    const { access_token, refresh_token = '' } = await scene.tokens();
    expect(await verified(access_token)).toMatchObject({
      sub: scene.person.person_id,
      client_id: tool.client_id,
      scope: 'openid offline_access statements/write state',
    });
    expect((await scene.userinfo(access_token)).body).toMatchObject({ sub: scene.person.person_id });
    const refreshed = await scene.refresh(refresh_token);
    expect(await verified((refreshed.body as { access_token: string }).access_token)).toMatchObject({
      sub: scene.person.person_id,
    });
  });

  it('is opaque where it opens nothing but userinfo', async () => {
    const { access_token } = await scene.tokens({ with: { scope: 'openid email' } });
    expect(access_token).not.toContain('.');
    expect((await scene.userinfo(access_token)).status).toBe(200);
  });

  it('never says that a person’s name is the profiles of an LRS', async () => {
    const { access_token } = await scene.tokens({ with: { scope: 'openid profile state' } });
    const { scope } = await verified(access_token);
    expect(String(scope).split(' ')).not.toContain('profile');
    expect(await scene.introspect(access_token)).toMatchObject({ active: true });
  });

  it.each(['access_token', 'refresh_token'] as const)('ends with its family: by the %s', async (which) => {
    const tokens = await scene.tokens();
    await service.post('/oauth2/revoke', tool, { token: tokens[which] ?? '' }).expect(200);
    expect(await scene.introspect(tokens.access_token)).toEqual(INACTIVE);
    expect((await scene.userinfo(tokens.access_token)).status).toBe(401);
  });

  it('ends where the code it came of is replayed', async () => {
    const code = await scene.authorize();
    const { access_token } = (await scene.redeem(code)).body as { access_token: string };
    expect((await scene.redeem(code)).status).toBe(400);
    expect(await scene.introspect(access_token)).toEqual(INACTIVE);
  });

  it('ends with the person’s password', async () => {
    const person = await scene.addPerson();
    const { access_token } = await scene.tokens({ walk: { identifier: person.email } });
    expect(await scene.introspect(access_token)).toMatchObject({ active: true, sub: person.person_id });
    await scene.people.change(person.person_id, (now) => ({ ...now, generation: now.generation + 1 }));
    expect(await scene.introspect(access_token)).toEqual(INACTIVE);
  });
});

describe('trap, 400 for a JWT: introspection and revocation know one of ours', () => {
  it('introspection says what it is, to its client and to a holder of `introspect`', async () => {
    const { credentials, access_token, claims } = await holder({ scope: 'state' });
    const inspector = await service.addClient({ scope: 'introspect' });
    for (const caller of [credentials, inspector])
      for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense'])
        expect(await service.introspect(caller, access_token, { token_type_hint })).toEqual({
          active: true,
          client_id: credentials.client_id,
          scope: 'state',
          token_type: 'Bearer',
          iss: ISSUER,
          aud: LRS,
          org: 'default',
          iat: claims.iat,
          exp: claims.exp,
        });
    expect(await service.introspect(await service.addClient(), access_token)).toEqual(INACTIVE);
  });

  it('introspection is held to what is true now: the client’s scopes, its generation, and whether it is active', async () => {
    const { credentials, access_token } = await holder({ scope: 'state profile' });
    const inspector = await service.addClient({ scope: 'introspect' });
    const now = async (said: Partial<Client>) => {
      await service.clients.change(credentials.client_id, (client) => ({ ...client, ...said }));
      return service.introspect(inspector, access_token);
    };
    expect(await now({ scope: 'all' })).toMatchObject({ scope: 'state profile' });
    expect(await now({ scope: 'state/read' })).toMatchObject({ scope: 'state/read' });
    expect(await now({ active: false })).toEqual(INACTIVE);
    expect(await now({ active: true })).toMatchObject({ active: true });
    expect(await now({ generation: 1 })).toEqual(INACTIVE);
  });

  it('revocation ends it, for its client and for a holder of `introspect`, with an audit line and nothing secret', async () => {
    for (const by of [undefined, await service.addClient({ scope: 'introspect' })]) {
      const { credentials, access_token } = await holder();
      const other = await service.issue(credentials);
      await service.post('/oauth2/revoke', by ?? credentials, { token: access_token }).expect(200, {});
      expect(await service.introspect(credentials, access_token)).toEqual(INACTIVE);
      expect(await service.introspect(credentials, other.access_token)).toMatchObject({ active: true });
      const lines = service.logged.filter((line) => line.includes('"audit":"revocation"'));
      expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({ client: credentials.client_id });
      expect(service.logged.join('')).not.toContain(access_token.split('.')[2]);
    }
  });

  it('revocation is refused to another client, and leaves it alive', async () => {
    const { credentials, access_token } = await holder();
    const refusal = refusalOf(await service.post('/oauth2/revoke', await service.addClient(), { token: access_token }));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await service.introspect(credentials, access_token)).toMatchObject({ active: true });
  });

  it('revocation lasts for as long as the token would have, and no longer', async () => {
    const { credentials, access_token, claims } = await holder();
    const written: number[] = [];
    const write = service.store.write.bind(service.store);
    service.store.write = ((kind: 'token-denial', key: Key, value: string, ttlSeconds: number) => {
      if (kind === 'token-denial') written.push(ttlSeconds);
      return write(kind, key, value, ttlSeconds);
    }) as Store['write'];
    await service.post('/oauth2/revoke', credentials, { token: access_token }).expect(200);
    service.store.write = write;
    const life = (claims.exp ?? 0) - (claims.iat ?? 0);
    expect(written).toEqual([expect.any(Number)]);
    expect(written[0]).toBeGreaterThan(life - 60);
    expect(written[0]).toBeLessThanOrEqual(life + 60);
  });

  it.each([
    'a.b.c',
    'eyJhbGciOiJub25lIn0.e30.',
    'eyJhbGciOiJub25lIn0..',
    'eyJhbGciOiJub25lIn0~e30~',
    'jwt~a~b~c',
    'jwt~',
    '.',
    'a.b.c.d.e',
  ])('and nothing of what is none of ours: %s', async (token) => {
    const inspector = await service.addClient({ scope: 'introspect' });
    await service.post('/oauth2/introspect', inspector, { token }).expect(200, INACTIVE);
    await service.post('/oauth2/revoke', inspector, { token }).expect(200, {});
    expect((await scene.userinfo(token.replaceAll('~', '.'))).status).toBe(401);
  });

  it('and no ID token for an access token', async () => {
    const { id_token = '' } = await scene.tokens();
    expect(await scene.introspect(id_token)).toEqual(INACTIVE);
    expect((await scene.userinfo(id_token)).status).toBe(401);
  });
});

describe('keys that take over from one another', () => {
  it('leave it good while the one that signed it is published, and no longer', async () => {
    const rotating = await runTokenService();
    try {
      const credentials = await rotating.addClient({ access_token_format: 'jwt' });
      const { access_token } = await rotating.issue(credentials);
      const { kid = '' } = decodeProtectedHeader(access_token);
      await rotateKeys(rotating.store, rotating.seal, { afterSeconds: 0, longestLifeSeconds: 3600 });
      const next = await rotating.issue(credentials);
      expect(decodeProtectedHeader(next.access_token).kid).not.toBe(kid);
      expect(await rotating.introspect(credentials, access_token)).toMatchObject({ active: true });
      await retireKey(rotating.store, rotating.seal, kid);
      expect(await rotating.introspect(credentials, access_token)).toEqual(INACTIVE);
      expect(await rotating.introspect(credentials, next.access_token)).toMatchObject({ active: true });
    } finally {
      await rotating.close();
    }
  });
});
