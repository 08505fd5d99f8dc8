/** HALLPASS_METRICS_PORT and HALLPASS_ACCESS_LOG: what a service that runs tells its operator, and nobody else. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { readFigures, samplesOf } from '../support/figures.ts';
import { freePort } from '../support/free-port.ts';
import { printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';

const LRS_PASSWORD = `lrs-${randomBytes(12).toString('hex')}`;
const SLOW_START = { timeoutMs: 60_000 };

let folder: TempFolder;
let lrs: EchoLrs;
beforeAll(async () => {
  folder = await tempFolder('metrics');
  lrs = await startEchoLrs();
});
afterAll(async () => {
  await lrs.close();
  await folder.remove();
});

function settings(more: Record<string, string> = {}): Record<string, string> {
  return {
    HALLPASS_STORE: `sqlite:${join(folder.path, `${randomBytes(6).toString('hex')}.db`)}`,
    HALLPASS_LRS_URL: lrs.url,
    HALLPASS_LRS_USERNAME: 'gateway',
    HALLPASS_LRS_PASSWORD: LRS_PASSWORD,
    ...more,
  };
}

/** By a connection of its own, since each goes to the next worker. */
function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject).end();
  });
}

async function answeredAt(port: number): Promise<void> {
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200), SLOW_START);
}

const figuresAt = async (port: number) => readFigures(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());

describe('hallpass all with a port for figures', () => {
  let service: RunningService;
  let port: number;
  let env: Record<string, string>;
  beforeAll(async () => {
    port = await freePort();
    env = settings({ HALLPASS_METRICS_PORT: String(port) });
    service = await startHallpass('all', env);
    await answeredAt(port);
  });
  afterAll(() => service.stop());

  it('tells there of both services, of the process and of its version', async () => {
    const client = ['client', 'create', '--name', 'A tool', '--scope', 'statements/read'];
    const made = await printedBy<{ client_id: string; client_secret: string }>(client, { env });
    const ask = (secret: string) =>
      fetch(`${service.url}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', client_id: made.client_id, client_secret: secret },
        }),
      });
    const { access_token: token } = (await (await ask(made.client_secret)).json()) as { access_token: string };
    expect((await ask('wrong')).status).toBe(401);
    const headers = { 'X-Experience-API-Version': '1.0.3', Authorization: `Bearer ${token}` };
    expect(await status(`${service.url}/xapi/statements`, headers)).toBe(200);

    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const said = readFigures(text);
    expect(samplesOf(said, 'hallpass_http_requests_total')).toMatchObject({
      '{service="gateway",resource="statements",method="GET",status="200"}': 1,
      '{service="gateway",resource="token-service",method="POST",status="200"}': 1,
      '{service="token",resource="/oauth2/token",method="POST",status="200"}': 1,
      '{service="token",resource="/oauth2/token",method="POST",status="401"}': 1,
    });
    expect(samplesOf(said, 'hallpass_tokens_issued_total')).toEqual({ '{grant_type="client_credentials"}': 1 });
    expect(samplesOf(said, 'hallpass_token_errors_total')).toEqual({ '{error="invalid_client"}': 1 });
    expect(samplesOf(said, 'hallpass_store_errors_total')).toEqual({ '': 0 });
    expect(samplesOf(said, 'hallpass_log_lines_lost_total')).toEqual({ '': 0 });
    expect(samplesOf(said, 'hallpass_build_info')).toEqual({
      [`{version="0.1.0",node="${process.versions.node}"}`]: 1,
    });
    expect(said.get('process_resident_memory_bytes')).toBeGreaterThan(10e6);
    expect(said.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
    for (const secret of [token, made.client_id, made.client_secret, LRS_PASSWORD]) expect(text).not.toContain(secret);
  });

  it('answers there to GET and HEAD of /metrics, and to nothing else', async () => {
    const url = `http://127.0.0.1:${port}`;
    const got = await fetch(`${url}/metrics`);
    expect(got.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const asked = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([asked.status, await asked.text()]).toEqual([200, '']);
    const posted = await fetch(`${url}/metrics`, { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
    for (const path of ['/', '/healthz', '/xapi/statements', '/oauth2/token', '/metrics/', '/METRICS'])
      expect(await status(`${url}${path}`)).toBe(404);
    expect(await status(`${service.url}/metrics`)).toBe(404);
  });
});

describe('hallpass gateway with a port for figures', () => {
  it('tells there what three workers come to together', async () => {
    const port = await freePort();
    const env = settings({ HALLPASS_METRICS_PORT: String(port), HALLPASS_WORKERS: '3', HALLPASS_CACHE_SECONDS: '0' });
    const service = await startHallpass('gateway', env);
    try {
      await answeredAt(port);
      for (let n = 0; n < 9; n++) expect(await status(`${service.url}/xapi/statements`)).toBe(401);
      const said = await figuresAt(port);
      const labels = 'service="gateway",resource="statements",method="GET"';
      expect(samplesOf(said, 'hallpass_http_requests_total')).toMatchObject({ [`{${labels},status="401"}`]: 9 });
      expect(samplesOf(said, 'hallpass_http_request_duration_seconds_count')).toMatchObject({ [`{${labels}}`]: 9 });
      expect(samplesOf(said, 'hallpass_withdrawals_followed')).toEqual({ '{service="gateway"}': 1 });
      expect(Object.values(samplesOf(said, 'hallpass_build_info'))).toEqual([1]);
    } finally {
      await service.stop();
    }
  });

  it('does not start where that port is another’s, and says so', async () => {
    const taken = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    });
    try {
      const { port } = taken.address() as { port: number };
      const env = settings({ HALLPASS_METRICS_PORT: String(port), HALLPASS_PORT: String(await freePort()) });
      const { code, stderr } = await runHallpass(['gateway'], { env });
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`EADDRINUSE: address already in use 127.0.0.1:${port}`),
      ]);
    } finally {
      taken.close();
    }
  });
});

describe('HALLPASS_ACCESS_LOG=all', () => {
  const answered = ({ process }: RunningService) =>
    process.stderr
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'answered');

  it('has the line of a call that was answered right before the end', async () => {
    const service = await startHallpass('gateway', settings({ HALLPASS_ACCESS_LOG: 'all' }));
    expect(await status(`${service.url}/xapi/about`)).toBe(200);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(answered(service)).toEqual([expect.objectContaining({ resource: 'about', status: 200 })]);
  });

  it('has one whole line for each call of workers that write to the same place', async () => {
    const service = await startHallpass('gateway', settings({ HALLPASS_ACCESS_LOG: 'all', HALLPASS_WORKERS: '2' }));
    const calls = 200;
    try {
      await eventually(() => expect(service.process.stderr).toContain('"msg":"ready"'), SLOW_START);
      for (let n = 0; n < calls; n += 20)
        await Promise.all(Array.from({ length: 20 }, () => status(`${service.url}/xapi/about`)));
    } finally {
      await service.stop();
    }
    const lines = answered(service);
    expect(lines).toHaveLength(calls);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(calls);
    expect(new Set(lines.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  });
});
