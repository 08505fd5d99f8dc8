/** @see RFC 8628 */
import { decodeAccessToken } from '../../services/shared/access-token.ts';
import { DEVICE_CODE } from '../../services/shared/client.ts';
import { keyOf } from '../../services/store/store.ts';
import { readDevice, writeDevice } from '../../services/token/device-codes.ts';
import { hiddenFields, openBrowser } from '../support/people-flow.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { newSeal, refusalOf, runTokenService, type TokenService } from '../support/token-service.ts';
import { deviceScene, enter, PAGE, type DeviceAnswer, type DeviceScene } from './device-scene.ts';

/** `RACE_ROUNDS=200` for as many as one has time for. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 3);
const AT_ONCE = 20;

interface Refused {
  error: string;
}

describe.each(DRIVERS)('over %s, at two token services', (_name, open) => {
  let shared: SharedStore;
  let scene: DeviceScene;
  let other: TokenService;
  beforeAll(async () => {
    shared = await open();
    const seal = newSeal();
    scene = await deviceScene({ store: await shared.connect(), seal, cacheSeconds: 0 });
    other = await runTokenService({ store: await shared.connect(), seal, cacheSeconds: 0 });
  });
  afterAll(async () => {
    await other?.close();
    await scene?.close();
    await shared?.close();
  });

  /** What it is called in the store: no code of its own. */
  const nameOf = async ({ device_code }: DeviceAnswer) =>
    (await scene.service.store.readOnce('device-code', keyOf(`DeviceCode ${device_code}`)))?.value ?? '';
  const scopesOf = (scope: string) => scope.split(' ').sort();

  describe('a device', () => {
    it('is given a code to poll with, and one to show, with where to enter it', async () => {
      const device = await scene.begin();
      expect(device).toEqual({
        device_code: expect.stringMatching(/^[\w-]{43}$/) as string,
        user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/) as string,
        verification_uri: 'https://lrs.example.org/sign-in/device',
        verification_uri_complete: `https://lrs.example.org/sign-in/device?user_code=${device.user_code}`,
        expires_in: 600,
        interval: 5,
      });
    });

    it('gets tokens of the person who said that it is theirs, from either service, which work and are refreshed', async () => {
      const device = await scene.begin();
      expect(await scene.refusal(device)).toBe('authorization_pending');
      expect(await scene.answer(device)).toBe('allowed');
      const tokens = (await scene.poll(device, other).expect(200)).body as Awaited<ReturnType<DeviceScene['tokensOf']>>;
      expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
      expect(scopesOf(tokens.scope)).toEqual(['offline_access', 'openid', 'state', 'statements/write']);
      const text = await scene.service.store.read('access-token', keyOf(tokens.access_token));
      expect(decodeAccessToken(text ?? '')).toMatchObject({
        client_id: scene.tool.client_id,
        sub: scene.person.person_id,
        generation: 0,
        person_generation: 0,
        grant: expect.any(String) as string,
      });
      expect(await scene.introspect(tokens.access_token)).toMatchObject({ active: true, sub: scene.person.person_id });
      await scene.userinfo(tokens.access_token).expect(200);
      await scene.refresh(tokens.refresh_token ?? '', {}, scene.tool).expect(200);
    });

    it('of a client without a secret is given them as well', async () => {
      const tool = await scene.service.addClient({ grant_types: [DEVICE_CODE], public: true, secrets: [] });
      const { client_id } = tool;
      const asked = await scene.service.send('post', '/oauth2/device').type('form').send({ client_id, scope: 'state' });
      expect(asked.status).toBe(200);
      const device = asked.body as DeviceAnswer;
      await scene.answer(device);
      const form = { grant_type: DEVICE_CODE, device_code: device.device_code, client_id };
      expect((await scene.service.askToken(form).expect(200)).body).toMatchObject({ scope: 'state' });
    });

    it('of which a token is asked for one resource gets it for that', async () => {
      const resource = 'https://lrs.example.org/xapi';
      const device = await scene.begin({ scope: 'state', resource });
      await scene.answer(device);
      const { access_token } = await scene.tokensOf(device);
      expect(await scene.introspect(access_token)).toMatchObject({ active: true, aud: resource });
    });

    it('is restricted to what it asked to be restricted to', async () => {
      const authorization_details = JSON.stringify([{ type: 'xapi', activity: 'https://example.org/course/*' }]);
      const device = await scene.begin({ scope: 'statements/write', authorization_details });
      await scene.answer(device);
      const { access_token } = await scene.tokensOf(device);
      expect(await scene.introspect(access_token)).toMatchObject({
        authorization_details: JSON.parse(authorization_details) as unknown,
      });
    });
  });

  describe('whoever polls', () => {
    it('too soon has to slow down, by five seconds more each time, and only for that device', async () => {
      const [device, another] = [await scene.begin(), await scene.begin()];
      expect(await scene.refusal(device)).toBe('authorization_pending');
      for (const seconds of [10, 15, 20]) {
        const { error, error_description } = refusalOf(await scene.poll(device, other));
        expect(error).toBe('slow_down');
        expect(error_description).toContain(`${seconds} seconds`);
      }
      expect(await scene.refusal(another)).toBe('authorization_pending');
    });

    it('in time is only told to wait; what was too soon before still counts', async () => {
      const device = await scene.begin();
      const gate = keyOf(`Device poll ${await nameOf(device)}`);
      const timeHasPassed = () => scene.service.store.remove('device-poll', gate);
      await scene.refusal(device);
      await scene.refusal(device);
      await timeHasPassed();
      expect(await scene.refusal(device)).toBe('authorization_pending');
      expect((await scene.poll(device)).text).toContain('15 seconds');
    });

    it(`trap, a counter that is read before it is written: of ${AT_ONCE} at once one is in time, and each other counts`, async () => {
      const device = await scene.begin();
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, turn) => scene.refusal(device, turn % 2 ? other : scene.service)),
      );
      expect(answers.filter((error) => error === 'authorization_pending')).toHaveLength(1);
      expect(answers.filter((error) => error === 'slow_down')).toHaveLength(AT_ONCE - 1);
      expect((await scene.poll(device)).text).toContain('60 seconds');
    });

    it('too soon after the person answered is answered', async () => {
      const device = await scene.begin();
      expect(await scene.refusal(device)).toBe('authorization_pending');
      await scene.answer(device);
      await scene.poll(device).expect(200);
    });

    it('too late is told that it has expired', async () => {
      const device = await scene.begin();
      const name = await nameOf(device);
      const record = await readDevice(scene.service.store, name);
      await writeDevice(scene.service.store, name, { ...record, exp: Math.floor(Date.now() / 1000) - 1 });
      expect(await scene.refusal(device)).toBe('expired_token');
      const seen = await enter(openBrowser(scene.service), device.user_code);
      expect([seen.status, seen.text]).toEqual([422, expect.stringContaining('has expired')]);
    });

    it('with a code of another client, or of nobody, is refused', async () => {
      const device = await scene.begin();
      await scene.answer(device);
      const thief = await scene.service.addClient({ grant_types: [DEVICE_CODE] });
      expect(refusalOf(await scene.poll(device, scene.service, thief)).error).toBe('invalid_grant');
      expect(await scene.refusal({ ...device, device_code: 'x'.repeat(43) })).toBe('invalid_grant');
      await scene.poll(device).expect(200);
    });
  });

  describe('a device code', () => {
    it(`is redeemed once by ${AT_ONCE} at once, in every round`, async () => {
      const browser = openBrowser(scene.service);
      for (let round = 0; round < ROUNDS; round++) {
        const device = await scene.begin();
        await scene.answer(device, { browser });
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, turn) => scene.poll(device, turn % 2 ? other : scene.service)),
        );
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        const refused = answers.filter(({ status }) => status !== 200).map(({ body }) => (body as Refused).error);
        expect(new Set(refused)).toEqual(new Set(['invalid_grant']));
      }
    });

    it('is answered by one of ten browsers at once', async () => {
      const device = await scene.begin();
      const browsers = Array.from({ length: 10 }, (_, turn) => openBrowser(turn % 2 ? other : scene.service));
      const forms = await Promise.all(browsers.map(async (browser) => (await enter(browser, device.user_code)).text));
      const seen = await Promise.all(
        browsers.map((browser, turn) => browser.post(PAGE, { ...hiddenFields(forms[turn] ?? ''), answer: 'mine' })),
      );
      expect(seen.map(({ status }) => status).sort()).toEqual([303, ...Array.from({ length: 9 }, () => 422)]);
    });

    it('that is replayed ends everything that came of it', async () => {
      const device = await scene.begin();
      await scene.answer(device);
      const { access_token, refresh_token = '' } = await scene.tokensOf(device);
      expect(await scene.refusal(device, other)).toBe('invalid_grant');
      expect(await scene.introspect(access_token)).toEqual({ active: false });
      expect(refusalOf(await scene.refresh(refresh_token, {}, scene.tool)).error).toBe('invalid_grant');
    });

    it('trap, a dump of the store: what a device is called there redeems nothing', async () => {
      const device = await scene.begin();
      const device_code = await nameOf(device);
      expect(device_code).not.toBe('');
      await scene.answer(device);
      expect(await scene.refusal({ ...device, device_code })).toBe('invalid_grant');
      await scene.poll(device).expect(200);
    });
  });

  it('what happened is audited, without a code', async () => {
    const device = await scene.begin();
    await scene.refusal(device);
    await scene.answer(device);
    await scene.tokensOf(device);
    const logged = scene.service.logged.join('');
    expect(logged).toContain('"audit":"device","granted":true');
    expect(logged).toContain(`"grant_type":"${DEVICE_CODE}"`);
    expect(logged).not.toContain('authorization_pending');
    for (const code of [device.device_code, device.user_code, device.user_code.replace('-', '')])
      expect(logged).not.toContain(code);
  });
});
