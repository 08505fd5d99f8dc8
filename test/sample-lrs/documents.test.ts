/** @see xAPI 1.0.3 Part 3 §2.2, §2.3, §2.6, §2.7, §3.1 */
import { createHash, randomUUID } from 'node:crypto';
import { COURSE, createClient, LEARNER, type Client } from './support.ts';

const AGENT = JSON.stringify(LEARNER);
const STATE = { path: '/activities/state', context: { activityId: COURSE.id, agent: AGENT }, id: 'stateId' };
const PROFILES = [
  { path: '/activities/profile', context: { activityId: COURSE.id }, id: 'profileId' },
  { path: '/agents/profile', context: { agent: AGENT }, id: 'profileId' },
];
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const etag = (content: string | Buffer) => `"${createHash('sha1').update(content).digest('hex')}"`;
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

let xapi: Client;
beforeEach(() => {
  xapi = createClient();
});

describe.each([STATE, ...PROFILES])('$path', ({ path, context, id }) => {
  const one = (name = 'bookmark') => ({ ...context, [id]: name });
  const put = (content: string | Buffer, type = 'text/plain', headers = {}, name?: string) =>
    xapi
      .put(path, one(name), { 'Content-Type': type, ...headers })
      .serialize((body: unknown) => body as string)
      .send(content);
  const post = (content: string, type = 'application/json', headers = {}) =>
    xapi.post(path, one(), { 'Content-Type': type, ...headers }).send(content);
  const get = (name?: string) => xapi.get(path, one(name));

  describe('a single document', () => {
    it('is stored by PUT and returned as it came, with its Content-Type, ETag and Last-Modified', async () => {
      await put('page 7', 'text/plain').expect(204, '');
      const { headers } = await get()
        .expect(200, 'page 7')
        .expect('Content-Type', 'text/plain')
        .expect('ETag', etag('page 7'));
      expect(Math.abs(Date.parse(headers['last-modified'] ?? '') - Date.now())).toBeLessThan(10_000);
    });

    it('keeps every byte', async () => {
      await put(BYTES, 'application/octet-stream').expect(204);
      await get().buffer(true).expect(200, BYTES).expect('ETag', etag(BYTES));
    });

    it('may be empty', async () => {
      await put('').expect(204);
      await get().expect(200, '').expect('ETag', etag(''));
    });

    it('is answered to HEAD with the same headers and no body', async () => {
      await put('page 7');
      const { headers, text } = await xapi.head(path, one()).expect(200);
      expect(text ?? '').toBe('');
      expect(headers).toMatchObject({ etag: etag('page 7'), 'content-length': '6', 'content-type': 'text/plain' });
    });

    it('is 404 where there is none', async () => {
      await get().expect(404);
      await xapi.head(path, one()).expect(404);
    });

    it('is gone after DELETE', async () => {
      await put('page 7');
      await xapi.delete(path, one()).expect(204, '');
      await get().expect(404);
      await xapi.delete(path, one()).expect(204);
    });

    it('is refused as application/json where it is not JSON', async () => {
      await put('{"page":', 'application/json').expect(400);
      await get().expect(404);
    });
  });

  describe('POST', () => {
    it('stores a document where there is none', async () => {
      await post('{"x":"foo"}').expect(204);
      await get().expect(200, { x: 'foo' });
    });

    it('stores a document of any type where there is none', async () => {
      await post('page 7', 'text/plain').expect(204);
      await get().expect(200, 'page 7');
    });

    it('merges the top-level properties of JSON objects', async () => {
      await post('{"x":"foo","y":{"a":1,"b":2}}').expect(204);
      await post('{"x":"bash","y":{"c":3},"z":"faz"}', 'application/json; charset=utf-8').expect(204);
      const { text, headers } = await get().expect(200, { x: 'bash', y: { c: 3 }, z: 'faz' });
      expect(headers.etag).toBe(etag(text));
    });

    it('merges a property named __proto__ like any other', async () => {
      await post('{"x":1}');
      await post('{"__proto__":{"y":2}}').expect(204);
      const { text } = await get();
      expect(text).toBe('{"x":1,"__proto__":{"y":2}}');
    });

    it.each([
      ['the existing document is not application/json', ['page 7', 'text/plain'], ['{"x":1}', 'application/json']],
      ['the posted document is not application/json', ['{"x":1}', 'application/json'], ['{"y":1}', 'text/plain']],
      ['the existing document is not an object', ['[1]', 'application/json'], ['{"x":1}', 'application/json']],
      ['the posted document is not an object', ['{"x":1}', 'application/json'], ['[1]', 'application/json']],
      ['the posted document is not JSON', ['{"x":1}', 'application/json'], ['{"x":', 'application/json']],
    ])('answers 400 and changes nothing where %s', async (_why, [existing = '', type], [posted = '', postedType]) => {
      await put(existing, type).expect(204);
      await post(posted, postedType).expect(400);
      expect((await get()).headers.etag).toBe(etag(existing));
    });
  });

  describe('concurrency', () => {
    it('lets PUT replace the document that If-Match names', async () => {
      await put('1');
      await put('2', 'text/plain', { 'If-Match': etag('1') }).expect(204);
      await get().expect('2');
    });

    it('answers 412 to PUT, POST and DELETE where If-Match names another, and changes nothing', async () => {
      await put('{"x":1}', 'application/json');
      const stale = { 'If-Match': etag('{"x":0}') };
      await put('{"x":2}', 'application/json', stale).expect(412);
      await post('{"x":2}', 'application/json', stale).expect(412);
      await xapi.delete(path, one(), stale).expect(412);
      await get().expect(200, { x: 1 });
    });

    it('answers 412 to If-Match where there is no document', async () => {
      await put('1', 'text/plain', { 'If-Match': etag('1') }).expect(412);
      await put('1', 'text/plain', { 'If-Match': '*' }).expect(412);
      await get().expect(404);
    });

    it('lets PUT create a document with If-None-Match: *, once', async () => {
      await put('1', 'text/plain', { 'If-None-Match': '*' }).expect(204);
      await put('2', 'text/plain', { 'If-None-Match': '*' }).expect(412);
      await get().expect('1');
    });

    it('answers 412 to POST with If-None-Match: * over a document', async () => {
      await put('{"x":1}', 'application/json');
      await post('{"x":2}', 'application/json', { 'If-None-Match': '*' }).expect(412);
      await get().expect(200, { x: 1 });
    });

    it('lets POST and DELETE through where If-Match names the document', async () => {
      await put('{"x":1}', 'application/json');
      await post('{"y":2}', 'application/json', { 'If-Match': `"other", ${etag('{"x":1}')}` }).expect(204);
      const { headers } = await get().expect(200, { x: 1, y: 2 });
      await xapi.delete(path, one(), { 'If-Match': headers.etag ?? '' }).expect(204);
      await get().expect(404);
    });

    it('matches no weak entity tag', async () => {
      await put('1');
      await put('2', 'text/plain', { 'If-Match': `W/${etag('1')}` }).expect(412);
    });

    it('answers GET with 304 where If-None-Match names the document', async () => {
      await put('1');
      await xapi.get(path, one(), { 'If-None-Match': etag('1') }).expect(304);
    });
  });

  describe('several documents', () => {
    it('are listed by id, with ETag and Last-Modified', async () => {
      await put('1', 'text/plain', {}, 'one');
      await put('2', 'text/plain', {}, 'two');
      const response = await xapi
        .get(path, context)
        .expect(200)
        .expect('Content-Type', /^application\/json/);
      expect((response.body as string[]).toSorted()).toEqual(['one', 'two']);
      expect(response.headers).toMatchObject({
        etag: expect.stringMatching(/^"[0-9a-f]{40}"$/) as string,
        'last-modified': expect.stringMatching(/ GMT$/) as string,
      });
    });

    it('are an empty list where there are none', () => xapi.get(path, context).expect(200, []));

    it('are listed only if stored or updated since', async () => {
      await put('1', 'text/plain', {}, 'one');
      await put('2', 'text/plain', {}, 'two');
      await later();
      const since = new Date().toISOString();
      await later();
      await put('3', 'text/plain', {}, 'three');
      await put('1b', 'text/plain', { 'If-Match': etag('1') }, 'one');
      const { body } = (await xapi.get(path, { ...context, since }).expect(200)) as { body: string[] };
      expect(body.toSorted()).toEqual(['one', 'three']);
    });
  });

  describe('a request', () => {
    it.each(Object.keys(context))('without %s is refused with 400', async (name) => {
      const rest = Object.fromEntries(Object.entries(one()).filter(([key]) => key !== name));
      for (const method of ['get', 'put', 'post', 'delete'] as const) await xapi[method](path, rest).expect(400);
    });

    it(`without ${id} is refused with 400 for PUT and POST`, async () => {
      await xapi.put(path, context).send({}).expect(400);
      await xapi.post(path, context).send({}).expect(400);
    });

    it.each<[Record<string, string>]>([
      [{ foo: 'bar' }],
      [{ [id.toLowerCase()]: 'x' }],
      [{ since: '2020-01-01T00:00:00Z' }],
      [{ method: 'GET' }],
    ])('with %j on a single document is refused with 400', async (extra) => {
      for (const method of ['get', 'put', 'post', 'delete'] as const) {
        await xapi[method](path, { ...one(), ...extra }).expect(400);
      }
    });

    it('with a since that is no timestamp is refused with 400', () =>
      xapi.get(path, { ...context, since: 'monday' }).expect(400));

    it('with another method is answered 405', () =>
      xapi.patch(path, one()).expect(405).expect('Allow', 'PUT, POST, GET, HEAD, DELETE'));
  });
});

