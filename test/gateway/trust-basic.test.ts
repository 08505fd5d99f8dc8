/**
 * An LRS that knows the gateway by HTTP Basic: by one credential, or by one for each client, so that it records an
 * authority of its own for each. In front of the sample LRS, which does.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '../../services/shared/client.ts';
import { LRS_PASSWORD_CONTEXT } from '../../services/shared/organization.ts';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { createOrganizationRegister } from '../../services/store/organizations.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { newSeal } from '../support/token-service.ts';
import { askPort, gatewayScene, JSON_TYPE, LRS_AUTHORIZATION, VERSION_1 } from './support.ts';

const sealed = (username: string, password: string, seal = TEST_SEAL): Pick<Client, 'lrs_credential'> => ({
  lrs_credential: { username, password: seal.seal(password, LRS_PASSWORD_CONTEXT) },
});
const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

describe('the credential that the LRS sees', () => {
  const scene = gatewayScene();
  const seenOf = async (bearer: string) => {
    const answer = await scene.ask('GET /xapi/statements', { ...VERSION_1, Authorization: bearer });
    return { ...answer, seen: answer.upstream.map(({ headers }) => headers.authorization) };
  };

  it("is the organization's, for a client that has none of its own", async () => {
    const { bearer } = await scene.gateway.mint('all');
    expect((await seenOf(bearer)).seen).toEqual([LRS_AUTHORIZATION]);
  });

  it("is the client's own, where it has one", async () => {
    const { bearer } = await scene.gateway.mint('all', sealed('key-1', 'pässword:with colon'));
    expect((await seenOf(bearer)).seen).toEqual([basic('key-1', 'pässword:with colon')]);
  });

  it('is the new one as soon as the client is given another', async () => {
    const { bearer, client } = await scene.gateway.mint('all', sealed('key-1', 'old'));
    expect((await seenOf(bearer)).seen).toEqual([basic('key-1', 'old')]);
    await scene.gateway.clients.change(client.client_id, (old) => ({ ...old, ...sealed('key-2', 'new') }));
    expect((await seenOf(bearer)).seen).toEqual([basic('key-2', 'new')]);
  });

  it.each([
    ['sealed with another key', sealed('key-1', 'secret-password', newSeal())],
    ['sealed for something else', { lrs_credential: { username: 'key-1', password: TEST_SEAL.seal('x', 'other') } }],
    ['in the clear', { lrs_credential: { username: 'key-1', password: 'secret-password' } }],
  ])('is none at all where its password is %s: the LRS is not asked under another name', async (_what, client) => {
    const { bearer } = await scene.gateway.mint('all', client);
    const { status, body, upstream } = await seenOf(bearer);
    expect([status, upstream]).toEqual([500, []]);
    expect((JSON.parse(body) as { error: string }).error).toBe('server_error');
    expect(body).not.toMatch(/ENCRYPTION_KEY|secret-password/);
    expect(scene.gateway.logged()).toContain('HALLPASS_ENCRYPTION_KEY');
  });

  it('is that of another organization, sealed in the store, at its LRS', async () => {
    const { url } = scene.lrs;
    await createOrganizationRegister(scene.gateway.store).add({
      org: 'acme',
      name: 'Acme',
      isolate_state: false,
      created_at: 0,
      updated_at: 0,
      lrs: {
        url,
        auth: 'basic',
        username: 'acme-key',
        password: TEST_SEAL.seal('acme-secret', LRS_PASSWORD_CONTEXT),
        authority: 'shared',
        jwt_profile: 'generic',
      },
    });
    const { bearer } = await scene.gateway.mint('all', { org: 'acme' });
    expect((await seenOf(bearer)).seen).toEqual([basic('acme-key', 'acme-secret')]);
  });

  it('is never in the log', async () => {
    await seenOf((await scene.gateway.mint('all', sealed('key-9', 'password-of-key-9'))).bearer);
    expect(scene.gateway.logged()).not.toMatch(/password-of-key-9|acme-secret|gateway-password/);
  });
});

describe('an LRS that records an authority for each credential', () => {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  const credentials = ['gateway-user', 'key-1', 'key-2'].map((username) => ({
    username,
    password: `${username}-pass`,
  }));
  beforeAll(async () => {
    lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials, authority: 'credential' });
    gateway = await startTestGateway({
      lrsUrl: lrs.url,
      password: 'gateway-user-pass',
      lrsRegistration: {
        authority: 'per-credential',
        authority_template: { account: { homePage: 'http://sample-lrs.example', name: '{lrs_username}' } },
      },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  const ask = (methodAndTarget: string, bearer: string, body?: string) =>
    askPort(gateway.port, methodAndTarget, { ...VERSION_1, ...JSON_TYPE, Authorization: bearer }, body);
  const statement = (id: string) =>
    JSON.stringify({
      id,
      actor: { mbox: 'mailto:ann@example.org' },
      verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
      object: { id: 'https://example.org/course' },
    });

  it('records another for each client that has a credential, and shows each its own', async () => {
    const clients = await Promise.all(
      ['key-1', 'key-2'].map((key) => gateway.mint('statements/write statements/read', sealed(key, `${key}-pass`))),
    );
    const recorded: unknown[] = [];
    for (const { bearer } of clients) {
      const id = randomUUID();
      expect((await ask(`PUT /xapi/statements?statementId=${id}`, bearer, statement(id))).status).toBe(204);
      const { body } = await ask(`GET /xapi/statements?statementId=${id}`, bearer);
      recorded.push((JSON.parse(body) as { authority: unknown }).authority);
    }
    expect(recorded).toEqual(
      ['key-1', 'key-2'].map((name) => ({
        objectType: 'Agent',
        account: { homePage: 'http://sample-lrs.example', name },
      })),
    );
  });

  it('cannot tell a client without one from the others that have none: statements/read/mine is refused', async () => {
    const without = await gateway.mint('statements/read/mine');
    expect((await ask('GET /xapi/statements', without.bearer)).status).toBe(403);
    const forAnn = await gateway.mint('statements/read/mine', sealed('key-1', 'key-1-pass'), { sub: 'ann' });
    expect((await ask('GET /xapi/statements', forAnn.bearer)).status).toBe(403);
  });
});
