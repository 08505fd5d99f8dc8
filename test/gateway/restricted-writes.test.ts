/** What is written is within what its writer is tied to: each of a batch, and what it voids. */
import { randomUUID } from 'node:crypto';
import type { Restriction } from '../../services/shared/xapi/restriction.ts';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { attachmentPart, jsonPart, mixed, MIXED, STATEMENT } from './statements.ts';
import { askPort, gatewayScene, JSON_TYPE, refusalOf, VERSION_1, VERSION_2, type Headers } from './support.ts';

const LEA = { mbox: 'mailto:lea@example.org' };
const BEN = { mbox: 'mailto:ben@example.org' };
const COURSE = 'https://example.org/course/';
const REGISTRATION = 'ec531277-b57b-4c15-8d91-d292c5b2b8f7';
const VOIDED = 'http://adlnet.gov/expapi/verbs/voided';

const about = (id: string) => ({ object: { id } });
const voiding = (id: string, said: object = {}) => ({
  ...STATEMENT,
  verb: { id: VOIDED },
  object: { objectType: 'StatementRef', id },
  ...said,
});

describe('a write by a restricted client', () => {
  const scene = gatewayScene();

  async function write(restrictions: Restriction[], body: unknown, said: Headers = {}) {
    const { bearer } = await scene.gateway.mint('statements/write', { restrictions });
    const headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE, ...said };
    const bytes = Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return scene.ask('POST /xapi/statements', headers, bytes);
  }

  it.each<[what: string, restriction: Restriction, statement: object]>([
    ['of its actor', { actor: LEA }, {}],
    ['of its actor, with a name and a type', { actor: LEA }, { actor: { ...LEA, objectType: 'Agent', name: 'Lea' } }],
    ['about its activity', { activity: `${COURSE}1` }, about(`${COURSE}1`)],
    ['about one of its activities', { activity: `${COURSE}*` }, about(`${COURSE}2/unit`)],
    ['in its registration', { registration: REGISTRATION }, { context: { registration: REGISTRATION.toUpperCase() } }],
    ['with one of its verbs', { verbs: ['https://example.org/v', STATEMENT.verb.id] }, {}],
    ['that voids nothing', { 'no-void': true }, {}],
    ['within all of them', { actor: LEA, activity: `${COURSE}1`, verbs: [STATEMENT.verb.id] }, about(`${COURSE}1`)],
  ])('%s crosses as it came', async (_what, restriction, said) => {
    const statement = { ...STATEMENT, ...said };
    const { status, upstream } = await write([restriction], statement);
    expect(status).toBe(200);
    expect(String(upstream[0]?.body)).toBe(JSON.stringify(statement));
  });

  it.each<[what: string, restriction: Restriction, statement: object]>([
    ['of another actor', { actor: LEA }, { actor: BEN }],
    ['of a group with its actor', { actor: LEA }, { actor: { objectType: 'Group', member: [LEA] } }],
    ['of an actor in two spellings', { actor: LEA }, { actor: { ...LEA, openid: 'https://ben.example/' } }],
    ['of nobody', { actor: LEA }, { actor: undefined }],
    ['about another activity', { activity: `${COURSE}1` }, about(`${COURSE}10`)],
    [
      'about an activity in its context only',
      { activity: `${COURSE}1` },
      { context: { contextActivities: { parent: [] } } },
    ],
    ['in another registration', { registration: REGISTRATION }, { context: { registration: randomUUID() } }],
    ['in none', { registration: REGISTRATION }, {}],
    ['with another verb', { verbs: ['https://example.org/v'] }, {}],
    ['that voids', { 'no-void': true }, voiding(randomUUID())],
    ['that is not one', { actor: LEA }, { actor: 1, verb: 2 }],
  ])('%s is 403', async (_what, restriction, said) => {
    const answer = await write([restriction], { ...STATEMENT, ...said });
    const refusal = refusalOf(answer);
    expect(refusal).toMatchObject({ status: 403, error: 'access_denied' });
    expect(refusal.error_description).toMatch(/^this statement \w/);
    expect(answer.upstream).toEqual([]);
  });

  it('is refused as a whole for one bad of a batch, and the answer says which', async () => {
    const batch = [STATEMENT, STATEMENT, { ...STATEMENT, actor: BEN }, STATEMENT];
    for (const [body, type] of [
      [batch, 'application/json'],
      [mixed(jsonPart(JSON.stringify(batch)), attachmentPart('x')), MIXED],
    ] as const) {
      const answer = await write([{ actor: LEA }], body, { 'Content-Type': type });
      expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
      expect(refusalOf(answer).error_description).toMatch(/^statement \[2\] has another actor/);
      expect(answer.upstream).toEqual([]);
    }
  });

  it('needs one of its alternatives, and something of every source', async () => {
    const either = [{ actor: LEA }, { actor: BEN }];
    expect((await write(either, [STATEMENT, { ...STATEMENT, actor: BEN }])).status).toBe(200);
    const { bearer } = await scene.gateway.mint(
      'statements/write',
      { restrictions: either },
      {
        restrictions: [{ verbs: ['https://example.org/v'] }],
      },
    );
    const headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
    const answer = await scene.ask('POST /xapi/statements', headers, JSON.stringify(STATEMENT));
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
  });

  it('of 2.0 names nobody else in contextAgents and contextGroups', async () => {
    const agents = (agent: object) => ({ contextAgents: [{ objectType: 'contextAgent', agent }] });
    const groups = (member: object) => ({
      contextGroups: [{ objectType: 'contextGroup', group: { objectType: 'Group', member: [member] } }],
    });
    for (const [context, status] of [
      [agents(LEA), 200],
      [agents(BEN), 403],
      [groups(LEA), 200],
      [groups(BEN), 403],
    ] as const)
      expect((await write([{ actor: LEA }], { ...STATEMENT, context }, VERSION_2)).status).toBe(status);
  });

  it.each([
    ['a second actor', `{"actor":${JSON.stringify(LEA)},"actor":${JSON.stringify(BEN)}}`],
    ['an actor in another case', `{"actor":${JSON.stringify(LEA)},"Actor":${JSON.stringify(BEN)}}`],
    [
      'a verb in another case',
      `{"actor":${JSON.stringify(LEA)},"verb":{"id":"https://example.org/v","ID":"${VOIDED}"}}`,
    ],
  ])('does not get by with %s', async (_what, text) => {
    const answer = await write([{ actor: LEA }], Buffer.from(text));
    expect([refusalOf(answer).status, answer.upstream]).toEqual([400, []]);
  });

  it('passes as it came where nothing restricts it', async () => {
    const { bearer } = await scene.gateway.mint('statements/write');
    const headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
    expect((await scene.ask('POST /xapi/statements', headers, '{"actor":1,"actor":2}')).status).toBe(200);
  });
});

