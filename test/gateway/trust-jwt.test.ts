/**
 * An LRS that is told who is calling by a JWT, as SQL LRS, Ralph and others that know OpenID Connect are. It verifies with
 * the keys that the token service publishes, fetched over HTTP. What it is told is written from its own documentation.
 *
 * @see yetanalytics/lrsql doc/oidc.md, util/auth.clj; openfun/ralph api/auth/oidc.py, user.py; RFC 9068 §2.2
 */
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import type { JwtProfile, LrsRegistration } from '../../services/shared/organization.ts';
import { SCOPES } from '../../services/shared/scopes.ts';
import { gatewayScene, LRS_AUTHORIZATION, VERSION_1, type Asked, type Scene } from './support.ts';

const ISSUER = 'https://lrs.example.org';

interface Told {
  header: { alg?: string };
  claims: JWTPayload & Record<string, unknown>;
}

function jwtScene(registration: Partial<LrsRegistration>) {
  const scene = gatewayScene({ lrsRegistration: { auth: 'jwt', ...registration } });
  const keys = () => createRemoteJWKSet(new URL(`${scene.gateway.url}/oauth2/jwks`));
  return {
    scene,
    /** What the LRS was told, after it has verified that hallpass says so. */
    told: async ({ upstream }: Asked): Promise<Told> => {
      expect(upstream).toHaveLength(1);
      const token = /^Bearer (\S+)$/.exec(upstream[0]?.headers.authorization ?? '')?.[1] ?? '';
      const { payload, protectedHeader } = await jwtVerify(token, keys(), {
        issuer: ISSUER,
        audience: registration.audience ?? scene.lrs.url,
      });
      return { header: protectedHeader, claims: payload };
    },
  };
}

const about = (scene: Scene, bearer: string) => scene.ask('GET /xapi/about', { Authorization: bearer });
const read = (scene: Scene, bearer: string) =>
  scene.ask('GET /xapi/statements', { ...VERSION_1, Authorization: bearer });

describe('a generic LRS', () => {
  const { scene, told } = jwtScene({});

  it('is told the client, its scopes and for whom the token is', async () => {
    const { bearer, client } = await scene.gateway.mint('all/read state');
    const { header, claims } = await told(await read(scene, bearer));
    expect(header.alg).toBe('ES256');
    const { iat = NaN, exp = NaN, jti, ...rest } = claims;
    expect(rest).toEqual({
      iss: ISSUER,
      aud: scene.lrs.url,
      sub: client.client_id,
      client_id: client.client_id,
      scope: 'all/read state',
      org: 'default',
    });
    expect(exp - iat).toBeLessThanOrEqual(60);
    expect(jti).toMatch(/\S/);
  });

  it('is told the person, where the client acts for one', async () => {
    const { bearer, client } = await scene.gateway.mint('all', {}, { sub: 'ann' });
    expect((await told(await read(scene, bearer))).claims).toMatchObject({ sub: 'ann', client_id: client.client_id });
  });

  it('is sent neither the token of the caller, nor the credential for HTTP Basic', async () => {
    const { token, bearer } = await scene.gateway.mint('all');
    const { upstream } = await read(scene, bearer);
    expect(JSON.stringify(upstream[0]?.rawHeaders)).not.toContain(token);
    expect(JSON.stringify(upstream[0]?.rawHeaders)).not.toContain(LRS_AUTHORIZATION);
    expect(upstream[0]?.rawHeaders.filter((name) => name.toLowerCase() === 'authorization')).toHaveLength(1);
  });

  it('sees the same assertion on calls that follow, and another for another caller', async () => {
    const [one, other] = [await scene.gateway.mint('all'), await scene.gateway.mint('all')];
    const jti = async (bearer: string) => (await told(await read(scene, bearer))).claims.jti;
    const first = await jti(one.bearer);
    expect([await jti(one.bearer), await jti(one.bearer)]).toEqual([first, first]);
    expect(await jti(other.bearer)).not.toBe(first);
  });

  it('is told nobody where nobody calls: about without a token has no identity', async () => {
    const { upstream } = await scene.ask('GET /xapi/about');
    expect(upstream[0]?.headers.authorization).toBe(LRS_AUTHORIZATION);
    expect(upstream[0]?.rawHeaders.join(' ')).not.toMatch(/hallpass/i);
  });

  it('is never told a scope that is about something else', async () => {
    const { bearer } = await scene.gateway.mint('introspect all');
    expect((await told(await read(scene, bearer))).claims.scope).toBe('all');
  });

  it('is told only what the client still has', async () => {
    const { bearer } = await scene.gateway.mint('all', { scope: 'all' }, { scope: 'statements/read' });
    expect((await told(await read(scene, bearer))).claims.scope).toBe('statements/read');
  });
});

/**
 * Ours, then what each is told for it. SQL LRS has one scope to read and write state, and two kinds of profile. What is not
 * here is not about an LRS.
 */
