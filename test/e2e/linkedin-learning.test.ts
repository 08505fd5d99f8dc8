/**
 * LinkedIn Learning, as its documentation has the exchange: "OAuth Server URL", "Tenant Server URL", id and secret.
 *
 * @see learn.microsoft.com/en-us/linkedin/learning/integrations/xapi, …/reporting/reporting-docs/xapi-admin
 */
import { randomUUID } from 'node:crypto';
import { storeImported } from '../../services/shared/secret.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { startLearningLocker } from '../support/learning-locker.ts';
import { runProcess } from '../support/run-process.ts';
import { eventually } from '../support/wait.ts';
import { sampleLrs, type Lrs } from './lrs-behind.ts';

/** The documentation's own. */
const [CLIENT_ID, CLIENT_SECRET] = ['dunder_mifflin', 'abc123def45'];
const BODY = `grant_type=client_credentials&client_id=${CLIENT_ID}&client_secret=${CLIENT_SECRET}&scope=xapi:write`;

interface Granted {
  access_token: string;
  expires_in: number;
  token_type: string;
  scope: string;
}

async function curl(...args: string[]): Promise<{ head: string; body: string }> {
  const running = runProcess('curl', ['-sS', '--include', ...args]);
  expect([(await running.exited).code, running.stderr]).toEqual([0, '']);
  const [head = '', body = ''] = running.stdout.split('\r\n\r\n');
  return { head, body };
}

async function newToken(oauthServerUrl: string): Promise<string> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const response = await fetch(oauthServerUrl, { method: 'POST', headers, body: BODY });
  expect(response.status).toBe(200);
  return ((await response.json()) as Granted).access_token;
}

/** As LMSs that take them in have it in their tests: what a learner does, in capitals, of a course that is a URN. */
const progressed = (progress: number) => ({
  id: randomUUID(),
  actor: { mbox: 'mailto:learner@example.com', objectType: 'Agent' },
  verb:
    progress < 100
      ? { id: 'http://adlnet.gov/expapi/verbs/progressed', display: { 'en-US': 'PROGRESSED' } }
      : { id: 'http://adlnet.gov/expapi/verbs/completed', display: { 'en-US': 'COMPLETED' } },
  object: {
    objectType: 'Activity',
    id: 'urn:lyndaCourse:252',
    definition: { type: 'http://adlnet.gov/expapi/activities/course' },
  },
  result: {
    completion: progress === 100,
    duration: 'PT4M30S',
    extensions: { 'https://w3id.org/xapi/cmi5/result/extensions/progress': progress },
  },
  timestamp: '2026-08-18T04:44:23.764Z',
});

const send = (tenantServerUrl: string, token: string, sent: object) =>
  fetch(tenantServerUrl, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'X-Experience-API-Version': '1.0.0',
    },
    body: JSON.stringify(sent),
  });

