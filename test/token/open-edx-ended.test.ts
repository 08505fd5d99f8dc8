/** Open edX's account tells nothing any more once a token counts no more, whatever ended it, in either store. */
import request from 'supertest';
import { createConsents } from '../../services/token/consents.ts';
import { refusalOf, type Credentials } from '../support/token-service.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { eventually } from '../support/wait.ts';
import { personScene, type PersonScene, type Tokens } from './person-scene.ts';

interface Ending {
  scene: PersonScene;
  person: string;
  tool: Credentials;
  tokens: Tokens;
}

const ENDINGS: [what: string, end: (of: Ending) => PromiseLike<unknown>][] = [
  ['the password changed', ({ scene, person }) => scene.people.change(person, raised)],
  ['the account was closed', ({ scene, person }) => scene.people.change(person, closed)],
  ['the account was deleted', ({ scene, person }) => scene.people.remove(person)],
  [
    'the person is of another organization',
    ({ scene, person }) => scene.people.change(person, (now) => ({ ...now, org: 'berlin' })),
  ],
  [
    'the person withdrew their consent',
    ({ scene, person, tool }) => createConsents(scene.service.store).withdraw(person, tool.client_id),
  ],
  ['the client was deactivated', ({ scene, tool }) => scene.service.clients.change(tool.client_id, closed)],
  ['its secret was regenerated', ({ scene, tool }) => scene.service.clients.change(tool.client_id, raised)],
  ['the client was deleted', ({ scene, tool }) => scene.service.clients.remove(tool.client_id)],
  ['the token was revoked', (of) => revoke(of, of.tokens.access_token)],
  ['the refresh token was revoked', (of) => revoke(of, of.tokens.refresh_token ?? '')],
];

function raised<T extends { generation: number }>(now: T): T {
  return { ...now, generation: now.generation + 1 };
}

function closed<T extends { active: boolean }>(now: T): T {
  return { ...now, active: false };
}

function revoke({ scene, tool }: Ending, token: string): PromiseLike<unknown> {
  return scene.service.post('/oauth2/revoke_token', tool, { token }).expect(200);
}

describe.each(DRIVERS)('in %s', (_driver, open) => {
  let shared: SharedStore;
  let scene: PersonScene;
  beforeAll(async () => {
    shared = await open();
    scene = await personScene({ store: await shared.connect() });
  });
  afterAll(async () => {
    await scene.close();
    await shared.close();
  });

  const me = (token: string) =>
    request(scene.service.url).get('/api/user/v1/me').set('Authorization', `Bearer ${token}`);

  it.each(ENDINGS)('it refuses once %s', async (_what, end) => {
    const [{ person_id: person, email }, tool] = [await scene.addPerson(), await scene.addTool()];
    const asked = { with: { client_id: tool.client_id, scope: 'read' }, walk: { identifier: email } };
    const redeemed = await scene.redeem(await scene.authorize(asked), {}, tool).expect(200);
    const tokens = redeemed.body as Tokens;
    await me(tokens.access_token).expect(200);
    await end({ scene, person, tool, tokens });
    await eventually(async () =>
      expect(refusalOf(await me(tokens.access_token))).toMatchObject({ status: 401, error: 'invalid_token' }),
    );
  });
});