describe('/activities/state', () => {
  const one = { ...STATE.context, stateId: 'bookmark' };
  const put = (query: Record<string, string>, content = '1') => xapi.put(STATE.path, query).type('text').send(content);

  it('lets PUT replace a document without any header', async () => {
    await put(one, '1').expect(204);
    await put(one, '2').expect(204);
    await xapi.get(STATE.path, one).expect(200, '2');
  });

  it('keeps registrations apart, in whatever case they are written', async () => {
    const registration = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    await put({ ...one, registration }, 'r').expect(204);
    await xapi.get(STATE.path, one).expect(404);
    await xapi.get(STATE.path, { ...one, registration: randomUUID() }).expect(404);
    await xapi.get(STATE.path, { ...one, registration: registration.toUpperCase() }).expect(200, 'r');
    await xapi.get(STATE.path, { ...STATE.context, registration }).expect(200, ['bookmark']);
  });

  it('keeps agents and activities apart', async () => {
    await put(one).expect(204);
    await xapi.get(STATE.path, { ...one, agent: '{"mbox":"mailto:tim@example.org"}' }).expect(404);
    await xapi.get(STATE.path, { ...one, activityId: 'http://example.org/course/2' }).expect(404);
  });

  it('knows an agent by the identifier, whatever else is said of it', async () => {
    await put(one).expect(204);
    await xapi.get(STATE.path, { ...one, agent: JSON.stringify({ mbox: LEARNER.mbox }) }).expect(200);
  });

  it('deletes all documents of the context, and no others, where DELETE names none', async () => {
    const registration = randomUUID();
    await put(one);
    await put({ ...one, stateId: 'other' });
    await put({ ...one, registration });
    await xapi.delete(STATE.path, STATE.context).expect(204);
    await xapi.get(STATE.path, STATE.context).expect(200, []);
    await xapi.get(STATE.path, { ...STATE.context, registration }).expect(200, ['bookmark']);
  });

  it.each<[Record<string, string>]>([
    [{ activityId: 'course' }],
    [{ agent: 'lea' }],
    [{ agent: '{"name":"lea"}' }],
    [{ agent: '{"objectType":"Group","mbox":"mailto:team@example.org"}' }],
    [{ registration: 'r1' }],
  ])('refuses %j with 400', (bad) => put({ ...one, ...bad }).expect(400));
});

