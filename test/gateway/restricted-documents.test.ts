/**
 * Documents, agents and activities of a caller with restrictions, in front of a real LRS: its own as ever, and nobody
 * else's, by whatever parameters they are asked for.
 *
 * @see xAPI 1.0.3 Part 3 §2.3, §2.4, §2.5, §2.6, §2.7; RFC 9396
 */
import type { AccessTokenRecord } from '../../services/shared/access-token.ts';
import type { Client } from '../../services/shared/client.ts';
import type { Restriction } from '../../services/shared/xapi/restriction.ts';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
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

/** As `printf mailto:ann@example.org | sha1sum` says. */
const SHA1 = '6168d27d1f76f1fd61099f4e24f911dbae8314dc';
const ANN = { mbox: 'mailto:ann@example.org' };
const BOB = { mbox: 'mailto:bob@example.org' };
const COURSE = 'https://example.org/course/1';
const OTHER_COURSE = 'https://elsewhere.example/course/1';
const REGISTRATION = 'ec531277-b57b-4c15-8d91-d292c5b2b8f7';
const OTHER_REGISTRATION = '6690e6c9-3ef0-4ed3-8b37-7f3964730bee';

const ANNS = { agent: JSON.stringify(ANN) };
const BOBS = { agent: JSON.stringify(BOB) };
const ON = { activityId: COURSE };
const ELSEWHERE = { activityId: OTHER_COURSE };
const IN = { registration: REGISTRATION };
const IN_OTHER = { registration: OTHER_REGISTRATION };

type Parameters = Record<string, string>;

let lrs: SampleLrs;
let gateway: RunningGateway;

beforeAll(async () => {
  lrs = await startSampleLrs({
    host: '127.0.0.1',
    port: 0,
    credentials: [{ username: 'gateway-user', password: 'gateway-password' }],
  });
  gateway = await startTestGateway({ lrsUrl: lrs.url });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
});

const queryOf = (parameters: Parameters) => new URLSearchParams(parameters).toString().replaceAll('+', '%20');

/** At the gateway. */
function ask(bearer: string, method: string, resource: string, parameters: Parameters, headers: Headers = {}) {
  const body = method === 'PUT' || method === 'POST' ? '{"a":1}' : undefined;
  const all = { ...VERSION_1, ...(body && JSON_TYPE), Authorization: bearer, ...headers };
  return askPort(gateway.port, `${method} /xapi/${resource}?${queryOf(parameters)}`, all, body);
}

/** At the LRS, past the gateway. */
function askLrs(method: string, resource: string, parameters: Parameters, body?: string) {
  const all = { ...VERSION_1, ...(body && JSON_TYPE), Authorization: LRS_AUTHORIZATION };
  return askPort(lrs.port, `${method} /xapi/${resource}?${queryOf(parameters)}`, all, body);
}

async function tiedTo(
  restriction: Restriction,
  said: Partial<Client> = {},
  token: Partial<AccessTokenRecord> = {},
): Promise<string> {
  return (await gateway.mint('all', { restrictions: [restriction], ...said }, token)).bearer;
}

interface Row {
  resource: 'activities/state' | 'activities/profile' | 'agents/profile';
  restriction: Restriction;
  own: Parameters;
  /** Each names somebody else's, or does not say whose. */
  others: Parameters[];
}

