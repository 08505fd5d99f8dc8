/** @see xAPI 1.0.3 Part 2 §2.2, §2.4, §4 */
import { attachment, COURSE, createClient, LEARNER, statement, VERB } from './support.ts';

const xapi = createClient();
const without = (name: string) => Object.fromEntries(Object.entries(statement()).filter(([one]) => one !== name));
const sub = (change: object = {}) => ({
  objectType: 'SubStatement',
  actor: LEARNER,
  verb: VERB,
  object: COURSE,
  ...change,
});
const REF = { objectType: 'StatementRef', id: '9e13cefd-53d3-4eac-b5ed-2cf6693903bb' };
const ACCOUNT = { homePage: 'http://example.org', name: 'lea' };
const GROUP = { objectType: 'Group', mbox: 'mailto:team@example.org' };

describe('POST /statements accepts', () => {
  it.each<[string, object]>([
    ['the simplest statement', { actor: { mbox: LEARNER.mbox }, verb: { id: VERB.id }, object: { id: COURSE.id } }],
    ['an actor with an account', statement({ actor: { account: ACCOUNT } })],
    ['an actor with an openid', statement({ actor: { openid: 'https://id.example.org/lea' } })],
    [
      'an actor with an mbox_sha1sum',
      statement({ actor: { mbox_sha1sum: 'ebd31e95054c018b10727ccffd2ef2ec3a016ee9' } }),
    ],
    ['an identified group', statement({ actor: GROUP })],
    ['an anonymous group', statement({ actor: { objectType: 'Group', member: [LEARNER] } })],
    ['an agent as object', statement({ object: LEARNER })],
    ['a statement reference as object', statement({ object: REF })],
    ['a sub-statement as object', statement({ object: sub() })],
    [
      'a full result',
      statement({
        result: {
          score: { scaled: -1, raw: 0, min: 0, max: 10 },
          success: false,
          completion: true,
          response: '',
          duration: 'P1Y2M3DT4H5M6.7S',
          extensions: { 'http://example.org/x': null },
        },
      }),
    ],
    [
      'a full context',
      statement({
        context: {
          registration: REF.id,
          instructor: LEARNER,
          team: GROUP,
          contextActivities: { parent: [COURSE], grouping: [], category: COURSE, other: [COURSE] },
          revision: '1',
          platform: 'web',
          language: 'en-US',
          statement: REF,
          extensions: {},
        },
      }),
    ],
    [
      'a definition with an interaction',
      statement({
        object: {
          ...COURSE,
          definition: {
            name: { en: 'q' },
            type: 'http://adlnet.gov/expapi/activities/cmi.interaction',
            interactionType: 'choice',
            correctResponsesPattern: ['a'],
            choices: [{ id: 'a', description: { en: 'A' } }],
          },
        },
      }),
    ],
    ['an attachment by fileUrl', statement({ attachments: [attachment('x', { fileUrl: 'http://example.org/f' })] })],
    ['a timestamp with an offset', statement({ timestamp: '2015-06-30T23:59:59.123456+05:30' })],
    ['a duration in weeks', statement({ result: { duration: 'P4W' } })],
  ])('%s', (_what, sent) => xapi.post('/statements').send(sent).expect(200));
});

