/**
 * Alternate request syntax, held to what the ADL conformance suite asks (H.Communication1.3-AlternateRequestSyntax) and
 * to what a gateway must not let through by it.
 *
 * @see xAPI 1.0.3 Part 3 §1.3; removed in 2.0
 */
import { rawRequest } from '../support/raw-request.ts';
import {
  gatewayScene,
  LRS_AUTHORIZATION,
  refusalOf,
  VERSION_1,
  VERSION_2,
  type Asked,
  type Headers,
} from './support.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const STATEMENT = JSON.stringify({ id: 'a', actor: { name: 'Ä ä \u{1F600} & = + %' } });
const JSON_TYPE = 'application/json';

const scene = gatewayScene();
let bearer: string;
beforeAll(async () => {
  ({ bearer } = await scene.gateway.mint('all'));
});

const form = (fields: Record<string, string> | [string, string][]) => new URLSearchParams(fields).toString();

/** `POST /xapi/RESOURCE?method=METHOD` with a form. */
function ask(method: string, resource: string, fields: Record<string, string>, headers: Headers = {}): Promise<Asked> {
  return scene.ask(`POST /xapi/${resource}?method=${method}`, { ...FORM, ...headers }, form(fields));
}

async function expectRefused(answered: Promise<Asked>, status: number): Promise<string> {
  const answer = await answered;
  expect([answer.status, answer.upstream]).toEqual([status, []]);
  return refusalOf(answer, answer.header('X-Experience-API-Version') as '1.0.3').error_description;
}

const credentials = () => ({ Authorization: bearer, ...VERSION_1 });