const ROWS: Row[] = [
  {
    resource: 'activities/state',
    restriction: { actor: ANN },
    own: { ...ON, ...ANNS },
    others: [{ ...ON, ...BOBS }, ON],
  },
  {
    resource: 'activities/state',
    restriction: { activity: COURSE },
    own: { ...ON, ...BOBS },
    others: [{ ...ELSEWHERE, ...BOBS }, { activityId: `${COURSE}1`, ...BOBS }, BOBS],
  },
  {
    resource: 'activities/state',
    restriction: { activity: 'https://example.org/*' },
    own: { activityId: 'https://example.org/x', ...BOBS },
    others: [{ ...ELSEWHERE, ...BOBS }, BOBS],
  },
  {
    resource: 'activities/state',
    restriction: { registration: REGISTRATION },
    own: { ...ON, ...BOBS, ...IN },
    others: [
      { ...ON, ...BOBS },
      { ...ON, ...BOBS, ...IN_OTHER },
    ],
  },
  {
    resource: 'activities/state',
    restriction: { actor: ANN, activity: COURSE, registration: REGISTRATION },
    own: { ...ON, ...ANNS, ...IN },
    others: [
      { ...ON, ...ANNS },
      { ...ON, ...ANNS, ...IN_OTHER },
      { ...ON, ...BOBS, ...IN },
      { ...ELSEWHERE, ...ANNS, ...IN },
    ],
  },
  { resource: 'activities/profile', restriction: { activity: COURSE }, own: ON, others: [ELSEWHERE, {}] },
  { resource: 'activities/profile', restriction: { actor: ANN, activity: COURSE }, own: ON, others: [ELSEWHERE] },
  { resource: 'agents/profile', restriction: { actor: ANN }, own: ANNS, others: [BOBS, {}] },
  { resource: 'agents/profile', restriction: { actor: ANN, registration: REGISTRATION }, own: ANNS, others: [BOBS] },
];

/** Nothing there says to whom, or to what, it belongs that the restriction is about. */
const CLOSED: [Row['resource'] | 'agents' | 'activities', Restriction, Parameters][] = [
  ['activities/profile', { actor: ANN }, ON],
  ['activities/profile', { registration: REGISTRATION }, ON],
  ['agents/profile', { activity: COURSE }, ANNS],
  ['agents/profile', { registration: REGISTRATION }, ANNS],
  ['agents', { activity: COURSE }, ANNS],
  ['agents', { registration: REGISTRATION }, ANNS],
  ['activities', { actor: ANN }, ON],
  ['activities', { registration: REGISTRATION }, ON],
];

let documents = 0;
const named = (resource: Row['resource'], parameters: Parameters): Parameters => ({
  ...parameters,
  [resource === 'activities/state' ? 'stateId' : 'profileId']: `document ${++documents}`,
});

describe.each(ROWS)('$resource of a caller tied to $restriction', ({ resource, restriction, own, others }) => {
  it('is read and written as by anybody, where it is its own', async () => {
    const bearer = await tiedTo(restriction);
    const one = named(resource, own);
    expect((await ask(bearer, 'PUT', resource, one, { 'If-None-Match': '*' })).status).toBe(204);
    const read = await ask(bearer, 'GET', resource, one);
    expect(read).toMatchObject({ status: 200, body: '{"a":1}' });
    expect((await ask(bearer, 'HEAD', resource, one)).header('ETag')).toBe(read.header('ETag'));
    expect((await ask(bearer, 'POST', resource, one)).status).toBe(204);
    const list = await ask(bearer, 'GET', resource, own);
    expect(JSON.parse(list.body)).toContain(one.stateId ?? one.profileId);
    expect((await ask(bearer, 'DELETE', resource, one)).status).toBe(204);
    expect((await askLrs('GET', resource, one)).status).toBe(404);
  });

  it.each(others)('is refused for %j: 403, and the LRS keeps what it had', async (parameters) => {
    const bearer = await tiedTo(restriction);
    const one = named(resource, parameters);
    /* Where a parameter is missing that the LRS needs too, there can be nothing. */
    const isThere = (await askLrs('PUT', resource, one, '"kept"')).status === 204;
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
      const answer = await ask(bearer, method, resource, one);
      expect({ method, status: answer.status }).toEqual({ method, status: 403 });
      if (method !== 'HEAD') expect(refusalOf(answer).error).toBe('access_denied');
    }
    for (const method of ['GET', 'HEAD', 'DELETE'])
      expect((await ask(bearer, method, resource, parameters)).status).toBe(403);
    if (isThere) expect(await askLrs('GET', resource, one)).toMatchObject({ status: 200, body: '"kept"' });
  });
});