const TOLD = `
all                      all                                  all
all/read                 all/read                             all/read
statements/write         statements/write                     statements/write
statements/read          statements/read                      statements/read
statements/read/mine     statements/read/mine                 statements/read/mine
state                    state                                state/read,state/write
state/read               state                                state/read
state/write              state                                state/write
define                   -                                    define
profile                  activities_profile,agents_profile    profile/read,profile/write
profile/read             activities_profile,agents_profile    profile/read
profile/write            activities_profile,agents_profile    profile/write
activities_profile       activities_profile                   profile/read,profile/write
agents_profile           agents_profile                       profile/read,profile/write
activities_profile/read  activities_profile                   profile/read
agents_profile/read      agents_profile                       profile/read
`;

/** All that each knows: an unknown one makes Ralph refuse the token. */
const KNOWN = {
  lrsql: 'all all/read state activities_profile agents_profile statements/read statements/read/mine statements/write',
  ralph:
    'statements/write statements/read/mine statements/read state/write state/read define profile/write profile/read all/read all',
};

const rows = TOLD.trim()
  .split('\n')
  .map((line) => line.split(/ +/));

describe.each<[JwtProfile & keyof typeof KNOWN, alg: string, column: number]>([
  ['lrsql', 'RS256', 1],
  ['ralph', 'ES256', 2],
])('an LRS of the profile %s', (profile, alg, column) => {
  const { scene, told } = jwtScene({ jwt_profile: profile, audience: 'https://lrs.internal' });

  it('is asked for nothing here that it does not know', () => {
    const words = rows.flatMap((row) => (row[column] ?? '').split(',')).filter((word) => word !== '-');
    expect(words.filter((word) => !KNOWN[profile].split(' ').includes(word))).toEqual([]);
    expect(rows.map(([ours]) => ours).filter((scope) => !SCOPES.includes(scope ?? ''))).toEqual([]);
  });

  it.each(SCOPES)('is told %s in its own words, or nothing where it has none', async (ours) => {
    const expected = rows.find(([scope]) => scope === ours)?.[column] ?? '-';
    const { bearer } = await scene.gateway.mint(ours);
    const answer = await about(scene, bearer);
    if (expected === '-') {
      expect(answer.upstream.map(({ headers }) => headers.authorization)).toEqual([undefined]);
      return;
    }
    const { claims } = await told(answer);
    expect((claims.scope as string).split(' ').sort()).toEqual(expected.split(',').sort());
  });

  it(`is signed for with ${alg}, for one audience, a text`, async () => {
    const { bearer } = await scene.gateway.mint('all');
    const { header, claims } = await told(await read(scene, bearer));
    expect(header.alg).toBe(alg);
    expect(claims.aud).toBe('https://lrs.internal');
    expect(Object.keys(claims).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub']);
  });

  it('is told each scope once, whatever several come to', async () => {
    const { bearer } = await scene.gateway.mint('state/read state/write profile activities_profile');
    const scopes = ((await told(await about(scene, bearer))).claims.scope as string).split(' ');
    expect(new Set(scopes).size).toBe(scopes.length);
  });
});

describe('SQL LRS', () => {
  const { scene, told } = jwtScene({ jwt_profile: 'lrsql', scope_prefix: 'lrs:' });

  it('is told scopes with the prefix of its realm', async () => {
    const { bearer } = await scene.gateway.mint('statements/write profile');
    expect((await told(await about(scene, bearer))).claims.scope).toBe(
      'lrs:statements/write lrs:activities_profile lrs:agents_profile',
    );
  });
});

describe('Ralph, which knows a caller by sub alone', () => {
  const { scene, told } = jwtScene({ jwt_profile: 'ralph' });
  const subOf = async (bearer: string) => (await told(await read(scene, bearer))).claims.sub ?? '';

  it('is told clients and persons apart, whatever they are called', async () => {
    const mint = async (client_id: string, sub?: string) =>
      (await scene.gateway.mint('all', { client_id }, sub === undefined ? {} : { sub })).bearer;
    const bearers = await Promise.all([mint('a'), mint('b', 'a'), mint('a/b'), mint('c', 'ann'), mint('d', 'ann')]);
    bearers.push(await mint('e f', 'Zoë/x'));
    const subs: string[] = [];
    for (const bearer of bearers) subs.push(await subOf(bearer));
    expect(new Set(subs).size).toBe(bearers.length);
    expect(subs).toEqual(['a', 'b/a', 'a%2Fb', 'c/ann', 'd/ann', 'e%20f/Zo%C3%AB%2Fx']);
  });
});

describe('what the token service says of itself, by which such an LRS sets itself up', () => {
  const { scene } = jwtScene({});

  it('has both algorithms, and the keys for them', async () => {
    const { body } = await scene.ask('GET /.well-known/openid-configuration');
    const metadata = JSON.parse(body) as Record<string, unknown>;
    expect(metadata.issuer).toBe(ISSUER);
    expect(metadata.jwks_uri).toBe(`${ISSUER}/oauth2/jwks`);
    expect(metadata.id_token_signing_alg_values_supported).toEqual(expect.arrayContaining(['ES256', 'RS256']));
    const { bearer } = await scene.gateway.mint('all');
    const [request] = (await read(scene, bearer)).upstream;
    const token = request?.headers.authorization?.slice('Bearer '.length) ?? '';
    expect(decodeJwt(token).iss).toBe(metadata.issuer);
    const { keys } = JSON.parse((await scene.ask('GET /oauth2/jwks')).body) as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid)).toContain(decodeProtectedHeader(token).kid);
  });
});