describe('POST …?method=…', () => {
  it.each([
    ['GET', 'statements', 'limit=1&since=2026-01-01T00%3A00%3A00Z'],
    ['GET', 'statements', 'statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730bee'],
    ['HEAD', 'statements', ''],
    ['GET', 'activities', 'activityId=http%3A%2F%2Fa.example%2F%C3%A9%26%3D%2B%20x'],
    ['GET', 'agents', 'agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.c%22%7D'],
    ['GET', 'about', ''],
    ['GET', 'activities/state', 'activityId=a&agent=b&stateId=c'],
    ['HEAD', 'activities/profile', 'activityId=a&profileId=b'],
    ['DELETE', 'activities/state', 'activityId=a&agent=b'],
    ['DELETE', 'agents/profile', 'agent=a&profileId=b'],
  ])('reaches the LRS as a plain %s %s?%s without a body', async (method, resource, query) => {
    const fields = Object.fromEntries(new URLSearchParams(query));
    const { status, upstream } = await ask(method, resource, { ...fields, ...credentials() });
    expect(status).toBe(200);
    expect(upstream).toMatchObject([
      { method, url: `/lrs/xapi/${resource}${query === '' ? '' : `?${query}`}`, bodyLength: 0, complete: true },
    ]);
    expect(upstream[0]?.headers).toMatchObject({
      authorization: LRS_AUTHORIZATION,
      'x-experience-api-version': '1.0.3',
    });
    expect(upstream[0]?.headers).not.toHaveProperty('content-type');
    expect(upstream[0]?.rawHeaders.join()).not.toContain(bearer.slice(7));
  });

  it.each([
    ['PUT', 'statements', 'statementId=a'],
    ['POST', 'statements', ''],
    ['PUT', 'activities/state', 'activityId=a&agent=b&stateId=c'],
    ['POST', 'activities/profile', 'activityId=a&profileId=b'],
    ['PUT', 'agents/profile', 'agent=a&profileId=b'],
  ])('reaches the LRS as a plain %s %s?%s with the content as its body', async (method, resource, query) => {
    const fields = Object.fromEntries(new URLSearchParams(query));
    const headers = { 'Content-Type': `${JSON_TYPE}; charset=utf-8`, 'If-Match': '"a"', 'If-None-Match': '*' };
    const { status, upstream } = await ask(method, resource, {
      ...fields,
      ...credentials(),
      ...headers,
      content: STATEMENT,
    });
    expect(status).toBe(200);
    expect(upstream).toMatchObject([
      { method, url: `/lrs/xapi/${resource}${query === '' ? '' : `?${query}`}`, complete: true },
    ]);
    expect(upstream[0]?.body.toString()).toBe(STATEMENT);
    expect(upstream[0]?.headers).toMatchObject({
      'content-type': `${JSON_TYPE}; charset=utf-8`,
      'content-length': String(Buffer.byteLength(STATEMENT)),
      'if-match': '"a"',
      'if-none-match': '*',
      authorization: LRS_AUTHORIZATION,
    });
  });

  it('takes header names in any case, and says JSON where the form names no type', async () => {
    const { upstream } = await ask('PUT', 'activities/state', {
      authorization: bearer,
      'X-EXPERIENCE-API-VERSION': '1.0.1',
      stateId: 'a',
      content: '{}',
    });
    expect(upstream[0]?.headers).toMatchObject({ 'x-experience-api-version': '1.0.1', 'content-type': JSON_TYPE });
  });

  it('goes by the length of the content, whatever length the form says', async () => {
    const { upstream } = await ask('PUT', 'activities/state', {
      ...credentials(),
      'Content-Length': '999',
      stateId: 'a',
      content: 'abc',
    });
    expect(upstream[0]?.headers['content-length']).toBe('3');
    expect(upstream[0]?.body.toString()).toBe('abc');
  });

  it('takes an empty content for an empty body', async () => {
    const { status, upstream } = await ask('PUT', 'activities/state', { ...credentials(), stateId: 'a', content: '' });
    expect(status).toBe(200);
    expect(upstream[0]).toMatchObject({ method: 'PUT', bodyLength: 0 });
  });

  it.each<[string, () => { fields: Record<string, string>; headers: Headers }]>([
    ['in the form', () => ({ fields: credentials(), headers: {} })],
    ['in the header', () => ({ fields: {}, headers: credentials() })],
    [
      'the token in the form, the version in the header',
      () => ({ fields: { Authorization: bearer }, headers: VERSION_1 }),
    ],
    [
      'the token in the header, the version in the form',
      () => ({ fields: VERSION_1, headers: { Authorization: bearer } }),
    ],
  ])('takes token and version %s', async (_where, said) => {
    const { fields, headers } = said();
    const { status, upstream } = await ask('GET', 'statements', fields, headers);
    expect([status, upstream[0]?.headers['x-experience-api-version']]).toEqual([200, '1.0.3']);
  });

  it('takes an id and a secret in the form', async () => {
    const { basic } = await scene.gateway.register('all');
    expect((await ask('GET', 'statements', { ...VERSION_1, Authorization: basic })).status).toBe(200);
  });

  it('takes a form with a charset, and one in chunks', async () => {
    const type = { 'Content-Type': 'Application/X-WWW-Form-URLEncoded; charset=UTF-8' };
    expect((await ask('GET', 'statements', credentials(), type)).status).toBe(200);
    const text = form(credentials());
    const chunked = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const answer = await scene.ask(
      'POST /xapi/statements?method=GET',
      { ...FORM, 'Transfer-Encoding': 'chunked' },
      chunked,
    );
    expect(answer).toMatchObject({ status: 200, upstream: [{ method: 'GET', bodyLength: 0 }] });
  });

  it('replaces the more link of what it reads, as for a plain GET, which the form can follow', async () => {
    scene.lrs.respond(
      (_request, res) => void res.writeHead(200).end('{"statements":[],"more":"/lrs/xapi/statements/more/1"}'),
    );
    const { body } = await ask('GET', 'statements', credentials());
    const { more } = JSON.parse(body) as { more: string };
    expect(more).toMatch(/^\/xapi\/statements\?more=/);
    const followed = await ask('GET', 'statements', { ...credentials(), more: more.split('=')[1] ?? '' });
    expect(followed.upstream[0]?.url).toBe('/lrs/xapi/statements/more/1');
  });

  it('answers HEAD with a body of no bytes', async () => {
    scene.lrs.respond(
      ({ method }, res) => void res.writeHead(200, { 'Content-Length': '5' }).end(method === 'HEAD' ? '' : 'abcde'),
    );
    const lines = `Host: a\r\nContent-Type: ${FORM['Content-Type']}\r\nAuthorization: ${bearer}\r\nX-Experience-API-Version: 1.0.3`;
    const text = `POST /xapi/activities/state?method=HEAD HTTP/1.1\r\n${lines}\r\nContent-Length: 9\r\n\r\nstateId=a`;
    const plain = `GET /xapi/activities/state?stateId=a HTTP/1.1\r\n${lines}\r\n\r\n`;
    const { responses } = await rawRequest(scene.gateway.port, [text, plain], { responses: 2 });
    expect(responses.map(({ status, body, complete }) => [status, body, complete])).toEqual([
      [200, '', true],
      [200, 'abcde', true],
    ]);
  });
});

