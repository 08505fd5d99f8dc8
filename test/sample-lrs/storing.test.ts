/** @see xAPI 1.0.3 Part 3 §2.1.1, §2.1.2; Part 2 §2.3.1, §2.4 */
import { randomUUID } from 'node:crypto';
import {
  basic,
  BOB,
  COURSE,
  createClient,
  LEARNER,
  statement,
  VERB,
  type Client,
  type StatementResult,
} from './support.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let xapi: Client;
beforeEach(() => {
  xapi = createClient();
});

describe('PUT /statements', () => {
  it('answers 204 and stores the statement under its id', async () => {
    const sent = statement();
    await xapi
      .put('/statements', { statementId: sent.id as string })
      .send(sent)
      .expect(204, '');
    const body: unknown = (await xapi.get('/statements', { statementId: sent.id as string }).expect(200)).body;
    expect(body).toMatchObject(sent);
  });

  it('gives a statement without id the id of the parameter', async () => {
    const statementId = randomUUID();
    await xapi.put('/statements', { statementId }).send({ actor: LEARNER, verb: VERB, object: COURSE }).expect(204);
    await xapi.get('/statements', { statementId }).expect(200);
  });

  it('refuses an id that is not the one of the parameter', async () => {
    const body: unknown = (await xapi.put('/statements', { statementId: randomUUID() }).send(statement()).expect(400))
      .body;
    expect((body as { error: string }).error).toContain('statementId');
  });

  it('refuses a request without statementId', () => xapi.put('/statements').send(statement()).expect(400));

  it('refuses an array', () => xapi.put('/statements', { statementId: randomUUID() }).send([statement()]).expect(400));

  it('answers 204 to the same statement again and stores it once', async () => {
    const sent = statement();
    const put = () => xapi.put('/statements', { statementId: sent.id as string }).send(sent);
    await put().expect(204);
    await put().expect(204);
    expect(await xapi.idsOf({})).toEqual([sent.id]);
  });

  it('answers 409 to another statement with the same id and keeps the first', async () => {
    const sent = statement();
    const put = (body: object) => xapi.put('/statements', { statementId: sent.id as string }).send(body);
    await put(sent).expect(204);
    await put({ ...sent, result: { success: true } }).expect(409);
    const body: unknown = (await xapi.get('/statements', { statementId: sent.id as string })).body;
    expect(body).not.toHaveProperty('result');
  });
});

describe('POST /statements', () => {
  it('answers 200 with the ids in the order of the statements', async () => {
    const batch = [statement(), statement(), statement()];
    await xapi
      .post('/statements')
      .send(batch)
      .expect(
        200,
        batch.map(({ id }) => id),
      );
  });

  it('stores a single statement and generates its id', async () => {
    const body: unknown = (
      await xapi.post('/statements').send({ actor: LEARNER, verb: VERB, object: COURSE }).expect(200)
    ).body;
    expect(body).toEqual([expect.stringMatching(UUID)]);
  });

  it('stores nothing of a batch with one bad statement', async () => {
    const { id: _id, ...bad } = statement();
    await xapi
      .post('/statements')
      .send([statement(), { ...bad, verb: {} }, statement()])
      .expect(400);
    expect(await xapi.idsOf({})).toEqual([]);
  });

  it('stores nothing of a batch with one conflicting statement', async () => {
    const first = statement();
    await xapi.store(first);
    await xapi
      .post('/statements')
      .send([statement(), { ...first, verb: { id: 'http://example.org/other' } }])
      .expect(409);
    expect(await xapi.idsOf({})).toEqual([first.id]);
  });

  it('refuses a batch in which two statements have the same id, in whatever case', async () => {
    const id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    await xapi
      .post('/statements')
      .send([statement({ id }), statement({ id: id.toUpperCase() })])
      .expect(400);
    expect(await xapi.idsOf({})).toEqual([]);
  });

  it('answers 200 with the id to the same statement again', async () => {
    const sent = statement();
    await xapi.store(sent);
    await xapi.post('/statements').send(sent).expect(200, [sent.id]);
    expect(await xapi.idsOf({})).toHaveLength(1);
  });

  it.each([
    ['what the LRS assigns', { timestamp: '2020-01-01T00:00:00Z', version: '1.0.1', stored: '2020-01-01T00:00:00Z' }],
    ['the display of the verb', { verb: { id: VERB.id, display: { de: 'abgeschlossen' } } }],
    ['the definition of the activity', { object: { ...COURSE, definition: { name: { en: 'Course' } } } }],
  ])('takes a statement that differs only in %s for the same', async (_what, change) => {
    const sent = statement();
    await xapi.store(sent);
    await xapi
      .post('/statements')
      .send({ ...sent, ...change })
      .expect(200, [sent.id]);
  });

  it('takes a group for the same whatever the order of its members', async () => {
    const member = [{ mbox: 'mailto:a@example.org' }, { mbox: 'mailto:b@example.org' }];
    const sent = statement({ actor: { objectType: 'Group', member } });
    await xapi.store(sent);
    await xapi
      .post('/statements')
      .send({ ...sent, actor: { objectType: 'Group', member: member.toReversed() } })
      .expect(200);
  });

  it('refuses a body that is not JSON', async () => {
    const post = () => xapi.post('/statements').set('Content-Type', 'application/json');
    await post().send('{"actor":').expect(400);
    await post().send('').expect(400);
  });

  it('refuses JSON that is not UTF-8', () =>
    xapi
      .post('/statements')
      .set('Content-Type', 'application/json')
      .serialize((body: unknown) => body as string)
      .send(Buffer.from(JSON.stringify(statement({ result: { response: 'é' } })), 'latin1'))
      .expect(400));

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])('refuses Content-Type %s', (type) =>
    xapi.post('/statements').set('Content-Type', type).send(JSON.stringify(statement())).expect(400),
  );
});

