/** What comes of one answer by OAuth 1.0a: given once, and ended with all that ends it. On both stores. @see RFC 5849 §2.3 */
import { hiddenFields, openBrowser } from '../support/people-flow.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { runTokenService, type TokenService } from '../support/token-service.ts';
import { oauth1Scene, type OAuth1Scene } from './oauth1-scene.ts';

describe.each(DRIVERS)('credentials of OAuth 1.0a, in %s', (_name, open) => {
  let shared: SharedStore;
  let scene: OAuth1Scene;
  /** Another process on the same store. */
  let other: TokenService;
  beforeAll(async () => {
    shared = await open();
    scene = await oauth1Scene({ store: await shared.connect() });
    const { seal } = scene.service;
    other = await runTokenService({ store: await shared.connect(), seal, oauth1: true });
  });
  afterAll(async () => {
    await other?.close();
    await scene?.close();
    await shared?.close();
  });

  it('is listed and withdrawn at /sign-in/granted', async () => {
    const { email } = await scene.addPerson();
    const by = await scene.addSigner({ client_name: 'A player of 2016' });
    const browser = openBrowser(scene.service);
    const { form } = await scene.granted({ by }, { browser, walk: { identifier: email } });
    const page = await browser.get('/sign-in/granted');
    expect(page.text).toContain('A player of 2016');
    const { form_token = '' } = hiddenFields(page.text);
    await browser.post('/sign-in/granted/withdraw', { form_token, client_id: by.client_id });
    expect(await scene.recordOf(form.oauth_token ?? '')).toBeUndefined();
  });

  it('what was withdrawn before it was redeemed is not given', async () => {
    const { email } = await scene.addPerson();
    const browser = openBrowser(scene.service);
    const temporary = await scene.begin();
    const verifier = await scene.verifierOf(temporary, { browser, walk: { identifier: email } });
    const { form_token = '' } = hiddenFields((await browser.get('/sign-in/granted')).text);
    await browser.post('/sign-in/granted/withdraw', { form_token, client_id: scene.signer.client_id });
    expect((await scene.redeem(temporary, verifier)).form.oauth_problem).toBe('permission_denied');
  });

  it.each<[string, (person: string, client: string) => Promise<unknown>]>([
    ['the person is switched off', (person) => scene.people.change(person, (now) => ({ ...now, active: false }))],
    ['the person has another password', (person) => scene.people.change(person, (now) => ({ ...now, generation: 1 }))],
    [
      'the client is switched off',
      (_, client) => scene.service.clients.change(client, (now) => ({ ...now, active: false })),
    ],
    [
      'the client has another secret',
      (_, client) => scene.service.clients.change(client, (now) => ({ ...now, generation: 1 })),
    ],
    ['the client is deleted', (_, client) => scene.service.clients.remove(client)],
  ])('is not given once %s', async (_case, change) => {
    const [by, { email, person_id }] = [await scene.addSigner(), await scene.addPerson()];
    const temporary = await scene.begin({ by });
    const verifier = await scene.verifierOf(temporary, { walk: { identifier: email } });
    await change(person_id, by.client_id);
    const refused = await scene.redeem(temporary, verifier, by);
    expect([refused.status, refused.form.oauth_token]).toEqual([401, undefined]);
  });

  it('of twenty at once, at two processes, one is given', async () => {
    const temporary = await scene.begin();
    const verifier = await scene.verifierOf(temporary);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        scene.redeem(temporary, verifier, scene.signer, { at: (n % 2 ? scene.service : other).url }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  it('a second use ends what came of the first', async () => {
    const { temporary, verifier, form } = await scene.granted();
    expect(await scene.recordOf(form.oauth_token ?? '')).toBeDefined();
    const replayed = await scene.redeem(temporary, verifier);
    expect([replayed.status, replayed.form.oauth_problem]).toEqual([401, 'token_used']);
    expect(await scene.recordOf(form.oauth_token ?? '')).toBeUndefined();
  });
});