describe('what the form may do', () => {
  it.each([
    ['statements/write', 'GET', 'statements', 403],
    ['statements/read', 'PUT', 'statements', 403],
    ['statements/write', 'PUT', 'statements', 200],
    ['statements/read', 'GET', 'statements', 200],
    ['state/write', 'GET', 'activities/state', 403],
    ['state/read', 'DELETE', 'activities/state', 403],
  ])('is what its own method may, not what POST may: %s, %s %s says %i', async (scope, method, resource, status) => {
    const caller = await scene.gateway.mint(scope);
    const content = method === 'PUT' ? { content: '{}' } : {};
    const answer = await ask(method, resource, { ...VERSION_1, Authorization: caller.bearer, ...content });
    expect([answer.status, answer.upstream.length]).toEqual([status, status === 200 ? 1 : 0]);
  });

  it('needs a credential', async () => {
    expect(await expectRefused(ask('GET', 'statements', VERSION_1), 401)).toContain('access token');
    await expectRefused(ask('GET', 'statements', { ...VERSION_1, Authorization: 'Bearer never-issued' }), 401);
  });

  it('says 405 to a method that the resource does not have', async () => {
    const answer = await ask('DELETE', 'statements', credentials());
    expect([answer.status, answer.header('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS, PUT, POST']);
  });

  it('says 400 to a parameter that the operation does not have', async () => {
    await expectRefused(ask('GET', 'statements', { ...credentials(), access_token: 'a' }), 400);
    await expectRefused(ask('GET', 'statements', { ...credentials(), method: 'PUT' }), 400);
  });
});

describe('what is not alternate request syntax', () => {
  it.each(['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH'])('is refused where %s carries the parameter', async (method) => {
    const body = ['PUT', 'PATCH'].includes(method) ? '{}' : undefined;
    const answer = await scene.ask(`${method} /xapi/statements?method=GET`, { ...credentials(), ...FORM }, body);
    expect([answer.status, answer.upstream]).toEqual([400, []]);
  });

  it.each([
    'method=GET&limit=1',
    'limit=1&method=GET',
    'method=GET&method=GET',
    'Method=GET',
    'METHOD=GET',
    '%6dethod=GET&a=b',
    'method=GET&Method=PUT',
  ])('is refused where there is another query parameter or spelling: %s', (query) =>
    expectRefused(scene.ask(`POST /xapi/statements?${query}`, FORM, form(credentials())), 400).then(() => undefined),
  );

  it.each(['', 'get', 'Get', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'GET ', 'constructor'])(
    'is refused where the method is %j',
    async (method) => {
      await expectRefused(ask(encodeURIComponent(method), 'statements', credentials()), 400);
    },
  );

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=b',
    'application/x-www-form-urlencoded2',
    '',
  ])('is refused with Content-Type %j', async (type) => {
    const said = await expectRefused(
      scene.ask('POST /xapi/statements?method=GET', { 'Content-Type': type }, form(credentials())),
      400,
    );
    expect(said).toContain(FORM['Content-Type']);
  });

  it('is refused without a Content-Type', async () => {
    await expectRefused(scene.ask('POST /xapi/statements?method=GET', {}, form(credentials())), 400);
  });

  it.each(['PUT', 'POST'])('is refused where a %s has no content', async (method) => {
    expect(await expectRefused(ask(method, 'statements', credentials()), 400)).toContain('content');
  });

  it.each(['GET', 'HEAD', 'DELETE'])('is refused where a %s has content', async (method) => {
    await expectRefused(ask(method, 'activities/state', { ...credentials(), content: '{}' }), 400);
  });

  it.each(['Authorization', 'authorization', 'content', 'limit', 'X-Experience-API-Version'])(
    'is refused where the form has %s twice',
    async (name) => {
      const fields: [string, string][] = [
        ...Object.entries({ ...credentials(), content: '[]', limit: '1' }),
        [name, 'Bearer b'],
      ];
      await expectRefused(scene.ask('POST /xapi/statements?method=GET', FORM, form(fields)), 400);
    },
  );

  it('is refused where the token is in the header and in the form', async () => {
    const said = await expectRefused(ask('GET', 'statements', credentials(), { Authorization: bearer }), 400);
    expect(said).toContain('not both');
  });

  it.each(['a\r\nX-Forged: b', 'a\nb', 'a\0b', 'ä'])(
    'is refused where a header in the form is no header: %j',
    async (value) => {
      for (const name of ['If-Match', 'Content-Type', 'X-Experience-API-Version'])
        await expectRefused(
          ask('PUT', 'activities/state', { ...credentials(), [name]: value, stateId: 'a', content: '{}' }),
          400,
        );
    },
  );

  it('is refused where it is larger than may be looked into, with or without a length', async () => {
    const large = form({ ...credentials(), content: 'x'.repeat(100_000) });
    await expectRefused(scene.ask('POST /xapi/statements?method=POST', FORM, large), 413);
    const chunked = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    await expectRefused(
      scene.ask('POST /xapi/statements?method=POST', { ...FORM, 'Transfer-Encoding': 'chunked' }, chunked),
      413,
    );
  });

  it.each<[string, Headers, Headers]>([
    ['header', {}, VERSION_2],
    ['form', VERSION_2, {}],
  ])('is refused for 2.0, said in the %s', async (_where, fields, headers) => {
    const answer = await ask('GET', 'statements', { Authorization: bearer, ...fields }, headers);
    expect([answer.status, answer.upstream]).toEqual([400, []]);
    expect(refusalOf(answer, answer.header('X-Experience-API-Version') as '2.0.0').error_description).toContain('2.0');
  });
});
