/** Content in a browser calls from another origin. @see Fetch standard, "CORS protocol"; lxHive #67, Learning Locker #753 */
import { rawRequest } from '../support/raw-request.ts';
import { gatewayScene, VERSION_1, type Asked, type Headers } from './support.ts';

const PAGE = { Origin: 'https://content.example' };
const RESOURCES: [resource: string, methods: string[]][] = [
  ['about', ['GET', 'HEAD']],
  ['statements', ['GET', 'HEAD', 'POST', 'PUT']],
  ['activities', ['GET', 'HEAD']],
  ['agents', ['GET', 'HEAD']],
  ['activities/state', ['DELETE', 'GET', 'HEAD', 'POST', 'PUT']],
  ['activities/profile', ['DELETE', 'GET', 'HEAD', 'POST', 'PUT']],
  ['agents/profile', ['DELETE', 'GET', 'HEAD', 'POST', 'PUT']],
];

const scene = gatewayScene();
const { ask } = scene;

const listIn = (answer: Asked, name: string) => (answer.header(name) ?? '').toLowerCase().split(/, */).sort();

describe('a preflight', () => {
  it.each(RESOURCES)('passes without a token and is answered here: %s has %j', async (resource, methods) => {
    const asked = {
      ...PAGE,
      'Access-Control-Request-Method': methods.at(-1) ?? '',
      'Access-Control-Request-Headers': 'authorization,content-type,x-experience-api-version',
    };
    const answer = await ask(`OPTIONS /xapi/${resource}?activityId=a&stateId=b&anything=c`, asked);
    expect([answer.status, answer.body, answer.upstream]).toEqual([204, '', []]);
    expect(answer.header('Access-Control-Allow-Origin')).toBe('*');
    expect(listIn(answer, 'Access-Control-Allow-Methods')).toEqual(
      [...methods, 'OPTIONS'].map((method) => method.toLowerCase()).sort(),
    );
    expect(listIn(answer, 'Access-Control-Allow-Headers')).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'if-match',
        'if-none-match',
        'x-experience-api-version',
      ]),
    );
    expect(Number(answer.header('Access-Control-Max-Age'))).toBeGreaterThan(0);
  });

  it('passes for a call in the alternate request syntax, whose query it has', async () => {
    const asked = {
      ...PAGE,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    };
    const answer = await ask('OPTIONS /xapi/activities/state?method=PUT', asked);
    expect([answer.status, answer.upstream]).toEqual([204, []]);
    expect(listIn(answer, 'Access-Control-Allow-Methods')).toContain('post');
  });

  it('never allows credentials that a browser adds by itself', async () => {
    for (const line of ['OPTIONS /xapi/statements', 'GET /xapi/about'])
      expect((await ask(line, PAGE)).headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('passes for 2.0 and without a version', async () => {
    for (const version of [{}, { 'X-Experience-API-Version': '2.0.0' }])
      expect((await ask('OPTIONS /xapi/statements', { ...PAGE, ...version })).status).toBe(204);
  });

  it('says which methods there are to one who is no page', async () => {
    const answer = await ask('OPTIONS /xapi/statements');
    expect([answer.status, listIn(answer, 'Allow')]).toEqual([204, ['get', 'head', 'options', 'post', 'put']]);
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('an answer to a page', () => {
  const answers: [what: string, status: number, line: string, headers: () => Promise<Headers>][] = [
    [
      'of the LRS',
      200,
      'GET /xapi/statements',
      async () => ({ Authorization: (await scene.gateway.mint('all')).bearer }),
    ],
    ['that asks for a token', 401, 'GET /xapi/statements', () => Promise.resolve({})],
    ['to a bad token', 401, 'GET /xapi/statements', () => Promise.resolve({ Authorization: 'Bearer never-issued' })],
    [
      'that forbids',
      403,
      'GET /xapi/statements',
      async () => ({ Authorization: (await scene.gateway.mint('state')).bearer }),
    ],
    ['about nothing', 404, 'GET /xapi/nothing', () => Promise.resolve({})],
    ['about a preflight of nothing', 404, 'OPTIONS /xapi/nothing', () => Promise.resolve({})],
    ['to a method that there is not', 405, 'PATCH /xapi/statements', () => Promise.resolve({})],
    ['to a bad request', 400, 'GET /xapi/statements?x=1', () => Promise.resolve({})],
  ];

  it.each(answers)(
    'can be read, with the headers that xAPI needs, where it is one %s: %i',
    async (_what, status, line, headers) => {
      const answer = await ask(line, { ...VERSION_1, ...PAGE, ...(await headers()) });
      expect(answer.status).toBe(status);
      expect(answer.header('Access-Control-Allow-Origin')).toBe('*');
      expect(listIn(answer, 'Access-Control-Expose-Headers')).toEqual(
        expect.arrayContaining([
          'etag',
          'last-modified',
          'location',
          'retry-after',
          'www-authenticate',
          'x-experience-api-consistent-through',
          'x-experience-api-version',
        ]),
      );
    },
  );

  it("has the gateway's leave and not the LRS's", async () => {
    scene.lrs.respond(
      (_request, res) =>
        void res
          .writeHead(200, {
            'Access-Control-Allow-Origin': 'https://lrs.example',
            'access-control-allow-credentials': 'true',
            'Access-Control-Expose-Headers': 'X-Secret',
          })
          .end(),
    );
    const { bearer } = await scene.gateway.mint('all');
    const headers = { ...VERSION_1, Authorization: bearer };
    const toPage = await ask('GET /xapi/statements', { ...headers, ...PAGE });
    expect(toPage.header('Access-Control-Allow-Origin')).toBe('*');
    expect(toPage.header('Access-Control-Expose-Headers')).not.toContain('X-Secret');
    expect(toPage.headers.has('access-control-allow-credentials')).toBe(false);
    const toOther = await ask('GET /xapi/statements', headers);
    expect([...toOther.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('a client that is registered with the origins of its pages', () => {
  const OWN = ['https://content.example', 'http://localhost:3000'];
  let bearer: string;
  let basic: string;
  beforeAll(async () => {
    bearer = (await scene.gateway.mint('all', { allowed_origins: OWN })).bearer;
    basic = (await scene.gateway.register('all', { allowed_origins: OWN })).basic;
  });
  const from = (origin: string, authorization = bearer) => ({
    ...VERSION_1,
    Authorization: authorization,
    Origin: origin,
  });

  it.each(OWN)('is used by a page there, which is told that it may read: %s', async (origin) => {
    for (const authorization of [bearer, basic]) {
      scene.lrs.respond((_request, res) => void res.writeHead(200, { Vary: 'Accept-Language' }).end('{}'));
      const answer = await ask('GET /xapi/statements', from(origin, authorization));
      expect([answer.status, answer.upstream.length]).toEqual([200, 1]);
      expect(answer.header('Access-Control-Allow-Origin')).toBe(origin);
      expect(answer.headers.get('vary')).toEqual(['Accept-Language', 'Origin']);
      expect(listIn(answer, 'Access-Control-Expose-Headers')).toContain('etag');
    }
  });

  it.each([
    'https://other.example',
    'https://content.example.evil.example',
    'https://content.example:8443',
    'http://content.example',
    'https://CONTENT.example',
    'https://content.example/',
    'https://content.example, https://other.example',
    'https://content.example https://other.example',
    'http://localhost',
    'null',
    '*',
    '',
  ])('is not used by one of another origin, which may not read why: %j', async (origin) => {
    for (const authorization of [bearer, basic])
      for (const line of ['GET /xapi/statements', 'POST /xapi/statements', 'GET /xapi/about']) {
        const answer = await ask(line, from(origin, authorization), line.startsWith('POST') ? '{}' : undefined);
        expect([line, answer.status, answer.upstream]).toEqual([line, 403, []]);
        expect(JSON.parse(answer.body)).toMatchObject({ error: 'access_denied' });
        expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
        expect(answer.header('Vary')).toBe('Origin');
        expect(answer.headers.has('www-authenticate')).toBe(false);
      }
  });

  it('is not used by a page that says two origins, or none of its own (null), whatever it is registered with', async () => {
    const { bearer: careless } = await scene.gateway.mint('all', { allowed_origins: ['null', '*'] });
    for (const origin of ['null', 'https://any.example'])
      expect((await ask('GET /xapi/statements', from(origin, careless))).status).toBe(403);
    const { bearer: nowhere } = await scene.gateway.mint('all', { allowed_origins: [] });
    expect((await ask('GET /xapi/statements', from('https://any.example', nowhere))).status).toBe(403);
    const head = `GET /xapi/statements HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${bearer}\r\n`;
    const twice = `${head}Origin: https://other.example\r\nOrigin: ${OWN[0]}\r\n\r\n`;
    expect((await rawRequest(scene.gateway.port, twice)).status).toBe(403);
  });

  it('is used by what is no page, which says no origin', async () => {
    const answer = await ask('GET /xapi/statements', { ...VERSION_1, Authorization: bearer });
    expect([answer.status, answer.headers.has('access-control-allow-origin')]).toEqual([200, false]);
  });

  it('holds a token in a form to the same (alternate request syntax)', async () => {
    const form = new URLSearchParams({ Authorization: bearer, 'X-Experience-API-Version': '1.0.3' }).toString();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const ofOther = await ask('POST /xapi/statements?method=GET', { ...headers, Origin: 'https://o.example' }, form);
    expect([ofOther.status, ofOther.upstream]).toEqual([403, []]);
    const own = await ask('POST /xapi/statements?method=GET', { ...headers, Origin: OWN[0] ?? '' }, form);
    expect([own.status, own.header('Access-Control-Allow-Origin')]).toEqual([200, OWN[0]]);
  });

  it('gets its preflights answered wherever they come from: they say not whose they are', async () => {
    const answer = await ask('OPTIONS /xapi/statements', { Origin: 'https://other.example' });
    expect([answer.status, answer.header('Access-Control-Allow-Origin')]).toEqual([204, '*']);
  });

  it('lets its own pages read a refusal', async () => {
    const { bearer: small } = await scene.gateway.mint('state', { allowed_origins: OWN });
    const answer = await ask('GET /xapi/statements', from(OWN[0] ?? '', small));
    expect([answer.status, answer.header('Access-Control-Allow-Origin')]).toEqual([403, OWN[0]]);
    expect(answer.header('WWW-Authenticate')).toContain('insufficient_scope');
  });

  it('is held to a change at once', async () => {
    const { bearer: changing, client } = await scene.gateway.mint('all', { allowed_origins: OWN });
    const line = 'GET /xapi/statements';
    expect((await ask(line, from('https://new.example', changing))).status).toBe(403);
    const allowed_origins = ['https://new.example'];
    await scene.gateway.clients.change(client.client_id, (now) => ({ ...now, allowed_origins }));
    expect((await ask(line, from('https://new.example', changing))).status).toBe(200);
    expect((await ask(line, from(OWN[0] ?? '', changing))).status).toBe(403);
  });
});
