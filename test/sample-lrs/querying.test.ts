/** @see xAPI 1.0.3 Part 3 §2.1.3 */
import { randomUUID } from 'node:crypto';
import {
  COURSE,
  createClient,
  LEARNER,
  statement,
  VERB,
  voiding,
  type Client,
  type StatementResult,
} from './support.ts';

let xapi: Client;
beforeEach(() => {
  xapi = createClient();
});

const TUTOR = { objectType: 'Agent', account: { homePage: 'http://example.org', name: 'tutor' } };
const TEAM = { objectType: 'Group', mbox: 'mailto:team@example.org', member: [TUTOR] };
const OTHER_COURSE = { objectType: 'Activity', id: 'http://example.org/course/2' };
const idOf = (one: Record<string, unknown>) => one.id as string;

describe('GET /statements?statementId', () => {
  it('returns the statement itself, with Last-Modified', async () => {
    const sent = statement();
    await xapi.store(sent);
    const response = await xapi.get('/statements', { statementId: idOf(sent) }).expect(200);
    const { headers } = response;
    const body: unknown = response.body;
    const { stored } = body as { stored: string };
    expect(body).toMatchObject(sent);
    expect(headers['last-modified']).toBe(new Date(stored).toUTCString());
  });

  it('finds it in whatever case the id is asked for', async () => {
    const sent = statement();
    await xapi.store(sent);
    await xapi.get('/statements', { statementId: idOf(sent).toUpperCase() }).expect(200);
  });

  it('answers 404 for an id that is not stored', () =>
    xapi.get('/statements', { statementId: randomUUID() }).expect(404));
  it('answers 400 for an id that is no UUID', () => xapi.get('/statements', { statementId: '1' }).expect(400));

  it('may be combined with attachments and format only', async () => {
    const statementId = idOf(statement());
    await xapi.put('/statements', { statementId }).send({ actor: LEARNER, verb: VERB, object: COURSE });
    await xapi.get('/statements', { statementId, attachments: 'false', format: 'exact' }).expect(200);
    await xapi.get('/statements', { statementId, limit: '1' }).expect(400);
    await xapi.get('/statements', { statementId, agent: JSON.stringify(LEARNER) }).expect(400);
    await xapi.get('/statements', { statementId, voidedStatementId: statementId }).expect(400);
  });
});

