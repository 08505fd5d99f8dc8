/** Whoever signs in with another provider answers a client of OAuth 1 as well. */
import { readIdentityProviders } from '../../services/token/sign-in/elsewhere/identity-provider.ts';
import { freePort } from '../support/free-port.ts';
import { openBrowser, walk } from '../support/people-flow.ts';
import { oauth1Scene, type OAuth1Scene } from './oauth1-scene.ts';
import { personScene, type PersonScene } from './person-scene.ts';

let school: PersonScene;
let scene: OAuth1Scene;
beforeAll(async () => {
  const [theirs, port] = [await freePort(), await freePort()];
  school = await personScene({ port: theirs, issuer: `http://127.0.0.1:${theirs}` });
  const issuer = `http://127.0.0.1:${port}`;
  const registered = await school.addTool({ redirect_uris: [`${issuer}/sign-in/callback/school`] });
  const provider = { id: 'school', name: 'The School', issuer: school.service.issuer, ...registered };
  const identityProviders = readIdentityProviders([{ ...provider, permissions: [{ scopes: 'state' }] }]);
  scene = await oauth1Scene({ port, issuer, identityProviders });
});
afterAll(async () => {
  await scene?.close();
  await school?.close();
});

it('signs in there, and comes back to what is asked', async () => {
  const { email } = await school.addPerson();
  const signIn = async (location: string) =>
    (await walk(openBrowser(school.service), location, { identifier: email })).href;
  const temporary = await scene.begin({ scope: 'state statements/write' });
  const verifier = await scene.verifierOf(temporary, { walk: { elsewhere: { provider: 'school', signIn } } });
  expect((await scene.redeem(temporary, verifier)).status).toBe(200);
  const lines = scene.service.logged.map((line) => JSON.parse(line) as object);
  expect(lines).toContainEqual(expect.objectContaining({ audit: 'token', route: '/xapi/OAuth/token', scope: 'state' }));
});
