/**
 * State documents of one client, which no other can see, change or hit upon; for each it is as if the LRS were its own.
 *
 * @see xAPI 1.0.3 Part 3 §2.3, §3.1 (concurrency), §4.2 ("limited to Activities and Actors associated with the current token")
 */
import { createHash } from 'node:crypto';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import type { RecordedRequest } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import {
  askPort,
  gatewayScene,
  JSON_TYPE,
  LRS_AUTHORIZATION,
  refusalOf,
  VERSION_1,
  VERSION_2,
  type Headers,
} from './support.ts';

const ANN = '{"mbox":"mailto:ann@example.org"}';
const BOB = '{"mbox":"mailto:bob@example.org"}';
const COURSE = 'https://example.org/course/1';
const REGISTRATION = 'ec531277-b57b-4c15-8d91-d292c5b2b8f7';

type Parameters = Record<string, string>;

const queryOf = (parameters: Parameters) => new URLSearchParams(parameters).toString().replaceAll('+', '%20');
const entityTag = (text: string) => `"${createHash('sha1').update(text).digest('hex')}"`;

/** A client: its documents of Ann's on the course, unless parameters say otherwise. */
interface Speaker {
  id: string;
  state: (method: string, parameters?: Parameters, headers?: Headers, body?: string) => ReturnType<typeof askPort>;
  list: (parameters?: Parameters) => Promise<unknown>;
  put: (stateId: string, body?: string, parameters?: Parameters) => Promise<number | undefined>;
  get: (stateId: string, parameters?: Parameters) => Promise<string | number | undefined>;
}

let lrs: SampleLrs;
let gateway: RunningGateway;
let courses = 0;

beforeAll(async () => {
  lrs = await startSampleLrs({
    host: '127.0.0.1',
    port: 0,
    credentials: [{ username: 'gateway-user', password: 'gateway-password' }],
  });
  gateway = await startTestGateway({ lrsUrl: lrs.url, organization: { isolate_state: true } });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
});

function speaker(id: string, port: number, path: string, authorization: string, own: Parameters): Speaker {
  const state: Speaker['state'] = (method, parameters = {}, headers = {}, body = undefined) => {
    const all = { ...VERSION_1, ...(body !== undefined && JSON_TYPE), Authorization: authorization, ...headers };
    return askPort(port, `${method} ${path}/activities/state?${queryOf({ ...own, ...parameters })}`, all, body);
  };
  return {
    id,
    state,
    list: async (parameters) => JSON.parse((await state('GET', parameters)).body) as unknown,
    put: async (stateId, body = '1', parameters = {}) =>
      (await state('PUT', { stateId, ...parameters }, {}, body)).status,
    get: async (stateId, parameters = {}) => {
      const { status, body } = await state('GET', { stateId, ...parameters });
      return status === 200 ? body : status;
    },
  };
}

/** Two clients, and the LRS as it is without a gateway; on an activity that no other test has. */
async function scene(scope = 'state', said: Parameters[] = [{}, {}]) {
  const own = { agent: ANN, activityId: `${COURSE}/${++courses}` };
  const clients = await Promise.all(
    said.map(async (fields) => {
      const { client, bearer } = await gateway.mint(scope, fields);
      return speaker(client.client_id, gateway.port, '/xapi', bearer, own);
    }),
  );
  const [one, other] = clients as [Speaker, Speaker];
  const behind = speaker('', lrs.port, new URL(lrs.url).pathname, LRS_AUTHORIZATION, own);
  return { one, other, behind, own };
}

