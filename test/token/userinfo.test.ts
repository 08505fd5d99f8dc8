/** @see OpenID Connect Core 1.0 §5.3, §5.4; RFC 6750 */
import request from 'supertest';
import { refusalOf } from '../support/token-service.ts';
import { personScene, type PersonScene } from './person-scene.ts';

let scene: PersonScene;
beforeAll(async () => {
  scene = await personScene();
});
afterAll(() => scene.close());

async function tokenFor(scope: string, said: Parameters<PersonScene['addPerson']>[0] = {}) {
  const person = await scene.addPerson(said);
  const tokens = await scene.tokens({ with: { scope }, walk: { identifier: person.email } });
  return { person, token: tokens.access_token };
}

describe('/oauth2/userinfo', () => {
  it('says who the person is, as far as the scopes go', async () => {
    const { person, token } = await tokenFor('openid profile email', { locale: 'de', email_verified: false });
    expect((await scene.userinfo(token).expect(200)).body).toEqual({
      sub: person.person_id,
      name: person.name,
      preferred_username: person.username,
      locale: 'de',
      email: person.email,
      email_verified: false,
    });
    const bare = await tokenFor('openid');
    expect((await scene.userinfo(bare.token)).body).toEqual({ sub: bare.person.person_id });
    const mail = await tokenFor('openid email');
    expect(Object.keys((await scene.userinfo(mail.token)).body as object).sort()).toEqual([
      'email',
      'email_verified',
      'sub',
    ]);
  });

  it('says what is true now', async () => {
    const { person, token } = await tokenFor('openid profile');
    await scene.people.change(person.person_id, (now) => ({ ...now, name: 'Ann Married' }));
    expect((await scene.userinfo(token)).body).toMatchObject({ name: 'Ann Married' });
  });

  it('takes the token in a form, too, and never in the URL', async () => {
    const { person, token } = await tokenFor('openid');
    const ask = request(scene.service.url).post('/oauth2/userinfo');
    expect((await ask.type('form').send({ access_token: token }).expect(200)).body).toEqual({ sub: person.person_id });
    const posted = request(scene.service.url).post('/oauth2/userinfo').set('Authorization', `Bearer ${token}`);
    expect((await posted.expect(200)).body).toEqual({ sub: person.person_id });
    await request(scene.service.url).get(`/oauth2/userinfo?access_token=${token}`).expect(400);
  });

  it('refuses a token without openid, and one of a client for itself', async () => {
    const { token } = await tokenFor('state');
    const response = await scene.userinfo(token);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer\b.*error="insufficient_scope"/);
    expect(refusalOf(response)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    const machine = await scene.service.issue(await scene.service.addClient());
    expect(refusalOf(await scene.userinfo(machine.access_token))).toMatchObject({
      status: 401,
      error: 'invalid_token',
    });
  });

  it('refuses no token, and one that is none', async () => {
    expect((await request(scene.service.url).get('/oauth2/userinfo')).headers['www-authenticate']).toMatch(/^Bearer\b/);
    for (const token of ['x', 'a.b.c', '__proto__'])
      expect(refusalOf(await scene.userinfo(token))).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it.each<[string, (personId: string) => Promise<unknown>]>([
    ['password changed', (id) => scene.people.change(id, (now) => ({ ...now, generation: now.generation + 1 }))],
    ['account was closed', (id) => scene.people.change(id, (now) => ({ ...now, active: false }))],
    ['account was deleted', (id) => scene.people.remove(id)],
    [
      'client was deactivated',
      () => scene.service.clients.change(scene.tool.client_id, (now) => ({ ...now, active: false })),
    ],
  ])('refuses once the %s', async (_what, change) => {
    const { person, token } = await tokenFor('openid');
    await scene.userinfo(token).expect(200);
    await change(person.person_id);
    expect(refusalOf(await scene.userinfo(token))).toMatchObject({ status: 401, error: 'invalid_token' });
  });
});
