/**
 * A cmi5 session at the gateway: what content does is let through, by Basic and by Bearer, and nothing that is another
 * learner's, another lesson's or another enrolment's. @see cmi5 §6.3, §9 to §12
 */
import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import type { Restriction } from '../../services/shared/xapi/restriction.ts';
import type { Client } from '../../services/shared/client.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { LEARNER, LESSON, LMS_SCOPE, launchBody, type Fetched, type Launched } from '../support/cmi5.ts';

const OTHER = { objectType: 'Agent', account: { homePage: 'https://lms.example.org', name: '42' } };
const REGISTRATION = '760e3480-ba55-4991-94b0-01820dbd23a2';
const OTHER_REGISTRATION = 'ec531277-b57b-4c15-8d91-d292c5b2b8f7';
const VERB = (name: string) => ({ id: `http://adlnet.gov/expapi/verbs/${name}` });
const [VOIDED, ANSWERED] = [VERB('voided'), VERB('answered')];
const XAPI = { 'X-Experience-API-Version': '1.0.3' };
const CREDENTIALS = [{ username: 'gateway-user', password: 'gateway-password' }];

let lrs: Awaited<ReturnType<typeof startSampleLrs>>;
let gateway: RunningGateway;
/** The LMS, by a token of its own. */
let lms: { bearer: string; client: Client };
let launch: Launched;
let session: string;

beforeAll(async () => {
  lrs = await startSampleLrs({
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    authority: 'credential',
    maxPageSize: 4,
  });
  gateway = await startTestGateway({ lrsUrl: lrs.url });
  lms = await gateway.mint(LMS_SCOPE);
  launch = await launchedBy(lms.bearer);
  session = await tokenOf(launch);
  await write(lms.bearer, 'LMS.LaunchData', { launchMode: 'Normal' });
});
afterAll(async () => {
  await gateway?.close();
  await lrs?.close();
});

const askLaunch = (authorization: string, said: object = {}) =>
  request(gateway.url)
    .post('/cmi5/launches')
    .set({ Authorization: authorization })
    .send(launchBody({ registration: REGISTRATION, ...said }));

async function launchedBy(authorization: string, said: object = {}): Promise<Launched> {
  const response = await askLaunch(authorization, said);
  if (response.status !== 201) throw new Error(`${response.status} ${response.text}`);
  return response.body as Launched;
}

async function tokenOf({ fetch }: Launched): Promise<string> {
  const response = await request(gateway.url).post(new URL(fetch).pathname);
  return (response.body as Fetched)['auth-token'] ?? '';
}

const statement = (said: object = {}) => ({
  id: randomUUID(),
  actor: LEARNER,
  verb: VERB('initialized'),
  object: { id: LESSON },
  context: { registration: REGISTRATION },
  ...said,
});

const post = (authorization: string, body: object) =>
  request(gateway.url)
    .post('/xapi/statements')
    .set({ ...XAPI, Authorization: authorization })
    .send(body);

type Query = Record<string, string>;
const STATE: Query = { activityId: LESSON, agent: JSON.stringify(LEARNER), registration: REGISTRATION };

const ask = (
  method: 'get' | 'put' | 'post' | 'delete',
  path: string,
  query: Query,
  authorization = `Basic ${session}`,
) =>
  request(gateway.url)
    [method](`/xapi/${path}`)
    .query(query)
    .set({ ...XAPI, Authorization: authorization });

const write = (authorization: string, stateId: string, document: object, query = STATE) =>
  ask('put', 'activities/state', { ...query, stateId }, authorization)
    .send(document)
    .expect(204);

const idsIn = ({ body }: { body: unknown }) =>
  (body as { statements: { id: string }[] }).statements.map(({ id }) => id);

