/** Which xAPI is spoken, by the client and by the LRS. @see xAPI 1.0.3 Part 3 §3.3; IEEE 9274.1.1 (2.0) §4.1.6.1 */
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import { startTestGateway } from '../support/gateway.ts';
import { askPort, gatewayScene, JSON_TYPE, refusalOf, type Scene } from './support.ts';

const VERSION = 'X-Experience-API-Version';
const said = (version: string | undefined) => (version === undefined ? {} : { [VERSION]: version });

/** What there is, as clients write it (LinkedIn says 1.0.0), and the version with which it is answered. */
const SPOKEN: [version: string, answered: '1.0.3' | '2.0.0'][] = [
  ['1.0', '1.0.3'],
  ['1.0.0', '1.0.3'],
  ['1.0.1', '1.0.3'],
  ['1.0.2', '1.0.3'],
  ['1.0.3', '1.0.3'],
  ['1.0.9', '1.0.3'],
  ['2.0', '2.0.0'],
  ['2.0.0', '2.0.0'],
  ['2.0.1', '2.0.0'],
];

/** What there is not. */
const UNSPOKEN: [version: string | undefined, answered: '1.0.3' | '2.0.0'][] = [
  [undefined, '1.0.3'],
  ['', '1.0.3'],
  ['0.9', '1.0.3'],
  ['0.95', '1.0.3'],
  ['1.1.0', '1.0.3'],
  ['1.0.3.1', '1.0.3'],
  ['1', '1.0.3'],
  ['v1.0.3', '1.0.3'],
  ['1.0.3, 2.0.0', '1.0.3'],
  ['10.0.0', '1.0.3'],
  ['20.0', '1.0.3'],
  ['2', '2.0.0'],
  ['2.1.0', '2.0.0'],
];

const versionsSent = (scene: Scene) =>
  scene.lrs.requests
    .at(-1)
    ?.rawHeaders.filter((_text, n, all) => n % 2 === 1 && all[n - 1]?.toLowerCase() === VERSION.toLowerCase());

describe('an LRS that is told what the client speaks', () => {
  const scene = gatewayScene();

  it.each([...SPOKEN, ...UNSPOKEN])('is told %j as it came, and its answer goes back as it is', async (version) => {
    scene.lrs.respond((_request, res) => void res.writeHead(400, { [VERSION]: '2.0.7' }).end('the LRS says no'));
    const { bearer } = await scene.gateway.mint('all');
    for (const line of ['GET /xapi/statements', 'GET /xapi/about']) {
      const answer = await scene.ask(line, { ...said(version), Authorization: bearer });
      expect([answer.status, answer.body, answer.header(VERSION)]).toEqual([400, 'the LRS says no', '2.0.7']);
      expect(versionsSent(scene)).toEqual(version === undefined ? [] : [version]);
    }
  });

  it.each([...SPOKEN, ...UNSPOKEN])(
    'leaves refusals to the gateway, in the line of the client: %j, %s',
    async (version, answered) => {
      const { bearer } = await scene.gateway.mint('state');
      for (const [line, headers, status] of [
        ['GET /xapi/statements', {}, 401],
        ['GET /xapi/statements', { Authorization: bearer }, 403],
        ['GET /xapi/nothing', {}, 404],
        ['PATCH /xapi/statements', {}, 405],
        ['GET /xapi/statements?x=1', {}, 400],
      ] as const)
        expect(refusalOf(await scene.ask(line, { ...said(version), ...headers }), answered).status).toBe(status);
    },
  );
});

