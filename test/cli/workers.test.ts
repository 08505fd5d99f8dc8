/** HALLPASS_WORKERS: several processes behind one port are one service, from its first start to its end. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { freePort } from '../support/free-port.ts';
import { hallpass, printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';

let folder: TempFolder;
let lrs: EchoLrs;
beforeAll(async () => {
  folder = await tempFolder('workers');
  lrs = await startEchoLrs();
});
afterAll(async () => {
  await lrs.close();
  await folder.remove();
});

const SLOW_START = { timeoutMs: 60_000 };
const newStore = () => `sqlite:${join(folder.path, `${randomBytes(6).toString('hex')}.db`)}`;
const gatewaySettings = (more: Record<string, string> = {}) => ({
  HALLPASS_STORE: newStore(),
  HALLPASS_LRS_URL: lrs.url,
  HALLPASS_WORKERS: '3',
  ...more,
});

/** By a connection of its own, since each goes to the next worker. */
function status(url: string, path = '/healthz', headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { agent: false, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject).end();
  });
}

type Line = Record<string, unknown>;

/** What was logged; a line that is cut up by another is an error here. */
function logged({ process }: RunningService): Line[] {
  const lines = process.stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

const said = (service: RunningService, msg: string) => logged(service).filter((line) => line['msg'] === msg);

function workersOf({ process }: Pick<RunningService, 'process'>): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Once all listen. */
async function started(verb: string, env: Record<string, string>, cwd?: string): Promise<RunningService> {
  const service = await startHallpass(verb, env, cwd === undefined ? {} : { cwd });
  await eventually(() => expect(said(service, 'ready')).toHaveLength(1), SLOW_START).catch(async (error: unknown) => {
    await service.stop();
    throw error;
  });
  return service;
}

describe('hallpass gateway with three workers', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await started('gateway', gatewaySettings());
  });
  afterAll(() => service.stop());

  it('says once that it is ready, when all listen on its port', () => {
    expect(said(service, 'ready')).toEqual([expect.objectContaining({ workers: 3 })]);
    const listening = said(service, 'listening');
    expect(listening.map(({ port }) => port)).toEqual([service.port, service.port, service.port]);
    expect(new Set(listening.map(({ worker }) => worker)).size).toBe(3);
  });

  it('has each of them answer, in turn', async () => {
    for (let n = 0; n < 6; n++) expect(await status(service.url, '/xapi/statements')).toBe(401);
    await eventually(() => {
      const asked = logged(service).filter(({ status: answered }) => answered === 401);
      expect(new Set(asked.map(({ worker }) => worker)).size).toBe(3);
    });
  });

  it('starts another for one that is killed, and answers meanwhile', async () => {
    const [victim = 0] = workersOf(service);
    process.kill(victim, 'SIGKILL');
    await eventually(() => {
      expect(said(service, 'a worker ended; another will be started')).toEqual([
        expect.objectContaining({ signal: 'SIGKILL', left: 2 }),
      ]);
    });
    expect(await status(service.url)).toBe(200);
    await eventually(() => expect(said(service, 'listening')).toHaveLength(4), SLOW_START);
    const now = workersOf(service);
    expect(now).toHaveLength(3);
    expect(now).not.toContain(victim);
    for (let n = 0; n < 4; n++) expect(await status(service.url)).toBe(200);
  });
});

describe('workers that are told to end', () => {
  it('finish what is under way when their primary is, and all end with 0', async () => {
    const service = await started('gateway', gatewaySettings({ HALLPASS_WORKERS: '2' }));
    const pids = workersOf(service);
    let answer = () => undefined as void;
    const asked = new Promise<void>((resolve) =>
      lrs.respond((_request, res) => {
        answer = () => void res.end('{}');
        resolve();
      }),
    );
    const slow = status(service.url, '/readyz');
    await asked;
    lrs.respond((_request, res) => void res.end('{}'));
    service.process.signal('SIGTERM');
    await eventually(() => expect(said(service, 'draining').length).toBeGreaterThan(0));
    answer();
    expect(await slow).toBe(200);
    expect(await service.process.exited).toEqual({ code: 0, signal: null });
    expect(said(service, 'draining')).toHaveLength(3);
    expect(pids.filter(isThere)).toEqual([]);
  });

  it.each([0, 0, 5, 20])('end where all of a terminal are interrupted, their primary %d ms later', async (laterMs) => {
    const service = await started('gateway', gatewaySettings({ HALLPASS_WORKERS: '2' }));
    for (const pid of workersOf(service)) process.kill(pid, 'SIGINT');
    if (laterMs > 0) await sleep(laterMs);
    service.process.signal('SIGINT');
    expect(await service.process.exited).toEqual({ code: 0, signal: null });
    expect(said(service, 'listening')).toHaveLength(2);
  });

  it('do not outlive a primary that is killed', async () => {
    const service = await started('gateway', gatewaySettings({ HALLPASS_WORKERS: '2' }));
    const pids = workersOf(service);
    service.process.signal('SIGKILL');
    await service.process.exited;
    await eventually(() => expect(pids.filter(isThere)).toEqual([]), SLOW_START);
  });
});

