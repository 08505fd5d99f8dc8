/**
 * Who may do what, asked over HTTP. The block is written from the specification and the LRSs that have scopes, not from
 * the table in services/shared/xapi/permissions.ts.
 *
 * @see xAPI 1.0.3 Part 3 §4.2 (scopes), §3.2 (401, 403); RFC 6750 §3; RFC 9110 §15.5.6
 */
import {
  gatewayScene,
  LRS_AUTHORIZATION,
  refusalOf,
  VERSION_1,
  VERSION_2,
  type Asked,
  type Headers,
} from './support.ts';

/** y: allowed. m: allowed for one's own statements only, which nothing behind this gateway can tell. -: forbidden. */
const METADATA = 'https://lrs.example.org/.well-known/oauth-protected-resource/xapi';
const MATRIX = `
                                all  all/read  statements/write  statements/read  statements/read/mine  state  state/read  state/write  define  profile  profile/read  profile/write  activities_profile  agents_profile  activities_profile/read  agents_profile/read
statements          GET HEAD     y      y             -                 y                  m              -        -            -          -        -          -              -                -                -                    -                      -
statements          PUT POST     y      -             y                 -                  -              -        -            -          -        -          -              -                -                -                    -                      -
activities          GET HEAD     y      y             -                 -                  -              -        -            -          -        -          -              -                -                -                    -                      -
agents              GET HEAD     y      y             -                 -                  -              -        -            -          -        -          -              -                -                -                    -                      -
activities/state    GET HEAD     y      y             -                 -                  -              y        y            -          -        -          -              -                -                -                    -                      -
activities/state    PUT POST     y      -             -                 -                  -              y        -            y          -        -          -              -                -                -                    -                      -
activities/state    DELETE       y      -             -                 -                  -              y        -            y          -        -          -              -                -                -                    -                      -
activities/profile  GET HEAD     y      y             -                 -                  -              -        -            -          -        y          y              -                y                -                    y                      -
activities/profile  PUT POST     y      -             -                 -                  -              -        -            -          -        y          -              y                y                -                    -                      -
activities/profile  DELETE       y      -             -                 -                  -              -        -            -          -        y          -              y                y                -                    -                      -
agents/profile      GET HEAD     y      y             -                 -                  -              -        -            -          -        y          y              -                -                y                    -                      y
agents/profile      PUT POST     y      -             -                 -                  -              -        -            -          -        y          -              y                -                y                    -                      -
agents/profile      DELETE       y      -             -                 -                  -              -        -            -          -        y          -              y                -                y                    -                      -
`;

interface Cell {
  resource: string;
  method: string;
  mark: string;
  /** The scopes that would do. */
  needs: string[];
}

const [heading = '', ...rows] = MATRIX.trim().split('\n');
const SCOPES = heading.trim().split(/ +/);

function cellsOf(scope: string): Cell[] {
  return rows.flatMap((row) => {
    const words = row.trim().split(/ +/);
    const marks = words.slice(-SCOPES.length);
    const [resource = '', ...methods] = words.slice(0, -SCOPES.length);
    const needs = SCOPES.filter((_scope, at) => marks[at] === 'y');
    return methods.map((method) => ({ resource, method, mark: marks[SCOPES.indexOf(scope)] ?? '', needs }));
  });
}

/** Resource × the methods it has. */
const ALLOWED: Record<string, string> = {
  about: 'GET HEAD OPTIONS',
  statements: 'GET HEAD OPTIONS POST PUT',
  activities: 'GET HEAD OPTIONS',
  agents: 'GET HEAD OPTIONS',
  'activities/state': 'DELETE GET HEAD OPTIONS POST PUT',
  'activities/profile': 'DELETE GET HEAD OPTIONS POST PUT',
  'agents/profile': 'DELETE GET HEAD OPTIONS POST PUT',
};
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'];

const scene = gatewayScene();
const { ask } = scene;

const body = (method: string) => (method === 'PUT' || method === 'POST' ? '{"a":1}' : undefined);
const call = (method: string, resource: string, headers: Headers) =>
  ask(`${method} /xapi/${resource}`, headers, body(method));

/** Arrived at the LRS as it was, with the gateway's credential and no trace of the caller's. */
function expectForwarded(answer: Asked, method: string, resource: string, secret: string): void {
  expect(answer.status).toBe(200);
  expect(answer.upstream).toHaveLength(1);
  const [request] = answer.upstream;
  expect(request).toMatchObject({ method, url: `/lrs/xapi/${resource}`, complete: true });
  const { rawHeaders = [] } = request ?? {};
  const authorizations = rawHeaders.filter((_text, at) => /^authorization$/i.test(rawHeaders[at - 1] ?? ''));
  expect(authorizations).toEqual([LRS_AUTHORIZATION]);
  expect(rawHeaders.join('\n')).not.toContain(secret);
  expect(request?.body.toString()).toBe(body(method) ?? '');
}

