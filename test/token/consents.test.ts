/** What a person agreed to is remembered for the client they agreed with, and ends with it. */
import type { Store } from '../../services/store/store.ts';
import { createConsents } from '../../services/token/consents.ts';
import { openBrowser } from '../support/people-flow.ts';
import { tempStore } from '../support/token-service.ts';
import { personScene, REDIRECT_URI, type PersonScene } from './person-scene.ts';

let scene: PersonScene;
beforeAll(async () => {
  scene = await personScene();
});
afterAll(() => scene.close());

/** Whether the person was asked on the way. */
async function isAsked(with_: Record<string, string>, identifier: string): Promise<boolean> {
  const consents = () => scene.service.logged.filter((line) => line.includes('"audit":"consent"')).length;
  const before = consents();
  await scene.authorize({ with: { scope: 'state', ...with_ }, walk: { identifier } });
  return consents() > before;
}

it('is withdrawn with every token that came of it, of whatever browser, and of no other client', async () => {
  const { email, person_id } = await scene.addPerson();
  const other = await scene.addTool();
  const ours = [
    await scene.tokens({ walk: { identifier: email } }),
    await scene.tokens({ walk: { identifier: email } }),
  ];
  const code = await scene.authorize({ walk: { identifier: email }, with: { client_id: other.client_id } });
  const theirs = (await scene.redeem(code, {}, other).expect(200)).body as { access_token: string };
  const pending = await scene.authorize({ walk: { identifier: email } });

  await createConsents(scene.service.store).withdraw(person_id, scene.tool.client_id);
  for (const { access_token, refresh_token } of ours) {
    expect(await scene.introspect(access_token)).toEqual({ active: false });
    await scene.refresh(refresh_token ?? '').expect(400);
  }
  await scene.redeem(pending).expect(400);
  expect(await scene.service.introspect(other, theirs.access_token)).toMatchObject({ active: true });
  expect(await isAsked({}, email)).toBe(true);
});

it('is one person’s, and one client’s', async () => {
  const [ann, ben] = [await scene.addPerson(), await scene.addPerson()];
  const [one, another] = [await scene.addTool(), await scene.addTool()];
  expect(await isAsked({ client_id: one.client_id }, ann.email)).toBe(true);
  expect(await isAsked({ client_id: one.client_id }, ann.email)).toBe(false);
  expect(await isAsked({ client_id: another.client_id }, ann.email)).toBe(true);
  expect(await isAsked({ client_id: one.client_id }, ben.email)).toBe(true);
});

it('trap, an id that comes back: was not given to a client that is registered under it later', async () => {
  const { email } = await scene.addPerson();
  const { client_id } = await scene.addTool();
  expect(await isAsked({ client_id }, email)).toBe(true);
  await scene.service.clients.remove(client_id);
  await scene.addTool({ client_id, created_at: 1 });
  expect(await isAsked({ client_id }, email)).toBe(true);
});

it('of a native app is never enough: anybody may answer to its scheme', async () => {
  const { email } = await scene.addPerson();
  const { client_id } = await scene.addTool({
    public: true,
    secrets: [],
    redirect_uris: ['com.example.tool:/callback'],
  });
  const app = { client_id, redirect_uri: 'com.example.tool:/callback' };
  expect([await isAsked(app, email), await isAsked(app, email)]).toEqual([true, true]);
});

it('trap, consent without a session: a stop on the way is nothing to a browser that did not come to it', async () => {
  const { client_id } = scene.tool;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: REDIRECT_URI,
    scope: 'state',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  });
  const victim = openBrowser(scene.service);
  const { at } = await victim.follow(`/oauth2/authorize?${query.toString()}`);
  const attacker = openBrowser(scene.service);
  const path = new URL(at).pathname;
  expect((await attacker.get(path)).status).toBeGreaterThanOrEqual(400);
  for (const step of ['login', 'consent', 'deny'])
    expect((await attacker.post(`${path}/${step}`, { identifier: scene.person.email })).status).toBeGreaterThanOrEqual(
      400,
    );
  const resume = path.replace('/sign-in/', '/oauth2/authorize/');
  expect((await attacker.get(resume)).status).toBe(400);
  expect((await victim.get(resume)).location).toMatch(/^\/sign-in\//);
});

it('trap, a race: what is asked for while it is withdrawn is refused, and nothing is left of it', async () => {
  const opened = await tempStore();
  let meanwhile: (() => Promise<void>) | undefined;
  const store: Store = {
    ...opened.store,
    /** Between the look at what was agreed to and the beginning of what comes of it. */
    link: async (...asked) => {
      if (asked[1] === 'grant') await meanwhile?.();
      await opened.store.link(...asked);
    },
  };
  const raced = await personScene({ store });
  try {
    const browser = openBrowser(raced.service);
    const asked = { browser, with: { scope: 'state' } };
    await raced.tokens(asked);
    meanwhile = async () => {
      meanwhile = undefined;
      await createConsents(opened.store).withdraw(raced.person.person_id, raced.tool.client_id);
    };
    const { url } = await raced.authorize({ browser, with: { scope: 'state', prompt: 'none' } });
    expect(meanwhile).toBeUndefined();
    expect([url.searchParams.get('code'), url.searchParams.get('error')]).toEqual([null, 'access_denied']);
  } finally {
    await raced.close();
    await opened.close();
  }
});