describe.each(PROFILES)('$path', ({ path, context }) => {
  const one = { ...context, profileId: 'p1' };

  it('answers 409 to PUT over a document without If-Match or If-None-Match, and says how to resolve it', async () => {
    await xapi.put(path, one).type('text').send('1').expect(204);
    const { body } = (await xapi.put(path, one).type('text').send('2').expect(409)) as { body: { error: string } };
    expect(body.error).toMatch(/check its current state.*If-Match header.*current ETag/);
    await xapi.get(path, one).expect(200, '1');
  });

  it('lets POST merge without any header', async () => {
    await xapi.post(path, one).send({ x: 1 }).expect(204);
    await xapi.post(path, one).send({ y: 2 }).expect(204);
    await xapi.get(path, one).expect(200, { x: 1, y: 2 });
  });

  it('refuses DELETE without profileId with 400', () => xapi.delete(path, context).expect(400));
});

it('keeps the documents of the three resources apart', async () => {
  await xapi.put('/activities/profile', { activityId: COURSE.id, profileId: 'x' }).type('text').send('1');
  await xapi.get('/agents/profile', { agent: AGENT, profileId: 'x' }).expect(404);
  await xapi.get('/activities/state', { activityId: COURSE.id, agent: AGENT, stateId: 'x' }).expect(404);
});
