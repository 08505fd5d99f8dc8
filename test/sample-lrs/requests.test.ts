/** What holds for every request, whatever the resource. @see xAPI 1.0.3 Part 3 §1.1, §2.8, §3.2, §3.3, §4.0 */
import request from 'supertest';
import { ALICE, basic, BOB, COURSE, createClient, LEARNER, statement, type Method } from './support.ts';

const xapi = createClient();
const AGENT = JSON.stringify(LEARNER);

const RESOURCES: [string, Record<string, string>][] = [
  ['/statements', {}],
  ['/activities', { activityId: COURSE.id }],
  ['/agents', { agent: AGENT }],
  ['/activities/state', { activityId: COURSE.id, agent: AGENT }],
  ['/activities/profile', { activityId: COURSE.id }],
  ['/agents/profile', { agent: AGENT }],
];

describe('X-Experience-API-Version', () => {
  it.each([
    ['1.0', '1.0.3'],
    ['1.0.0', '1.0.3'],
    ['1.0.3', '1.0.3'],
    ['1.0.9', '1.0.3'],
    ['2.0', '2.0.0'],
    ['2.0.0', '2.0.0'],
    ['2.0.1', '2.0.0'],
  ])('%s is accepted and answered with %s', (asked, answered) =>
    xapi
      .get('/statements', {}, { 'X-Experience-API-Version': asked })
      .expect(200)
      .expect('X-Experience-API-Version', answered),
  );

  it.each(['0.9', '0.95', '1.1.0', '1', '1.00', '1.0.', '1.0.3-beta', '2.1.0', '3.0.0', 'latest'])(
    '%s is refused with 400',
    (asked) =>
      xapi
        .get('/statements', {}, { 'X-Experience-API-Version': asked })
        .expect(400)
        .expect('X-Experience-API-Version', '1.0.3'),
  );

  it.each(RESOURCES)('is required on %s', (path, query) =>
    request(xapi.app).get(`/xapi${path}`).query(query).set('Authorization', basic(ALICE)).expect(400),
  );

  it.each<[string, number, Method, string, Record<string, string>?]>([
    ['a success', 200, 'get', '/statements'],
    ['an empty success', 204, 'delete', `/activities/state?activityId=${COURSE.id}&agent=${AGENT}`],
    ['a bad request', 400, 'get', '/statements?foo=bar'],
    ['a missing credential', 401, 'get', '/agents', { Authorization: '' }],
    ['a missing statement', 404, 'get', '/statements?statementId=9e13cefd-53d3-4eac-b5ed-2cf6693903bb'],
    ['an unknown resource', 404, 'get', '/nowhere'],
    ['a path that is not percent-encoded', 400, 'get', '/statements/more/%zz'],
    ['a method that is not there', 405, 'delete', '/statements'],
  ])('is in the answer to %s (%d)', (...[, status, method, path, headers]) =>
    xapi[method](path, {}, headers).expect(status).expect('X-Experience-API-Version', '1.0.3'),
  );
});

describe('X-Experience-API-Consistent-Through', () => {
  it.each<[number, Method, string, Record<string, string>?]>([
    [200, 'get', '/statements'],
    [200, 'head', '/statements'],
    [400, 'get', '/statements?foo=bar'],
    [400, 'post', '/statements'],
    [400, 'get', '/statements', { 'X-Experience-API-Version': '0.9' }],
    [401, 'get', '/statements', { Authorization: '' }],
    [404, 'get', '/statements?statementId=9e13cefd-53d3-4eac-b5ed-2cf6693903bb'],
    [404, 'get', '/statements/more/abc'],
    [405, 'delete', '/statements'],
  ])('is a recent timestamp in the %d answer to %s %s', async (...[status, method, path, headers]) => {
    const response = await xapi[method](path, {}, headers).expect(status);
    const through = response.headers['x-experience-api-consistent-through'] ?? '';
    expect(through).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z$/);
    expect(Math.abs(Date.parse(through) - Date.now())).toBeLessThan(10_000);
  });

  it('is not before the stored of a statement that is already available', async () => {
    const [id = ''] = await xapi.store(statement());
    const response = await xapi.get('/statements', { statementId: id });
    const { stored } = response.body as { stored: string };
    const through = response.headers['x-experience-api-consistent-through'] ?? '';
    expect(through >= stored).toBe(true);
  });

  it('is only in answers of the Statement Resource', async () => {
    const { headers } = await xapi.get('/about');
    expect(headers).not.toHaveProperty('x-experience-api-consistent-through');
  });
});

