/** Guessing a client's secret: at every endpoint where clients authenticate, through the public door. */
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { MOST_WRONG } from '../../services/store/wrong-secrets.ts';

let lrs: EchoLrs;
let gateway: RunningGateway;
beforeAll(async () => {
  lrs = await startEchoLrs();
  gateway = await startTestGateway({ lrsUrl: lrs.url, options: { trustedProxies: ['127.0.0.1/32'] } });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
});

/** Where a client authenticates by its secret, and how it asks. */
const AUTHENTICATING: Record<string, string> = {
  token_endpoint: 'grant_type=client_credentials',
  introspection_endpoint: 'token=abc',
  revocation_endpoint: 'token=abc',
  pushed_authorization_request_endpoint: 'response_type=code',
  device_authorization_endpoint: 'scope=state',
};
/** Where nobody shows a client's secret. */
const OTHERS = ['authorization_endpoint', 'userinfo_endpoint', 'registration_endpoint', 'end_session_endpoint'];

let network = 0;
/** One that nothing was counted for. */
const newAddress = () => `198.51.100.${(network += 1)}`;

interface Asked {
  path: string;
  secret: string;
  address: string;
}

type Ask = (id: string, asked: Asked) => Promise<Response>;
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

const byBasic =
  (form: string): Ask =>
  (id, { path, secret, address }) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: {
        Authorization: basic(id, secret),
        'X-Forwarded-For': address,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: form,
    });

const inForm =
  (form: string): Ask =>
  (id, { path, secret, address }) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'X-Forwarded-For': address, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `${form}&client_id=${id}&client_secret=${secret}`,
    });

const atLrs: Ask = (id, { path, secret, address }) =>
  fetch(`${gateway.url}${path}`, { headers: { Authorization: basic(id, secret), 'X-Forwarded-For': address } });

async function endpoints(): Promise<Record<string, string>> {
  const response = await fetch(`${gateway.url}/.well-known/openid-configuration`);
  const metadata = (await response.json()) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(metadata)
      .filter(([name]) => name.endsWith('_endpoint'))
      .map(([name, url]) => [name, new URL(url).pathname]),
  );
}

/** Each way to ask, where there is one. */
async function doors(): Promise<[name: string, path: string, ask: Ask][]> {
  const there = await endpoints();
  const authenticating = Object.entries(there).flatMap(([name, path]): [string, string, Ask][] => {
    const form = AUTHENTICATING[name];
    if (form === undefined) return [];
    return [
      [`${name}, by Basic`, path, byBasic(form)],
      [`${name}, in the form`, path, inForm(form)],
    ];
  });
  return [...authenticating, ['the LRS', '/xapi/about', atLrs]];
}

describe('guessing the secret of a client', () => {
  it('is known to be possible or not at each endpoint that is published', async () => {
    const known = [...Object.keys(AUTHENTICATING), ...OTHERS];
    expect(Object.keys(await endpoints()).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('ends after twenty guesses from one network, at each door: 429, and when to come again', async () => {
    for (const [name, path, ask] of await doors()) {
      const { client, secret } = await gateway.register('all introspect');
      const address = newAddress();
      const answers: number[] = [];
      for (let n = 0; n < MOST_WRONG; n++)
        answers.push((await ask(client.client_id, { path, secret: `wrong-${n}`, address })).status);
      expect([name, [...new Set(answers)]]).toEqual([name, [401]]);
      const last = await ask(client.client_id, { path, secret: 'wrong-again', address });
      const { error, error_description } = (await last.json()) as Record<string, string>;
      expect([name, last.status]).toEqual([name, 429]);
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(3000);
      expect(error).toBe(name === 'the LRS' ? 'too_many_requests' : 'temporarily_unavailable');
      expect(error_description).toContain('use one that is registered for it');
      const right = await ask(client.client_id, { path, secret, address });
      expect([name, [401, 429].includes(right.status)]).toEqual([name, false]);
      const elsewhere = await ask(client.client_id, { path, secret: 'wrong-again', address: newAddress() });
      expect([name, elsewhere.status]).toEqual([name, 401]);
    }
  });

  it('counts together at all of them', async () => {
    const { client } = await gateway.register('all introspect');
    const address = newAddress();
    const all = await doors();
    for (let n = 0; n < MOST_WRONG; n++) {
      const [, path, ask] = all[n % all.length] ?? ['', '', atLrs];
      expect((await ask(client.client_id, { path, secret: `wrong-${n}`, address })).status).toBe(401);
    }
    for (const [name, path, ask] of all) {
      const answer = await ask(client.client_id, { path, secret: 'wrong-again', address });
      expect([name, answer.status]).toEqual([name, 429]);
    }
  });

  it('is nobody’s in particular where the address may be anybody’s: nothing is counted', async () => {
    const { client, secret } = await gateway.register('all');
    for (let n = 0; n < MOST_WRONG + 5; n++) {
      const answer = await atLrs(client.client_id, { path: '/xapi/about', secret: `wrong-${n}`, address: '10.0.0.1' });
      expect(answer.status).toBe(401);
    }
    expect((await atLrs(client.client_id, { path: '/xapi/about', secret, address: '10.0.0.1' })).status).toBe(200);
  });

  it('is a line of the audit, with the client and the address, and without what was guessed', async () => {
    const { client } = await gateway.register('all');
    const address = newAddress();
    const form = byBasic(AUTHENTICATING.token_endpoint ?? '');
    for (let n = 0; n <= MOST_WRONG; n++) {
      await form(client.client_id, { path: '/oauth2/token', secret: `wrong-guess-${n}`, address });
      await atLrs(client.client_id, { path: '/xapi/statements', secret: `wrong-guess-${n}`, address });
    }
    const refused = gateway
      .logged()
      .split('\n')
      .filter((line) => line.includes(client.client_id))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(refused).toHaveLength(2 * (MOST_WRONG + 1));
    for (const line of refused) expect(line).toMatchObject({ granted: false, client: client.client_id, address });
    const last = (audit: string) => refused.findLast((line) => line.audit === audit);
    expect(last('token')).toMatchObject({ reason: 'temporarily_unavailable', detail: 'too many wrong secrets' });
    expect(last('xapi')).toMatchObject({ reason: 'too_many_requests', status: 429 });
    expect(gateway.logged()).not.toContain('wrong-guess');
  });
});