function expectForbidden(answer: Asked, { method, resource, needs }: Cell): void {
  const challenge = answer.header('WWW-Authenticate') ?? '';
  expect(answer.status).toBe(403);
  expect(answer.upstream).toEqual([]);
  expect(challenge).toMatch(
    /^Bearer realm="xapi", error="insufficient_scope", error_description="[^"]+", scope="[^"]+", resource_metadata="[^"]+"$/,
  );
  expect(/ scope="([^"]+)"/.exec(challenge)?.[1]?.split(' ').sort()).toEqual([...needs].sort());
  expectRefusalHeaders(answer, resource);
  if (method !== 'HEAD') expect(refusalOf(answer).error).toBe('insufficient_scope');
  else expect(answer.body).toBe('');
}

/** What every answer to a Statement request and every refusal has. @see xAPI 1.0.3 Part 3 §2.1.3, §3.3 */
function expectRefusalHeaders(answer: Asked, resource: string, version = '1.0.3'): void {
  expect(answer.header('X-Experience-API-Version')).toBe(version);
  expect(answer.header('Cache-Control')).toBe('no-store');
  expect(answer.header('Content-Type')).toBe('application/json');
  const consistentThrough = answer.header('X-Experience-API-Consistent-Through');
  if (resource !== 'statements') return void expect(consistentThrough).toBeUndefined();
  expect(Math.abs(Date.now() - Date.parse(consistentThrough ?? ''))).toBeLessThan(5000);
  expect(consistentThrough).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
}

describe('a caller with one scope', () => {
  it.each(SCOPES)('passes what it permits and no other call: %s', async (scope) => {
    const { token, bearer } = await scene.gateway.mint(scope);
    const headers = { ...VERSION_1, Authorization: bearer };
    for (const cell of cellsOf(scope)) {
      const answer = await call(cell.method, cell.resource, headers);
      if (cell.mark === 'y') expectForwarded(answer, cell.method, cell.resource, token);
      else expectForbidden(answer, cell);
    }
  });

  it('has a mark for every resource, method and scope there is', () => {
    for (const scope of SCOPES) {
      const seen = cellsOf(scope).map(({ resource, method, mark }) =>
        /^[ym-]$/.test(mark) ? `${method} ${resource}` : '',
      );
      const all = Object.entries(ALLOWED)
        .filter(([resource]) => resource !== 'about')
        .flatMap(([resource, methods]) => methods.split(' ').map((method) => `${method} ${resource}`))
        .filter((cell) => !cell.startsWith('OPTIONS'));
      expect(seen.sort()).toEqual(all.sort());
    }
  });

  it('is told that only the scope is missing where it may read its own statements alone', async () => {
    const { bearer } = await scene.gateway.mint('statements/read/mine');
    const answer = await call('GET', 'statements', { ...VERSION_1, Authorization: bearer });
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    expect(refusalOf(answer).error_description).toContain('your own statements');
  });
});

describe('a caller with several scopes', () => {
  it.each([
    ['statements/read/mine statements/read', 'GET', 'statements'],
    ['statements/write statements/read/mine all/read', 'GET', 'statements'],
    ['statements/write state', 'PUT', 'activities/state'],
    ['statements/write state', 'POST', 'statements'],
    ['profile define', 'DELETE', 'agents/profile'],
  ])('may do what any of them permits: %s, %s %s', async (scope, method, resource) => {
    const { token, bearer } = await scene.gateway.mint(scope);
    expectForwarded(await call(method, resource, { ...VERSION_1, Authorization: bearer }), method, resource, token);
  });

  it.each([
    ['statements/write statements/read/mine', 'GET', 'statements'],
    ['state profile', 'GET', 'statements'],
    ['statements/read statements/write', 'GET', 'activities'],
    ['introspect', 'GET', 'statements'],
    ['unknown ALL All all/write statements', 'GET', 'statements'],
    ['__proto__ constructor toString', 'GET', 'statements'],
  ])('may do nothing that none of them permits: %s, %s %s', async (scope, method, resource) => {
    const { bearer } = await scene.gateway.mint(scope);
    const answer = await call(method, resource, { ...VERSION_1, Authorization: bearer });
    expect([answer.status, answer.upstream]).toEqual([403, []]);
  });

  it('may do no more than its client still may, whatever the token was given', async () => {
    const { token, bearer, client } = await scene.gateway.mint('statements/write state profile');
    const headers = { ...VERSION_1, Authorization: bearer };
    expectForwarded(await call('PUT', 'activities/state', headers), 'PUT', 'activities/state', token);
    await scene.gateway.clients.change(client.client_id, (was) => ({ ...was, scope: 'state/read profile' }));
    expect((await call('PUT', 'activities/state', headers)).status).toBe(403);
    expect((await call('POST', 'statements', headers)).status).toBe(403);
    expectForwarded(await call('GET', 'activities/state', headers), 'GET', 'activities/state', token);
    expectForwarded(await call('PUT', 'agents/profile', headers), 'PUT', 'agents/profile', token);
    await scene.gateway.clients.change(client.client_id, (was) => ({ ...was, scope: 'all' }));
    expectForwarded(await call('POST', 'statements', headers), 'POST', 'statements', token);
    expect((await call('GET', 'statements', headers)).status).toBe(403);
  });
});