describe('GET /statements', () => {
  it('returns a StatementResult, latest first', async () => {
    const ids = await xapi.store(statement(), statement(), statement());
    const body: unknown = (
      await xapi
        .get('/statements')
        .expect(200)
        .expect('Content-Type', /^application\/json/)
    ).body;
    const { statements, more } = body as StatementResult;
    expect(statements.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(more).toBe('');
  });

  it('returns the earliest first with ascending=true', async () => {
    const ids = await xapi.store(statement(), statement());
    expect(await xapi.idsOf({ ascending: 'true' })).toEqual(ids);
    expect(await xapi.idsOf({ ascending: 'false' })).toEqual(ids.toReversed());
  });

  it('answers 200 with no statements where none matches', async () => {
    await xapi.get('/statements', { verb: 'http://example.org/never' }).expect(200, { statements: [], more: '' });
  });

  it('filters by verb', async () => {
    const [id] = await xapi.store(statement({ verb: { id: 'http://example.org/tried' } }), statement());
    expect(await xapi.idsOf({ verb: 'http://example.org/tried' })).toEqual([id]);
  });

  it('filters by registration, in whatever case', async () => {
    const registration = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    const [id] = await xapi.store(statement({ context: { registration } }), statement());
    expect(await xapi.idsOf({ registration })).toEqual([id]);
    expect(await xapi.idsOf({ registration: registration.toUpperCase() })).toEqual([id]);
  });

  it('applies every filter it is given', async () => {
    const verb = { id: 'http://example.org/tried' };
    const [id] = await xapi.store(statement({ verb }), statement({ verb, object: OTHER_COURSE }), statement());
    expect(await xapi.idsOf({ verb: verb.id, activity: COURSE.id })).toEqual([id]);
  });

  it('keeps since exclusive and until inclusive', async () => {
    const ids = await xapi.store(statement(), statement(), statement());
    const body: unknown = (await xapi.get('/statements', { statementId: ids[1] ?? '' })).body;
    const { stored } = body as { stored: string };
    expect(await xapi.idsOf({ since: stored })).toEqual([ids[2]]);
    expect(await xapi.idsOf({ until: stored })).toEqual([ids[1], ids[0]]);
    expect(await xapi.idsOf({ since: stored, until: stored })).toEqual([]);
  });

  it('reads a timestamp in any time zone', async () => {
    const [id] = await xapi.store(statement());
    const hourAgo = new Date(Date.now() - 3_600_000 + 5 * 3_600_000).toISOString().replace('Z', '+05:00');
    expect(await xapi.idsOf({ since: hourAgo })).toEqual([id]);
    expect(await xapi.idsOf({ until: hourAgo })).toEqual([]);
  });
});

describe('GET /statements?agent', () => {
  const asked = (agent: object, more = {}) => xapi.idsOf({ agent: JSON.stringify(agent), ...more });

  it.each<[string, Record<string, unknown>]>([
    ['the actor', { actor: TUTOR }],
    ['the object', { object: TUTOR }],
    ['a member of a group that is the actor', { actor: TEAM }],
  ])('finds it as %s', async (_where, change) => {
    const [id] = await xapi.store(statement(change), statement());
    expect(await asked(TUTOR)).toEqual([id]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['the authority', { authority: TUTOR }],
    ['a member of the authority', { authority: { objectType: 'Group', member: [TUTOR, LEARNER] } }],
    ['the instructor', { context: { instructor: TUTOR } }],
    ['a member of the team', { context: { team: TEAM } }],
    [
      'the actor of a sub-statement',
      { object: { objectType: 'SubStatement', actor: TUTOR, verb: VERB, object: COURSE } },
    ],
    [
      'the instructor of a sub-statement',
      {
        object: {
          objectType: 'SubStatement',
          actor: LEARNER,
          verb: VERB,
          object: COURSE,
          context: { instructor: TUTOR },
        },
      },
    ],
  ])('finds it as %s only with related_agents=true', async (_where, change) => {
    const [id] = await xapi.store(statement(change), statement());
    expect(await asked(TUTOR)).toEqual([]);
    expect(await asked(TUTOR, { related_agents: 'false' })).toEqual([]);
    expect(await asked(TUTOR, { related_agents: 'true' })).toEqual([id]);
  });

  it('finds an agent of contextAgents and a group of contextGroups with related_agents=true', async () => {
    const context = {
      contextAgents: [{ objectType: 'contextAgent', agent: TUTOR }],
      contextGroups: [{ objectType: 'contextGroup', group: { objectType: 'Group', mbox: 'mailto:g@example.org' } }],
    };
    const sent = statement({ context });
    await xapi.post('/statements', {}, { 'X-Experience-API-Version': '2.0.0' }).send(sent).expect(200);
    expect(await asked(TUTOR, { related_agents: 'true' })).toEqual([sent.id]);
    expect(await asked({ objectType: 'Group', mbox: 'mailto:g@example.org' }, { related_agents: 'true' })).toEqual([
      sent.id,
    ]);
  });

  it('finds an identified group by its identifier', async () => {
    const [id] = await xapi.store(statement({ actor: TEAM }), statement());
    expect(await asked({ objectType: 'Group', mbox: TEAM.mbox })).toEqual([id]);
  });

  it('goes by the identifier, not by the name', async () => {
    const [id] = await xapi.store(statement({ actor: { ...LEARNER, name: 'Another name' } }));
    expect(await asked(LEARNER)).toEqual([id]);
    expect(await asked({ name: LEARNER.name, mbox: 'mailto:else@example.org' })).toEqual([]);
  });

  it('tells accounts apart by homePage and name', async () => {
    await xapi.store(statement({ actor: TUTOR }));
    expect(await asked({ account: { homePage: 'http://example.com', name: 'tutor' } })).toEqual([]);
    expect(await asked({ account: { homePage: 'http://example.org', name: 'tutor2' } })).toEqual([]);
  });
});

describe('GET /statements?activity', () => {
  it('finds it as the object', async () => {
    const [id] = await xapi.store(statement({ object: OTHER_COURSE }), statement());
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id })).toEqual([id]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['the parent', { context: { contextActivities: { parent: OTHER_COURSE } } }],
    ['a category', { context: { contextActivities: { category: [OTHER_COURSE] } } }],
    [
      'the object of a sub-statement',
      { object: { objectType: 'SubStatement', actor: LEARNER, verb: VERB, object: OTHER_COURSE } },
    ],
    [
      'the grouping of a sub-statement',
      {
        object: {
          objectType: 'SubStatement',
          actor: LEARNER,
          verb: VERB,
          object: COURSE,
          context: { contextActivities: { grouping: OTHER_COURSE } },
        },
      },
    ],
  ])('finds it as %s only with related_activities=true', async (_where, change) => {
    const [id] = await xapi.store(statement(change), statement());
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id })).toEqual([]);
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id, related_activities: 'true' })).toEqual([id]);
  });
});

