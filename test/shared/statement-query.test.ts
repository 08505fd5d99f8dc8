/** Whether a statement meets the filters of a query by itself. @see xAPI 1.0.3 Part 3 §2.1.3 */
import { meetsQuery, targetOf } from '../../services/shared/xapi/statement-query.ts';

const LEA = { mbox: 'mailto:lea@example.org' };
const MAX = { objectType: 'Agent', account: { homePage: 'http://a.example', name: 'max' }, name: 'Max' };
const TEAM = { objectType: 'Group', mbox: 'mailto:team@example.org', name: 'Team' };
const COURSE = { objectType: 'Activity', id: 'http://a.example/course' };
const VERB = { id: 'http://a.example/did' };
const REGISTRATION = 'ec531277-b57b-4c15-8d91-d292c5b2b8f7';

const plain = { actor: LEA, verb: VERB, object: COURSE };
const json = JSON.stringify;

function meets(statement: object, parameters: Record<string, string>): boolean {
  return meetsQuery({ ...plain, ...statement }, new Map(Object.entries(parameters)));
}

describe('agent', () => {
  const agent = json(MAX);

  it.each<[string, object]>([
    ['the actor', { actor: MAX }],
    ['the actor with another name', { actor: { ...MAX, name: 'Maximilian' } }],
    ['the object', { object: MAX }],
    ['a member of the Group that acts', { actor: { objectType: 'Group', member: [LEA, MAX] } }],
    ['a member of an identified Group', { actor: { ...TEAM, member: [MAX] } }],
    ['a member of the Group that is the object', { object: { objectType: 'Group', member: [MAX] } }],
  ])('finds %s', (_what, statement) => expect(meets(statement, { agent })).toBe(true));

  it.each<[string, object]>([
    ['another', {}],
    ['another account', { actor: { account: { homePage: 'http://b.example', name: 'max' } } }],
    ['what only looks so', { object: { ...MAX, objectType: 'Activity', id: 'x:y' } }],
    ['the authority', { authority: MAX }],
    ['an instructor', { context: { instructor: MAX } }],
    ['a team', { context: { team: { objectType: 'Group', member: [MAX] } } }],
    ['the actor of a SubStatement', { object: { objectType: 'SubStatement', ...plain, actor: MAX } }],
    ['contextAgents', { context: { contextAgents: [{ agent: MAX }] } }],
  ])('does not find %s', (_what, statement) => expect(meets(statement, { agent })).toBe(false));

  it.each<[string, object]>([
    ['the authority', { authority: MAX }],
    ['a member of the authority', { authority: { objectType: 'Group', member: [LEA, MAX] } }],
    ['an instructor', { context: { instructor: MAX } }],
    ['a team', { context: { team: { objectType: 'Group', member: [MAX] } } }],
    ['the actor of a SubStatement', { object: { objectType: 'SubStatement', ...plain, actor: MAX } }],
    ['the object of a SubStatement', { object: { objectType: 'SubStatement', ...plain, object: MAX } }],
    [
      'the instructor of a SubStatement',
      { object: { objectType: 'SubStatement', ...plain, context: { instructor: MAX } } },
    ],
    ['contextAgents', { context: { contextAgents: [{ agent: MAX }] } }],
    ['contextGroups', { context: { contextGroups: [{ group: { objectType: 'Group', member: [MAX] } }] } }],
  ])('finds %s with related_agents', (_what, statement) => {
    expect(meets(statement, { agent, related_agents: 'true' })).toBe(true);
    expect(meets(statement, { agent, related_agents: 'false' })).toBe(false);
  });

  it('finds an identified Group', () => {
    expect(meets({ actor: TEAM }, { agent: json(TEAM) })).toBe(true);
    expect(meets({ actor: { ...TEAM, mbox: 'mailto:others@example.org' } }, { agent: json(TEAM) })).toBe(false);
  });

  it.each(['', '{', '{}', '[]', 'null', json({ objectType: 'Group', member: [LEA] })])(
    'finds nothing by %s',
    (text) => {
      expect(meets({}, { agent: text })).toBe(false);
      expect(meets({ actor: {}, authority: {} }, { agent: text, related_agents: 'true' })).toBe(false);
    },
  );
});

describe('verb, activity and registration', () => {
  it.each<[string, object, Record<string, string>, boolean]>([
    ['the verb', {}, { verb: VERB.id }, true],
    ['another verb', {}, { verb: `${VERB.id}x` }, false],
    ['the activity', {}, { activity: COURSE.id }, true],
    ['an activity that does not say that it is one', { object: { id: COURSE.id } }, { activity: COURSE.id }, true],
    [
      'a statement that has the id',
      { object: { objectType: 'StatementRef', id: COURSE.id } },
      { activity: COURSE.id },
      false,
    ],
    [
      'an activity in the context',
      { object: LEA, context: { contextActivities: { other: [COURSE] } } },
      { activity: COURSE.id },
      false,
    ],
    [
      'one in the context, broadly',
      { object: LEA, context: { contextActivities: { other: [COURSE] } } },
      { activity: COURSE.id, related_activities: 'true' },
      true,
    ],
    [
      'one that is no list, broadly',
      { object: LEA, context: { contextActivities: { parent: COURSE } } },
      { activity: COURSE.id, related_activities: 'true' },
      true,
    ],
    [
      'one in a SubStatement, broadly',
      { object: { objectType: 'SubStatement', ...plain } },
      { activity: COURSE.id, related_activities: 'true' },
      true,
    ],
    ['one in a SubStatement', { object: { objectType: 'SubStatement', ...plain } }, { activity: COURSE.id }, false],
    [
      'the registration',
      { context: { registration: REGISTRATION } },
      { registration: REGISTRATION.toUpperCase() },
      true,
    ],
    [
      'another registration',
      { context: { registration: REGISTRATION } },
      { registration: REGISTRATION.replace('e', 'f') },
      false,
    ],
    ['no registration', {}, { registration: REGISTRATION }, false],
    ['all of several', {}, { verb: VERB.id, activity: COURSE.id, agent: json(LEA) }, true],
    ['one of several', {}, { verb: VERB.id, activity: 'http://a.example/other' }, false],
    [
      'what is no filter of what it says',
      {},
      { limit: '1', since: 'x', until: 'x', format: 'ids', ascending: 'true' },
      true,
    ],
  ])('by %s', (_what, statement, parameters, expected) => {
    expect(meets(statement, parameters)).toBe(expected);
  });
});

it.each([null, undefined, 1, 'a', [], {}, { actor: null, verb: null, object: null, context: null }])(
  'what is no statement meets nothing: %j',
  (value) => {
    const parameters = { agent: json(LEA), verb: 'a:a', activity: 'a:a', registration: REGISTRATION };
    for (const [name, text] of Object.entries(parameters))
      expect(
        meetsQuery(
          value,
          new Map([
            [name, text],
            ['related_agents', 'true'],
            ['related_activities', 'true'],
          ]),
        ),
      ).toBe(false);
    expect(targetOf(value)).toBeUndefined();
  },
);

describe('the target', () => {
  it('is what a StatementRef names', () => {
    const id = REGISTRATION.toUpperCase();
    expect(targetOf({ object: { objectType: 'StatementRef', id } })).toBe(REGISTRATION);
    expect(targetOf({ object: { objectType: 'Activity', id } })).toBeUndefined();
    expect(targetOf({ object: { objectType: 'StatementRef', id: 1 } })).toBeUndefined();
  });
});
