/**
 * `statements/read/mine` at a real LRS that assigns authorities itself, one for each credential: two vendors, registered by
 * the command line with a credential of their own, share one Learning Locker.
 */
import { join } from 'node:path';
import { printedBy, startHallpass, type RunningService } from '../support/hallpass.ts';
import { LEARNING_LOCKER_CLIENTS, startLearningLocker, type LearningLocker } from '../support/learning-locker.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { statement } from './product.ts';

interface Vendor {
  client_id: string;
  client_secret: string;
}

const VERSION = { 'X-Experience-API-Version': '1.0.3' };

let folder: TempFolder;
let locker: LearningLocker;
let service: RunningService;
const vendors: Vendor[] = [];

beforeAll(async () => {
  folder = await tempFolder('mine-at-learning-locker');
  locker = await startLearningLocker(['gateway', 'vendor-a', 'vendor-b']);
  const env = {
    HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}`,
    HALLPASS_LRS_URL: locker.url,
    HALLPASS_LRS_USERNAME: 'gateway',
    HALLPASS_LRS_PASSWORD: locker.password,
    HALLPASS_LRS_AUTHORITY: 'per-credential',
    HALLPASS_LRS_AUTHORITY_TEMPLATE: JSON.stringify({
      account: { homePage: LEARNING_LOCKER_CLIENTS, name: '{lrs_username}' },
    }),
  };
  service = await startHallpass('all', env);
  for (const name of ['vendor-a', 'vendor-b'])
    vendors.push(
      await printedBy<Vendor>(
        ['client', 'create', '--name', name, '--scope', 'statements/write statements/read/mine'].concat([
          '--lrs-username',
          name,
          '--lrs-password-stdin',
        ]),
        { env, input: `${locker.password}\n` },
      ),
    );
}, 240_000);

afterAll(async () => {
  await service.stop();
  await locker.close();
  await folder.remove();
});

async function bearerOf(number: number): Promise<string> {
  const { client_id, client_secret } = vendors[number] ?? { client_id: '', client_secret: '' };
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
  const response = await fetch(`${service.url}/oauth2/token`, { method: 'POST', body });
  const { access_token } = (await response.json()) as { access_token: string };
  return `Bearer ${access_token}`;
}

async function store(number: number, more: object = {}): Promise<string> {
  const response = await fetch(`${service.url}/xapi/statements`, {
    method: 'POST',
    headers: { ...VERSION, Authorization: await bearerOf(number), 'Content-Type': 'application/json' },
    body: JSON.stringify(statement(more)),
  });
  const [id = ''] = (await response.json()) as string[];
  return id;
}

async function read(number: number, query: string): Promise<{ status: number; ids: string[] }> {
  const headers = { ...VERSION, Authorization: await bearerOf(number) };
  const response = await fetch(`${service.url}/xapi/statements?${query}`, { headers });
  const body = (await response.json()) as { id?: string; statements?: { id: string }[] };
  const ids = body.statements?.map(({ id }) => id) ?? (body.id === undefined ? [] : [body.id]);
  return { status: response.status, ids };
}

describe('two vendors at one Learning Locker', () => {
  it('each read their own statements and nothing of the other, by query and by id', async () => {
    const [a1, b1, a2] = [await store(0), await store(1), await store(0)];
    expect(await read(0, '')).toEqual({ status: 200, ids: [a2, a1] });
    expect(await read(1, '')).toEqual({ status: 200, ids: [b1] });
    const agent = encodeURIComponent(JSON.stringify({ mbox: 'mailto:learner@example.org' }));
    expect(await read(1, `agent=${agent}`)).toEqual({ status: 200, ids: [b1] });
    expect(await read(0, `statementId=${a1}`)).toEqual({ status: 200, ids: [a1] });
    expect(await read(1, `statementId=${a1}`)).toEqual({ status: 404, ids: [] });
  });

  it('cannot pass a statement off as the other', async () => {
    const authority = { account: { homePage: LEARNING_LOCKER_CLIENTS, name: 'vendor-b' } };
    const forged = await store(0, { authority });
    expect(await read(1, `statementId=${forged}`)).toEqual({ status: 404, ids: [] });
    expect((await read(0, '')).ids).toContain(forged);
  });
});
