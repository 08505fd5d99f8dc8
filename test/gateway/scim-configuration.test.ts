/** A SCIM server is told which of its configurations a call is for, and by nobody but the gateway. @see seed 001, General tab */
import { withStaticToken } from '../../services/shared/client-credentials.ts';
import type { Client } from '../../services/shared/client.ts';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { generateStaticToken } from '../../services/shared/static-token.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { eventually } from '../support/wait.ts';
import { askPort, type Headers } from './support.ts';

const HEADER = 'x-hallpass-scim-configuration';

let upstream: EchoLrs;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startEchoLrs();
  const resource = (name: string, scope: string): FurtherResource => ({
    name,
    path: `/${name}/v2`,
    upstream: upstream.url,
    methods: { GET: [scope], POST: [scope] },
  });
  const resources = [resource('scim', 'scim'), resource('events', 'events')];
  gateway = await startTestGateway({ lrsUrl: upstream.url, options: { resources } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** What the upstream is told, under any spelling of the header. */
async function toldAt(path: string, headers: Headers): Promise<(string | undefined)[]> {
  const before = upstream.requests.length;
  const { status } = await askPort(gateway.port, `GET ${path}`, headers);
  expect(status).toBe(200);
  const [request] = upstream.requests.slice(before);
  const names = Object.keys(request?.headers ?? {}).filter((name) => name.replaceAll('_', '-') === HEADER);
  return names.map((name) => String(request?.headers[name]));
}

const configured: Partial<Client> = { scim_configuration: 'workday.eu-1_a' };

it('is told for a token and for a client’s id and secret, and for its static token', async () => {
  const { bearer } = await gateway.mint('scim', configured);
  const { client, basic } = await gateway.register('scim', configured);
  const { token, stored } = generateStaticToken(client.client_id);
  await gateway.clients.change(client.client_id, (now) => withStaticToken(now, stored));
  for (const Authorization of [bearer, basic, `Bearer ${token}`])
    expect(await toldAt('/scim/v2/Users', { Authorization })).toEqual(['workday.eu-1_a']);
});

it('is not told for a client without one, whatever the client says itself', async () => {
  const { bearer: Authorization } = await gateway.mint('scim');
  for (const name of [
    'X-Hallpass-Scim-Configuration',
    'x_hallpass_scim_configuration',
    'X-Hallpass-Scim_Configuration',
  ])
    expect(await toldAt('/scim/v2/Users', { Authorization, [name]: 'workday' })).toEqual([]);
});

it('is not another for a client that says so', async () => {
  const { bearer: Authorization } = await gateway.mint('scim', configured);
  for (const name of ['X-Hallpass-Scim-Configuration', 'X_HALLPASS_SCIM_CONFIGURATION'])
    expect(await toldAt('/scim/v2/Users', { Authorization, [name]: 'other' })).toEqual(['workday.eu-1_a']);
});

it('is told at SCIM only', async () => {
  const { bearer: Authorization } = await gateway.mint('scim events all', configured);
  expect(await toldAt('/events/v2/all', { Authorization })).toEqual([]);
  expect(
    await toldAt('/xapi/activities/state?stateId=a', { Authorization, 'X-Experience-API-Version': '1.0.3' }),
  ).toEqual([]);
});

it('is what it is now', async () => {
  const { bearer: Authorization, client } = await gateway.mint('scim', configured);
  await toldAt('/scim/v2/Users', { Authorization });
  await gateway.clients.change(client.client_id, (now) => ({ ...now, scim_configuration: 'bamboo' }));
  await eventually(async () => expect(await toldAt('/scim/v2/Users', { Authorization })).toEqual(['bamboo']));
});
