/** What a person lets a device do: as with codes, and no more. @see RFC 8628 §3.3 */
import { DEVICE_CODE } from '../../services/shared/client.ts';
import { createPersonRegister } from '../../services/store/people.ts';
import { keyOf } from '../../services/store/store.ts';
import { createConsents } from '../../services/token/consents.ts';
import { readDevice, writeDevice } from '../../services/token/device-codes.ts';
import { hiddenFields, openBrowser, walk } from '../support/people-flow.ts';
import { refusalOf } from '../support/token-service.ts';
import { confirm, deviceScene, enter, PAGE, type DeviceScene } from './device-scene.ts';

let scene: DeviceScene;
beforeAll(async () => {
  scene = await deviceScene({ cacheSeconds: 0 });
});
afterAll(() => scene.close());

describe('a person', () => {
  it('who says that it is not theirs is asked nothing, and the device is told so', async () => {
    const device = await scene.begin();
    const browser = openBrowser(scene.service);
    const seen = await confirm(browser, device.user_code, 'deny');
    expect((await browser.follow(seen.location ?? '')).text).toContain('Nothing was allowed');
    expect(await scene.refusal(device)).toBe('access_denied');
    expect(await scene.refusal(device)).toBe('invalid_grant');
  });

  it('who does not agree says no to the device', async () => {
    const { email } = await scene.addPerson();
    const device = await scene.begin();
    expect(await scene.answer(device, { walk: { identifier: email, saysNo: true } })).toBe('denied');
    expect(await scene.refusal(device)).toBe('access_denied');
  });

  it('grants what was asked for, the client may have, they have, and they left', async () => {
    const { email } = await scene.addPerson({ scope: 'state statements/read profile' });
    const tool = await scene.service.addClient({
      grant_types: [DEVICE_CODE],
      scope: 'state statements/read statements/write',
    });
    const device = await scene.begin({ scope: 'state statements/read statements/write profile' }, tool);
    await scene.answer(device, { walk: { identifier: email, without: ['statements/read'] } });
    expect((await scene.tokensOf(device, tool)).scope).toBe('state');
  });

  it('takes the lasting access away, and there is no refresh token', async () => {
    const { email } = await scene.addPerson();
    const device = await scene.begin();
    await scene.answer(device, { walk: { identifier: email, without: ['offline_access'] } });
    expect(await scene.tokensOf(device)).not.toHaveProperty('refresh_token');
  });

  it('who has nothing of it, or belongs to another organization, can give nothing: the device is told why', async () => {
    for (const said of [{ scope: 'profile' }, { org: 'berlin' }]) {
      const { email } = await scene.addPerson(said);
      const device = await scene.begin({ scope: 'state' });
      expect(await scene.answer(device, { walk: { identifier: email } })).toBe('denied');
      const { error, error_description } = refusalOf(await scene.poll(device));
      expect(error).toBe('access_denied');
      expect(error_description).toContain('this account');
      const { person_id } = (await scene.people.findByEmail(email)) ?? {};
      expect(scene.service.logged.findLast((line) => line.includes(`"person":"${person_id}"`))).toMatch(
        /"granted":false,"route":"\/sign-in\/device".*"reason":"access_denied"/,
      );
    }
  });

  it('is asked once: agreed to before, a second device is only confirmed', async () => {
    const { email } = await scene.addPerson();
    const browser = openBrowser(scene.service);
    const walked = { browser, walk: { identifier: email } };
    const consents = () => scene.service.logged.filter((line) => line.includes('"audit":"consent"')).length;
    await scene.answer(await scene.begin(), walked);
    const before = consents();
    const device = await scene.begin();
    expect(await scene.answer(device, walked)).toBe('allowed');
    expect(consents()).toBe(before);
    await scene.poll(device).expect(200);
  });

  it('who is signed in already reads as whom before the device is let in; nobody else does', async () => {
    const { email } = await scene.addPerson({ name: 'Ada <Lovelace>' });
    const [browser, { user_code }] = [openBrowser(scene.service), await scene.begin()];
    expect((await enter(browser, user_code)).text).not.toContain('value="another"');
    await scene.answer(await scene.begin(), { browser, walk: { identifier: email } });
    const { text } = await enter(browser, user_code);
    expect(text).toMatch(/You are signed in as <strong[^>]*><bdi>Ada &lt;Lovelace&gt;</);
    expect(text).toContain(email);
    expect((await enter(openBrowser(scene.service), user_code)).text).not.toContain(email);
  });

  it('can be another than who is signed in, also where that one need not be asked any more', async () => {
    const [one, other] = [await scene.addPerson(), await scene.addPerson()];
    const browser = openBrowser(scene.service);
    await scene.answer(await scene.begin(), { browser, walk: { identifier: one.email } });
    const device = await scene.begin();
    const shown = await enter(browser, device.user_code);
    const gone = await browser.post(PAGE, { ...hiddenFields(shown.text), answer: 'another' });
    const asked = await browser.follow(gone.location ?? '');
    expect(asked.text).toContain('type="password"');
    expect((await walk(browser, asked.at, { identifier: other.email })).searchParams.get('outcome')).toBe('allowed');
    const { access_token } = await scene.tokensOf(device);
    expect((await scene.userinfo(access_token)).body).toMatchObject({ sub: other.person_id });
    const next = await enter(browser, (await scene.begin()).user_code);
    expect([next.text.includes(other.email), next.text.includes(one.email)]).toEqual([true, false]);
  });

  it('trap, another account in another window: a page that showed the one lets nothing in for the other', async () => {
    const [one, other] = [await scene.addPerson(), await scene.addPerson()];
    const browser = openBrowser(scene.service);
    await scene.answer(await scene.begin(), { browser, walk: { identifier: one.email } });
    const device = await scene.begin();
    const shown = hiddenFields((await enter(browser, device.user_code)).text);
    const away = await browser.post(PAGE, {
      ...hiddenFields((await enter(browser, (await scene.begin()).user_code)).text),
      answer: 'another',
    });
    await walk(browser, away.location ?? '', { identifier: other.email });
    for (const answer of ['mine', 'another', 'deny'])
      expect((await browser.post(PAGE, { ...shown, answer })).status).toBe(403);
    expect(await scene.refusal(device)).toBe('authorization_pending');
  });

  it.each(['__proto__', 'constructor', 'MINE', 'yes', ''])('has said no with the answer %j', async (answer) => {
    const device = await scene.begin();
    const browser = openBrowser(scene.service);
    const shown = hiddenFields((await enter(browser, device.user_code)).text);
    expect((await browser.post(PAGE, { ...shown, answer })).location).toContain('outcome=denied');
    expect(await scene.refusal(device)).toBe('access_denied');
  });

  it('who withdraws it ends what the device has', async () => {
    const { email, person_id } = await scene.addPerson();
    const device = await scene.begin();
    await scene.answer(device, { walk: { identifier: email } });
    const { access_token } = await scene.tokensOf(device);
    await createConsents(scene.service.store).withdraw(person_id, scene.tool.client_id);
    expect(await scene.introspect(access_token)).toEqual({ active: false });
  });

  it('whose password changed, or who withdrew it, before the device asked again has let it in no more', async () => {
    const people = createPersonRegister(scene.service.store);
    for (const end of [
      (id: string) => people.change(id, (now) => ({ ...now, generation: now.generation + 1 })),
      (id: string) => createConsents(scene.service.store).withdraw(id, scene.tool.client_id),
    ]) {
      const { email, person_id } = await scene.addPerson();
      const device = await scene.begin();
      await scene.answer(device, { walk: { identifier: email } });
      await end(person_id);
      expect(await scene.refusal(device)).toBe('invalid_grant');
    }
  });

  it('who takes too long is told so, and has let nothing in', async () => {
    const device = await scene.begin();
    const browser = openBrowser(scene.service);
    const { location = '' } = await confirm(browser, device.user_code, 'mine');
    const { store } = scene.service;
    const name = (await store.readOnce('device-code', keyOf(`DeviceCode ${device.device_code}`)))?.value ?? '';
    const record = await readDevice(store, name);
    await writeDevice(store, name, { ...record, exp: Math.floor(Date.now() / 1000) - 1 });
    const end = await walk(browser, location, { identifier: scene.person.email });
    expect(end.searchParams.get('outcome')).toBe('expired');
    expect(await scene.refusal(device)).toBe('expired_token');
  });

  it('answers in one browser: another one is told that the code is used', async () => {
    const device = await scene.begin();
    const [one, two] = [openBrowser(scene.service), openBrowser(scene.service)];
    await confirm(one, device.user_code, 'mine');
    const seen = await confirm(two, device.user_code, 'mine');
    expect([seen.status, seen.text]).toEqual([422, expect.stringContaining('used already')]);
    expect(await scene.answer(device, { browser: one })).toBe('allowed');
    expect((await enter(two, device.user_code)).text).toContain('used already');
  });
});