describe.each([
  ['Basic', () => `Basic ${session}`],
  ['Bearer', () => `Bearer ${session}`],
])('content that shows its token as %s', (_scheme, authorization) => {
  it('reads its launch data, and keeps state of its own', async () => {
    const data = await ask('get', 'activities/state', { ...STATE, stateId: 'LMS.LaunchData' }, authorization());
    expect([data.status, data.body]).toEqual([200, { launchMode: 'Normal' }]);
    await write(authorization(), 'bookmark', { page: 7 });
    const list = await ask('get', 'activities/state', STATE, authorization());
    expect(list.body).toEqual(expect.arrayContaining(['LMS.LaunchData', 'bookmark']));
    await ask('delete', 'activities/state', { ...STATE, stateId: 'bookmark' }, authorization()).expect(204);
  });

  it('reads and writes what the learner prefers', async () => {
    const preferences = { agent: JSON.stringify(LEARNER), profileId: 'cmi5LearnerPreferences' };
    await ask('put', 'agents/profile', preferences, authorization())
      .set('If-None-Match', '*')
      .send({ languagePreference: 'de', audioPreference: 'off' })
      .expect(204);
    const read = await ask('get', 'agents/profile', preferences, authorization());
    expect(read.body).toEqual({ languagePreference: 'de', audioPreference: 'off' });
    await ask('delete', 'agents/profile', preferences, authorization()).expect(204);
  });

  it('writes statements about the lesson and what is below it, and reads them', async () => {
    const batch = [LESSON, `${LESSON}/test/1/question/2`, `${LESSON}#page`, `${LESSON}?part=2`].map((id) =>
      statement({ verb: ANSWERED, object: { id, definition: { name: { en: 'A question' } } } }),
    );
    const ids = batch.map(({ id }) => id);
    expect((await post(authorization(), batch)).body).toEqual(ids);
    const all: string[] = [];
    let more: string | undefined = '/xapi/statements';
    while (more) {
      const page: Response = await fetch(`${gateway.url}${more}`, {
        headers: { ...XAPI, Authorization: authorization() },
      });
      const body = (await page.json()) as { statements: { id: string }[]; more?: string };
      all.push(...idsIn({ body }));
      more = body.more;
    }
    expect(all).toEqual(expect.arrayContaining(ids));
  });

  it('reads of the lesson what there is to know, and of the learner', async () => {
    await ask('get', 'activities', { activityId: LESSON }, authorization()).expect(200);
    await ask('get', 'activities/profile', { activityId: LESSON }, authorization()).expect(200);
    await ask('get', 'agents', { agent: JSON.stringify(LEARNER) }, authorization()).expect(200);
  });
});

