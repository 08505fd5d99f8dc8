/** @see xAPI 1.0.3 Part 3 §2.4, §2.5 */
import { COURSE, createClient, LEARNER, statement, type Client } from './support.ts';

let xapi: Client;
beforeEach(() => {
  xapi = createClient();
});

const ETAG = /^"[0-9a-f]{40}"$/;

describe('GET /agents', () => {
  const person = (agent: object) => xapi.get('/agents', { agent: JSON.stringify(agent) });

  it('returns a Person of what is asked for, where the LRS knows nothing more', async () => {
    await person(LEARNER)
      .expect(200, { objectType: 'Person', name: ['Lea'], mbox: ['mailto:lea@example.org'] })
      .expect('ETag', ETAG);
    const account = { homePage: 'http://example.org', name: 'lea' };
    await person({ account }).expect(200, { objectType: 'Person', account: [account] });
  });

  it('returns every name under which the agent came in statements', async () => {
    await xapi.store(
      statement({ actor: { name: 'Lea', mbox: LEARNER.mbox } }),
      statement({ actor: { objectType: 'Group', member: [{ name: 'Lea L.', mbox: LEARNER.mbox }] } }),
      statement({ actor: { name: 'Tim', mbox: 'mailto:tim@example.org' } }),
    );
    await person({ mbox: LEARNER.mbox }).expect(200, {
      objectType: 'Person',
      name: ['Lea', 'Lea L.'],
      mbox: [LEARNER.mbox],
    });
  });

  it.each<[Record<string, string>]>([
    [{}],
    [{ agent: 'lea' }],
    [{ agent: '{}' }],
    [{ agent: '{"objectType":"Group","mbox":"mailto:team@example.org"}' }],
    [{ Agent: JSON.stringify(LEARNER) }],
    [{ agent: JSON.stringify(LEARNER), since: '2020-01-01T00:00:00Z' }],
  ])('answers 400 to %j', (query) => xapi.get('/agents', query).expect(400));

  it('answers 405 to other methods', () => xapi.post('/agents').send({}).expect(405).expect('Allow', 'GET, HEAD'));
});

describe('GET /activities', () => {
  it('returns an Activity the LRS has never heard of', () =>
    xapi.get('/activities', { activityId: COURSE.id }).expect(200, COURSE).expect('ETag', ETAG));

  it('returns the definition that statements have given it, one after the other', async () => {
    const type = 'http://adlnet.gov/expapi/activities/course';
    await xapi.store(
      statement({ object: { id: COURSE.id, definition: { name: { en: 'Course' }, type } } }),
      statement({ context: { contextActivities: { parent: { ...COURSE, definition: { name: { de: 'Kurs' } } } } } }),
    );
    await xapi
      .get('/activities', { activityId: COURSE.id })
      .expect(200, { ...COURSE, definition: { name: { en: 'Course', de: 'Kurs' }, type } });
  });

  it('learns nothing from a refused batch or a repeated statement', async () => {
    const defined = { ...COURSE, definition: { name: { en: 'Course' } } };
    const sent = statement();
    await xapi.store(sent);
    await xapi
      .post('/statements')
      .send({ ...sent, object: defined })
      .expect(200);
    await xapi
      .post('/statements')
      .send([statement({ object: defined }), {}])
      .expect(400);
    await xapi.get('/activities', { activityId: COURSE.id }).expect(200, COURSE);
  });

  it.each<[Record<string, string>]>([[{}], [{ activityId: 'course' }], [{ activityid: COURSE.id }]])(
    'answers 400 to %j',
    (query) => xapi.get('/activities', query).expect(400),
  );
});