describe('a stored statement', () => {
  const read = async (id: string) =>
    (await xapi.get('/statements', { statementId: id })).body as Record<string, unknown> & { stored: string };

  it('has stored, timestamp, version and authority', async () => {
    const [id = ''] = await xapi.store(statement());
    const found = await read(id);
    expect(Math.abs(Date.parse(found.stored) - Date.now())).toBeLessThan(10_000);
    expect(found.timestamp).toBe(found.stored);
    expect(found.version).toBe('1.0.0');
    expect(found.authority).toMatchObject({ objectType: 'Agent', account: { name: 'alice' } });
  });

  it('keeps the timestamp and version it came with, but not stored', async () => {
    const timestamp = '2020-02-29T12:00:00.5+01:00';
    const [id = ''] = await xapi.store(statement({ timestamp, version: '1.0.2', stored: '2020-01-01T00:00:00Z' }));
    const found = await read(id);
    expect(found).toMatchObject({ timestamp, version: '1.0.2' });
    expect(Date.parse(found.stored)).toBeGreaterThan(Date.parse('2021-01-01'));
  });

  it('has version 2.0.0 when it came from a 2.0 client', async () => {
    const body: unknown = (
      await xapi.post('/statements', {}, { 'X-Experience-API-Version': '2.0.0' }).send(statement())
    ).body;
    expect((await read((body as string[])[0] ?? '')).version).toBe('2.0.0');
  });

  it('has every value of contextActivities as an array, even if it arrived as a single Activity', async () => {
    const context = { contextActivities: { parent: COURSE, other: [COURSE] } };
    const [id = ''] = await xapi.store(
      statement({
        context,
        object: { objectType: 'SubStatement', actor: LEARNER, verb: VERB, object: COURSE, context },
      }),
    );
    const arrays = { contextActivities: { parent: [COURSE], other: [COURSE] } };
    expect(await read(id)).toMatchObject({ context: arrays, object: { context: arrays } });
  });

  it('keeps extensions as they came, null included', async () => {
    const extensions = {
      'http://example.org/x': null,
      'http://example.org/y': { ['__proto__']: 1, deep: [null, 1.5e300] },
    };
    const [id = ''] = await xapi.store(statement({ result: { extensions } }));
    expect(await read(id)).toMatchObject({ result: { extensions } });
  });

  it('has a stored of its own, later than every one before', async () => {
    await xapi
      .post('/statements')
      .send(Array.from({ length: 50 }, () => statement()))
      .expect(200);
    const body: unknown = (await xapi.get('/statements', { ascending: 'true' })).body;
    const stored = (body as StatementResult).statements.map((one) => one.stored);
    expect(new Set(stored).size).toBe(50);
    expect(stored).toEqual(stored.toSorted());
  });
});

describe('authority', () => {
  const SENT = { objectType: 'Agent', account: { homePage: 'http://gateway.example', name: 'client-1' } };
  const PAIR = { objectType: 'Group', member: [SENT, { mbox: 'mailto:lea@example.org' }] };

  const authorityOf = async (client: Client, sent: object, as = {}) => {
    const body: unknown = (await client.post('/statements', {}, as).send(sent).expect(200)).body;
    const found = await client.get('/statements', { statementId: (body as string[])[0] ?? '' });
    return (found.body as { authority: unknown }).authority;
  };

  it.each([
    ['an Agent', SENT],
    ['an anonymous Group of two', PAIR],
  ])('is kept as sent when it is %s', async (_what, authority) => {
    expect(await authorityOf(xapi, statement({ authority }))).toEqual(authority);
  });

  it('is made from the credential where none was sent', async () => {
    const client = createClient({ homePage: 'http://lrs.example' });
    const made = (name: string) => ({ objectType: 'Agent', account: { homePage: 'http://lrs.example', name } });
    expect(await authorityOf(client, statement())).toEqual(made('alice'));
    expect(await authorityOf(client, statement(), { Authorization: basic(BOB) })).toEqual(made('bob'));
  });

  it('is overwritten from the credential where the LRS is set so', async () => {
    const client = createClient({ authority: 'credential', homePage: 'http://lrs.example' });
    expect(await authorityOf(client, statement({ authority: SENT }))).toEqual({
      objectType: 'Agent',
      account: { homePage: 'http://lrs.example', name: 'alice' },
    });
  });

  it.each([
    ['a Group of one', { objectType: 'Group', member: [SENT] }],
    ['a Group of three', { objectType: 'Group', member: [SENT, SENT, SENT] }],
    ['an identified Group', { ...PAIR, mbox: 'mailto:group@example.org' }],
    ['an Agent without identifier', { objectType: 'Agent', name: 'nobody' }],
  ])('is refused when it is %s', (_what, authority) =>
    xapi.post('/statements').send(statement({ authority })).expect(400),
  );
});