describe('a caller without a credential', () => {
  it.each(Object.keys(ALLOWED).filter((resource) => resource !== 'about'))(
    'is asked for one, and told of no error: %s',
    async (resource) => {
      for (const method of (ALLOWED[resource] ?? '').split(' ').filter((name) => name !== 'OPTIONS')) {
        const answer = await call(method, resource, VERSION_1);
        expect([answer.status, answer.upstream]).toEqual([401, []]);
        expect(answer.header('WWW-Authenticate')).toBe(
          `Bearer realm="xapi", resource_metadata="${METADATA}", Basic realm="xapi", charset="UTF-8"`,
        );
        expectRefusalHeaders(answer, resource);
      }
    },
  );

  it('may read about, with or without a version, and whatever else it shows', async () => {
    for (const headers of [{}, VERSION_1, VERSION_2, { 'X-Experience-API-Version': '9.9' }])
      for (const method of ['GET', 'HEAD'])
        expect(await call(method, 'about', headers)).toMatchObject({
          status: 200,
          upstream: [{ method, url: '/lrs/xapi/about', headers: { authorization: LRS_AUTHORIZATION } }],
        });
  });
});

describe('a method or a path that there is not', () => {
  it.each(Object.keys(ALLOWED))('says 405 with the methods of %s', async (resource) => {
    const { bearer } = await scene.gateway.mint('all');
    const methods = (ALLOWED[resource] ?? '').split(' ');
    for (const method of METHODS.filter((name) => !methods.includes(name))) {
      for (const headers of [VERSION_1, { ...VERSION_1, Authorization: bearer }]) {
        const answer = await call(method, resource, headers);
        expect([method, answer.status, answer.upstream]).toEqual([method, 405, []]);
        expect(answer.header('Allow')?.split(', ').sort()).toEqual(methods);
        expect(answer.headers.has('www-authenticate')).toBe(false);
        expectRefusalHeaders(answer, resource);
      }
    }
  });

  it.each([
    'statement',
    'Statements',
    'statements/',
    'statements/more/1',
    'activities/state/',
    'activities/State',
    'agents/state',
    'extensions/x',
    'OAuth/token',
    '',
    '__proto__',
    'constructor',
  ])('says 404 to /xapi/%s, with or without a token', async (path) => {
    const { bearer } = await scene.gateway.mint('all');
    for (const headers of [VERSION_1, { ...VERSION_1, Authorization: bearer }]) {
      const answer = await call('GET', path, headers);
      expect(answer.upstream).toEqual([]);
      expect(refusalOf(answer)).toMatchObject({ status: 404, error: 'not_found' });
    }
  });

  it.each([
    ['GET', 'statements?Agent=x'],
    ['GET', 'statements?access_token=x'],
    ['GET', 'statements?limit=1&limit=2'],
    ['GET', 'statements?limit=%ff'],
    ['POST', 'statements?statementId=a'],
    ['PUT', 'activities/state?since=2026-01-01'],
    ['GET', 'about?x=1'],
    ['GET', 'activities?__proto__=x'],
  ])('says 400 to a parameter that the operation does not have: %s %s', async (method, target) => {
    const { bearer } = await scene.gateway.mint('all');
    const answer = await call(method, target, { ...VERSION_1, Authorization: bearer });
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});

describe('the version of an answer that the gateway makes', () => {
  it.each([
    ['1.0.3', '1.0.3'],
    ['1.0', '1.0.3'],
    ['1.0.0', '1.0.3'],
    ['2.0.0', '2.0.0'],
    ['2.0', '2.0.0'],
    ['0.95', '1.0.3'],
    ['3.0.0', '1.0.3'],
    ['nonsense', '1.0.3'],
  ])('is, for a caller of %s, %s', async (said, answered) => {
    const headers = { 'X-Experience-API-Version': said };
    for (const [method, resource] of [
      ['GET', 'statements'],
      ['PATCH', 'statements'],
      ['GET', 'nothing'],
    ] as const)
      expectRefusalHeaders(await call(method, resource, headers), resource, answered);
    const { bearer } = await scene.gateway.mint('define');
    expectRefusalHeaders(await call('GET', 'agents', { ...headers, Authorization: bearer }), 'agents', answered);
  });

  it('is 1.0.3 for a caller who names none', async () => {
    expectRefusalHeaders(await call('GET', 'statements', {}), 'statements');
  });
});