describe.each(CLOSED)('%s for a caller tied to %j', (resource, restriction, parameters) => {
  it('is closed, whatever is asked for', async () => {
    const bearer = await tiedTo(restriction);
    const methods = resource.includes('/') ? ['GET', 'PUT', 'POST', 'DELETE'] : ['GET'];
    for (const method of methods) {
      const refusal = refusalOf(await ask(bearer, method, resource, parameters));
      expect(refusal).toMatchObject({ status: 403, error: 'access_denied' });
      expect(refusal.error_description).toContain('tied to one');
    }
  });
});

describe('all documents at once', () => {
  it('are deleted only where they are the caller’s own', async () => {
    const bearer = await tiedTo({ actor: ANN, registration: REGISTRATION });
    const anns = named('activities/state', { ...ON, ...ANNS, ...IN });
    const unregistered = named('activities/state', { ...ON, ...ANNS });
    const bobs = named('activities/state', { ...ON, ...BOBS, ...IN });
    for (const one of [anns, unregistered, bobs]) await askLrs('PUT', 'activities/state', one, '1');
    for (const whose of [
      { ...ON, ...ANNS },
      { ...ON, ...BOBS, ...IN },
    ])
      expect((await ask(bearer, 'DELETE', 'activities/state', whose)).status).toBe(403);
    expect((await ask(bearer, 'DELETE', 'activities/state', { ...ON, ...ANNS, ...IN })).status).toBe(204);
    expect((await askLrs('GET', 'activities/state', anns)).status).toBe(404);
    expect((await askLrs('GET', 'activities/state', unregistered)).status).toBe(200);
    expect((await askLrs('GET', 'activities/state', bobs)).status).toBe(200);
  });
});

describe('a restriction to verbs, and no-void', () => {
  it('have no bearing on documents, which have no verbs', async () => {
    const bearer = await tiedTo({ verbs: ['https://example.org/verbs/tried'], 'no-void': true });
    expect((await ask(bearer, 'PUT', 'activities/state', named('activities/state', { ...ON, ...BOBS }))).status).toBe(
      204,
    );
    expect((await ask(bearer, 'GET', 'activities/profile', ELSEWHERE)).status).toBe(200);
    expect((await ask(bearer, 'GET', 'agents', BOBS)).status).toBe(200);
  });
});

describe('agents and activities', () => {
  it('are shown where the caller is tied to them', async () => {
    const ann = await tiedTo({ actor: ANN });
    const person = await ask(ann, 'GET', 'agents', ANNS);
    expect(JSON.parse(person.body)).toMatchObject({ objectType: 'Person', mbox: [ANN.mbox] });
    expect((await ask(ann, 'GET', 'agents', BOBS)).status).toBe(403);
    expect((await ask(ann, 'HEAD', 'agents', BOBS)).status).toBe(403);

    const course = await tiedTo({ activity: COURSE });
    expect(JSON.parse((await ask(course, 'GET', 'activities', ON)).body)).toMatchObject({ id: COURSE });
    expect((await ask(course, 'GET', 'activities', ELSEWHERE)).status).toBe(403);
    expect((await ask(course, 'GET', 'activities', {})).status).toBe(403);
  });

  it('leave about to everybody', async () => {
    expect((await ask(await tiedTo({ actor: ANN }), 'GET', 'about', {})).status).toBe(200);
  });
});

