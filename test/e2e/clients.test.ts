/** Clients that others wrote, as they are, against the whole product. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import xapi from '@xapi/xapi';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { printedBy, startHallpass, type RunningService } from '../support/hallpass.ts';
import { runProcess } from '../support/run-process.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const ACTOR = { objectType: 'Agent' as const, mbox: 'mailto:lea@example.org' };
const ACTIVITY = 'https://example.org/activities/clients';

function statement() {
  return {
    id: randomUUID(),
    actor: ACTOR,
    verb: { id: 'http://adlnet.gov/expapi/verbs/completed', display: { en: 'completed' } },
    object: { objectType: 'Activity' as const, id: `${ACTIVITY}/${randomBytes(4).toString('hex')}` },
  };
}

interface Registration {
  client_id: string;
  client_secret: string;
}

let folder: TempFolder;
let service: RunningService;
let registration: Registration;
let token: string;
beforeAll(async () => {
  folder = await tempFolder('clients');
  service = await startHallpass('all', {}, { cwd: folder.path });
  const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'data/hallpass.db')}` };
  const scope = 'statements/write statements/read state';
  registration = await printedBy(['client', 'create', '--name', 'Of others', '--scope', scope], { env });
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...credentials() });
  const answer = await fetch(`${service.url}/oauth2/token`, { method: 'POST', body: form });
  token = ((await answer.json()) as { access_token: string }).access_token;
});
afterAll(async () => {
  await service.stop();
  await folder.remove();
});

const credentials = () => ({ client_id: registration.client_id, client_secret: registration.client_secret });

describe('curl', () => {
  async function curl(...args: string[]): Promise<string> {
    const running = runProcess('curl', ['-sS', '--fail-with-body', ...args]);
    const { code } = await running.exited;
    expect([code, running.stderr]).toEqual([0, '']);
    return running.stdout;
  }
  const VERSION = ['-H', 'X-Experience-API-Version: 1.0.3'];
  const JSON_TYPE = ['-H', 'Content-Type: application/json'];

  it('gets a token by -u, and by a form', async () => {
    const { client_id, client_secret } = registration;
    const grant = ['-d', 'grant_type=client_credentials', `${service.url}/oauth2/token`];
    const byBasic = await curl('-u', `${client_id}:${client_secret}`, ...grant);
    const byForm = await curl(
      '-d',
      `client_id=${client_id}`,
      '--data-urlencode',
      `client_secret=${client_secret}`,
      ...grant,
    );
    for (const text of [byBasic, byForm])
      expect(JSON.parse(text)).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
  });

  it.each(['--http1.1', '--http1.0', '--http2'])('stores a statement and reads it, with %s', async (version) => {
    const bearer = ['--oauth2-bearer', token, version, ...VERSION];
    const sent = statement();
    const ids = await curl(...bearer, ...JSON_TYPE, '-d', JSON.stringify(sent), `${service.url}/xapi/statements`);
    expect(JSON.parse(ids)).toEqual([sent.id]);
    const read = await curl(
      ...bearer,
      '--compressed',
      '-G',
      '-d',
      `statementId=${sent.id}`,
      `${service.url}/xapi/statements`,
    );
    expect(JSON.parse(read)).toMatchObject({ id: sent.id, actor: { mbox: ACTOR.mbox } });
  });

  it('sends a body of a megabyte, for which it waits to be told to go on', async () => {
    const sent = { ...statement(), context: { extensions: { 'https://example.org/x': 'x'.repeat(1_100_000) } } };
    const running = runProcess(
      'curl',
      [
        '-sS',
        '--fail-with-body',
        '--oauth2-bearer',
        token,
        ...VERSION,
        ...JSON_TYPE,
        '--data-binary',
        '@-',
        `${service.url}/xapi/statements`,
      ],
      { input: JSON.stringify(sent) },
    );
    expect(await running.exited).toEqual({ code: 0, signal: null });
    expect(JSON.parse(running.stdout)).toEqual([sent.id]);
  });

  it('keeps state by PUT from a file, and reads its head', async () => {
    const url = `${service.url}/xapi/activities/state?activityId=${encodeURIComponent(ACTIVITY)}&stateId=s&agent=${encodeURIComponent(JSON.stringify(ACTOR))}`;
    const bearer = ['--oauth2-bearer', token, ...VERSION];
    const put = runProcess('curl', ['-sS', '--fail-with-body', ...bearer, '-T', '-', url], { input: 'a state' });
    expect(await put.exited).toEqual({ code: 0, signal: null });
    expect(await curl(...bearer, url)).toBe('a state');
    expect(await curl(...bearer, '-I', url)).toMatch(/^content-length: 7\r$/im);
  });

  it('uses alternate request syntax', async () => {
    const form = [
      '-d',
      'X-Experience-API-Version=1.0.3',
      '--data-urlencode',
      `Authorization=Bearer ${token}`,
      '-d',
      'limit=1',
    ];
    const page = await curl(...form, `${service.url}/xapi/statements?method=GET`);
    expect(JSON.parse(page)).toMatchObject({ statements: [expect.anything()] });
  });
});

/** What of tincanjs is used here: it has no types of its own. */
interface TinCan {
  LRS: new (options: { endpoint: string; auth: string; allowFail: boolean }) => TinCanLrs;
  Statement: new (statement: object) => { id: string };
  Agent: new (agent: object) => object;
  Activity: new (activity: object) => object;
}

