/**
 * Reads of statements by a caller that is tied to an actor, an activity, a registration or verbs: only what is within that,
 * and all of it, from an LRS that knows nothing of it.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Restriction } from '../../services/shared/xapi/restriction.ts';
import { DIRECT, LEA, query, readingScene, refTo, VERB, voiding, type Json, type Reader } from './reading-scene.ts';
import { gatewayScene, VERSION_1, VERSION_2 } from './support.ts';

const MAX = { mbox: 'mailto:max@example.org' };
const ACCOUNT = { account: { homePage: 'http://school.example', name: 'lea' } };
const COURSE = { id: 'http://example.org/course' };
const OTHER_COURSE = { id: 'http://example.org/other' };
const LESSON = { id: 'http://example.org/course/lesson' };
const SAW = { id: 'http://example.org/verbs/saw' };
const [FIRST, SECOND] = [randomUUID(), randomUUID()];

const scene = readingScene(3);
let writer: Reader;
/** What is in the LRS, by name, oldest first. */
let ids: Record<string, string>;

beforeAll(async () => {
  writer = await scene.reader('statements/read');
  const store = (more: Json) => writer.store({ actor: LEA, object: COURSE, context: { registration: FIRST }, ...more });
  const context = (registration: string, more: Json = {}) => ({ context: { registration, ...more } });
  ids = {};
  const statements: Record<string, Json> = {
    plain: {},
    byMax: { actor: MAX },
    byHash: { actor: { mbox_sha1sum: createHash('sha1').update(LEA.mbox).digest('hex').toUpperCase() } },
    byAccount: { actor: ACCOUNT },
    byGroup: { actor: { objectType: 'Group', member: [LEA] } },
    aboutLea: { actor: MAX, object: LEA },
    saw: { verb: SAW },
    otherCourse: { object: OTHER_COURSE },
    lesson: { object: LESSON },
    inParent: { object: OTHER_COURSE, context: { registration: FIRST, contextActivities: { parent: [COURSE] } } },
    nested: { object: { objectType: 'SubStatement', actor: LEA, verb: VERB, object: COURSE } },
    second: context(SECOND.toUpperCase()),
    unregistered: { context: {} },
    taught: context(FIRST, { instructor: MAX }),
  };
  for (const [name, statement] of Object.entries(statements)) ids[name] = await store(statement);
  ids.ref = await store({ object: refTo(ids.plain ?? '') });
  ids.refToMax = await store({ object: refTo(ids.byMax ?? ''), verb: SAW });
});

const tiedTo = (...restrictions: Restriction[]) => scene.reader('statements/read', { restrictions });
const named = (found: string[]) => Object.keys(ids).filter((name) => found.includes(ids[name] ?? ''));
const everything = () => Object.keys(ids);
const allBut = (...names: string[]) => everything().filter((name) => !names.includes(name));

const NOT_BY_LEA = ['byMax', 'byAccount', 'byGroup', 'aboutLea'];

describe('whoever is tied to', () => {
  it.each<[string, Restriction[], () => string[]]>([
    ['an actor', [{ actor: { mbox: LEA.mbox } }], () => allBut(...NOT_BY_LEA)],
    [
      'an actor by its hash',
      [{ actor: { mbox_sha1sum: createHash('sha1').update(LEA.mbox).digest('hex') } }],
      () => allBut(...NOT_BY_LEA),
    ],
    ['an actor by account', [{ actor: ACCOUNT }], () => ['byAccount']],
    [
      'an activity',
      [{ activity: COURSE.id }],
      () => allBut('aboutLea', 'otherCourse', 'lesson', 'inParent', 'ref', 'refToMax'),
    ],
    [
      'activities that begin alike',
      [{ activity: `${COURSE.id}*` }],
      () => allBut('aboutLea', 'otherCourse', 'inParent', 'ref', 'refToMax'),
    ],
    ['a registration', [{ registration: FIRST.toUpperCase() }], () => allBut('second', 'unregistered')],
    ['another registration', [{ registration: SECOND }], () => ['second']],
    ['a verb', [{ verbs: [SAW.id] }], () => ['saw', 'refToMax']],
    ['verbs', [{ verbs: [SAW.id, VERB.id] }], everything],
    ['a verb that is nowhere', [{ verbs: ['http://example.org/verbs/never'] }], () => []],
    ['two at once', [{ actor: ACCOUNT, verbs: [SAW.id] }], () => []],
    ['one or the other', [{ actor: ACCOUNT }, { verbs: [SAW.id] }], () => ['byAccount', 'saw', 'refToMax']],
  ])('%s reads just that, page by page', async (_what, restrictions, expected) => {
    const reader = await tiedTo(...restrictions);
    for (const limit of ['1', '2', '0'])
      for (const ascending of ['true', 'false']) {
        const { ids: found } = await reader.toTheEnd(query({ limit, ascending }));
        expect(named(found)).toEqual(expected());
        expect(found).toHaveLength(expected().length);
      }
  });

  it('something by its registration and by its token reads what is within both', async () => {
    const byToken = [{ verbs: [SAW.id] }];
    const reader = await scene.reader(
      'statements/read',
      { restrictions: [{ actor: { mbox: LEA.mbox } }] },
      { restrictions: byToken },
    );
    expect(named((await reader.toTheEnd()).ids)).toEqual(['saw', 'refToMax']);
  });

  it('something and to what is its own reads what is within both', async () => {
    const reader = await scene.reader('statements/read/mine', { restrictions: [{ verbs: [SAW.id] }] });
    expect((await reader.toTheEnd()).ids).toEqual([]);
    await reader.store();
    const own = await reader.store({ verb: SAW });
    expect((await reader.toTheEnd()).ids).toEqual([own]);
  });
});