describe('the agent parameter', () => {
  const tie = () => tiedTo({ actor: ANN });

  it.each([
    ['escapes', '{"mbo\\u0078":"mailto:\\u0061nn@example.org"}'],
    ['another order and a name', '{"name":"Ann","mbox":"mailto:ann@example.org","objectType":"Agent"}'],
  ])('is the same agent with %s', async (_how, agent) => {
    expect((await ask(await tie(), 'GET', 'activities/state', { ...ON, agent })).status).toBe(200);
  });

  it.each([
    ['mbox', { mbox: 'mailto:ann@example.org' }, { mbox: 'mailto:bob@example.org' }],
    ['mbox_sha1sum', { mbox_sha1sum: SHA1 }, { mbox_sha1sum: '0'.repeat(40) }],
    ['openid', { openid: 'https://ann.example.org/' }, { openid: 'https://bob.example.org/' }],
    [
      'account',
      { account: { homePage: 'https://example.org', name: 'ann' } },
      { account: { homePage: 'https://example.org', name: 'bob' } },
    ],
  ])('ties by %s', async (_kind, own, another) => {
    const bearer = await tiedTo({ actor: own });
    const of = (agent: object) => ask(bearer, 'GET', 'agents/profile', { agent: JSON.stringify(agent) });
    expect((await of(own)).status).toBe(200);
    expect((await of(another)).status).toBe(403);
  });

  it('may be an mbox where the caller is tied to its digest, and the other way round', async () => {
    const [byMbox, byDigest] = [await tie(), await tiedTo({ actor: { mbox_sha1sum: SHA1 } })];
    const digest = { agent: JSON.stringify({ mbox_sha1sum: SHA1 }) };
    expect((await ask(byMbox, 'GET', 'agents/profile', digest)).status).toBe(200);
    expect((await ask(byDigest, 'GET', 'agents/profile', ANNS)).status).toBe(200);
    expect((await ask(byDigest, 'GET', 'agents/profile', BOBS)).status).toBe(403);
  });

  it.each([
    ['a key twice', `{"mbox":"${ANN.mbox}","mbox":"${BOB.mbox}"}`],
    ['a key twice, the other first', `{"mbox":"${BOB.mbox}","mbox":"${ANN.mbox}"}`],
    ['a key twice, once with an escape', `{"mbox":"${ANN.mbox}","mbo\\u0078":"${BOB.mbox}"}`],
    ['two identifiers', `{"mbox":"${ANN.mbox}","openid":"https://bob.example.org/"}`],
    ['an identifier in another case besides', `{"mbox":"${ANN.mbox}","Mbox":"${BOB.mbox}"}`],
    ['a Group', `{"objectType":"Group","mbox":"${ANN.mbox}"}`],
    ['a Group of one', `{"objectType":"Group","member":[{"mbox":"${ANN.mbox}"}]}`],
    ['no JSON', ANN.mbox],
    ['nothing in it', ''],
  ])('is nobody with %s: the LRS is not asked whom it would take it for', async (_what, agent) => {
    const bearer = await tie();
    for (const [resource, more] of [
      ['activities/state', ON],
      ['agents/profile', {}],
      ['agents', {}],
    ] as const)
      expect(refusalOf(await ask(bearer, 'GET', resource, { ...more, agent }))).toMatchObject({ status: 403 });
  });
});

