/** That what is set reaches the services: each setting seen from outside, in the processes that an operator starts. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { printedBy, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder('cli-services');
});
afterAll(() => folder.remove());

const newStore = () => `sqlite:${join(folder.path, `${randomBytes(6).toString('hex')}.db`)}`;

interface Registration {
  client_id: string;
  client_secret: string;
}

const register = (env: Record<string, string>, scope: string, ...more: string[]) =>
  printedBy<Registration>(['client', 'create', '--name', 'A', '--scope', scope, ...more], { env });

async function askToken(url: string, { client_id, client_secret }: Registration, asked: Record<string, string> = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, ...asked });
  const response = await fetch(`${url}/oauth2/token`, { method: 'POST', body });
  return (await response.json()) as { access_token: string; scope: string };
}

const read = (url: string, token: string) =>
  fetch(url, { headers: { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' } });

describe('hallpass all, in front of an LRS that reads assertions', () => {
  let lrs: EchoLrs;
  let scim: EchoLrs;
  let service: RunningService;
  let env: Record<string, string>;
  beforeAll(async () => {
    lrs = await startEchoLrs();
    scim = await startEchoLrs({ basePath: '/v2' });
    env = {
      HALLPASS_STORE: newStore(),
      HALLPASS_ISSUER: 'https://gate.example.org',
      HALLPASS_LRS_URL: lrs.url,
      HALLPASS_LRS_AUTH: 'jwt',
      HALLPASS_LRS_AUTHORITY: 'per-credential',
      HALLPASS_LRS_JWT_PROFILE: 'lrsql',
      HALLPASS_LRS_AUDIENCE: 'the-lrs',
      HALLPASS_LRS_SCOPE_PREFIX: 'lrs:',
      HALLPASS_LRS_VERSION: '2.0.0',
      HALLPASS_ISOLATE_STATE: 'on',
      HALLPASS_SCOPE_PREFIX: 'realm:',
      HALLPASS_RESOURCES: JSON.stringify([
        {
          name: 'scim',
          path: '/scim/v2',
          upstream: `http://127.0.0.1:${scim.port}/v2`,
          methods: { GET: ['scim'] },
          username: 'gateway',
          password: 'at-scim',
        },
      ]),
    };
    service = await startHallpass('all', env);
  });
  afterAll(async () => {
    await service.stop();
    await lrs.close();
    await scim.close();
  });

  it('takes scopes with the prefix of the realm', async () => {
    const client = await register(env, 'statements/read state');
    const { scope } = await askToken(service.url, client, { scope: 'realm:statements/read' });
    expect(scope).toBe('statements/read');
  });

  it('says to the LRS what its settings say, in its version', async () => {
    const client = await register(env, 'statements/read');
    const { access_token } = await askToken(service.url, client);
    expect((await read(`${service.url}/xapi/statements`, access_token)).status).toBe(200);
    const { authorization = '', 'x-experience-api-version': version } = lrs.requests.at(-1)?.headers ?? {};
    expect(version).toBe('2.0.0');
    const claims = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ aud: 'the-lrs', scope: 'lrs:statements/read', iss: 'https://gate.example.org' });
  });

  it('keeps state of clients apart', async () => {
    const state = `${service.url}/xapi/activities/state?activityId=https://example.org/a&agent=%7B%22mbox%22:%22mailto:a@example.org%22%7D&stateId=s`;
    const seen = [];
    for (const client of [await register(env, 'state'), await register(env, 'state')]) {
      await read(state, (await askToken(service.url, client)).access_token);
      seen.push(new URL(lrs.requests.at(-1)?.url ?? '', lrs.url).searchParams.get('stateId'));
    }
    expect(new Set([...seen, 's']).size).toBe(3);
  });

  it('has the further resource, with its own credential', async () => {
    const client = await register(env, 'scim');
    const { access_token } = await askToken(service.url, client, { resource: 'https://gate.example.org/scim/v2' });
    expect((await read(`${service.url}/scim/v2/Users`, access_token)).status).toBe(200);
    const { url, headers } = scim.requests.at(-1) ?? {};
    expect(url).toBe('/v2/Users');
    expect(headers?.authorization).toBe(`Basic ${Buffer.from('gateway:at-scim').toString('base64')}`);
  });
});

describe('hallpass sample-lrs, token and gateway, as compose.yaml starts them', () => {
  it('let two clients read their own statements, and no other, with nothing said of authority', async () => {
    const credential = { HALLPASS_LRS_USERNAME: 'hallpass', HALLPASS_LRS_PASSWORD: 'at-the-sample' };
    const env = { HALLPASS_STORE: newStore(), HALLPASS_ISSUER: 'https://gate.example.org' };
    const sample = await startHallpass('sample-lrs', credential);
    const token = await startHallpass('token', env);
    const gateway = await startHallpass('gateway', {
      ...env,
      ...credential,
      HALLPASS_SAMPLE_LRS_URL: `${sample.url}/xapi`,
      HALLPASS_TOKEN_URL: token.url,
    });

    const statements = `${gateway.url}/xapi/statements`;
    const ownOf = async (client: Registration) => {
      const { access_token } = await askToken(gateway.url, client);
      const headers = {
        Authorization: `Bearer ${access_token}`,
        'X-Experience-API-Version': '1.0.3',
        'Content-Type': 'application/json',
      };
      const statement = {
        actor: { mbox: 'mailto:learner@example.org' },
        verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
        object: { id: `https://example.org/${client.client_id}` },
      };
      await fetch(statements, { method: 'POST', headers, body: JSON.stringify(statement) });
      return async () => {
        const answer = (await (await fetch(statements, { headers })).json()) as {
          statements: { object: { id: string } }[];
        };
        return answer.statements.map(({ object }) => object.id);
      };
    };
    const clients = [];
    for (let n = 0; n < 2; n++) clients.push(await register(env, 'statements/write statements/read/mine'));
    const readers = await Promise.all(clients.map(ownOf));
    expect(await Promise.all(readers.map((readOwn) => readOwn()))).toEqual(
      clients.map(({ client_id }) => [`https://example.org/${client_id}`]),
    );

    expect(gateway.process.stderr).not.toContain('statements/read/mine is refused');
    for (const service of [gateway, token, sample]) expect((await service.stop()).code).toBe(0);
  });
});