type Callback<T> = (error: unknown, result: T) => void;

interface TinCanLrs {
  saveStatement(statement: object, options: { callback: Callback<unknown> }): void;
  saveStatements(statements: object[], options: { callback: Callback<unknown> }): void;
  retrieveStatement(id: string, options: { callback: Callback<{ id: string }> }): void;
  queryStatements(options: { params: object; callback: Callback<TinCanPage> }): void;
  moreStatements(options: { url: string; callback: Callback<TinCanPage> }): void;
  saveState(key: string, value: string, options: object): void;
  retrieveState(key: string, options: object): void;
  dropState(key: string, options: object): void;
}

interface TinCanPage {
  statements: { id: string }[];
  more: string;
}

describe('tincanjs', () => {
  const tincan = createRequire(import.meta.url)('tincanjs') as TinCan;
  let lrs: TinCanLrs;
  beforeAll(() => {
    lrs = new tincan.LRS({ endpoint: `${service.url}/xapi/`, auth: `Bearer ${token}`, allowFail: false });
  });

  function called<T>(call: (callback: Callback<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      call((error, result) => {
        if (error) reject(new Error(`tincanjs failed: ${JSON.stringify(error)}`));
        else resolve(result);
      });
    });
  }

  it('stores statements, reads one, and pages through the rest', async () => {
    const sent = Array.from(
      { length: 3 },
      () => new tincan.Statement({ ...statement(), object: { id: `${ACTIVITY}/tincanjs` } }),
    );
    const [first = { id: '' }, ...others] = sent;
    await called((callback) => lrs.saveStatement(first, { callback }));
    await called((callback) => lrs.saveStatements(others, { callback }));
    expect((await called<{ id: string }>((callback) => lrs.retrieveStatement(first.id, { callback }))).id).toBe(
      first.id,
    );

    const params = { limit: 2, activity: new tincan.Activity({ id: `${ACTIVITY}/tincanjs` }) };
    let page = await called<TinCanPage>((callback) => lrs.queryStatements({ params, callback }));
    const seen = page.statements.map(({ id }) => id);
    for (let { more } = page; more; { more } = page) {
      page = await called<TinCanPage>((callback) => lrs.moreStatements({ url: more, callback }));
      seen.push(...page.statements.map(({ id }) => id));
    }
    expect(seen.sort()).toEqual(sent.map(({ id }) => id).sort());
  });

  it('keeps, reads and drops state', async () => {
    const about = { agent: new tincan.Agent(ACTOR), activity: new tincan.Activity({ id: ACTIVITY }) };
    await called((callback) => lrs.saveState('bookmark', 'page 7', { ...about, contentType: 'text/plain', callback }));
    const state = await called<{ contents: string; etag: string }>((callback) =>
      lrs.retrieveState('bookmark', { ...about, callback }),
    );
    expect(state.contents).toBe('page 7');
    await called((callback) => lrs.dropState('bookmark', { ...about, callback }));
    expect(await called((callback) => lrs.retrieveState('bookmark', { ...about, callback }))).toBeNull();
  });
});

