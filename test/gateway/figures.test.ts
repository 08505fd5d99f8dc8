/** What a gateway counts, as Prometheus is told of it. */
import { connect } from 'node:net';
import { createMetrics } from '../../services/shared/observing/metrics.ts';
import { readFigures, samplesOf } from '../support/figures.ts';
import { rawRequest } from '../support/raw-request.ts';
import { eventually } from '../support/wait.ts';
import { askPort, gatewayScene, VERSION_1 } from './support.ts';

const metrics = await createMetrics('1.2.3');
const scene = gatewayScene({ options: { metrics }, lrs: { responseSeconds: 1 } });

const said = async (name: string) => samplesOf(readFigures(await metrics.text()), name);
const total = async (name: string) => Object.values(await said(name)).reduce((sum, each) => sum + each, 0);

/** How much each sample of a name has grown by. */
async function grownBy(name: string, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await said(name);
  const calls = await total('hallpass_http_requests_in_progress');
  await work();
  await eventually(async () => expect(await total('hallpass_http_requests_in_progress')).toBe(calls));
  const after = Object.entries(await said(name));
  const grown = after.map(([key, value]): [string, number] => [key, value - (before[key] ?? 0)]);
  return Object.fromEntries(grown.filter(([, more]) => more !== 0));
}

const authorized = async (scope = 'statements/read statements/write') => ({
  ...VERSION_1,
  Authorization: (await scene.gateway.mint(scope)).bearer,
});

/** As it crosses the connection. */
async function requestText(): Promise<string> {
  const { Authorization } = await authorized();
  return `GET /xapi/statements HTTP/1.1\r\nHost: a\r\nX-Experience-API-Version: 1.0.3\r\nAuthorization: ${Authorization}\r\n\r\n`;
}

it('calls are counted by resource, method and status', async () => {
  const headers = await authorized();
  const grown = await grownBy('hallpass_http_requests_total', async () => {
    for (let n = 0; n < 3; n++) await scene.ask('GET /xapi/statements', headers);
    await scene.ask('POST /xapi/statements', { ...headers, 'Content-Type': 'application/json' }, '[]');
    await scene.ask('GET /xapi/statements', VERSION_1);
    await askPort(scene.gateway.port, 'GET /healthz');
    await askPort(scene.gateway.port, 'GET /oauth2/jwks');
    await askPort(scene.gateway.port, 'GET /nowhere');
  });
  const row = (resource: string, method: string, status: number) =>
    `{service="gateway",resource="${resource}",method="${method}",status="${status}"}`;
  expect(grown).toEqual({
    [row('statements', 'GET', 200)]: 3,
    [row('statements', 'POST', 200)]: 1,
    [row('statements', 'GET', 401)]: 1,
    [row('/healthz', 'GET', 200)]: 1,
    [row('token-service', 'GET', 200)]: 1,
    [row('none', 'GET', 404)]: 1,
  });
});

it('their durations are a histogram that holds each of them', async () => {
  const headers = await authorized();
  const grown = await grownBy('hallpass_http_request_duration_seconds_bucket', () =>
    scene.ask('GET /xapi/statements', headers),
  );
  const labels = 'service="gateway",resource="statements",method="GET"';
  expect(grown).toMatchObject({ [`{${labels},le="+Inf"}`]: 1, [`{${labels},le="10"}`]: 1 });
  const [count, all] = [
    await said('hallpass_http_request_duration_seconds_count'),
    await said('hallpass_http_request_duration_seconds_bucket'),
  ];
  expect(all[`{${labels},le="+Inf"}`]).toBe(count[`{${labels}}`]);
});

it('bytes are those that crossed the connection', async () => {
  const text = await requestText();
  const labels = '{service="gateway",resource="statements"}';
  expect(await grownBy('hallpass_http_received_bytes_total', () => rawRequest(scene.gateway.port, text))).toEqual({
    [labels]: text.length,
  });
  let sent = 0;
  const grown = await grownBy('hallpass_http_sent_bytes_total', async () => {
    sent = (await rawRequest(scene.gateway.port, text)).bytes.length;
  });
  expect(grown).toEqual({ [labels]: sent });
});

it('refusals are counted by reason', async () => {
  const headers = await authorized('statements/write');
  const grown = await grownBy('hallpass_refusals_total', async () => {
    await scene.ask('GET /xapi/statements', VERSION_1);
    await scene.ask('GET /xapi/statements', { ...VERSION_1, Authorization: 'Bearer nobody' });
    await scene.ask('GET /xapi/statements', headers);
    await scene.ask('GET /xapi/nowhere', headers);
  });
  expect(grown).toEqual(
    Object.fromEntries(
      ['unauthenticated', 'invalid_token', 'insufficient_scope', 'not_found'].map((reason) => [
        `{service="gateway",reason="${reason}"}`,
        1,
      ]),
    ),
  );
});