describe('a client', () => {
  it('that is not registered for it may not ask', async () => {
    const tool = await scene.service.addClient({ grant_types: ['client_credentials'] });
    const response = await scene.service.post('/oauth2/device', tool, { scope: 'state' });
    expect(refusalOf(response)).toMatchObject({ status: 400, error: 'unauthorized_client' });
  });

  it('that is not who it says may not ask', async () => {
    const thief = { ...scene.tool, client_secret: 'guessed' };
    expect(refusalOf(await scene.service.post('/oauth2/device', thief, {}))).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
  });

  it('that may have nothing of it is told so at once', async () => {
    const tool = await scene.service.addClient({ grant_types: [DEVICE_CODE], scope: 'state' });
    const response = await scene.service.post('/oauth2/device', tool, { scope: 'statements/write' });
    expect(refusalOf(response)).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  it('that is switched off, or whose secret is regenerated, gets nothing for what was agreed to before', async () => {
    const tool = await scene.service.addClient({ grant_types: [DEVICE_CODE] });
    const device = await scene.begin({ scope: 'state' }, tool);
    await scene.answer(device);
    await scene.service.clients.change(tool.client_id, (now) => ({ ...now, generation: now.generation + 1 }));
    expect(refusalOf(await scene.poll(device, scene.service, tool)).error).toBe('invalid_grant');
  });
});