describe('@xapi/xapi', () => {
  const XAPI = xapi.default;
  let client: InstanceType<typeof XAPI>;
  beforeAll(() => {
    client = new XAPI({ endpoint: `${service.url}/xapi/`, auth: `Bearer ${token}`, adapter: 'fetch' });
  });

  it('sends statements, reads one, and follows more to the end', async () => {
    const sent = Array.from({ length: 5 }, () => ({
      ...statement(),
      object: { objectType: 'Activity' as const, id: `${ACTIVITY}/xapi` },
    }));
    const [first, ...others] = sent;
    if (!first) throw new Error('nothing to send');
    expect((await client.sendStatement({ statement: first })).data).toEqual([first.id]);
    expect((await client.sendStatements({ statements: others })).data).toEqual(others.map(({ id }) => id));
    expect((await client.getStatement({ statementId: first.id })).data).toMatchObject({ id: first.id });

    let { data: page } = await client.getStatements({ activity: `${ACTIVITY}/xapi`, limit: 2 });
    const seen = page.statements.map(({ id }) => id);
    while (page.more) {
      page = (await client.getMoreStatements({ more: page.more })).data as typeof page;
      seen.push(...page.statements.map(({ id }) => id));
    }
    expect(seen.sort()).toEqual(sent.map(({ id }) => id).sort());
  });

  it('voids a statement, and reads it as voided', async () => {
    const sent = statement();
    await client.sendStatement({ statement: sent });
    await client.voidStatement({ actor: ACTOR, statementId: sent.id });
    await expect(client.getStatement({ statementId: sent.id })).rejects.toBeDefined();
    expect((await client.getVoidedStatement({ voidedStatementId: sent.id })).data).toMatchObject({ id: sent.id });
  });

  it('keeps, reads, lists and deletes state', async () => {
    const about = { agent: ACTOR, activityId: `${ACTIVITY}/xapi` };
    await client.setState({ ...about, stateId: 'progress', state: { page: 7 } });
    expect((await client.getState({ ...about, stateId: 'progress' })).data).toEqual({ page: 7 });
    expect((await client.getStates(about)).data).toEqual(['progress']);
    await client.deleteState({ ...about, stateId: 'progress' });
    expect((await client.getStates(about)).data).toEqual([]);
  });

  it('reads about, and an agent only where it may', async () => {
    expect((await client.getAbout()).data.version).toContain('1.0.3');
    await expect(client.getAgent({ agent: ACTOR })).rejects.toBeDefined();
  });
});

describe('openid-client', () => {
  it.each<[string, () => openid.ClientAuth]>([
    ['client_secret_basic', () => openid.ClientSecretBasic(registration.client_secret)],
    ['client_secret_post', () => openid.ClientSecretPost(registration.client_secret)],
  ])('discovers, gets a token, introspects and revokes it, by %s', async (_method, authentication) => {
    const configuration = await openid.discovery(
      new URL(service.url),
      registration.client_id,
      undefined,
      authentication(),
      {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      },
    );
    const granted = await openid.clientCredentialsGrant(configuration, { scope: 'statements/read' });
    expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'statements/read' });
    expect(await openid.tokenIntrospection(configuration, granted.access_token)).toMatchObject({
      active: true,
      client_id: registration.client_id,
      scope: 'statements/read',
    });
    const url = new URL('/xapi/statements?limit=1', service.url);
    const headers = new Headers({ 'X-Experience-API-Version': '1.0.3' });
    const ask = () =>
      openid.fetchProtectedResource(configuration, granted.access_token, url, 'GET', undefined, headers);
    expect((await ask()).status).toBe(200);
    await openid.tokenRevocation(configuration, granted.access_token);
    expect(await openid.tokenIntrospection(configuration, granted.access_token)).toEqual({ active: false });
    await expect(ask()).rejects.toMatchObject({ code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 });
  });
});

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true };

  it('finds every answer as the RFCs have it', async () => {
    const issuer = new URL(service.url);
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, discovered);
    const client: oauth.Client = { client_id: registration.client_id };
    const authentication = oauth.ClientSecretPost(registration.client_secret);

    const asked = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      { scope: 'state' },
      insecure,
    );
    const granted = await oauth.processClientCredentialsResponse(server, client, asked);
    expect(granted).toMatchObject({ token_type: 'bearer', scope: 'state' });

    const inspected = await oauth.introspectionRequest(server, client, authentication, granted.access_token, insecure);
    expect(await oauth.processIntrospectionResponse(server, client, inspected)).toMatchObject({ active: true });
    const revoked = await oauth.revocationRequest(server, client, authentication, granted.access_token, insecure);
    await oauth.processRevocationResponse(revoked);
    const again = await oauth.introspectionRequest(server, client, authentication, granted.access_token, insecure);
    expect(await oauth.processIntrospectionResponse(server, client, again)).toEqual({ active: false });
  });

  it('finds every refusal as the RFCs have it', async () => {
    const issuer = new URL(service.url);
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const client: oauth.Client = { client_id: registration.client_id };
    const wrong = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic('wrong'),
      {},
      insecure,
    );
    await expect(oauth.processClientCredentialsResponse(server, client, wrong)).rejects.toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      status: 401,
    });

    const url = new URL('/xapi/agents?agent={}', service.url);
    const headers = new Headers({ 'X-Experience-API-Version': '1.0.3' });
    await expect(oauth.protectedResourceRequest(token, 'GET', url, headers, undefined, insecure)).rejects.toMatchObject(
      {
        code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
        status: 403,
        cause: [{ scheme: 'bearer', parameters: { error: 'insufficient_scope', scope: 'all all/read' } }],
      },
    );
  });
});