describe('whoever is tied to an actor', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await tiedTo({ actor: { mbox: LEA.mbox } });
  });

  it('reads one statement by its id only where it is within that', async () => {
    const answers = await Promise.all(
      [ids.plain, ids.byHash, ids.byMax, ids.aboutLea, randomUUID()].map((id) => reader.ask(`statementId=${id}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 404, 404]);
    const bodies = await Promise.all(answers.slice(2).map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
  });

  it('reads it in every format', async () => {
    for (const format of ['exact', 'ids', 'canonical'])
      expect(named((await reader.toTheEnd(query({ format }))).ids)).toEqual(allBut(...NOT_BY_LEA));
  });

  it.each<[string, Json, string[]]>([
    [
      'itself',
      { agent: LEA },
      [
        'plain',
        'saw',
        'otherCourse',
        'lesson',
        'inParent',
        'nested',
        'second',
        'unregistered',
        'taught',
        'ref',
        'refToMax',
      ],
    ],
    ['somebody else', { agent: MAX }, []],
    ['somebody else, broadly', { agent: MAX, related_agents: 'true' }, ['taught']],
    ['a verb', { verb: SAW.id }, ['saw', 'refToMax']],
    ['an activity', { activity: COURSE.id }, ['plain', 'byHash', 'saw', 'second', 'unregistered', 'taught', 'ref']],
    ['a registration', { registration: SECOND }, ['second']],
  ])(
    'learns nothing more by asking for %s: not even what is about what it may not see',
    async (_what, parameters, expected) => {
      expect(named((await reader.toTheEnd(query({ ...parameters, limit: '2' }))).ids)).toEqual(expected);
    },
  );

  it('does not read statements that name strangers in contextAgents', async () => {
    const headers = { ...DIRECT, ...VERSION_2, 'Content-Type': 'application/json' };
    const contextOf = (agent: Json) => ({ contextAgents: [{ objectType: 'contextAgent', agent }] });
    const [own, strange] = [randomUUID(), randomUUID()];
    const kim = { mbox: 'mailto:kim@example.org' };
    const statements = [
      { id: own, actor: kim, verb: VERB, object: COURSE, context: contextOf(kim) },
      { id: strange, actor: kim, verb: VERB, object: COURSE, context: contextOf(MAX) },
    ];
    const stored = await fetch(`${scene.lrs.url}/statements`, {
      method: 'POST',
      headers,
      body: JSON.stringify(statements),
    });
    expect(stored.status).toBe(200);
    const kims = await tiedTo({ actor: kim });
    expect((await kims.toTheEnd()).ids).toEqual([own]);
    expect((await kims.ask(`statementId=${strange}`)).status).toBe(404);
  });

  it('reads its own voided statement, and nobody else’s', async () => {
    const [own, others] = [await writer.store({ actor: LEA }), await writer.store({ actor: MAX })];
    await writer.store(voiding(own));
    await writer.store(voiding(others));
    const statuses = await Promise.all([own, others].map((id) => reader.ask(`voidedStatementId=${id}`)));
    expect(statuses.map(({ status }) => status)).toEqual([200, 404]);
  });
});

describe('the LRS is asked to leave out what it can', () => {
  const echo = gatewayScene();

  async function askedFor(restrictions: Restriction[], text = ''): Promise<Record<string, string>> {
    const { bearer } = await echo.gateway.mint('statements/read', { restrictions });
    echo.lrs.respond(
      (_request, res) => void res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"statements":[]}'),
    );
    const { upstream } = await echo.ask(`GET /xapi/statements${text}`, { ...VERSION_1, Authorization: bearer });
    return Object.fromEntries(new URL(upstream[0]?.url ?? '', 'http://lrs').searchParams);
  }

  it('where it finds all that is within the restriction by one parameter', async () => {
    const restriction = { actor: ACCOUNT, registration: FIRST, verbs: [SAW.id], activity: COURSE.id };
    expect(await askedFor([restriction], '?limit=2')).toEqual({
      limit: '2',
      agent: JSON.stringify(ACCOUNT),
      registration: FIRST,
      verb: SAW.id,
      activity: COURSE.id,
      related_activities: 'true',
    });
  });

  it('where the caller does not ask for something narrower or else itself', async () => {
    const text = `?${query({ activity: LESSON.id, verb: VERB.id })}`;
    expect(await askedFor([{ activity: COURSE.id, verbs: [SAW.id] }], text)).toEqual({
      activity: LESSON.id,
      verb: VERB.id,
    });
  });

  it('and for no more than it has under one name: not by an mbox, which it may have as a hash', async () => {
    expect(await askedFor([{ actor: { mbox: LEA.mbox } }])).toEqual({});
    expect(await askedFor([{ activity: `${COURSE.id}*` }])).toEqual({});
    expect(await askedFor([{ verbs: [SAW.id, VERB.id] }])).toEqual({});
    expect(await askedFor([{ verbs: [SAW.id] }, { registration: FIRST }])).toEqual({});
  });
});