describe.each(['1.0.3', '2.0.0'] as const)('an LRS that is always spoken to in %s', (only) => {
  const scene = gatewayScene({ lrsRegistration: { version: only } });

  it.each(SPOKEN)('is, also by a client of %s, which is answered in %s', async (version, answered) => {
    for (const [status, body] of [
      [200, '{}'],
      [404, 'nothing'],
      [500, 'trouble'],
    ] as const) {
      scene.lrs.respond((_request, res) => void res.writeHead(status, { [VERSION]: only }).end(body));
      const { bearer } = await scene.gateway.mint('all');
      for (const line of ['GET /xapi/statements', 'HEAD /xapi/agents?agent=a', 'POST /xapi/statements']) {
        const content = line.startsWith('POST') ? '{"version": "1.0.0"}' : undefined;
        const answer = await scene.ask(line, { ...said(version), Authorization: bearer, ...JSON_TYPE }, content);
        expect([answer.status, answer.header(VERSION)]).toEqual([status, answered]);
        expect(versionsSent(scene)).toEqual([only]);
        /* What a statement says of itself is the client's, and the LRS's to judge. */
        expect(answer.upstream[0]?.body.toString()).toBe(content ?? '');
      }
    }
  });

  it.each(UNSPOKEN)(
    'is not asked for %j, which it would refuse if it were told: the gateway does, in %s',
    async (version, answered) => {
      const { bearer } = await scene.gateway.mint('all');
      for (const line of ['GET /xapi/statements', 'DELETE /xapi/activities/state?activityId=a&agent=b']) {
        const answer = await scene.ask(line, { ...said(version), Authorization: bearer });
        expect(refusalOf(answer, answered)).toMatchObject({ status: 400, error: 'invalid_request' });
        expect(refusalOf(answer, answered).error_description).toContain(VERSION);
        expect(answer.upstream).toEqual([]);
      }
    },
  );

  it.each([undefined, '0.9', '1.0.3', '2.0.0', '9.9'])(
    'says what it is to one who says %j: about is for everybody',
    async (version) => {
      scene.lrs.respond((_request, res) => void res.writeHead(200, { [VERSION]: only }).end('{}'));
      const answer = await scene.ask('GET /xapi/about', said(version));
      expect([answer.status, answer.header(VERSION), versionsSent(scene)]).toEqual([200, only, [only]]);
    },
  );

  it('is asked in the alternate syntax by a client of 1.0.3, and not by one of 2.0, which has none', async () => {
    const { bearer } = await scene.gateway.mint('all');
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const line = 'POST /xapi/statements?method=GET';
    const form = (version: string) => new URLSearchParams({ Authorization: bearer, [VERSION]: version }).toString();
    expect((await scene.ask(line, type, form('1.0.1'))).status).toBe(200);
    expect(versionsSent(scene)).toEqual([only]);
    for (const [headers, version] of [
      [{}, '2.0.0'],
      [said('2.0.0'), '2.0.0'],
    ] as const) {
      const answer = await scene.ask(line, { ...type, ...headers }, form(version));
      expect(answer.upstream).toEqual([]);
      expect(answer.status).toBe(400);
    }
  });

  it('is told no second version that the caller wrote another way', async () => {
    const { bearer } = await scene.gateway.mint('all');
    const headers = { ...said('1.0.3'), X_Experience_API_Version: '9.9', Authorization: bearer };
    const answer = await scene.ask('GET /xapi/statements', headers);
    expect([answer.status, answer.upstream]).toEqual([400, []]);
  });
});

describe('a client of 2.0 in front of an LRS that is spoken to in 1.0.3', () => {
  it('stores a statement and reads it back, in its own version throughout', async () => {
    const credential = { username: 'gateway-user', password: 'gateway-password' };
    const lrs = await startSampleLrs({
      host: '127.0.0.1',
      port: 0,
      credentials: [credential],
      authority: 'credential',
    });
    const gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration: { version: '1.0.3' } });
    const { bearer } = await gateway.mint('all');
    const headers = { ...said('2.0.0'), Authorization: bearer };
    const statement = JSON.stringify({
      actor: { mbox: 'mailto:a@example.org' },
      verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
      object: { id: 'http://example.org/activity' },
    });
    const stored = await askPort(gateway.port, 'POST /xapi/statements', { ...headers, ...JSON_TYPE }, statement);
    expect([stored.status, stored.header(VERSION)]).toEqual([200, '2.0.0']);
    const [id] = JSON.parse(stored.body) as [string];
    const read = await askPort(gateway.port, `GET /xapi/statements?statementId=${id}`, headers);
    expect([read.status, read.header(VERSION)]).toEqual([200, '2.0.0']);
    expect(JSON.parse(read.body)).toMatchObject({ id, version: '1.0.0' });
    const bad = await askPort(gateway.port, 'POST /xapi/statements', { ...headers, ...JSON_TYPE }, '{}');
    expect([bad.status, bad.header(VERSION)]).toEqual([400, '2.0.0']);
    await gateway.close();
    await lrs.close();
  });
});