describe('voiding by a restricted client', () => {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  let admin: Headers;
  beforeAll(async () => {
    const credentials = [{ username: 'gateway-user', password: 'gateway-password' }];
    lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials });
    gateway = await startTestGateway({ lrsUrl: lrs.url });
    admin = { Authorization: (await gateway.mint('all')).bearer, ...VERSION_1, ...JSON_TYPE };
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  const post = (body: unknown, headers = admin) =>
    askPort(gateway.port, 'POST /xapi/statements', headers, JSON.stringify(body));

  async function tiedTo(...restrictions: Restriction[]): Promise<Headers> {
    return { ...admin, Authorization: (await gateway.mint('statements/write', { restrictions })).bearer };
  }

  async function stored(said: object = {}): Promise<string> {
    const id = randomUUID();
    expect((await post({ id, ...STATEMENT, ...said })).status).toBe(200);
    return id;
  }

  async function isVoided(id: string): Promise<boolean> {
    return (await askPort(gateway.port, `GET /xapi/statements?voidedStatementId=${id}`, admin)).status === 200;
  }

  it('reaches what it could have written', async () => {
    const id = await stored({ actor: LEA });
    expect((await post(voiding(id), await tiedTo({ actor: LEA }))).status).toBe(200);
    expect(await isVoided(id)).toBe(true);
  });

  it('reaches what is voided already', async () => {
    const id = await stored({ actor: LEA });
    for (const again of [await tiedTo({ actor: LEA }), await tiedTo({ actor: LEA })])
      expect((await post(voiding(id), again)).status).toBe(200);
  });

  it('reaches what is as large as can be written', async () => {
    const id = await stored({
      actor: LEA,
      context: { extensions: { 'https://example.org/x': 'x'.repeat(2_000_000) } },
    });
    expect((await post(voiding(id), await tiedTo({ actor: LEA }))).status).toBe(200);
    expect(await isVoided(id)).toBe(true);
  });

  it('reaches what is about its activity, in its registration', async () => {
    const context = { registration: REGISTRATION };
    const tied = await tiedTo({ activity: `${COURSE}*`, registration: REGISTRATION });
    const id = await stored({ ...about(`${COURSE}1`), context });
    expect((await post(voiding(id.toUpperCase()), tied)).status).toBe(200);
    expect(await isVoided(id)).toBe(true);
  });

  it('answers the same for what is out of reach and for what is not there', async () => {
    const id = await stored({ actor: BEN });
    const tied = await tiedTo({ actor: LEA });
    const [other, absent] = [await post(voiding(id), tied), await post(voiding(randomUUID()), tied)];
    expect(refusalOf(other)).toMatchObject({ status: 403, error: 'access_denied' });
    expect(refusalOf(other).error_description).toMatch(/^this statement voids a statement/);
    expect(refusalOf(absent)).toEqual(refusalOf(other));
    expect(await isVoided(id)).toBe(false);
  });

  it.each<[what: string, restriction: Restriction, target: object]>([
    ['another activity', { activity: `${COURSE}1` }, about(`${COURSE}2`)],
    ['another registration', { registration: REGISTRATION }, { context: { registration: randomUUID() } }],
    ['a verb that it may not use', { verbs: [VOIDED] }, {}],
  ])('does not reach %s', async (_what, restriction, target) => {
    const id = await stored(target);
    expect((await post(voiding(id), await tiedTo(restriction))).status).toBe(403);
    expect(await isVoided(id)).toBe(false);
  });

  it('does not reach by one alternative what only another allows to write', async () => {
    const id = await stored(about(`${COURSE}2`));
    const tied = await tiedTo(
      { activity: `${COURSE}1`, verbs: [VOIDED] },
      { activity: `${COURSE}2`, verbs: [STATEMENT.verb.id] },
    );
    expect((await post(voiding(id), tied)).status).toBe(403);
    expect(await isVoided(id)).toBe(false);
  });

  it('reaches one of the same batch', async () => {
    const id = randomUUID();
    expect((await post([{ id, ...STATEMENT }, voiding(id)], await tiedTo({ actor: LEA }))).status).toBe(200);
  });

  it('does not reach another’s under the id of one in its batch', async () => {
    const id = await stored({ actor: BEN });
    const answer = await post([{ id, ...STATEMENT, actor: LEA }, voiding(id)], await tiedTo({ actor: LEA }));
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
    expect(refusalOf(answer).error_description).toMatch(/^statement \[1\] voids/);
    expect(await isVoided(id)).toBe(false);
  });

  it.each([
    ['no id', undefined],
    ['an id that is none', 'x'],
    ['a query for an id', `${REGISTRATION}&agent=x`],
  ])('does not reach %s', async (_what, id) => {
    const answer = await post(
      { ...voiding(''), object: { objectType: 'StatementRef', id } },
      await tiedTo({ actor: LEA }),
    );
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
  });

  it('in another case of its verb is voiding, too', async () => {
    const id = await stored({ actor: BEN });
    const answer = await post(voiding(id, { verb: { id: VOIDED.toUpperCase() } }), await tiedTo({ actor: LEA }));
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
  });

  it('by a client that is barred from it is 403, whatever the target', async () => {
    const id = await stored({ actor: LEA });
    expect((await post(voiding(id), await tiedTo({ 'no-void': true }))).status).toBe(403);
    expect(await isVoided(id)).toBe(false);
  });

  it('of more than 100 at once is 403', async () => {
    const many = Array.from({ length: 101 }, () => voiding(randomUUID()));
    const answer = await post(many, await tiedTo({ actor: LEA }));
    expect(refusalOf(answer).error_description).toMatch(/100 statements at once/);
  });

  it('is nobody’s business where nothing restricts it', async () => {
    const id = await stored({ actor: BEN });
    expect((await post(voiding(id))).status).toBe(200);
    expect(await isVoided(id)).toBe(true);
  });
});