describe('statements', () => {
  it.each<[string, object]>([
    ['another learner', { actor: OTHER }],
    ['a Group with the learner', { actor: { objectType: 'Group', member: [LEARNER] } }],
    ['the learner by another identifier', { actor: { mbox: 'mailto:learner@example.org' } }],
    ['the learner and another at once', { actor: { ...LEARNER, mbox: 'mailto:other@example.org' } }],
    ['another registration', { context: { registration: OTHER_REGISTRATION } }],
    ['no registration', { context: {} }],
    ['another lesson', { object: { id: 'https://lms.example.org/au/8' } }],
    ['a lesson whose id begins so', { object: { id: `${LESSON}1` } }],
    ['the lesson in another case', { object: { id: LESSON.toUpperCase() } }],
    ['a person', { object: OTHER }],
    ['another statement', { object: { objectType: 'StatementRef', id: randomUUID() } }],
    [
      'a SubStatement of another',
      { object: { objectType: 'SubStatement', actor: OTHER, verb: ANSWERED, object: { id: LESSON } } },
    ],
    [
      'a SubStatement about another lesson',
      { object: { objectType: 'SubStatement', actor: LEARNER, verb: ANSWERED, object: { id: 'https://x.org' } } },
    ],
    [
      'other contextAgents',
      { context: { registration: REGISTRATION, contextAgents: [{ objectType: 'contextAgent', agent: OTHER }] } },
    ],
  ])('with %s are refused, whole batches of them', async (_what, said) => {
    for (const scheme of ['Basic', 'Bearer']) {
      const good = statement();
      const response = await post(`${scheme} ${session}`, [good, statement(said)]);
      expect([response.status, (response.body as { error: string }).error]).toEqual([403, 'access_denied']);
      await ask('get', 'statements', { statementId: good.id }, lms.bearer).expect(404);
    }
  });

  it('may be in the registration in capitals', async () => {
    await post(`Basic ${session}`, statement({ context: { registration: REGISTRATION.toUpperCase() } })).expect(200);
  });

  it('with a second actor in another case are no statements', async () => {
    await post(`Basic ${session}`, statement({ Actor: OTHER })).expect(400);
  });

  it('cannot void, neither by the verb nor as something else, neither its own nor another’s', async () => {
    const own = statement();
    await post(`Basic ${session}`, own).expect(200);
    const target = { objectType: 'StatementRef', id: own.id };
    for (const said of [
      { verb: VOIDED, object: target },
      { verb: { id: VOIDED.id.toUpperCase() }, object: target },
      { verb: VOIDED },
      { verb: VOIDED, object: target, context: undefined },
    ]) {
      const response = await post(`Basic ${session}`, statement(said));
      expect([response.status, response.text]).toEqual([403, expect.stringContaining('this token may not void')]);
    }
    await ask('get', 'statements', { statementId: own.id }).expect(200);
  });

  it('cannot be sent past the rules by alternate request syntax', async () => {
    const form = {
      Authorization: `Basic ${session}`,
      'X-Experience-API-Version': '1.0.3',
      'Content-Type': 'application/json',
    };
    const send = (content: object) =>
      request(gateway.url)
        .post('/xapi/statements?method=POST')
        .type('form')
        .send({ ...form, content: JSON.stringify(content) });
    await send(statement({ actor: OTHER })).expect(403);
    await send(statement()).expect(200);
    await request(gateway.url)
      .post('/xapi/activities/state?method=PUT')
      .type('form')
      .send({ ...form, ...STATE, stateId: 'LMS.LaunchData', content: '{}' })
      .expect(403);
  });

  it('of others, of other lessons and of other enrolments are not there to read', async () => {
    const hidden = [
      statement({ actor: OTHER }),
      statement({ context: { registration: OTHER_REGISTRATION } }),
      statement({ object: { id: 'https://lms.example.org/au/8' } }),
    ];
    await post(lms.bearer, hidden).expect(200);
    const own = statement();
    await post(`Basic ${session}`, own).expect(200);
    for (const { id } of hidden) await ask('get', 'statements', { statementId: id }).expect(404);
    for (const query of [{}, { agent: JSON.stringify(OTHER) }, { registration: OTHER_REGISTRATION }]) {
      const page = await ask('get', 'statements', query);
      expect(page.status).toBe(200);
      for (const { id } of hidden) expect(idsIn(page)).not.toContain(id);
    }
  });

  it('of a page are nobody else’s: not another LMS’s, and not another learner’s of the same', async () => {
    for (let written = 0; written < 6; written++) await post(`Basic ${session}`, statement()).expect(200);
    const first = await ask('get', 'statements', { limit: '1' });
    const { more = '' } = first.body as { more?: string };
    expect(more).not.toBe('');
    const follow = (token: string) =>
      request(gateway.url)
        .get(more)
        .set({ ...XAPI, Authorization: `Basic ${token}` });
    const own = idsIn(await ask('get', 'statements', { limit: '100' }));
    expect(own).toEqual(expect.arrayContaining(idsIn(await follow(session))));
    const elsewhere = await tokenOf(await launchedBy((await gateway.mint(LMS_SCOPE)).bearer));
    expect((await follow(elsewhere)).status).toBeGreaterThanOrEqual(400);
    for (const said of [
      { actor: OTHER },
      { registration: OTHER_REGISTRATION },
      { activityId: 'https://lms.example.org/au/8' },
    ]) {
      const page = await follow(await tokenOf(await launchedBy(lms.bearer, said)));
      for (const id of page.status === 200 ? idsIn(page) : []) expect(own).not.toContain(id);
    }
  });
});

