/** Liveness and readiness, for whoever restarts the process and whoever sends it calls. */
import { join } from 'node:path';
import { openSqlite } from '../../services/store/sqlite.ts';
import { StoreUnavailable, type Store } from '../../services/store/store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { askPort, LRS_AUTHORIZATION } from './support.ts';

let folder: TempFolder;
let sqlite: Store;
let storeAnswers = true;
let lrs: EchoLrs;
let gateway: RunningGateway;
beforeAll(async () => {
  folder = await tempFolder('health');
  sqlite = openSqlite(join(folder.path, 'hallpass.db'));
  const store: Store = {
    ...sqlite,
    ping: () => (storeAnswers ? sqlite.ping() : Promise.reject(new StoreUnavailable(new Error('gone')))),
  };
  lrs = await startEchoLrs();
  gateway = await startTestGateway({ lrsUrl: lrs.url, store });
});
afterAll(async () => {
  await gateway.close();
  await sqlite.close();
  await lrs.close();
  await folder.remove();
});
afterEach(() => {
  storeAnswers = true;
  lrs.respond((_request, res) => void res.end('{"version":["1.0.3"]}'));
});

const ask = (line: string) => askPort(gateway.port, line);

describe('GET /healthz', () => {
  it('says ok for as long as the process runs, whatever has become of the store and the LRS', async () => {
    storeAnswers = false;
    lrs.respond((_request, res) => void res.writeHead(500).end());
    const answer = await ask('GET /healthz');
    expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
    expect(answer.header('Cache-Control')).toBe('no-store');
    expect(lrs.requests).toEqual([]);
  });
});

describe('GET /readyz', () => {
  it('says ready where the store answers and the LRS does, asked for what needs no permission', async () => {
    const before = lrs.requests.length;
    const answer = await ask('GET /readyz');
    expect([answer.status, answer.body]).toEqual([200, '{"status":"ready"}']);
    expect(answer.header('Cache-Control')).toBe('no-store');
    expect(lrs.requests.slice(before)).toMatchObject([{ method: 'GET', url: '/lrs/xapi/about', bodyLength: 0 }]);
    expect([undefined, LRS_AUTHORIZATION]).toContain(lrs.requests[before]?.headers.authorization);
  });

  it('says 503 and which, where the store does not answer', async () => {
    storeAnswers = false;
    const answer = await ask('GET /readyz');
    expect([answer.status, answer.header('Retry-After')]).toEqual([503, '1']);
    expect(answer.body).toContain('the store does not answer');
  });

  it.each([500, 502, 503])('says 503 and which, where the LRS answers %i', async (status) => {
    lrs.respond((_request, res) => void res.writeHead(status).end());
    const answer = await ask('GET /readyz');
    expect([answer.status, answer.header('Retry-After')]).toEqual([503, '1']);
    expect(answer.body).toContain(`the LRS answers ${status}`);
  });

  it('says 503 within 3 s where the LRS hangs', async () => {
    lrs.respond(() => undefined);
    const startedAt = performance.now();
    const { status, body } = await askPort(gateway.port, 'GET /readyz', {}, undefined, { timeoutMs: 20_000 });
    expect([status, performance.now() - startedAt < 3000]).toEqual([503, true]);
    expect(body).toContain('the LRS does not answer');
  });

  it('says 503 where the LRS is away, and 200 when both are back', async () => {
    const away = await startTestGateway({ lrsUrl: 'http://127.0.0.1:1/xapi' });
    expect((await askPort(away.port, 'GET /readyz')).status).toBe(503);
    await away.close();
    expect((await ask('GET /readyz')).status).toBe(200);
  });
});

it.each(['POST /healthz', 'DELETE /readyz', 'GET /healthz/', 'GET /Healthz', 'GET /readyz/x'])(
  'says 404 to %s',
  async (line) => {
    expect((await ask(line)).status).toBe(404);
  },
);
