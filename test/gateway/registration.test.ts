/** Clients that register themselves through the public door, and what they get with that. @see RFC 7591, RFC 7592 */
import { createRegistrationTokens, type Allowance } from '../../services/store/registration-tokens.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { ISSUER } from '../support/token-service.ts';

let lrs: EchoLrs;
let gateway: RunningGateway;
beforeAll(async () => {
  lrs = await startEchoLrs();
  gateway = await startTestGateway({ lrsUrl: lrs.url });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
});

interface Registered {
  client_id: string;
  client_secret: string;
  registration_access_token: string;
  registration_client_uri: string;
}

async function registered(said: Partial<Allowance> = {}): Promise<Registered> {
  const { token } = await createRegistrationTokens(gateway.store).create({
    ...{ org: 'default', scope: 'statements/write state', grant_types: ['client_credentials'], uses: 1 },
    exp: Math.floor(Date.now() / 1000) + 600,
    ...said,
  });
  const response = await fetch(`${gateway.url}/oauth2/register`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: `A tool ${token.slice(0, 8)}` }),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as Registered;
}

async function tokenOf({ client_id, client_secret }: Registered): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id, client_secret };
  const response = await fetch(`${gateway.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function statusOf(token: string, path: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' };
  return (await fetch(`${gateway.url}/xapi/${path}`, { headers })).status;
}

const STATE = 'activities/state?activityId=a&agent=b&stateId=c';

const manage = ({ registration_client_uri: uri, registration_access_token: token }: Registered, init: RequestInit) =>
  fetch(uri.replace(ISSUER, gateway.url), {
    ...init,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  });

it('a client does at the LRS what the token that it registered with allowed, and no more', async () => {
  const token = await tokenOf(await registered());
  expect(await statusOf(token, STATE)).toBe(200);
  expect(await statusOf(token, 'statements')).toBe(403);
  expect(await statusOf(token, 'activities/profile?activityId=a&profileId=b')).toBe(403);
});

it('it reads its registration at the address that it was told', async () => {
  const answer = await registered();
  const response = await manage(answer, { method: 'GET' });
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(await response.json()).toMatchObject({ client_id: answer.client_id, scope: 'statements/write state' });
});

it('what it gives up is gone at once, from the tokens that it has, too', async () => {
  const answer = await registered();
  const token = await tokenOf(answer);
  expect(await statusOf(token, STATE)).toBe(200);
  const { client_id } = answer;
  const body = JSON.stringify({ client_id, grant_types: ['client_credentials'], scope: 'statements/write' });
  expect((await manage(answer, { method: 'PUT', body })).status).toBe(200);
  expect(await statusOf(token, STATE)).toBe(403);
});

it('once it has deleted itself, nothing of it works any more', async () => {
  const answer = await registered();
  const token = await tokenOf(answer);
  expect(await statusOf(token, STATE)).toBe(200);
  expect((await manage(answer, { method: 'DELETE' })).status).toBe(204);
  expect(await statusOf(token, STATE)).toBe(401);
  expect((await manage(answer, { method: 'GET' })).status).toBe(401);
});

it.each(['/oauth2/register/', '/oauth2/register/a/b', '/oauth2/register/..%2ftoken', '/oauth2/register/%00'])(
  'there is nothing at %s',
  async (path) => {
    for (const method of ['GET', 'DELETE']) expect((await fetch(`${gateway.url}${path}`, { method })).status).toBe(404);
  },
);