describe('a statement that targets another', () => {
  const confirming = (id: string, change = {}) =>
    statement({
      actor: TUTOR,
      verb: { id: 'http://example.org/confirmed' },
      object: { objectType: 'StatementRef', id },
      ...change,
    });

  it('is returned where the targeted one matches, recursively', async () => {
    const c = statement({ object: OTHER_COURSE });
    const b = confirming(idOf(c));
    const a = confirming(idOf(b));
    await xapi.store(c, b, a, statement());
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id })).toEqual([a.id, b.id, c.id]);
    expect(await xapi.idsOf({ agent: JSON.stringify(LEARNER), activity: OTHER_COURSE.id })).toHaveLength(3);
  });

  it('must itself meet since and until', async () => {
    const target = statement({ object: OTHER_COURSE });
    await xapi.store(target);
    const body: unknown = (await xapi.get('/statements', { statementId: idOf(target) })).body;
    const [id] = await xapi.store(confirming(idOf(target)));
    const { stored } = body as { stored: string };
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id, since: stored })).toEqual([id]);
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id, until: stored })).toEqual([target.id]);
  });

  it('is not returned for a reference in its context', async () => {
    const target = statement({ object: OTHER_COURSE });
    await xapi.store(target, statement({ context: { statement: { objectType: 'StatementRef', id: target.id } } }));
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id })).toEqual([target.id]);
  });

  it('does not send the LRS round in circles', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await xapi.store(confirming(one, { id: two }), confirming(two, { id: one }));
    expect(await xapi.idsOf({ activity: OTHER_COURSE.id })).toEqual([]);
  });
});

describe('a voided statement', () => {
  it('is not returned by statementId but by voidedStatementId', async () => {
    const sent = statement();
    await xapi.store(sent);
    await xapi.get('/statements', { voidedStatementId: idOf(sent) }).expect(404);
    await xapi.store(voiding(idOf(sent)));
    await xapi.get('/statements', { statementId: idOf(sent) }).expect(404);
    const body: unknown = (await xapi.get('/statements', { voidedStatementId: idOf(sent) }).expect(200)).body;
    expect(body).toMatchObject(sent);
  });

  it('is not in a list, but the voiding statement and others that target it are', async () => {
    const sent = statement();
    const comment = statement({ actor: TUTOR, object: { objectType: 'StatementRef', id: sent.id } });
    const end = voiding(idOf(sent));
    await xapi.store(sent, comment, end);
    expect(await xapi.idsOf({})).toEqual([end.id, comment.id]);
    expect(await xapi.idsOf({ agent: JSON.stringify(LEARNER) })).toEqual([end.id, comment.id]);
  });

  it('is voided also when it arrives after the voiding statement', async () => {
    const sent = statement();
    await xapi.store(voiding(idOf(sent)), sent);
    await xapi.get('/statements', { statementId: idOf(sent) }).expect(404);
  });

  it('cannot be a voiding statement', async () => {
    const sent = statement();
    const end = voiding(idOf(sent));
    await xapi.store(sent, end, voiding(idOf(end)));
    await xapi.get('/statements', { statementId: idOf(end) }).expect(200);
    await xapi.get('/statements', { voidedStatementId: idOf(sent) }).expect(200);
  });

  it('still takes its id: another statement with it is a conflict', async () => {
    const sent = statement();
    await xapi.store(sent, voiding(idOf(sent)));
    await xapi
      .post('/statements')
      .send({ ...sent, result: { success: true } })
      .expect(409);
  });
});

describe('a parameter', () => {
  it.each<[Record<string, string>]>([
    [{ foo: 'bar' }],
    [{ Verb: VERB.id }],
    [{ statementID: randomUUID() }],
    [{ relatedAgents: 'true' }],
    [{ constructor: '1' }],
    [{ verb: 'completed' }],
    [{ activity: 'course' }],
    [{ registration: '1' }],
    [{ agent: 'mailto:lea@example.org' }],
    [{ agent: '{"mbox":' }],
    [{ agent: '[]' }],
    [{ agent: JSON.stringify({ objectType: 'Group', member: [LEARNER] }) }],
    [{ agent: JSON.stringify({ ...LEARNER, openid: 'http://example.org/lea' }) }],
    [{ since: 'yesterday' }],
    [{ until: '2020-13-01T00:00:00Z' }],
    [{ limit: '-1' }],
    [{ limit: '1.5' }],
    [{ limit: 'ten' }],
    [{ ascending: 'TRUE' }],
    [{ related_agents: '1' }],
    [{ attachments: 'yes' }],
    [{ format: 'full' }],
  ])('such as %j is refused with 400', (query) => xapi.get('/statements', query).expect(400));

  it('is refused with 400 when it is given twice', () => xapi.get('/statements?limit=1&limit=2').expect(400));

  it('is refused with 400 on POST', () =>
    xapi.post('/statements', { statementId: randomUUID() }).send(statement()).expect(400));

  it('method, of the Alternate Request Syntax, is refused with 400', async () => {
    const body: unknown = (await xapi.post('/statements?method=GET').type('form').send({ limit: '1' }).expect(400))
      .body;
    expect((body as { error: string }).error).toContain('Alternate Request Syntax');
  });
});

describe('DELETE and PATCH /statements', () => {
  it.each(['delete', 'patch'] as const)('%s is answered 405 with the methods there are', (method) =>
    xapi[method]('/statements').expect(405).expect('Allow', 'PUT, POST, GET, HEAD'),
  );
});
