/** The main job from end to end: a client is registered, gets a token, and uses the LRS behind as if it were its own. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import { printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { startLearningLocker } from '../support/learning-locker.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';

const INSTALL_MS = 180_000;
const VERSION = { 'X-Experience-API-Version': '1.0.3' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Registration {
  client_id: string;
  client_secret: string;
}

interface Page {
  statements: { id: string; authority: unknown; [name: string]: unknown }[];
  more: string;
}

interface Lrs {
  url: string;
  username: string;
  password: string;
  /** The like of which it keeps as it is. */
  attachment(): Buffer;
  close(): Promise<void>;
}

const LRSS: [name: string, start: () => Promise<Lrs>][] = [
  [
    'the sample LRS',
    async () => {
      const credential = { username: 'gateway', password: randomBytes(12).toString('hex') };
      const lrs = await startSampleLrs({
        host: '127.0.0.1',
        port: 0,
        basePath: '/deep/xAPI',
        credentials: [credential],
      });
      return {
        ...credential,
        url: lrs.url,
        hasDocuments: true,
        attachment: () => randomBytes(1_000_000),
        close: () => lrs.close(),
      };
    },
  ],
  [
    'Learning Locker',
    async () => {
      /* In memory it takes attachments for text, and does not answer to more than some 16 KB. */
      const attachment = () => Buffer.from(randomBytes(5000).toString('hex'));
      return { ...(await startLearningLocker()), attachment };
    },
  ],
];

function statement(change: Record<string, unknown> = {}): Record<string, unknown> & { id: string } {
  return {
    id: randomUUID(),
    actor: { objectType: 'Agent', name: 'Lea', mbox: 'mailto:lea@example.org' },
    verb: { id: 'http://adlnet.gov/expapi/verbs/completed', display: { 'en-US': 'completed' } },
    object: { objectType: 'Activity', id: 'https://example.org/activities/journey' },
    ...change,
  };
}