describe('the statement that a voiding depends on', () => {
  const scene = gatewayScene();
  const ID = randomUUID();

  async function voidWith(status: number, body: string, headers: Headers = {}) {
    scene.lrs.respond(({ method }, res) => {
      if (method === 'GET') res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
      else res.writeHead(200, { 'Content-Type': 'application/json' }).end('["x"]');
    });
    const { bearer } = await scene.gateway.mint('statements/write', { restrictions: [{ actor: LEA }] });
    const said = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE, 'X-Mine': 'x', 'Accept-Language': 'de' };
    return scene.ask('POST /xapi/statements', said, JSON.stringify(voiding(ID)));
  }

  it('is asked for by its id, with nothing of the caller’s but the version', async () => {
    const { status, upstream } = await voidWith(200, JSON.stringify({ id: ID, ...STATEMENT }));
    expect(status).toBe(200);
    const [asked, written] = upstream;
    expect([asked?.method, asked?.url]).toEqual(['GET', `/lrs/xapi/statements?statementId=${ID}`]);
    expect(asked?.headers).toMatchObject({ 'x-experience-api-version': '1.0.3', 'accept-encoding': 'identity' });
    expect(asked?.headers['x-mine']).toBeUndefined();
    expect(written?.method).toBe('POST');
  });

  it.each<[what: string, status: number, body: string, headers: Headers]>([
    ['an error', 500, '{}', {}],
    ['a 403', 403, '{}', {}],
    ['no JSON', 200, '<html>', {}],
    ['a list', 200, 'null', {}],
    ['another encoding', 200, '{}', { 'Content-Encoding': 'gzip' }],
    ['more than five megabytes', 200, JSON.stringify({ id: ID, ...STATEMENT, x: 'x'.repeat(5_000_000) }), {}],
  ])('is not guessed where the LRS answers with %s', async (_what, status, body, headers) => {
    const answer = await voidWith(status, body, headers);
    expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
    expect(answer.upstream.map(({ method }) => method)).toEqual(['GET']);
  });

  it.each([
    ['another statement', 200, JSON.stringify({ id: randomUUID(), ...STATEMENT })],
    ['404', 404, '{}'],
    ['400', 400, '{}'],
  ])('is not there where the LRS answers with %s', async (_what, status, body) => {
    expect(refusalOf(await voidWith(status, body))).toMatchObject({ status: 403, error: 'access_denied' });
  });
});
