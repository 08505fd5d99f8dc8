/** The audit of the token service: who, which client, what, from where; never a token or a secret. */
import type { Test } from 'supertest';
import { rotateKeys } from '../../services/store/rotate-keys.ts';
import { eventually } from '../support/wait.ts';
import type { Credentials } from '../support/token-service.ts';
import { personScene, type PersonScene, type Tokens } from './person-scene.ts';

const ADDRESS = '198.51.100.9';

let scene: PersonScene;
let reader: Credentials;
beforeAll(async () => {
  scene = await personScene();
  reader = await scene.service.addClient({ scope: 'introspect state' });
});
afterAll(() => scene.close());

type Line = Record<string, unknown>;
const lines = () => scene.service.logged.map((line) => JSON.parse(line) as Line);

/** What was written down of one request that came from {@link ADDRESS}. */
async function audited(test: Test): Promise<Line[]> {
  const before = scene.service.logged.length;
  await test.set('X-Hallpass-Address', ADDRESS);
  return lines()
    .slice(before)
    .filter((line) => 'audit' in line);
}

const issue = (form: Record<string, string> = {}) =>
  scene.service.askToken({ grant_type: 'client_credentials', ...reader, ...form });

describe('an audit line', () => {
  it('of a grant has who it was, what was granted, and from where', async () => {
    const [line] = await audited(issue({ scope: 'state' }));
    expect(line).toMatchObject({ granted: true, client: reader.client_id, scope: 'state', address: ADDRESS });
  });

  it.each<[string, () => Test, string]>([
    ['a wrong secret', () => issue({ client_secret: 'wrong' }), 'invalid_client'],
    ['a scope it has not', () => issue({ scope: 'nonsense' }), 'invalid_scope'],
    [
      'a wrong code',
      () => scene.redeem({ url: new URL('https://a.test'), code: 'x', verifier: 'x'.repeat(43) }),
      'invalid_grant',
    ],
    [
      'introspection',
      () => scene.service.post('/oauth2/introspect', { ...reader, client_secret: 'x' }, { token: 'x' }),
      'invalid_client',
    ],
    [
      'revocation',
      () => scene.service.post('/oauth2/revoke', { ...reader, client_secret: 'x' }, { token: 'x' }),
      'invalid_client',
    ],
    ['userinfo', () => scene.userinfo('no-such-token'), 'invalid_token'],
  ])('of a refusal, for %s, has why, and from where', async (_what, ask, reason) => {
    const [line, ...more] = await audited(ask());
    expect(more).toEqual([]);
    expect(line).toMatchObject({ granted: false, reason, address: ADDRESS });
  });

  it('of a revocation has whose token it was, and from where', async () => {
    const { access_token: token } = await scene.service.issue(reader);
    const [line] = await audited(scene.service.post('/oauth2/revoke', reader, { token }));
    expect(line).toMatchObject({ audit: 'revocation', client: reader.client_id, address: ADDRESS });
    const { refresh_token = '' } = await scene.tokens();
    const ended = await audited(scene.service.post('/oauth2/revoke', scene.tool, { token: refresh_token }));
    expect(ended.length).toBeGreaterThan(0);
    for (const each of ended) expect(each).toMatchObject({ audit: 'revocation', address: ADDRESS });
    expect(ended).toContainEqual(
      expect.objectContaining({ client: scene.tool.client_id, person: scene.person.person_id }),
    );
  });

  it('of a refresh token that somebody else had used says so', async () => {
    const { refresh_token: first = '' } = await scene.tokens();
    const second = (await scene.refresh(first).expect(200)).body as Tokens;
    const [repeated] = await audited(scene.refresh(first));
    expect(repeated).toMatchObject({ granted: true, repeated: true, address: ADDRESS });
    await scene.refresh(second.refresh_token ?? '').expect(200);
    const said = await audited(scene.refresh(first));
    expect(said).toMatchObject([
      {
        granted: false,
        client: scene.tool.client_id,
        person: scene.person.person_id,
        replayed: true,
        address: ADDRESS,
      },
    ]);
  });

  it('of a code that is used twice says that what came of it was ended', async () => {
    const code = await scene.authorize();
    await scene.redeem(code).expect(200);
    const said = await audited(scene.redeem(code));
    expect(said).toContainEqual(
      expect.objectContaining({ audit: 'revocation', client: scene.tool.client_id, address: ADDRESS }),
    );
    expect(said).toContainEqual(expect.objectContaining({ audit: 'token', granted: false, reason: 'invalid_grant' }));
  });

  it('of the keys has which sign, whenever those are others, by name', async () => {
    const ofKeys = () => lines().filter(({ audit }) => audit === 'keys');
    const [first] = ofKeys();
    expect(first).toMatchObject({ signing: [expect.any(String), expect.any(String)] });
    const fresh = await rotateKeys(scene.service.store, scene.service.seal, {
      afterSeconds: 0,
      longestLifeSeconds: 60,
    });
    const signing = fresh.filter(({ purpose }) => purpose !== 'cookies').map(({ kid }) => kid);
    await eventually(async () => {
      await scene.service.send('get', '/oauth2/jwks');
      expect(ofKeys().at(-1)).toMatchObject({ signing, published: expect.arrayContaining(signing) as string[] });
    });
  });

  it('has no token, code or secret in it, whatever came before', async () => {
    const code = await scene.authorize();
    const tokens = (await scene.redeem(code).expect(200)).body as Tokens;
    await scene.refresh(tokens.refresh_token ?? '').expect(200);
    await scene.redeem(code);
    await scene.userinfo(tokens.access_token);
    const logged = scene.service.logged.join('');
    const secrets = [
      code.code,
      code.verifier,
      tokens.access_token,
      tokens.refresh_token ?? '',
      reader.client_secret,
      scene.tool.client_secret,
    ];
    for (const secret of secrets) expect([secret.length > 20, logged.includes(secret)]).toEqual([true, false]);
  });
});