describe.each([
  { name: 'the sample LRS', startLrs: sampleLrs },
  { name: 'Learning Locker', startLrs: () => startLearningLocker() },
])('in front of $name', ({ startLrs }) => {
  let lrs: Lrs;
  let gateway: RunningGateway;
  let reader: string;
  beforeAll(async () => {
    lrs = await startLrs();
    gateway = await startTestGateway({ lrsUrl: lrs.url, username: lrs.username, password: lrs.password });
    const secrets = [await storeImported(CLIENT_SECRET, 0)];
    await gateway.register('statements/write', { client_id: CLIENT_ID, secrets });
    reader = (await gateway.register('statements/read')).basic;
  }, 240_000);
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  describe.each([
    ['/oauth2/token', '/xapi/statements'],
    ['/api/organizations/default/oauth2/token', '/api/organizations/default/lrs/statements'],
  ])('with the OAuth Server URL %s and the Tenant Server URL %s', (oauth, tenant) => {
    it('gets a token by the curl line of the documentation', async () => {
      const { head, body } = await curl(
        ...['-X', 'POST', `${gateway.url}${oauth}`],
        ...['-H', 'Content-Type: application/x-www-form-urlencoded', '-d', BODY],
      );
      expect(head).toMatch(/^HTTP\/1\.1 200 /);
      /* `application/json;charset=UTF-8`: neither the space nor the case of a charset means anything (RFC 9110 §8.3). */
      expect(/^content-type: *(.*)$/im.exec(head)?.[1]?.replace(/\s/g, '').toLowerCase()).toBe(
        'application/json;charset=utf-8',
      );
      const granted = JSON.parse(body) as Granted;
      expect(granted).toEqual({
        access_token: expect.stringMatching(/^[\w-]+$/) as string,
        expires_in: 3600,
        token_type: expect.stringMatching(/^bearer$/i) as string,
        scope: 'statements/write',
      });
      expect(typeof granted.expires_in).toBe('number');
    });

    it.each([39, 100])(
      'sends a statement as xAPI 1.0.0, and the LRS has it as it was sent: %i %%',
      async (progress) => {
        const token = await newToken(`${gateway.url}${oauth}`);
        const sent = progressed(progress);
        const answer = await send(`${gateway.url}${tenant}`, token, sent);
        expect([answer.status, await answer.json()]).toEqual([200, [sent.id]]);
        expect(answer.headers.get('X-Experience-API-Version')).toMatch(/^1\.0\.\d$/);
        const read = await fetch(`${gateway.url}/xapi/statements?statementId=${sent.id}`, {
          headers: { Authorization: reader, 'X-Experience-API-Version': '1.0.3' },
        });
        expect(await read.json()).toMatchObject(sent);
      },
    );

    it('is told 401 when its token has expired, gets another, and loses nothing', async () => {
      const form = new URLSearchParams(`${BODY}&expire_seconds=1`);
      const response = await fetch(`${gateway.url}${oauth}`, { method: 'POST', body: form });
      const { access_token: first } = (await response.json()) as Granted;
      const sent = progressed(50);
      const refused = await eventuallyRefused(`${gateway.url}${tenant}`, first, sent);
      expect(refused.headers.get('WWW-Authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
      expect(await refused.json()).toMatchObject({ error: 'invalid_token' });
      const again = await send(`${gateway.url}${tenant}`, await newToken(`${gateway.url}${oauth}`), sent);
      expect([again.status, await again.json()]).toEqual([200, [sent.id]]);
    });

    it('may send what it sent before, where it did not hear that it arrived', async () => {
      const token = await newToken(`${gateway.url}${oauth}`);
      const sent = progressed(75);
      for (let n = 0; n < 2; n++) expect((await send(`${gateway.url}${tenant}`, token, sent)).status).toBe(200);
    });

    it('cannot read with the token that it writes with', async () => {
      const token = await newToken(`${gateway.url}${oauth}`);
      const answer = await fetch(`${gateway.url}${tenant}`, {
        headers: { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.0' },
      });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error: 'insufficient_scope' });
    });

    it.each([
      ['a wrong secret', BODY.replace(CLIENT_SECRET, 'abc123def46')],
      ['an unknown id', BODY.replace(CLIENT_ID, 'dunder_miffling')],
    ])('hostile: gets no token by %s', async (_what, body) => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const response = await fetch(`${gateway.url}${oauth}`, { method: 'POST', headers, body });
      expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
    });

    it('hostile: gets no more than it is registered for by asking for xapi:all', async () => {
      const body = BODY.replace('xapi:write', 'xapi:all');
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const response = await fetch(`${gateway.url}${oauth}`, { method: 'POST', headers, body });
      expect(await response.json()).toMatchObject({ scope: 'statements/write' });
    });
  });
});

async function eventuallyRefused(url: string, token: string, sent: object): Promise<Response> {
  /* With a body that no LRS takes, so that nothing is stored while the token is still good. */
  await eventually(async () => expect((await send(url, token, {})).status).toBe(401));
  const answer = await send(url, token, sent);
  expect(answer.status).toBe(401);
  return answer;
}