describe.each(LRSS)('hallpass in front of %s', (name, start) => {
  let folder: TempFolder;
  let lrs: Lrs;
  let service: RunningService;
  let env: Record<string, string>;
  let registration: Registration;
  let token: string;
  beforeAll(async () => {
    folder = await tempFolder('journey');
    lrs = await start();
    env = {
      HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}`,
      HALLPASS_LRS_URL: lrs.url,
      HALLPASS_LRS_USERNAME: lrs.username,
      HALLPASS_LRS_PASSWORD: lrs.password,
    };
    service = await startHallpass('all', env);
  }, INSTALL_MS);
  afterAll(async () => {
    await service.stop();
    await lrs.close();
    await folder.remove();
  });

  const register = (scope: string) =>
    printedBy<Registration>(['client', 'create', '--name', 'A journey', '--scope', scope], { env });

  async function tokenFor({ client_id, client_secret }: Registration): Promise<string> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
    const answer = await fetch(`${service.url}/oauth2/token`, { method: 'POST', body: form });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    fetch(new URL(path.startsWith('/') ? path : `/xapi/${path}`, service.url), {
      method,
      headers: { Authorization: `Bearer ${token}`, ...VERSION, ...headers },
      ...(body !== undefined && { body: Buffer.from(body) }),
    });

  const send = async (statements: object | object[]) =>
    (await (await ask('POST', 'statements', JSON_TYPE, JSON.stringify(statements))).json()) as string[];

  it('registers a client on the command line and gives it a token', async () => {
    registration = await register('all');
    token = await tokenFor(registration);
  });

  it('checks the LRS, and says that all is well', async () => {
    expect(await runHallpass(['doctor'], { env })).toMatchObject({ code: 0 });
  });

  it('stores a statement by PUT and by POST, and reads it back', async () => {
    const [put, posted] = [statement(), statement()];
    const stored = await ask('PUT', `statements?statementId=${put.id}`, JSON_TYPE, JSON.stringify(put));
    expect(stored.status).toBe(204);
    expect(await send(posted)).toEqual([posted.id]);
    for (const { id } of [put, posted]) {
      const read = await ask('GET', `statements?statementId=${id}`);
      expect(read.status).toBe(200);
      expect(read.headers.get('x-experience-api-version')).toMatch(/^1\.0/);
      expect(read.headers.get('x-experience-api-consistent-through')).toBeTruthy();
      expect(await read.json()).toMatchObject({ id, actor: { mbox: 'mailto:lea@example.org' } });
    }
  });

  it('refuses what the LRS refuses, in its words', async () => {
    const one = statement();
    await send(one);
    const other = JSON.stringify({ ...one, verb: { id: 'https://example.org/another' } });
    const conflict = await ask('PUT', `statements?statementId=${one.id}`, JSON_TYPE, other);
    expect(conflict.status).toBe(409);
    const invalid = await ask('POST', 'statements', JSON_TYPE, '{"actor":1}');
    expect(invalid.status).toBe(400);
    expect(await invalid.text()).not.toContain('"error":"invalid_request"');
  });

  it('carries attachments there and back, byte for byte', async () => {
    const bytes = lrs.attachment();
    const sha2 = createHash('sha256').update(bytes).digest('hex');
    const sent = statement({
      attachments: [
        {
          usageType: 'http://id.tincanapi.com/attachment/supporting_media',
          display: { en: 'bytes' },
          contentType: 'application/octet-stream',
          length: bytes.length,
          sha2,
        },
      ],
    });
    const boundary = 'a-boundary-of-the-journey';
    const body = Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(sent)}\r\n--${boundary}\r\n`,
      ),
      Buffer.from(
        `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: ${sha2}\r\n\r\n`,
      ),
      bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const stored = await ask('POST', 'statements', { 'Content-Type': `multipart/mixed; boundary=${boundary}` }, body);
    expect([stored.status, await stored.json()]).toEqual([200, [sent.id]]);

    for (const query of [`statementId=${sent.id}&attachments=true`, 'limit=1&attachments=true']) {
      const read = await ask('GET', `statements?${query}`);
      expect(read.headers.get('content-type')).toMatch(/^multipart\/mixed/);
      const answer = Buffer.from(await read.arrayBuffer());
      expect(answer.includes(bytes)).toBe(true);
      expect(answer.toString('latin1')).toContain(sent.id);
    }
  });

  it('voids a statement, which is then read as voided only', async () => {
    const doomed = statement();
    await send(doomed);
    const object = { objectType: 'StatementRef', id: doomed.id };
    await send(statement({ verb: { id: 'http://adlnet.gov/expapi/verbs/voided', display: { en: 'voided' } }, object }));
    await eventually(async () => expect((await ask('GET', `statements?statementId=${doomed.id}`)).status).toBe(404));
    const voided = await ask('GET', `statements?voidedStatementId=${doomed.id}`);
    expect([voided.status, await voided.json()]).toEqual([200, expect.objectContaining({ id: doomed.id })]);
  });

  it('pages through what there is by more, every statement once, and only for the client that asked', async () => {
    const verb = { id: `https://example.org/verbs/${randomUUID()}`, display: { en: 'paged' } };
    const sent = Array.from({ length: 7 }, () => statement({ verb }));
    await send(sent);
    const seen: string[] = [];
    const other = await tokenFor(await register('all'));
    for (let next = `/xapi/statements?limit=3&verb=${encodeURIComponent(verb.id)}`; next !== '';) {
      const page = (await (await ask('GET', next)).json()) as Page;
      seen.push(...page.statements.map(({ id }) => id));
      next = page.more;
      if (next === '') break;
      expect(next).toMatch(/^\/xapi\/statements\?more=[\w-]+$/);
      expect((await ask('GET', next, { Authorization: `Bearer ${other}` })).status).toBe(400);
    }
    expect(seen.sort()).toEqual(sent.map(({ id }) => id).sort());
  });

  it('lets a client that may only write do just that', async () => {
    const writer = { Authorization: `Bearer ${await tokenFor(await register('statements/write'))}` };
    const body = JSON.stringify(statement());
    expect((await ask('POST', 'statements', { ...JSON_TYPE, ...writer }, body)).status).toBe(200);
    const read = await ask('GET', 'statements', writer);
    expect([read.status, read.headers.get('www-authenticate')]).toEqual([403, expect.stringContaining('scope="')]);
  });

  /* Statements are all that Learning Locker's service has. */
  if (name !== 'Learning Locker')
    it('keeps state and profile documents with their ETags', async () => {
      const agent = encodeURIComponent(JSON.stringify({ mbox: 'mailto:lea@example.org' }));
      const activityId = encodeURIComponent('https://example.org/activities/journey');
      for (const document of [
        `activities/state?activityId=${activityId}&agent=${agent}&stateId=s`,
        `activities/profile?activityId=${activityId}&profileId=p`,
        `agents/profile?agent=${agent}&profileId=p`,
      ]) {
        const [first, second] = [randomBytes(500), Buffer.from('the second')];
        const etagOf = (bytes: Buffer) => `"${createHash('sha1').update(bytes).digest('hex')}"`;
        const type = { 'Content-Type': 'application/octet-stream' };
        const put = (headers: Record<string, string>, bytes: Buffer) =>
          ask('PUT', document, { ...type, ...headers }, bytes);

        expect((await put({ 'If-None-Match': '*' }, first)).status).toBe(204);
        const read = await ask('GET', document);
        expect([read.status, read.headers.get('etag'), read.headers.get('content-type')]).toEqual([
          200,
          etagOf(first),
          'application/octet-stream',
        ]);
        expect(read.headers.get('last-modified')).toBeTruthy();
        expect(Buffer.from(await read.arrayBuffer()).equals(first)).toBe(true);

        expect((await put({ 'If-None-Match': '*' }, second)).status).toBe(412);
        expect((await put({ 'If-Match': etagOf(second) }, second)).status).toBe(412);
        if (!document.startsWith('activities/state')) expect((await put({}, second)).status).toBe(409);
        expect((await put({ 'If-Match': etagOf(first) }, second)).status).toBe(204);
        const head = await ask('HEAD', document);
        expect([head.headers.get('etag'), head.headers.get('content-length')]).toEqual([
          etagOf(second),
          String(second.length),
        ]);

        expect((await ask('DELETE', document, { 'If-Match': etagOf(second) })).status).toBe(204);
        expect((await ask('GET', document)).status).toBe(404);
      }
    });

  it('ends with the token, once that is revoked', async () => {
    const { client_id, client_secret } = registration;
    const form = new URLSearchParams({ token, client_id, client_secret });
    expect((await fetch(`${service.url}/oauth2/revoke`, { method: 'POST', body: form })).status).toBe(200);
    expect((await ask('GET', 'statements')).status).toBe(401);
  });
});