describe('workers that cannot start', () => {
  it('say once that the port is taken, and the command ends with 1', async () => {
    const { code, stderr } = await runHallpass(['gateway'], {
      env: gatewaySettings({ HALLPASS_PORT: String(lrs.port), HALLPASS_LOG_LEVEL: 'fatal' }),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hallpass: (listen|bind) EADDRINUSE[^\n]*\n$/);
  });

  it('say once what is wrong with the settings, and the command ends with 2', async () => {
    const { code, stderr } = await runHallpass(['gateway'], {
      env: { ...gatewaySettings(), HALLPASS_LRS_URL: 'lrs', HALLPASS_PROT: '1' },
    });
    expect(code).toBe(2);
    expect(stderr.match(/HALLPASS_LRS_URL should be/g)).toHaveLength(1);
    expect(stderr.match(/HALLPASS_PROT is not a setting/g)).toHaveLength(1);
  });

  it.each(['0', '257'])('are not %s in number', async (count) => {
    const { code, stderr } = await runHallpass(['token'], { env: gatewaySettings({ HALLPASS_WORKERS: count }) });
    expect(code).toBe(2);
    expect(stderr).toContain('HALLPASS_WORKERS should be a whole number from 1 to 256');
  });

  it('are given up, with 1, when none is left and none that is started gets to listen', async () => {
    const env = gatewaySettings({ HALLPASS_WORKERS: '2' });
    const service = await started('gateway', env);
    const database = env.HALLPASS_STORE.slice('sqlite:'.length);
    await rm(database);
    await mkdir(database);
    for (const pid of workersOf(service)) process.kill(pid, 'SIGKILL');
    expect(await service.process.exited).toEqual({ code: 1, signal: null });
    expect(service.process.stderr).toContain('hallpass: no worker is left, and none that is started gets to listen');
  });

  it('end with a primary that is told to while they wait for their store', async () => {
    const waiting = hallpass(['token'], {
      env: {
        HALLPASS_STORE: `redis://127.0.0.1:${await freePort()}`,
        HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
        HALLPASS_PORT: String(await freePort()),
        HALLPASS_WORKERS: '2',
      },
    });
    await waiting.waitFor(/still waiting for the store/);
    const pids = workersOf({ process: waiting });
    expect(pids).toHaveLength(1);
    expect(await waiting.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    await eventually(() => expect(pids.filter(isThere)).toEqual([]), SLOW_START);
  });
});

describe('hallpass all with two workers, in an empty folder', () => {
  let place: TempFolder;
  let service: RunningService;
  beforeAll(async () => {
    place = await tempFolder('workers-all');
    service = await started('all', { HALLPASS_WORKERS: '2' }, place.path);
    await service.process.waitFor(/Store a statement[^\n]*\n.+\n/);
  });
  afterAll(async () => {
    await service.stop();
    await place.remove();
  });

  it('greets once, and registers one demo client', async () => {
    expect(service.process.stdout.match(/client_secret {2}/g)).toHaveLength(1);
    expect(service.process.stdout.match(/in front of the sample LRS/g)).toHaveLength(1);
    const clients = await printedBy<unknown[]>(['client', 'list'], { cwd: place.path });
    expect(clients).toEqual([expect.objectContaining({ client_id: 'demo' })]);
  });

  it('signs with the same keys in each', () => {
    const keys = said(service, 'keys in use');
    expect(new Set(keys.map(({ worker }) => worker)).size).toBe(2);
    expect(new Set(keys.map(({ signing }) => JSON.stringify(signing))).size).toBe(1);
  });

  it('gives a token in one, and each of them takes it, in front of one sample LRS', async () => {
    const secret = /client_secret +(\S+)/.exec(service.process.stdout)?.[1] ?? '';
    const form = { grant_type: 'client_credentials', client_id: 'demo', client_secret: secret };
    const answer = await fetch(`${service.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const headers = { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' };
    const stored = await fetch(`${service.url}/xapi/statements`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        actor: { mbox: 'mailto:lea@example.org' },
        verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
        object: { id: 'https://example.org/activities/workers' },
      }),
    });
    const [id] = (await stored.json()) as string[];
    for (let n = 0; n < 6; n++)
      expect(await status(service.url, `/xapi/statements?statementId=${id}`, headers)).toBe(200);
  });
});