describe('a credential', () => {
  it.each([ALICE, BOB])('of several is accepted: $username', (credential) =>
    xapi.get('/statements', {}, { Authorization: basic(credential) }).expect(200),
  );

  it.each([
    ['is missing', ''],
    ['has a wrong password', basic({ ...ALICE, password: 'x' })],
    ['has the password of another', basic({ ...ALICE, password: BOB.password })],
    ['is of someone unknown', basic({ username: 'eve', password: 'x' })],
    ['is empty', basic({ username: '', password: '' })],
    ['is not base64', 'Basic %%%'],
    ['has no colon', `Basic ${Buffer.from('alice').toString('base64')}`],
    ['is a bearer token', 'Bearer abc'],
  ])('that %s is answered 401 with a challenge', (_what, Authorization) =>
    xapi
      .get('/statements', {}, { Authorization })
      .expect(401)
      .expect('WWW-Authenticate', /^Basic realm=/),
  );

  it.each(RESOURCES)('is needed for %s', (path, query) => xapi.get(path, query, { Authorization: '' }).expect(401));
});

describe('GET /about', () => {
  it('tells everyone the versions, whatever version is asked for', async () => {
    const versions = { version: ['1.0.0', '1.0.3', '2.0.0'] };
    await request(xapi.app).get('/xapi/about').expect(200, versions).expect('X-Experience-API-Version', '1.0.3');
    await request(xapi.app).get('/xapi/about').set('X-Experience-API-Version', '0.9').expect(200, versions);
  });

  it('takes no parameters', () => request(xapi.app).get('/xapi/about?foo=bar').expect(400));
  it('has no other method', () => request(xapi.app).post('/xapi/about').expect(405).expect('Allow', 'GET, HEAD'));
});

describe('HEAD', () => {
  it.each([...RESOURCES, ['/about', {}] as [string, Record<string, string>]])(
    '%s is answered like GET, without a body',
    async (path, query) => {
      const got = await xapi.get(path, query).expect(200);
      const headed = await xapi.head(path, query).expect(200);
      expect(headed.text ?? '').toBe('');
      for (const name of ['content-type', 'content-length', 'etag', 'x-experience-api-version']) {
        expect([name, headed.headers[name]]).toEqual([name, got.headers[name]]);
      }
    },
  );

  it('is refused like GET', async () => {
    await xapi.head('/statements', { foo: 'bar' }).expect(400);
    await xapi.head('/agents').expect(400);
  });
});

describe('a path', () => {
  it.each([
    '',
    '/',
    '/statements/',
    '/Statements',
    '/activities/',
    '/activities/other',
    '/OAuth/token',
    '/constructor',
  ])('"%s" under the base is 404 where there is no such resource', (path) =>
    request(xapi.app)
      .get(`/xapi${path}`)
      .set({ Authorization: basic(ALICE), 'X-Experience-API-Version': '1.0.3' })
      .expect(404),
  );

  it('outside the base is 404', () => request(xapi.app).get('/statements').expect(404));

  it.each(['/', '/data/xAPI', '/data/xAPI/'])('is under the base path that is set: %s', async (basePath) => {
    const { app } = createClient({ basePath });
    await request(app)
      .get(`${basePath.replace(/\/$/, '')}/about`)
      .expect(200);
  });
});

describe('an error', () => {
  it('is JSON with one text', () =>
    xapi
      .get('/statements', { Limit: '1' })
      .expect(400, { error: 'the parameter "Limit" is spelled "limit"' })
      .expect('Content-Type', /^application\/json/));
});
