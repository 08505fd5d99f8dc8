/** Content in a browser calls from another origin. @see Fetch standard, "CORS protocol"; lxHive #67, Learning Locker #753 */
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
