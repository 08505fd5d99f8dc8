/** OAuth 1.0a as at ADL LRS, three-legged: over HTTP, on both stores. @see RFC 5849 §2 */
import { decodeOAuth1Token } from '../../services/store/oauth1-tokens.ts';
import { keyOf } from '../../services/store/store.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { oauth1Scene, type OAuth1Scene } from './oauth1-scene.ts';

describe.each(DRIVERS)('OAuth 1.0a, in %s', (_name, open) => {
  let shared: SharedStore;
  let scene: OAuth1Scene;
  beforeAll(async () => {
    shared = await open();
    scene = await oauth1Scene({ store: await shared.connect() });
  });
  afterAll(async () => {
    await scene?.service.close();
    await shared?.close();
  });

  const recordOf = async (token: string) => {
    const text = await scene.service.store.read('oauth1-token', keyOf(token));
    return text === undefined ? undefined : decodeOAuth1Token(text);
  };

  it('begins, asks the person, and gives what calls are signed with', async () => {
    const begun = await scene.initiate(scene.signer, { form: [['scope', 'statements/write state']] });
    expect([begun.status, begun.headers['content-type']]).toEqual([200, 'application/x-www-form-urlencoded']);
    expect(Object.keys(begun.form).sort()).toEqual(['oauth_callback_confirmed', 'oauth_token', 'oauth_token_secret']);
    expect(begun.form.oauth_callback_confirmed).toBe('true');
    expect(begun.headers['cache-control']).toBe('no-store');
    const temporary = { token: begun.form.oauth_token ?? '', secret: begun.form.oauth_token_secret ?? '' };

    const back = await scene.authorize(temporary);
    expect(`${back.origin}${back.pathname}`).toBe('https://tool.example.com/oauth');
    expect(Object.fromEntries(back.searchParams)).toEqual({
      course: '7',
      oauth_token: temporary.token,
      oauth_verifier: expect.stringMatching(/^[\w-]{43}$/) as string,
    });

    const redeemed = await scene.redeem(temporary, back.searchParams.get('oauth_verifier') ?? '');
    expect(redeemed.status).toBe(200);
    expect(Object.keys(redeemed.form).sort()).toEqual(['oauth_token', 'oauth_token_secret']);
    const { oauth_token: token = '' } = redeemed.form;
    expect(token).not.toBe(temporary.token);
    expect(await recordOf(token)).toMatchObject({
      client_id: scene.signer.client_id,
      scope: 'statements/write state',
      sub: scene.person.person_id,
      org: 'default',
    });
  });
});