describe('restrictions of the client and of its token', () => {
  it('must both be met', async () => {
    const bearer = await tiedTo({ actor: ANN }, {}, { restrictions: [{ activity: COURSE }] });
    expect((await ask(bearer, 'GET', 'activities/state', { ...ON, ...ANNS })).status).toBe(200);
    expect((await ask(bearer, 'GET', 'activities/state', { ...ON, ...BOBS })).status).toBe(403);
    expect((await ask(bearer, 'GET', 'activities/state', { ...ELSEWHERE, ...ANNS })).status).toBe(403);
    /* Each closes what cannot be held to it. */
    expect((await ask(bearer, 'GET', 'activities/profile', ON)).status).toBe(403);
    expect((await ask(bearer, 'GET', 'agents/profile', ANNS)).status).toBe(403);
  });

  it('may contradict each other: nothing is left', async () => {
    const bearer = await tiedTo({ actor: ANN }, {}, { restrictions: [{ actor: BOB }] });
    for (const whose of [ANNS, BOBS]) expect((await ask(bearer, 'GET', 'agents/profile', whose)).status).toBe(403);
  });

  it('hold for a token alone', async () => {
    const { bearer } = await gateway.mint('all', {}, { restrictions: [{ actor: ANN }] });
    expect((await ask(bearer, 'GET', 'agents/profile', ANNS)).status).toBe(200);
    expect((await ask(bearer, 'GET', 'agents/profile', BOBS)).status).toBe(403);
  });

  it('are alternatives within one of the two', async () => {
    const restrictions = [{ actor: ANN, activity: COURSE }, { activity: OTHER_COURSE }];
    const { bearer } = await gateway.mint('all', { restrictions });
    const state = (parameters: Parameters) => ask(bearer, 'GET', 'activities/state', parameters);
    expect((await state({ ...ON, ...ANNS })).status).toBe(200);
    expect((await state({ ...ELSEWHERE, ...BOBS })).status).toBe(200);
    expect(refusalOf(await state({ ...ON, ...BOBS })).error_description).toContain('outside of everything');
  });

  it('hold for Basic, too', async () => {
    const { basic } = await gateway.register('all', { restrictions: [{ actor: ANN }] });
    expect((await ask(basic, 'GET', 'agents/profile', ANNS)).status).toBe(200);
    expect((await ask(basic, 'GET', 'agents/profile', BOBS)).status).toBe(403);
  });

  it('come after the scopes: who may not read at all is told so', async () => {
    const { bearer } = await gateway.mint('statements/write', { restrictions: [{ actor: ANN }] });
    expect(refusalOf(await ask(bearer, 'GET', 'agents/profile', BOBS)).error).toBe('insufficient_scope');
  });
});

describe('a refusal', () => {
  it('says what to send, names no other, and is in the version of the caller', async () => {
    const bearer = await tiedTo({ actor: ANN });
    const missing = refusalOf(await ask(bearer, 'DELETE', 'activities/state', ON, VERSION_2), '2.0.0');
    expect(missing).toEqual({
      status: 403,
      error: 'access_denied',
      error_description: 'this token is tied to one actor: name it with the parameter agent',
    });
    const wrong = refusalOf(await ask(bearer, 'GET', 'agents', BOBS));
    expect(wrong.error_description).toBe('the parameter agent names another actor than this token is tied to');
  });
});

describe('what the LRS is asked', () => {
  const scene = gatewayScene();
  const { ask: askEcho } = scene;
  const mint = async (restriction: Restriction) => {
    const { bearer } = await scene.gateway.mint('all', { restrictions: [restriction] });
    return { ...VERSION_1, Authorization: bearer };
  };

  it('is what was decided upon: a plus, which is a space to some and a plus to others, is written out', async () => {
    const headers = await mint({ actor: { account: { homePage: 'https://example.org', name: 'a b' } } });
    const agent = encodeURIComponent('{"account":{"homePage":"https://example.org","name":"a b"}}');
    const answer = await askEcho(`GET /xapi/agents/profile?agent=${agent.replace('%20', '+')}`, headers);
    expect(answer.upstream.map(({ url }) => url)).toEqual([`/lrs/xapi/agents/profile?agent=${agent}`]);
  });

  it('is nothing at all for what is refused', async () => {
    const answer = await askEcho('DELETE /xapi/activities/state?activityId=x', await mint({ actor: ANN }));
    expect(answer).toMatchObject({ status: 403, upstream: [] });
  });

  it('is decided for the form of an alternate request, too', async () => {
    const { 'X-Experience-API-Version': _, ...authorization } = await mint({ actor: ANN });
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', ...VERSION_1, ...authorization };
    const get = (agent: string) =>
      askEcho('POST /xapi/agents/profile?method=GET', form, new URLSearchParams({ agent }).toString());
    expect((await get(JSON.stringify(BOB))).status).toBe(403);
    const own = await get(JSON.stringify(ANN));
    expect(own.upstream).toMatchObject([{ method: 'GET' }]);
  });
});