describe('two clients on one LRS', () => {
  it('each have a document of the same id', async () => {
    const { one, other } = await scene();
    expect(await one.put('bookmark', '"one"')).toBe(204);
    expect(await other.get('bookmark')).toBe(404);
    expect(await other.put('bookmark', '"other"')).toBe(204);
    expect(await one.get('bookmark')).toBe('"one"');
    expect(await other.get('bookmark')).toBe('"other"');
    await one.state('DELETE', { stateId: 'bookmark' });
    expect(await one.get('bookmark')).toBe(404);
    expect(await other.get('bookmark')).toBe('"other"');
  });

  it('each merge into their own by POST', async () => {
    const { one, other } = await scene();
    for (const [client, body] of [
      [one, '{"a":1}'],
      [other, '{"b":1}'],
      [one, '{"c":1}'],
    ] as const)
      expect((await client.state('POST', { stateId: 'x' }, {}, body)).status).toBe(204);
    expect(JSON.parse(String(await one.get('x')))).toEqual({ a: 1, c: 1 });
    expect(JSON.parse(String(await other.get('x')))).toEqual({ b: 1 });
  });

  it('have them at the LRS under their own names', async () => {
    const { one, other, behind } = await scene();
    await one.put('a');
    await other.put('a');
    expect(await behind.list()).toEqual([`hallpass/${one.id}/a`, `hallpass/${other.id}/a`]);
  });

  it('see only their own in a list, by the ids that they gave', async () => {
    const { one, other } = await scene();
    await one.put('first');
    await other.put('second');
    await one.put('third');
    expect(await one.list()).toEqual(['first', 'third']);
    expect(await other.list()).toEqual(['second']);
  });

  it('do not see what was there before, nor what came by another way', async () => {
    const { one, behind } = await scene();
    for (const id of ['bookmark', 'hallpass', 'hallpass/', `hallpass/${one.id}`, 'hallpass/other/bookmark'])
      await behind.put(id);
    expect(await one.list()).toEqual([]);
    expect(await one.get('bookmark')).toBe(404);
    expect((await one.state('DELETE')).status).toBe(204);
    expect(await behind.list()).toHaveLength(5);
  });

  it('have documents for an agent, and for a registration, as ever', async () => {
    const { one } = await scene();
    await one.put('plain');
    await one.put('registered', '1', { registration: REGISTRATION });
    await one.put('bobs', '1', { agent: BOB });
    expect(await one.list()).toEqual(['plain']);
    expect(await one.list({ registration: REGISTRATION })).toEqual(['registered']);
    expect(await one.list({ agent: BOB })).toEqual(['bobs']);
    expect(await one.get('plain', { registration: REGISTRATION })).toBe(404);
  });

  it('are told what is new since an instant', async () => {
    const { one, other } = await scene();
    await one.put('old');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const since = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await one.put('new');
    await other.put('another’s');
    expect(await one.list({ since })).toEqual(['new']);
    expect(await one.list({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  });
});

const IDS: [string, string][] = [
  ['a slash', 'a/b'],
  ['a way up', '../../other'],
  ['an encoded way up', '%2e%2e%2f'],
  ['an encoded slash', 'a%2Fb'],
  ['a double encoding', '%252F'],
  ['a plus', 'a+b'],
  ['a space', ' a b '],
  ['an ampersand and an equals sign', 'a&stateId=b'],
  ['a question mark and a hash', 'a?b#c'],
  ['a semicolon', 'a;b'],
  ['a null character', 'a\0b'],
  ['a newline', 'a\r\nb'],
  ['a backslash', '..\\b'],
  ['quotes', `a"b'c`],
  ['letters of other scripts', 'Zustand/été/状態/😀'],
  ['letters that compose', 'e\u0301 \u00e9'],
  ['its own prefix', 'hallpass/'],
  ['an IRI', 'https://example.org/state?a=b&c=d'],
  ['much', 'x'.repeat(2000)],
  ['nothing', ''],
];

describe('an id', () => {
  it.each(IDS)('with %s is the client’s own, as it wrote it, and nobody else’s', async (_what, id) => {
    const { one, other, behind } = await scene();
    expect(await one.put(id, '"mine"')).toBe(204);
    expect(await one.get(id)).toBe('"mine"');
    expect(await one.list()).toEqual([id]);
    expect(await other.get(id)).toBe(404);
    expect(await other.list()).toEqual([]);
    expect(await behind.list()).toEqual([`hallpass/${one.id}/${id}`]);
    expect((await one.state('DELETE', { stateId: id })).status).toBe(204);
    expect(await one.list()).toEqual([]);
  });

  it.each<[string, (other: string) => string]>([
    ['the other’s prefix', (other) => `hallpass/${other}/secret`],
    ['a way up', (other) => `../${other}/secret`],
    ['a way up from within', (other) => `x/../../${other}/secret`],
    ['an encoded way up', (other) => `%2E%2E%2F${other}%2Fsecret`],
    ['a doubly encoded way up', (other) => `..%252F${other}%252Fsecret`],
    ['a way up by backslashes', (other) => `..\\${other}\\secret`],
    ['a second parameter within it', (other) => `x&stateId=hallpass/${other}/secret`],
    ['the root', (other) => `/hallpass/${other}/secret`],
  ])('reaches no other client’s document by %s', async (_what, idFor) => {
    const { one, other } = await scene();
    await other.put('secret', '"secret"');
    const id = idFor(other.id);
    expect(await one.get(id)).toBe(404);
    expect((await one.state('DELETE', { stateId: id })).status).toBe(204);
    expect(await one.put(id, '"mine"')).toBe(204);
    expect(await other.get('secret')).toBe('"secret"');
    expect(await other.list()).toEqual(['secret']);
  });

  it('of a client whose own id begins with another’s, or has a slash, stays its own', async () => {
    for (const [first, second] of [
      ['a', 'a/b'],
      ['team', 'team2'],
      ['c/', 'c'],
      ['%2F', '/'],
      ['d', 'D'],
    ]) {
      const suffix = `${courses}`;
      const { one, other } = await scene('state', [
        { client_id: `${suffix}${first}` },
        { client_id: `${suffix}${second}` },
      ]);
      await one.put('b/x', '"one"');
      await one.put('x', '"one"');
      await other.put('x', '"other"');
      expect(await one.list()).toEqual(['b/x', 'x']);
      expect(await other.list()).toEqual(['x']);
      expect(await one.get('x')).toBe('"one"');
      await one.state('DELETE');
      expect(await other.get('x')).toBe('"other"');
    }
  });
});

describe('concurrency', () => {
  it('is as without: the ETag is the document’s, and If-Match and If-None-Match mean the client’s own', async () => {
    const { one, other } = await scene();
    await other.put('x', '"other"');
    const create = (body: string) => one.state('PUT', { stateId: 'x' }, { 'If-None-Match': '*' }, body);
    expect((await create('"one"')).status).toBe(204);
    expect((await create('"two"')).status).toBe(412);
    const read = await one.state('GET', { stateId: 'x' });
    expect(read.header('ETag')).toBe(entityTag('"one"'));
    const stale = { 'If-Match': entityTag('"other"') };
    const fresh = { 'If-Match': entityTag('"one"') };
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect((await one.state(method, { stateId: 'x' }, stale, method === 'DELETE' ? undefined : '{}')).status).toBe(
        412,
      );
    expect((await one.state('PUT', { stateId: 'x' }, fresh, '"three"')).status).toBe(204);
    expect(await one.get('x')).toBe('"three"');
    expect(await other.get('x')).toBe('"other"');
  });

  it('leaves a document its bytes, its type and its HEAD', async () => {
    const { one } = await scene();
    const odd = '{ "a" : 1.00, "a" :\t"\\u0061" }';
    await one.state('PUT', { stateId: 'x' }, { 'Content-Type': 'application/json; charset=utf-8' }, odd);
    const read = await one.state('GET', { stateId: 'x' });
    expect(read.body).toBe(odd);
    expect(read.header('Content-Type')).toBe('application/json; charset=utf-8');
    const head = await one.state('HEAD', { stateId: 'x' });
    for (const name of ['ETag', 'Content-Length', 'Content-Type', 'Last-Modified'])
      expect(head.header(name)).toBe(read.header(name));
    expect(head.body).toBe('');
  });
});

describe('a list', () => {
  it('has a length and an ETag of its own, and says nothing of when another’s was changed', async () => {
    const { one, other } = await scene();
    await one.put('a');
    const before = await one.state('GET');
    expect(before.header('Content-Length')).toBe(String(Buffer.byteLength('["a"]')));
    expect(before.header('ETag')).toBe(entityTag('["a"]'));
    expect(before.header('Content-Type')).toMatch(/^application\/json/);
    expect(before.header('X-Experience-API-Version')).toMatch(/^1\.0/);
    expect(before.header('Last-Modified')).toBeUndefined();
    await other.put('b');
    expect((await one.state('GET')).header('ETag')).toBe(before.header('ETag'));
  });

  it('is the same for HEAD, without its body', async () => {
    const { one } = await scene();
    await one.put('été');
    const [get, head] = [await one.state('GET'), await one.state('HEAD')];
    expect(head).toMatchObject({ status: 200, body: '', complete: true });
    for (const name of ['ETag', 'Content-Length', 'Content-Type']) expect(head.header(name)).toBe(get.header(name));
  });

  it('comes by the alternate request syntax, too', async () => {
    const { one, own } = await scene();
    const { bearer } = await gateway.mint('state');
    await one.put('not this client’s');
    const form = new URLSearchParams({ ...own, Authorization: bearer, 'X-Experience-API-Version': '1.0.3' });
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const answer = await askPort(
        gateway.port,
        `POST /xapi/activities/state?method=${method}`,
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        form.toString(),
      );
      expect(answer.status).toBe(method === 'DELETE' ? 204 : 200);
      expect(answer.body).toBe(method === 'GET' ? '[]' : '');
    }
    expect(await one.list()).toEqual(['not this client’s']);
  });

  it('has no body for a HEAD by the alternate request syntax, also where the LRS refuses it', async () => {
    const { bearer } = await gateway.mint('state');
    const form = new URLSearchParams({ agent: 'nobody', Authorization: bearer, 'X-Experience-API-Version': '1.0.3' });
    const target = 'POST /xapi/activities/state?method=HEAD';
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await askPort(gateway.port, target, type, form.toString());
    expect(answer).toMatchObject({ status: 400, body: '', complete: true });
  });

  it('is refused by the LRS as ever where it is asked for badly', async () => {
    const { one } = await scene();
    for (const parameters of [{ agent: 'nobody' }, { since: 'yesterday' }, { registration: 'x' }]) {
      const get = await one.state('GET', parameters);
      expect(get.status).toBe(400);
      const head = await one.state('HEAD', parameters);
      expect(head).toMatchObject({ status: 400, body: '', complete: true });
    }
  });
});

describe('DELETE without an id', () => {
  it('deletes all of the client’s own, of that activity, agent and registration, and nothing else', async () => {
    const { one, other, behind } = await scene();
    await behind.put('left from before');
    await other.put('a');
    for (const id of ['a', 'b/c', 'd&e=f', '']) await one.put(id);
    await one.put('a', '1', { registration: REGISTRATION });
    await one.put('a', '1', { agent: BOB });
    const answer = await one.state('DELETE');
    expect(answer).toMatchObject({ status: 204, body: '', complete: true });
    expect(answer.header('X-Experience-API-Version')).toBe('1.0.3');
    expect(await one.list()).toEqual([]);
    expect(await one.list({ registration: REGISTRATION })).toEqual(['a']);
    expect(await one.list({ agent: BOB })).toEqual(['a']);
    expect(await other.list()).toEqual(['a']);
    expect(await behind.list()).toEqual(['left from before', `hallpass/${other.id}/a`]);
    await one.state('DELETE', { registration: REGISTRATION });
    expect(await one.list({ registration: REGISTRATION })).toEqual([]);
  });

  it('is content where there is nothing', async () => {
    const { one } = await scene();
    expect((await one.state('DELETE', {}, VERSION_2)).header('X-Experience-API-Version')).toBe('2.0.0');
  });
});

describe('what the caller is restricted to', () => {
  it('is asked of its own parameters first', async () => {
    const { own } = await scene();
    const restrictions = [{ actor: { mbox: 'mailto:ann@example.org' } }];
    const { client, bearer } = await gateway.mint('state', { restrictions });
    const one = speaker(client.client_id, gateway.port, '/xapi', bearer, own);
    expect(await one.put('x')).toBe(204);
    expect(await one.list()).toEqual(['x']);
    for (const method of ['GET', 'DELETE']) {
      expect((await one.state(method, { agent: BOB })).status).toBe(403);
      expect((await one.state(method, { agent: BOB, stateId: 'x' })).status).toBe(403);
    }
  });

  it('is still its scopes: who may only read cannot delete, and who may only write cannot list', async () => {
    const { one: reader } = await scene('state/read');
    expect((await reader.state('DELETE')).status).toBe(403);
    const { one: writer } = await scene('state/write');
    expect(await writer.put('x')).toBe(204);
    expect((await writer.state('GET')).status).toBe(403);
    expect((await writer.state('DELETE')).status).toBe(204);
  });
});

describe('other documents', () => {
  it('are everybody’s: only state belongs to a client', async () => {
    const [one, other] = await Promise.all([gateway.mint('profile'), gateway.mint('profile')]);
    const target = `/xapi/agents/profile?${queryOf({ agent: ANN, profileId: 'shared' })}`;
    const headers = { ...VERSION_1, ...JSON_TYPE, 'If-None-Match': '*' };
    await askPort(gateway.port, `PUT ${target}`, { ...headers, Authorization: one.bearer }, '{"a":1}');
    const read = await askPort(gateway.port, `GET ${target}`, { ...VERSION_1, Authorization: other.bearer });
    expect(read.body).toBe('{"a":1}');
  });
});

describe('in front of an LRS that is recorded', () => {
  const recorded = gatewayScene({ organization: { isolate_state: true } });
  const QUERY = 'activityId=https%3A%2F%2Fx.org&agent=%7B%7D';

  async function askAs(methodAndQuery: string, headers: Headers = {}, body?: string) {
    const { bearer, client } = await recorded.gateway.mint('state', { client_id: `client-${++courses}` });
    const [method, query] = methodAndQuery.split(' ');
    const all = { ...VERSION_1, Authorization: bearer, ...headers };
    const answer = await recorded.ask(`${method} /xapi/activities/state?${QUERY}${query ?? ''}`, all, body);
    return { ...answer, own: `hallpass/${client.client_id}/` };
  }

  /** Answers a list with what a test says, and everything else as it says. */
  function answerWith(list: (own: string) => string, one = 204, headers: Headers = {}) {
    recorded.lrs.respond(({ method, url }: RecordedRequest, res) => {
      const own = `hallpass/client-${courses}/`;
      if (method === 'GET' && !url.includes('stateId='))
        res.writeHead(200, { ...JSON_TYPE, ...headers }).end(list(own));
      else res.writeHead(url.includes('broken') ? 500 : one).end();
    });
  }

  it('asks for one document with its own id, and every other byte as it came', async () => {
    answerWith(() => '[]');
    const body = 'x'.repeat(300_000);
    const headers = { 'Content-Type': 'text/plain', 'If-Match': '"a"', 'Transfer-Encoding': 'chunked', 'X-Trace': '1' };
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const { upstream, own } = await askAs('PUT &stateId=a%2Bb', headers, chunked);
    expect(upstream).toMatchObject([
      {
        method: 'PUT',
        url: `/lrs/xapi/activities/state?${QUERY}&stateId=${encodeURIComponent(`${own}a+b`)}`,
        headers: { 'if-match': '"a"', 'content-type': 'text/plain', 'x-trace': '1' },
        bodyLength: 300_000,
      },
    ]);
  });

  it('asks for the whole list, whatever condition or range the caller has', async () => {
    answerWith((own) => JSON.stringify([`${own}a`, 'b', 'hallpass/x/c']));
    const conditions = {
      'If-None-Match': '"a"',
      Range: 'bytes=0-2',
      'Accept-Encoding': 'gzip',
      If_Modified_Since: 'now',
    };
    const answer = await askAs('GET &since=2020-01-01T00%3A00%3A00Z', conditions);
    expect(answer).toMatchObject({ status: 200, body: '["a"]' });
    const [{ url, headers } = { url: '', headers: {} }, ...more] = answer.upstream;
    expect(more).toEqual([]);
    expect(url).toBe(`/lrs/xapi/activities/state?${QUERY}&since=2020-01-01T00%3A00%3A00Z`);
    expect(headers).toMatchObject({ 'accept-encoding': 'identity', 'x-experience-api-version': '1.0.3' });
    expect(Object.keys(headers).filter((name) => /^(if|range)/.test(name))).toEqual([]);
  });

  it('deletes one by one, until one fails, and answers with that failure', async () => {
    answerWith((own) => JSON.stringify([`${own}a`, 'b', `${own}broken`, `${own}c`]));
    const { status, upstream, own } = await askAs('DELETE ');
    expect(status).toBe(500);
    expect(
      upstream.map(({ method, url }) => `${method} ${new URL(url, 'http://x').searchParams.get('stateId')}`),
    ).toEqual(['GET null', `DELETE ${own}a`, `DELETE ${own}broken`]);
  });

  it('takes one that is gone by then for deleted', async () => {
    answerWith((own) => JSON.stringify([`${own}a`, `${own}b`]), 404);
    expect(await askAs('DELETE ')).toMatchObject({ status: 204, upstream: { length: 3 } });
  });

  it('does not delete by a body: the deletions have none', async () => {
    answerWith((own) => JSON.stringify([`${own}a`]));
    const { status, upstream } = await askAs('DELETE ', { ...JSON_TYPE, 'If-Match': '*' }, '{"x":1}');
    expect(status).toBe(204);
    expect(upstream.map(({ bodyLength, headers }) => [bodyLength, headers['if-match']])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
  });

  it.each<[string, string, Headers]>([
    ['is no JSON', 'a, b', {}],
    ['is an object', '{"ids":["a"]}', {}],
    ['has something else than ids', '["a",{"id":"b"}]', {}],
    ['is longer than what may be held', JSON.stringify(['x'.repeat(200_000)]), {}],
    ['is compressed although that was not asked for', '["a"]', { 'Content-Encoding': 'gzip' }],
    ['is empty', '', {}],
  ])('shows nothing of a list that %s', async (_what, list, headers) => {
    for (const method of ['GET', 'DELETE']) {
      answerWith(() => list, 204, headers);
      const answer = await askAs(`${method} `);
      expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
      expect(answer.upstream).toHaveLength(1);
    }
  });

  it.each([203, 204, 206, 304])('shows nothing of a list that is answered with %i', async (status) => {
    for (const method of ['GET', 'DELETE']) {
      recorded.lrs.respond((_request, res) => void res.writeHead(status, JSON_TYPE).end('["of another"]'));
      const answer = await askAs(`${method} `);
      expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
      expect(answer.upstream).toHaveLength(1);
    }
  });

  it('sends nothing without an id that needs one', async () => {
    answerWith(() => '[]');
    for (const method of ['PUT', 'POST']) {
      const answer = await askAs(`${method} `, JSON_TYPE, '{}');
      expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
      expect(answer.upstream).toEqual([]);
    }
  });
});

describe('in front of an LRS that is told what its callers may do', () => {
  const told = gatewayScene({ organization: { isolate_state: true }, lrsRegistration: { auth: 'headers' } });

  it('deletes all for one who may only write: the list that it takes is the gateway’s', async () => {
    const { bearer, client } = await told.gateway.mint('state/write');
    told.lrs.respond(({ method }, res) => {
      if (method === 'GET') res.writeHead(200, JSON_TYPE).end(JSON.stringify([`hallpass/${client.client_id}/a`]));
      else res.writeHead(204).end();
    });
    const headers = { ...VERSION_1, Authorization: bearer };
    const { upstream } = await told.ask('DELETE /xapi/activities/state?activityId=x&agent=y', headers);
    expect(upstream.map(({ method, headers }) => [method, headers['x-hallpass-scope']])).toEqual([
      ['GET', 'state/read'],
      ['DELETE', 'state/write'],
    ]);
  });
});

describe('without isolation', () => {
  const plain = gatewayScene();

  it('ids are as the clients wrote them', async () => {
    const { bearer } = await plain.gateway.mint('state');
    const { upstream } = await plain.ask('GET /xapi/activities/state?stateId=a', {
      ...VERSION_1,
      Authorization: bearer,
    });
    expect(upstream.map(({ url }) => url)).toEqual(['/lrs/xapi/activities/state?stateId=a']);
  });
});
