/** HALLPASS_ACCESS_LOG: one line for each call, with who, what and what came of it, and nothing of what was sent. */
import { randomBytes } from 'node:crypto';
import { rawRequest } from '../support/raw-request.ts';
import { eventually } from '../support/wait.ts';
import { askPort, gatewayScene, VERSION_1, type Scene } from './support.ts';

const each = gatewayScene({ options: { accessLog: 'all', oauth1: false } });
const refused = gatewayScene();

type Line = Record<string, unknown>;

function linesOf({ gateway }: Scene): Line[] {
  const lines = gateway.logged().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line).filter(({ audit }) => audit === 'xapi');
}

/** What is written of some calls, once there are so many lines. */
async function writtenOf(scene: Scene, count: number, ask: () => Promise<unknown>): Promise<Line[]> {
  const before = linesOf(scene).length;
  await ask();
  await eventually(() => expect(linesOf(scene)).toHaveLength(before + count));
  return linesOf(scene).slice(before);
}

describe('the line of a call that is answered', () => {
  it('has who called, what, from where, how it was answered, how long it took and how much it moved', async () => {
    const { bearer, client } = await each.gateway.mint('statements/read');
    const text = `GET /xapi/statements?limit=1 HTTP/1.1\r\nHost: a\r\nX-Experience-API-Version: 1.0.3\r\nAuthorization: ${bearer}\r\n\r\n`;
    let answered: Buffer = Buffer.alloc(0);
    const [line] = await writtenOf(each, 1, async () => {
      answered = (await rawRequest(each.gateway.port, text)).bytes;
    });
    expect(line).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      service: 'test',
      audit: 'xapi',
      granted: true,
      status: 200,
      client: client.client_id,
      org: 'default',
      address: '127.0.0.1',
      resource: 'statements',
      method: 'GET',
      duration_ms: expect.any(Number) as unknown,
      bytes_in: text.length,
      bytes_out: answered.length,
      id: expect.stringMatching(/^[0-9a-f]{12}-\d+$/) as unknown,
      msg: 'answered',
    });
    expect(Date.now() - Date.parse(String(line?.['time']))).toBeLessThan(60_000);
  });

  it('has what each moved by itself where they share a connection', async () => {
    const { bearer } = await each.gateway.mint('statements/read');
    const head = `Host: a\r\nX-Experience-API-Version: 1.0.3\r\nAuthorization: ${bearer}\r\n\r\n`;
    const calls = [`GET /xapi/statements HTTP/1.1\r\n${head}`, `GET /xapi/statements?limit=17 HTTP/1.1\r\n${head}`];
    let moved = 0;
    const lines = await writtenOf(each, 2, async () => {
      moved = (await rawRequest(each.gateway.port, calls, { responses: 2, pauseMs: 300 })).bytes.length;
    });
    expect(lines.map((line) => line['bytes_in'])).toEqual(calls.map((call) => call.length));
    expect(lines.reduce((sum, line) => sum + Number(line['bytes_out']), 0)).toBe(moved);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(2);
  });

  it('has the method that is really asked (alternate request syntax), and an answer of the LRS that is an error', async () => {
    const { bearer } = await each.gateway.mint('statements/read');
    each.lrs.respond((_request, res) => void res.writeHead(404).end('no'));
    const form = new URLSearchParams({ Authorization: bearer, 'X-Experience-API-Version': '1.0.3' }).toString();
    const [line] = await writtenOf(each, 1, () =>
      each.ask('POST /xapi/statements?method=GET', { 'Content-Type': 'application/x-www-form-urlencoded' }, form),
    );
    each.lrs.respond((_request, res) => void res.end('{}'));
    expect(line).toMatchObject({ granted: true, status: 404, method: 'GET', resource: 'statements' });
  });

  it('has nothing of a query, a header or a body', async () => {
    const { bearer } = await each.gateway.mint('all');
    const secret = randomBytes(12).toString('hex');
    await writtenOf(each, 2, async () => {
      const more = { ...VERSION_1, Authorization: bearer, 'X-Request-Id': secret, 'User-Agent': secret };
      const query = `activityId=https%3A%2F%2Fa.test%2F${secret}&agent=%7B%22mbox%22%3A%22mailto%3A${secret}%40a.test%22%7D&stateId=${secret}`;
      await each.ask(`PUT /xapi/activities/state?${query}`, { ...more, 'Content-Type': 'text/plain' }, secret);
      await each.ask(`GET /xapi/${secret}`, more);
    });
    expect(each.gateway.logged()).not.toContain(secret);
  });
});