describe('documents', () => {
  it.each([
    ['another learner', { ...STATE, agent: JSON.stringify(OTHER) }],
    [
      'the learner twice over',
      { ...STATE, agent: `{"account":${JSON.stringify(LEARNER.account)},"account":${JSON.stringify(OTHER.account)}}` },
    ],
    ['another registration', { ...STATE, registration: OTHER_REGISTRATION }],
    ['no registration', { activityId: LESSON, agent: JSON.stringify(LEARNER) }],
    ['another lesson', { ...STATE, activityId: 'https://lms.example.org/au/8' }],
    ['the prefix by which the lesson is known here', { ...STATE, activityId: `${LESSON}*` }],
  ])('of state, of %s, are refused', async (_what, query) => {
    for (const method of ['get', 'put', 'delete'] as const)
      await ask(method, 'activities/state', { ...query, stateId: 'bookmark' }).expect(403);
    await ask('get', 'activities/state', query).expect(403);
  });

  it.each(['LMS.LaunchData', 'lms.launchdata', 'LMS.LaunchData ', 'LMS.LAUNCHDATA\t'])(
    'of state: %j is neither changed nor deleted',
    async (stateId) => {
      for (const method of ['put', 'post', 'delete'] as const)
        await ask(method, 'activities/state', { ...STATE, stateId })
          .send(method === 'delete' ? undefined : { a: 1 })
          .expect(403);
    },
  );

  it('of state are not deleted all at once: the launch data are among them', async () => {
    await ask('delete', 'activities/state', STATE).expect(403);
    await ask('get', 'activities/state', { ...STATE, stateId: 'LMS.LaunchData' }).expect(200);
  });

  it.each<[string, string, Query]>([
    [
      'another learner’s preferences',
      'agents/profile',
      { agent: JSON.stringify(OTHER), profileId: 'cmi5LearnerPreferences' },
    ],
    ['another profile of the learner', 'agents/profile', { agent: JSON.stringify(LEARNER), profileId: 'health' }],
    ['the list of the learner’s profiles', 'agents/profile', { agent: JSON.stringify(LEARNER) }],
    [
      'the preferences in another case',
      'agents/profile',
      { agent: JSON.stringify(LEARNER), profileId: 'CMI5LearnerPreferences' },
    ],
    ['another learner', 'agents', { agent: JSON.stringify(OTHER) }],
    ['another lesson', 'activities', { activityId: 'https://lms.example.org/au/8' }],
    ['another lesson’s profiles', 'activities/profile', { activityId: 'https://lms.example.org/au/8' }],
  ])('refused: %s', async (_what, path, query) => {
    await ask('get', path, query).expect(403);
    if (path.endsWith('/profile'))
      await ask('put', path, { profileId: 'x', ...query })
        .send({})
        .expect(403);
  });
});