it('what asking the LRS comes to is counted, timeouts and broken answers too', async () => {
  const headers = await authorized();
  const grown = await grownBy('hallpass_upstream_answers_total', async () => {
    await scene.ask('GET /xapi/statements', headers);
    scene.lrs.respond((_request, res) => void res.writeHead(500).end());
    await scene.ask('GET /xapi/statements', headers);
    scene.lrs.respond((_request, res) => void res.destroy());
    expect((await scene.ask('POST /xapi/statements', headers, '[]')).status).toBe(502);
    scene.lrs.respond(() => undefined);
    expect((await scene.ask('POST /xapi/statements', headers, '[]')).status).toBe(504);
    scene.lrs.respond((_request, res) => void res.end('{}'));
  });
  const outcomes = { '2xx': 1, '5xx': 1, error: 1, timeout: 1 };
  expect(grown).toEqual(Object.fromEntries(Object.entries(outcomes).map(([o, n]) => [`{outcome="${o}"}`, n])));
});

it('a caller that goes before the LRS has answered is counted as that, and not as an error of the LRS', async () => {
  const text = await requestText();
  const grown = await grownBy('hallpass_upstream_answers_total', async () => {
    const asked = new Promise<void>((resolve) => scene.lrs.respond(() => resolve()));
    const caller = connect(scene.gateway.port, '127.0.0.1', () => caller.write(text));
    await asked;
    caller.destroy();
    await eventually(async () =>
      expect(await said('hallpass_upstream_answers_total')).toHaveProperty('{outcome="departed"}'),
    );
  });
  scene.lrs.respond((_request, res) => void res.end('{}'));
  expect(grown).toEqual({ '{outcome="departed"}': 1 });
});

it('an answer that breaks off is counted, and is under way no longer', async () => {
  const headers = await authorized();
  scene.lrs.respond((_request, res) => {
    res.writeHead(200, { 'Content-Length': 100 });
    res.write('some of it');
    setTimeout(() => res.destroy(), 20);
  });
  const grown = await grownBy('hallpass_http_broken_off_total', async () => {
    expect((await scene.ask('GET /xapi/statements', headers)).complete).toBe(false);
    await eventually(async () =>
      expect(await said('hallpass_http_requests_in_progress')).toEqual({ '{service="gateway"}': 0 }),
    );
  });
  scene.lrs.respond((_request, res) => void res.end('{}'));
  expect(grown).toEqual({ '{service="gateway"}': 1 });
});

it('what is no request is counted apart', async () => {
  const grown = await grownBy('hallpass_http_unreadable_total', async () => {
    expect((await rawRequest(scene.gateway.port, 'no request\r\n\r\n')).status).toBe(400);
  });
  expect(grown).toEqual({ '{service="gateway"}': 1 });
});

it('reads of records are counted by where they were found, and withdrawals as they are heard', async () => {
  const { bearer, client } = await scene.gateway.mint('statements/read');
  const headers = { ...VERSION_1, Authorization: bearer };
  const row = (from: string) => `{service="gateway",kind="access-token",from="${from}"}`;
  const reads = await grownBy('hallpass_record_reads_total', async () => {
    for (let n = 0; n < 3; n++) expect((await scene.ask('GET /xapi/statements', headers)).status).toBe(200);
  });
  expect(reads).toMatchObject({ [row('store')]: 1, [row('cache')]: 2 });
  const heard = await grownBy('hallpass_withdrawals_total', async () => {
    await scene.gateway.clients.change(client.client_id, (now) => ({ ...now, active: false }));
    expect((await scene.ask('GET /xapi/statements', headers)).status).toBe(401);
  });
  expect(heard['{service="gateway"}']).toBeGreaterThan(0);
  expect(await said('hallpass_withdrawals_followed')).toEqual({ '{service="gateway"}': 1 });
});

it('whatever callers send, there are no more samples than before', async () => {
  const ask = async (n: number) => {
    const method = ['PROPFIND', 'LINK', 'MKCOL', 'PURGE', 'SEARCH'][n % 5] ?? 'TRACE';
    await rawRequest(scene.gateway.port, `${method} /xapi/a${n} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await scene.ask(`GET /xapi/statements/${n}`, { ...VERSION_1, Authorization: `Bearer nobody-${n}` });
    await scene.ask(`GET /api/organizations/org-${n}/lrs/statements?method=${n}`, VERSION_1);
    await askPort(scene.gateway.port, `GET /somewhere/${n}`);
  };
  for (let n = 0; n < 5; n++) await ask(n);
  const names = async () =>
    [...readFigures(await metrics.text()).keys()].filter((name) => name.startsWith('hallpass_'));
  await eventually(async () => expect(await total('hallpass_http_requests_in_progress')).toBe(0));
  const before = await names();
  for (let n = 5; n < 15; n++) await ask(n);
  expect(await names()).toEqual(before);
  expect(before.length).toBeLessThan(400);
});

it('/metrics is nowhere on the port of the gateway', async () => {
  for (const path of ['/metrics', '/metrics/', '/xapi/metrics'])
    expect((await askPort(scene.gateway.port, `GET ${path}`)).status).toBe(404);
});