describe('a call that is refused', () => {
  it.each([
    ['all', each],
    ['refused', refused],
  ])('has one line, with why, where %s have one', async (_which, scene) => {
    const [line, ...more] = await writtenOf(scene, 1, () => scene.ask('GET /xapi/statements', VERSION_1));
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      ...{ granted: false, reason: 'unauthenticated', status: 401, address: '127.0.0.1' },
      ...{ resource: 'statements', method: 'GET', msg: 'refused' },
      duration_ms: expect.any(Number) as unknown,
      bytes_in: expect.any(Number) as unknown,
      id: expect.any(String) as unknown,
    });
  });
});

describe('what breaks off', () => {
  it('has a line, and none that it was answered', async () => {
    const { bearer, client } = await each.gateway.mint('statements/read');
    each.lrs.respond((_request, res) => {
      res.writeHead(200, { 'Content-Length': 100 });
      res.write('some of it');
      setTimeout(() => res.destroy(), 20);
    });
    const [line] = await writtenOf(each, 1, () =>
      each.ask('GET /xapi/statements', { ...VERSION_1, Authorization: bearer }),
    );
    each.lrs.respond((_request, res) => void res.end('{}'));
    expect(line).toMatchObject({ broke_off: true, client: client.client_id, resource: 'statements', method: 'GET' });
    expect(line).not.toHaveProperty('granted');
  });
});

describe('no line', () => {
  it('is written of a call that is answered, unless all have one', async () => {
    const { bearer } = await refused.gateway.mint('statements/read');
    const lines = await writtenOf(refused, 1, async () => {
      await refused.ask('GET /xapi/statements', { ...VERSION_1, Authorization: bearer });
      await refused.ask('GET /xapi/statements', VERSION_1);
    });
    expect(lines).toEqual([expect.objectContaining({ granted: false })]);
  });

  it('is written of a probe, nor of what the token service answers and tells of itself', async () => {
    const lines = await writtenOf(each, 1, async () => {
      for (const path of ['/healthz', '/readyz', '/.well-known/openid-configuration'])
        expect((await askPort(each.gateway.port, `GET ${path}`)).status).toBe(200);
      await each.ask('GET /xapi/statements', VERSION_1);
    });
    expect(lines).toEqual([expect.objectContaining({ granted: false })]);
  });
});

describe('the token service', () => {
  const toldOf = (resource: string) =>
    each.gateway
      .logged()
      .split('\n')
      .filter((line) => line.includes('"access":"token"'))
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line['resource'] === resource);

  it('has a line for each of its calls, beside those of what it decided', async () => {
    const { client, secret } = await each.gateway.register('statements/read');
    const form = (given: string) =>
      new URLSearchParams({
        ...{ grant_type: 'client_credentials', client_id: client.client_id, client_secret: given },
      }).toString();
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await each.ask('POST /oauth2/token', type, form(secret))).status).toBe(200);
    expect((await each.ask('POST /oauth2/token', type, form('wrong'))).status).toBe(401);
    expect((await each.ask('GET /oauth2/token')).status).toBe(405);
    await eventually(() => expect(toldOf('/oauth2/token')).toHaveLength(3));
    const common = { level: 30, access: 'token', address: '127.0.0.1', msg: 'answered' };
    const [granted, refusedOne, wrongMethod] = toldOf('/oauth2/token');
    expect(granted).toMatchObject({ ...common, status: 200, client: client.client_id, method: 'POST' });
    expect(granted).not.toHaveProperty('reason');
    expect(refusedOne).toMatchObject({ ...common, status: 401, reason: 'invalid_client', method: 'POST' });
    expect(wrongMethod).toMatchObject({ ...common, status: 405, reason: 'method_not_allowed', method: 'GET' });
  });

  it('calls what has a secret in its path by what it is', async () => {
    const secret = randomBytes(32).toString('base64url');
    await each.ask(`POST /cmi5/fetch/${secret}`);
    await eventually(() => expect(toldOf('/cmi5/fetch/{id}')).toHaveLength(1));
    expect(each.gateway.logged()).not.toContain(secret);
  });
});