describe('a session', () => {
  it('launches nothing, hands nothing out, and is introspected by nobody', async () => {
    for (const scheme of ['Basic', 'Bearer']) {
      const response = await askLaunch(`${scheme} ${session}`);
      expect([response.status, (response.body as { error: string }).error]).toEqual([403, 'insufficient_scope']);
      const ended = await request(gateway.url)
        .delete(`/cmi5/launches/${launch.id}`)
        .set('Authorization', `${scheme} ${session}`);
      expect(ended.status).toBe(403);
    }
    const asClient = {
      grant_type: 'client_credentials',
      client_id: '',
      client_secret: Buffer.from(session, 'base64').toString().slice(1),
    };
    const token = await request(gateway.url).post('/oauth2/token').type('form').send(asClient);
    expect(token.status).toBeGreaterThanOrEqual(400);
  });

  it('is launched by no person, by no token for something else, and by no client with bound tokens only', async () => {
    const forPerson = await gateway.mint(LMS_SCOPE, {}, { sub: 'person:0123456789abcdef01234567' });
    const elsewhere = await gateway.mint(LMS_SCOPE, {}, { resource: 'https://lrs.example.org/scim' });
    const bound = await gateway.mint(LMS_SCOPE, { dpop_bound_access_tokens: true });
    await askLaunch(forPerson.bearer).expect(403);
    await askLaunch(elsewhere.bearer).expect(401);
    await askLaunch(bound.bearer).expect(403);
    await askLaunch((await gateway.mint(LMS_SCOPE, {}, { resource: 'https://lrs.example.org/xapi' })).bearer).expect(
      201,
    );
  });

  it('is good at the LRS of its own organization only', async () => {
    for (const path of ['/api/organizations/acme/lrs/statements', '/api/organizations/Default/lrs/statements']) {
      const response = await request(gateway.url)
        .get(path)
        .set({ ...XAPI, Authorization: `Basic ${session}` });
      expect(response.status).toBeGreaterThanOrEqual(401);
    }
    await request(gateway.url)
      .get('/api/organizations/default/lrs/statements')
      .set({ ...XAPI, Authorization: `Basic ${session}` })
      .expect(200);
  });

  it('is never in the log, and neither is the URL that it was fetched from', async () => {
    const one = await launchedBy(lms.bearer);
    const token = await tokenOf(one);
    await post(`Basic ${token}`, statement({ actor: OTHER })).expect(403);
    expect(gateway.logged()).toContain(one.id);
    for (const secret of [token, Buffer.from(token, 'base64').toString(), one.fetch.split('/').at(-1)])
      expect(gateway.logged()).not.toContain(secret);
  });

  it('ends at once when the LMS ends it', async () => {
    const one = await launchedBy(lms.bearer);
    const token = await tokenOf(one);
    await post(`Basic ${token}`, statement()).expect(200);
    await post(`Bearer ${token}`, statement()).expect(200);
    await request(gateway.url).delete(`/cmi5/launches/${one.id}`).set('Authorization', lms.bearer).expect(204);
    await post(`Basic ${token}`, statement()).expect(401);
    await post(`Bearer ${token}`, statement()).expect(401);
    await post(`Basic ${session}`, statement()).expect(200);
  });

  it('ends with what its client may, at once, and with its client', async () => {
    const { bearer, client } = await gateway.mint(LMS_SCOPE);
    const token = await tokenOf(await launchedBy(bearer));
    await post(`Basic ${token}`, statement()).expect(200);
    await gateway.clients.change(client.client_id, (one) => ({ ...one, scope: 'launch all/read' }));
    await post(`Basic ${token}`, statement()).expect(403);
    await gateway.clients.change(client.client_id, (one) => ({ ...one, scope: LMS_SCOPE, active: false }));
    await post(`Basic ${token}`, statement()).expect(401);
  });

  it('is held to what its client is restricted to, and to what the token is that launched it', async () => {
    const restrictions: Restriction[] = [{ verbs: [ANSWERED.id] }];
    const byRegistration = await gateway.mint(LMS_SCOPE, { restrictions });
    const byToken = await gateway.mint(LMS_SCOPE, {}, { restrictions });
    for (const { bearer } of [byRegistration, byToken]) {
      const one = await tokenOf(await launchedBy(bearer));
      await post(`Basic ${one}`, statement({ verb: ANSWERED })).expect(200);
      await post(`Basic ${one}`, statement()).expect(403);
    }
  });

  it('is about what the LMS says besides the lesson, or about anything', async () => {
    const video = statement({ object: { id: 'https://video.example/v/7' } });
    const person = statement({ object: OTHER });
    await post(`Basic ${session}`, video).expect(403);
    const more = await tokenOf(await launchedBy(lms.bearer, { activities: ['https://video.example/v/*'] }));
    await post(`Basic ${more}`, video).expect(200);
    await post(`Basic ${more}`, person).expect(403);
    const any = await tokenOf(await launchedBy(lms.bearer, { activities: ['*'] }));
    await post(`Basic ${any}`, person).expect(200);
    await post(`Basic ${any}`, statement({ object: OTHER, actor: OTHER })).expect(403);
    await post(
      `Basic ${any}`,
      statement({ verb: VOIDED, object: { objectType: 'StatementRef', id: person.id } }),
    ).expect(403);
    await ask('get', 'activities/state', { ...STATE, activityId: 'https://x.org' }, `Basic ${any}`).expect(403);
  });
});

it('finds its launch data where the state of each client is kept apart, and leaves them as they are', async () => {
  const apart = await startTestGateway({ lrsUrl: lrs.url, organization: { isolate_state: true } });
  try {
    const { bearer } = await apart.mint(LMS_SCOPE);
    const state = (method: 'get' | 'put', authorization: string) =>
      request(apart.url)
        [method]('/xapi/activities/state')
        .query({ ...STATE, stateId: 'LMS.LaunchData' })
        .set({ ...XAPI, Authorization: authorization });
    await state('put', bearer).send({ launchMode: 'Browse' }).expect(204);
    const asked = launchBody({ registration: REGISTRATION });
    const started = await request(apart.url).post('/cmi5/launches').set('Authorization', bearer).send(asked);
    const fetched = await request(apart.url).post(new URL((started.body as Launched).fetch).pathname);
    const token = (fetched.body as Fetched)['auth-token'] ?? '';
    expect((await state('get', `Basic ${token}`)).body).toEqual({ launchMode: 'Browse' });
    await state('put', `Basic ${token}`).send({}).expect(403);
  } finally {
    await apart.close();
  }
});
