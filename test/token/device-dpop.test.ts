/** Tokens of a device that are bound to a key of the device's own. @see RFC 8628 §3.4, RFC 9449 §5 */
import { DEVICE_CODE } from '../../services/shared/client.ts';
import { newProver, type Prover } from '../support/dpop.ts';
import { ISSUER, refusalOf, type Credentials, type Form } from '../support/token-service.ts';
import { deviceScene, type DeviceAnswer, type DeviceScene } from './device-scene.ts';
import type { Tokens } from './person-scene.ts';

const TOKEN = `${ISSUER}/oauth2/token`;

let scene: DeviceScene;
let key: Prover;
beforeAll(async () => {
  scene = await deviceScene();
  key = await newProver();
});
afterAll(() => scene?.close());

const proof = (prover = key, url = TOKEN) => prover.prove('POST', url);

const pollOnce = (device: DeviceAnswer, by: Form, given?: string) => {
  const asking = scene.service.askToken({ grant_type: DEVICE_CODE, device_code: device.device_code, ...by });
  return given === undefined ? asking : asking.set('DPoP', given);
};

/** A client without a secret. */
async function newTool(said: { dpop_bound_access_tokens?: true } = {}): Promise<string> {
  const grant_types = [DEVICE_CODE, 'refresh_token'] as const;
  const { client_id } = await scene.service.addClient({
    grant_types: [...grant_types],
    public: true,
    secrets: [],
    ...said,
  });
  return client_id;
}

/** A device whose person has said yes. */
async function allowed(client_id: string) {
  const asked = await scene.service
    .send('post', '/oauth2/device')
    .type('form')
    .send({ client_id, scope: 'openid state offline_access' });
  const device = asked.body as DeviceAnswer;
  expect(await scene.answer(device)).toBe('allowed');
  return { device, by: { client_id } };
}

describe('a device that polls with a proof', () => {
  it('gets tokens that are bound to its key: the access token says so, the refresh token goes with it only', async () => {
    const { device, by } = await allowed(await newTool());
    const answer = await pollOnce(device, by, await proof());
    expect(answer.body).toMatchObject({ token_type: 'DPoP' });
    const { access_token, refresh_token = '' } = answer.body as Tokens;
    const told = await scene.service.addClient({ scope: 'introspect' });
    expect(await scene.service.introspect(told, access_token)).toMatchObject({ cnf: { jkt: key.jkt } });
    const refresh = (given?: string) => {
      const asking = scene.refresh(refresh_token, {}, by as Credentials);
      return given === undefined ? asking : asking.set('DPoP', given);
    };
    for (const stolen of [undefined, await proof(await newProver())])
      expect(refusalOf(await refresh(stolen))).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect((await refresh(await proof())).body).toMatchObject({ token_type: 'DPoP' });
  });

  it('is told at userinfo with that key only', async () => {
    const { device, by } = await allowed(await newTool());
    const { access_token: token } = (await pollOnce(device, by, await proof())).body as Tokens;
    const ask = (scheme: string) =>
      scene.service.send('get', '/oauth2/userinfo').set('Authorization', `${scheme} ${token}`);
    const good = await key.prove('GET', `${ISSUER}/oauth2/userinfo`, { token });
    expect((await ask('DPoP').set('DPoP', good)).body).toMatchObject({ sub: scene.person.person_id });
    expect((await ask('Bearer')).status).toBe(401);
  });

  it.each<[string, () => Promise<string>]>([
    ['for another URL', () => proof(key, `${ISSUER}/oauth2/device`)],
    ['that is none', () => Promise.resolve('proof')],
  ])('%s has lost nothing: with a good one it gets its tokens', async (_which, bad) => {
    const { device, by } = await allowed(await newTool());
    expect(refusalOf(await pollOnce(device, by, await bad()))).toMatchObject({ error: 'invalid_dpop_proof' });
    expect((await pollOnce(device, by, await proof())).body).toMatchObject({ token_type: 'DPoP' });
  });

  it('makes one for each poll: the one before gets nothing', async () => {
    const tool = await newTool();
    const first = await allowed(tool);
    const used = await proof();
    expect((await pollOnce(first.device, first.by, used)).status).toBe(200);
    const { device, by } = await allowed(tool);
    expect(refusalOf(await pollOnce(device, by, used))).toMatchObject({ error: 'invalid_dpop_proof' });
  });
});

describe('a device whose client is registered for bound tokens only', () => {
  it('gets none without a proof, and the code is good still', async () => {
    const { device, by } = await allowed(await newTool({ dpop_bound_access_tokens: true }));
    expect(refusalOf(await pollOnce(device, by))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      error_description: expect.stringContaining('DPoP') as unknown,
    });
    expect((await pollOnce(device, by, await proof())).body).toMatchObject({ token_type: 'DPoP' });
  });
});