describe('POST /statements answers 400 to', () => {
  it.each<[string, unknown]>([
    ['a statement without actor', without('actor')],
    ['a statement without verb', without('verb')],
    ['a statement without object', without('object')],
    ['a string', '"statement"'],
    ['null', 'null'],
    ['an array in an array', [[statement()]]],
    ['an unknown top-level property', statement({ foo: 1 })],
    ['a property in another case', statement({ Result: {} })],
    ['a property named __proto__', '{"__proto__":{},' + JSON.stringify(statement()).slice(1)],
    ['a property named constructor', statement({ constructor: {} })],
    ['null as a value', statement({ result: null })],
    ['null deeper down', statement({ result: { score: { raw: null } } })],
    ['null in a language map', statement({ verb: { ...VERB, display: { en: null } } })],
    ['an id that is not a UUID', statement({ id: 'one' })],
    ['an actor without identifier', statement({ actor: { name: 'Lea' } })],
    ['an actor with two identifiers', statement({ actor: { ...LEARNER, openid: 'http://example.org/lea' } })],
    ['an mbox without mailto:', statement({ actor: { mbox: 'lea@example.org' } })],
    ['an account without name', statement({ actor: { account: { homePage: 'http://example.org' } } })],
    ['an account with a relative homePage', statement({ actor: { account: { ...ACCOUNT, homePage: 'home' } } })],
    ['an mbox_sha1sum that is too short', statement({ actor: { mbox_sha1sum: 'ebd31e' } })],
    ['an actor of an unknown objectType', statement({ actor: { ...LEARNER, objectType: 'Person' } })],
    ['an actor with an unknown property', statement({ actor: { ...LEARNER, age: 3 } })],
    ['an anonymous group without members', statement({ actor: { objectType: 'Group', name: 'us' } })],
    ['a group in a group', statement({ actor: { objectType: 'Group', member: [GROUP] } })],
    ['a verb without id', statement({ verb: { display: { en: 'did' } } })],
    ['a verb whose id is not an IRI', statement({ verb: { id: 'completed' } })],
    ['a display that is not a language map', statement({ verb: { ...VERB, display: 'completed' } })],
    ['a language map with a bad language tag', statement({ verb: { ...VERB, display: { 'not a tag': 'x' } } })],
    ['an activity without id', statement({ object: { objectType: 'Activity' } })],
    ['an object of an unknown objectType', statement({ object: { ...COURSE, objectType: 'activity' } })],
    ['a statement reference without id', statement({ object: { objectType: 'StatementRef' } })],
    ['an unknown interactionType', statement({ object: { ...COURSE, definition: { interactionType: 'guess' } } })],
    ['extensions whose keys are not IRIs', statement({ object: { ...COURSE, definition: { extensions: { a: 1 } } } })],
    ['a sub-statement in a sub-statement', statement({ object: sub({ object: sub() }) })],
    ['a sub-statement with an id', statement({ object: sub({ id: REF.id }) })],
    ['a sub-statement with an authority', statement({ object: sub({ authority: LEARNER }) })],
    ['a scaled score over 1', statement({ result: { score: { scaled: 1.1 } } })],
    ['a raw score over max', statement({ result: { score: { raw: 11, max: 10 } } })],
    ['a min over max', statement({ result: { score: { min: 2, max: 1 } } })],
    ['a success that is a string', statement({ result: { success: 'true' } })],
    ['a duration that is not ISO 8601', statement({ result: { duration: '1h' } })],
    ['a duration without any part', statement({ result: { duration: 'PT' } })],
    ['a registration that is not a UUID', statement({ context: { registration: 'r1' } })],
    ['a team that is an agent', statement({ context: { team: LEARNER } })],
    ['an unknown kind of contextActivities', statement({ context: { contextActivities: { child: [COURSE] } } })],
    ['a platform where the object is an agent', statement({ object: LEARNER, context: { platform: 'web' } })],
    [
      'a revision in a sub-statement about a group',
      statement({ object: sub({ object: GROUP, context: { revision: '1' } }) }),
    ],
    ['a timestamp that is no day of the calendar', statement({ timestamp: '2023-02-30T00:00:00Z' })],
    ['a timestamp without time', statement({ timestamp: '2023-02-03' })],
    ['a timestamp with the offset -00:00', statement({ timestamp: '2023-02-03T00:00:00-00:00' })],
    ['a version before 1.0', statement({ version: '0.9.5' })],
    ['a version of 1.1', statement({ version: '1.1.0' })],
    ['a version of 2.0 from a 1.0 client', statement({ version: '2.0.0' })],
    [
      'contextAgents from a 1.0 client',
      statement({ context: { contextAgents: [{ objectType: 'contextAgent', agent: LEARNER }] } }),
    ],
    [
      'an attachment without usageType',
      statement({ attachments: [{ ...attachment('x'), usageType: undefined, fileUrl: 'http://a/b' }] }),
    ],
    [
      'an attachment with a negative length',
      statement({ attachments: [attachment('x', { length: -1, fileUrl: 'http://a/b' })] }),
    ],
    [
      'an attachment whose sha2 is none',
      statement({ attachments: [attachment('x', { sha2: 'abc', fileUrl: 'http://a/b' })] }),
    ],
    ['a voiding statement about an activity', statement({ verb: { id: 'http://adlnet.gov/expapi/verbs/voided' } })],
  ])('%s', async (_what, sent) => {
    const body: unknown = (
      await xapi
        .post('/statements')
        .set('Content-Type', 'application/json')
        .send(typeof sent === 'string' ? sent : JSON.stringify(sent))
        .expect(400)
    ).body;
    expect(body).toEqual({ error: expect.any(String) as string });
  });

  it('extensions nested so deep that they could not be written out again', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const sent = JSON.stringify(statement({ result: { extensions: { 'http://example.org/deep': 0 } } }));
    await xapi
      .post('/statements')
      .set('Content-Type', 'application/json')
      .send(sent.replace(':0', `:${deep}`))
      .expect(400);
    await xapi.get('/statements').expect(200);
  });
});

describe('a refusal', () => {
  it.each([
    [statement({ actor: { mbox: 'lea' } }), 'statement.actor.mbox must be a mailto: IRI with one address'],
    [statement({ verb: {} }), 'statement.verb must have the property "id"'],
    [[statement(), statement({ foo: 1 })], 'statement[1] must not have the property "foo"'],
  ])('says what to fix: %#', (sent, error) => xapi.post('/statements').send(sent).expect(400, { error }));
});

describe('a 2.0 client', () => {
  const VERSION = { 'X-Experience-API-Version': '2.0.0' };

  it('may send contextAgents and contextGroups', () =>
    xapi
      .post('/statements', {}, VERSION)
      .send(
        statement({
          context: {
            contextAgents: [
              { objectType: 'contextAgent', agent: LEARNER, relevantTypes: ['http://example.org/coach'] },
            ],
            contextGroups: [{ objectType: 'contextGroup', group: GROUP }],
          },
        }),
      )
      .expect(200));

  it('may send statements of version 1.0 and 2.0', async () => {
    await xapi
      .post('/statements', {}, VERSION)
      .send(statement({ version: '1.0.3' }))
      .expect(200);
    await xapi
      .post('/statements', {}, VERSION)
      .send(statement({ version: '2.0.0' }))
      .expect(200);
    await xapi
      .post('/statements', {}, VERSION)
      .send(statement({ version: '2.1.0' }))
      .expect(400);
  });
});
