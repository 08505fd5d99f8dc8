/**
 * What a restriction allows and forbids. The tables are written from what the words mean (services/shared/xapi/restriction.ts
 * says it in its head) and from the specification of statements.
 *
 * @see xAPI 1.0.3 Part 2 §2.4; IEEE 9274.1.1 (contextAgents, contextGroups); RFC 9396 §2, §5
 */
import fc from 'fast-check';
import {
  narrowing,
  objectionTo,
  objectionToParameters,
  objectionToReading,
  readRestriction,
  type Restriction,
  type Restrictions,
} from '../../services/shared/xapi/restriction.ts';
import type { Datatype, Resource } from '../../services/shared/xapi/permissions.ts';

/** As `printf mailto:ann@example.org | sha1sum` says. */
const SHA1 = '6168d27d1f76f1fd61099f4e24f911dbae8314dc';
const ANN = { mbox: 'mailto:ann@example.org' };
const BOB = { mbox: 'mailto:bob@example.org' };
const COURSE = 'https://example.org/course/1';
const REGISTRATION = 'ec531277-b57b-4c15-8d91-d292c5b2b8f7';
const ANSWERED = 'http://adlnet.gov/expapi/verbs/answered';
const VOIDED = 'http://adlnet.gov/expapi/verbs/voided';
const OTHER_ID = '6690e6c9-3ef0-4ed3-8b37-7f3964730bee';

const statement = (said: object = {}) => ({
  actor: ANN,
  verb: { id: ANSWERED },
  object: { id: COURSE },
  context: { registration: REGISTRATION },
  ...said,
});
const voiding = (said: object = {}) => ({
  actor: ANN,
  verb: { id: VOIDED },
  object: { objectType: 'StatementRef', id: OTHER_ID },
  ...said,
});
const sub = (said: object = {}) => ({
  objectType: 'SubStatement',
  actor: ANN,
  verb: { id: ANSWERED },
  object: { id: COURSE },
  ...said,
});

const asking = (access: 'read' | 'write', resource: Resource, parameters: Record<string, string>) => ({
  resource,
  access,
  parameters: new Map(Object.entries(parameters)),
});
const reading = (resource: Resource, parameters: Record<string, string>) => asking('read', resource, parameters);

type Row = [what: string, statement: unknown];

function describeTable(restriction: Restriction, { allowed, forbidden }: { allowed: Row[]; forbidden: Row[] }): void {
  it.each(allowed)('allows %s', (_what, one) => {
    expect(objectionTo(one, [[restriction]])).toBeUndefined();
  });
  it.each([...forbidden, ...MALFORMED])('forbids %s', (_what, one) => {
    expect(objectionTo(one, [[restriction]])).toMatch(/^(has|names|voids|is|does) /);
    expect(objectionToReading(one, [[restriction]])).toBeDefined();
  });
}

const MALFORMED: Row[] = [
  ['nothing', undefined],
  ['null', null],
  ['text', 'a statement'],
  ['an array of one that would do', [statement()]],
  ['an empty object', {}],
];

describe('a restriction to an actor', () => {
  describeTable(
    { actor: ANN },
    {
      allowed: [
        ['what that actor does', statement()],
        ['it with a name and an objectType', statement({ actor: { objectType: 'Agent', name: 'A', ...ANN } })],
        ['it by the digest of its mbox', statement({ actor: { mbox_sha1sum: SHA1 } })],
        ['it about anything', statement({ object: { id: 'https://elsewhere.example/' }, context: undefined })],
        ['it by any verb', statement({ verb: { id: 'https://example.org/verbs/other' } })],
        ['what it does to somebody else', statement({ object: { objectType: 'Agent', ...BOB } })],
        ['what it does to a Group', statement({ object: { objectType: 'Group', member: [BOB] } })],
        ['what it says about a statement', statement({ object: { objectType: 'StatementRef', id: OTHER_ID } })],
        ['its voiding', voiding()],
        ['what somebody else teaches it', statement({ context: { instructor: BOB } })],
        ['what it does in a team', statement({ context: { team: { objectType: 'Group', member: [ANN, BOB] } } })],
        ['what it plans for itself', statement({ object: sub() })],
        [
          'contextAgents of itself',
          statement({ context: { contextAgents: [{ objectType: 'contextAgent', agent: ANN }] } }),
        ],
        ['no contextAgents', statement({ context: { contextAgents: [], contextGroups: [] } })],
        ['contextGroups of itself', statement({ context: groups({ objectType: 'Group', member: [ANN] }) })],
        ['contextGroups of itself by its identifier', statement({ context: groups({ objectType: 'Group', ...ANN }) })],
        ['both', statement({ context: groups({ objectType: 'Group', ...ANN, member: [{ mbox_sha1sum: SHA1 }] }) })],
      ],
      forbidden: [
        ['what somebody else does', statement({ actor: BOB })],
        ['what nobody does', statement({ actor: undefined })],
        [
          'an actor with two identifiers',
          statement({ actor: { ...ANN, account: { homePage: 'http://x', name: 'b' } } }),
        ],
        ['a Group with that identifier', statement({ actor: { objectType: 'Group', ...ANN } })],
        ['a Group of only that actor', statement({ actor: { objectType: 'Group', member: [ANN] } })],
        ['an Agent with members', statement({ actor: { ...ANN, member: [BOB] } })],
        ['a second actor in another case', statement({ Actor: BOB })],
        ['an actor in another case', { ...statement({ actor: undefined }), Actor: ANN }],
        ['no object', statement({ object: undefined })],
        ['an object that is text', statement({ object: COURSE })],
        ['an unknown kind of object', statement({ object: { objectType: 'Substatement', actor: BOB } })],
        ['what it plans for somebody else', statement({ object: sub({ actor: BOB }) })],
        ['what it plans for nobody', statement({ object: sub({ actor: undefined }) })],
        ['contextAgents of somebody else', statement({ context: { contextAgents: [{ agent: BOB }] } })],
        [
          'contextAgents of itself and another',
          statement({ context: { contextAgents: [{ agent: ANN }, { agent: BOB }] } }),
        ],
        ['contextAgents in another case', statement({ context: { ContextAgents: [{ agent: BOB }] } })],
        ['a contextAgent in another case', statement({ context: { contextAgents: [{ agent: ANN, Agent: BOB }] } })],
        ['contextAgents that are no array', statement({ context: { contextAgents: { agent: ANN } } })],
        ['contextAgents: null', statement({ context: { contextAgents: null } })],
        ['contextAgents of nobody', statement({ context: { contextAgents: [{}] } })],
        [
          'contextAgents of a Group',
          statement({ context: { contextAgents: [{ agent: { objectType: 'Group', ...ANN } }] } }),
        ],
        [
          'contextAgents of a SubStatement',
          statement({ object: sub({ context: { contextAgents: [{ agent: BOB }] } }) }),
        ],
        ['contextGroups with another', statement({ context: groups({ objectType: 'Group', member: [ANN, BOB] }) })],
        ['contextGroups of another identifier', statement({ context: groups({ objectType: 'Group', ...BOB }) })],
        [
          'contextGroups of another, with itself',
          statement({ context: groups({ objectType: 'Group', ...BOB, member: [ANN] }) }),
        ],
        [
          'contextGroups of itself, with another',
          statement({ context: groups({ objectType: 'Group', ...ANN, member: [BOB] }) }),
        ],
        [
          'contextGroups of a Group in a Group',
          statement({ context: groups({ objectType: 'Group', member: [{ objectType: 'Group', ...ANN }] }) }),
        ],
        ['contextGroups of nobody', statement({ context: groups({ objectType: 'Group' }) })],
        ['contextGroups that are Agents', statement({ context: groups(ANN) })],
        [
          'contextGroups with members in another case',
          statement({ context: groups({ objectType: 'Group', ...ANN, Member: [BOB] }) }),
        ],
        [
          'contextGroups with another identifier in another case',
          statement({ context: groups({ objectType: 'Group', Mbox: BOB.mbox, member: [ANN] }) }),
        ],
        [
          'contextGroups of a SubStatement',
          statement({ object: sub({ context: groups({ objectType: 'Group', ...BOB }) }) }),
        ],
        ['a context that is none', statement({ context: [] })],
        ['a second context in another case', statement({ Context: { contextAgents: [{ agent: BOB }] } })],
        ['another’s voiding', voiding({ actor: BOB })],
      ],
    },
  );

  const IDENTIFIED = {
    mbox: [ANN, BOB],
    mbox_sha1sum: [{ mbox_sha1sum: SHA1 }, { mbox_sha1sum: '0'.repeat(40) }],
    openid: [{ openid: 'https://ann.example.org/' }, { openid: 'https://bob.example.org/' }],
    account: [
      { account: { homePage: 'https://example.org', name: 'ann' } },
      { account: { homePage: 'https://example.org', name: 'bob' } },
    ],
  } as const;

  it.each(Object.entries(IDENTIFIED))('allows and forbids alike for one known by %s', (_kind, [own, another]) => {
    const tied: Restrictions = [[{ actor: own }]];
    expect(objectionTo(statement({ actor: own }), tied)).toBeUndefined();
    expect(objectionTo(statement({ actor: another }), tied)).toBe('has another actor than this token is tied to');
  });
});

describe.each([
  ['an activity', COURSE],
  ['a prefix', 'https://example.org/course/*'],
])('a restriction to %s', (_what, activity) => {
  describeTable(
    { activity },
    {
      allowed: [
        ['a statement about it', statement()],
        ['one that says so', statement({ object: { objectType: 'Activity', id: COURSE } })],
        ['one by anybody', statement({ actor: BOB })],
        ['one without a context', statement({ context: undefined })],
        [
          'one with others in its context',
          statement({ context: { contextActivities: { parent: [{ id: 'https://x.org' }] } } }),
        ],
        ['a SubStatement about it', statement({ object: sub() })],
      ],
      forbidden: [
        ['another activity', statement({ object: { id: 'https://example.org/other' } })],
        ['one whose id begins in another case', statement({ object: { id: 'https://example.org/Course/1' } })],
        ['none', statement({ object: undefined })],
        ['one without an id', statement({ object: { objectType: 'Activity' } })],
        ['an id that is an array', statement({ object: { id: [COURSE] } })],
        ['a second id in another case', statement({ object: { id: COURSE, ID: 'https://example.org/other' } })],
        ['a second object in another case', statement({ Object: { id: 'https://example.org/other' } })],
        ['an Agent', statement({ object: { objectType: 'Agent', ...ANN } })],
        ['an Agent with the id', statement({ object: { objectType: 'Agent', ...ANN, id: COURSE } })],
        ['a Group', statement({ object: { objectType: 'Group', member: [ANN] } })],
        ['a reference', statement({ object: { objectType: 'StatementRef', id: OTHER_ID } })],
        ['a reference to that id', statement({ object: { objectType: 'StatementRef', id: COURSE } })],
        ['an unknown kind of object', statement({ object: { objectType: 'activity', id: COURSE } })],
        ['a SubStatement about another', statement({ object: sub({ object: { id: 'https://example.org/other' } }) })],
        [
          'a SubStatement about a reference',
          statement({ object: sub({ object: { objectType: 'StatementRef', id: COURSE } }) }),
        ],
        ['a SubStatement within one', statement({ object: sub({ object: sub() }) })],
        [
          'only its context about it',
          statement({ object: { id: 'https://x.org' }, context: { contextActivities: { parent: [{ id: COURSE }] } } }),
        ],
      ],
    },
  );
});

describe('a restriction to an activity', () => {
  it('is to that one exactly, without what begins like it', () => {
    expect(objectionTo(statement({ object: { id: `${COURSE}1` } }), [[{ activity: COURSE }]])).toBeDefined();
    expect(objectionTo(statement({ object: { id: COURSE.slice(0, -1) } }), [[{ activity: COURSE }]])).toBeDefined();
  });

  it('with a * is to all that begin like it', () => {
    const prefix = [[{ activity: `${COURSE}*` }]];
    expect(objectionTo(statement({ object: { id: `${COURSE}1/a` } }), prefix)).toBeUndefined();
    expect(objectionTo(statement({ object: { id: COURSE } }), prefix)).toBeUndefined();
    expect(objectionTo(statement({ object: { id: COURSE.slice(0, -1) } }), prefix)).toBeDefined();
  });
});

describe('a restriction to a registration', () => {
  describeTable(
    { registration: REGISTRATION },
    {
      allowed: [
        ['a statement in it', statement()],
        ['one that writes it in capitals', statement({ context: { registration: REGISTRATION.toUpperCase() } })],
        ['one by anybody about anything', statement({ actor: BOB, object: { objectType: 'Agent', ...ANN } })],
      ],
      forbidden: [
        ['another', statement({ context: { registration: OTHER_ID } })],
        ['none', statement({ context: {} })],
        ['no context', statement({ context: undefined })],
        [
          'a second one in another case',
          statement({ context: { registration: REGISTRATION, Registration: OTHER_ID } }),
        ],
        [
          'one in the SubStatement only',
          statement({ context: undefined, object: sub({ context: { registration: REGISTRATION } }) }),
        ],
        ['an array', statement({ context: { registration: [REGISTRATION] } })],
        [
          'one in the extensions',
          statement({ context: { extensions: { 'https://x.org/registration': REGISTRATION } } }),
        ],
      ],
    },
  );

  it('may be registered in capitals', () => {
    const tied = [[{ registration: REGISTRATION.toUpperCase() }]];
    expect(objectionTo(statement(), tied)).toBeUndefined();
  });
});

describe('a restriction to verbs', () => {
  const other = 'https://example.org/verbs/tried';
  describeTable(
    { verbs: [ANSWERED, other] },
    {
      allowed: [
        ['one of them', statement()],
        ['another of them', statement({ verb: { id: other, display: { en: 'x' } } })],
        ['it by anybody about anything', { actor: BOB, verb: { id: other } }],
        ['a SubStatement by another verb', statement({ object: sub({ verb: { id: VOIDED } }) })],
      ],
      forbidden: [
        ['any other', statement({ verb: { id: 'https://example.org/verbs/liked' } })],
        ['one in another case', statement({ verb: { id: ANSWERED.toUpperCase() } })],
        ['a part of one', statement({ verb: { id: ANSWERED.slice(0, -1) } })],
        ['voiding', voiding()],
        ['none', statement({ verb: undefined })],
        ['one without an id', statement({ verb: { display: { en: 'answered' } } })],
        ['text', statement({ verb: ANSWERED })],
        ['a second one in another case', statement({ Verb: { id: VOIDED } })],
        ['a second id in another case', statement({ verb: { id: ANSWERED, Id: VOIDED } })],
      ],
    },
  );
});

describe('no-void', () => {
  describeTable(
    { 'no-void': true },
    {
      allowed: [
        ['what does not void', statement()],
        ['a reference to another', statement({ object: { objectType: 'StatementRef', id: OTHER_ID } })],
      ],
      forbidden: [
        ['voiding', voiding()],
        ['voiding by its verb alone', statement({ verb: { id: VOIDED } })],
        ['voiding in capitals, which some stores take for the same', voiding({ verb: { id: VOIDED.toUpperCase() } })],
        ['a second verb in another case', statement({ VERB: { id: VOIDED } })],
        ['no verb', statement({ verb: undefined })],
      ],
    },
  );
});

describe('a statement that voids', () => {
  const tied: Restrictions = [[{ activity: COURSE, registration: REGISTRATION, actor: ANN, verbs: [VOIDED] }]];

  it('may be written where only what it voids could meet the activity and the registration', () => {
    expect(objectionTo(voiding(), tied)).toBeUndefined();
  });

  it('is still held to the actor, the verbs and no-void', () => {
    expect(objectionTo(voiding({ actor: BOB }), tied)).toBe('has another actor than this token is tied to');
    expect(objectionTo(voiding(), [[{ activity: COURSE, verbs: [ANSWERED] }]])).toBeDefined();
    expect(objectionTo(voiding(), [[{ activity: COURSE, 'no-void': true }]])).toMatch(/may not void/);
  });

  it('is not readable by that: it may be about anything', () => {
    expect(objectionToReading(voiding(), [[{ activity: COURSE }]])).toBeDefined();
    expect(objectionToReading(voiding(), [[{ registration: REGISTRATION }]])).toBeDefined();
    expect(objectionToReading(voiding(), [[{ actor: ANN }]])).toBeUndefined();
  });

  it('is one only with the verb and a reference', () => {
    expect(objectionTo(voiding({ verb: { id: ANSWERED } }), [[{ activity: COURSE }]])).toBeDefined();
    expect(objectionTo(voiding({ object: { id: 'https://x.org' } }), [[{ activity: COURSE }]])).toBeDefined();
    expect(objectionTo(voiding({ object: { id: COURSE } }), [[{ activity: COURSE }]])).toBeUndefined();
  });
});

describe('several restrictions', () => {
  it('of one source are alternatives', () => {
    const either: Restrictions = [[{ actor: ANN, activity: COURSE }, { actor: BOB }]];
    expect(objectionTo(statement(), either)).toBeUndefined();
    expect(objectionTo(statement({ actor: BOB, object: { id: 'https://x.org' } }), either)).toBeUndefined();
    expect(objectionTo(statement({ object: { id: 'https://x.org' } }), either)).toMatch(/outside of everything/);
  });

  it('of several sources must all be met', () => {
    const both: Restrictions = [[{ actor: ANN }], [{ activity: COURSE }]];
    expect(objectionTo(statement(), both)).toBeUndefined();
    expect(objectionTo(statement({ actor: BOB }), both)).toMatch(/actor/);
    expect(objectionTo(statement({ object: { id: 'https://x.org' } }), both)).toMatch(/activity/);
  });

  it('are met by everything where there are none, and by nothing where a source has no alternative', () => {
    expect(objectionTo(statement(), [])).toBeUndefined();
    expect(objectionTo({}, [])).toBeUndefined();
    expect(objectionTo(statement(), [[]])).toMatch(/outside/);
    expect(objectionTo(statement(), [[{ actor: ANN }], []])).toMatch(/outside/);
  });

  it('that are empty, or have a field that a later version brought, are met by nothing', () => {
    expect(objectionTo(statement(), [[{}]])).toMatch(/outside/);
    expect(objectionTo(statement(), [[{ actor: ANN, course: COURSE } as Restriction]])).toMatch(/outside/);
    expect(objectionToParameters(reading('agents', { agent: JSON.stringify(ANN) }), [[{}]])).toMatch(/outside/);
  });
});

describe('an objection', () => {
  it('says nothing of what the statement says', () => {
    const secret = { mbox: 'mailto:secret@example.org', name: 'secret' };
    const one = { actor: secret, verb: { id: 'x:secret' }, object: { objectType: 'secret', id: 'x:secret' } };
    for (const restriction of [
      { actor: ANN },
      { activity: COURSE },
      { registration: REGISTRATION },
      { verbs: [ANSWERED] },
    ])
      expect(objectionTo(one, [[restriction]])).not.toMatch(/secret|example|adlnet|ec53/);
  });
});

const agents = fc.constantFrom<object>(
  ANN,
  BOB,
  { mbox_sha1sum: SHA1 },
  { openid: 'https://ann.example.org/' },
  { account: { homePage: 'https://example.org', name: 'ann' } },
  { objectType: 'Group', member: [ANN] },
);
const ids = fc.constantFrom(COURSE, `${COURSE}/2`, 'https://x.org');
const contexts = fc.record(
  {
    registration: fc.constantFrom(REGISTRATION, REGISTRATION.toUpperCase(), OTHER_ID),
    contextAgents: fc.array(fc.record({ agent: agents }), { maxLength: 2 }),
    contextGroups: fc.array(fc.record({ group: agents }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const objects = fc.oneof(
  fc.record({ id: ids }),
  fc.record({ objectType: fc.constant('StatementRef'), id: fc.constant(OTHER_ID) }),
  fc.record({
    objectType: fc.constant('SubStatement'),
    actor: agents,
    object: fc.record({ id: ids }),
    context: contexts,
  }),
);
const verbIds = fc.constantFrom(ANSWERED, VOIDED, 'https://example.org/verbs/tried');
const statements = fc.record(
  { actor: agents, verb: fc.record({ id: verbIds }), object: objects, context: contexts },
  { requiredKeys: [] },
);
const restriction = fc.record(
  {
    actor: fc.constantFrom<NonNullable<Restriction['actor']>>(
      ANN,
      BOB,
      { mbox_sha1sum: SHA1 },
      { openid: 'https://ann.example.org/' },
    ),
    activity: fc.constantFrom(COURSE, `${COURSE}*`, 'https://x.org'),
    registration: fc.constantFrom(REGISTRATION, OTHER_ID),
    verbs: fc.uniqueArray(verbIds, { minLength: 1 }),
    'no-void': fc.constant(true as const),
    datatypes: fc.subarray<Datatype>(['statements', 'activities', 'activities/state', 'agents/profile'], {
      minLength: 1,
    }),
    documents: fc.subarray(['bookmark', 'LMS.LaunchData'], { minLength: 1 }),
    'no-write': fc.subarray(['bookmark', 'LMS.LaunchData'], { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const calls = fc.record({
  resource: fc.constantFrom<Resource>(
    'activities',
    'activities/state',
    'activities/profile',
    'agents',
    'agents/profile',
  ),
  access: fc.constantFrom('read' as const, 'write' as const),
  parameters: fc
    .record(
      {
        agent: agents.map((agent) => JSON.stringify(agent)),
        activityId: ids,
        registration: fc.constantFrom(REGISTRATION, OTHER_ID),
        stateId: fc.constantFrom('bookmark', 'LMS.LaunchData', 'lms.launchdata', 'another'),
        profileId: fc.constantFrom('bookmark', 'LMS.LaunchData', 'another'),
      },
      { requiredKeys: [] },
    )
    .map((parameters) => new Map(Object.entries(parameters))),
});
const restrictions = fc.array(fc.array(restriction, { minLength: 1, maxLength: 3 }), { maxLength: 3 });

/** Of the others, `actor` opens to `{"activity": …}` what has agents only. */
const fieldsOfDocuments = ({ datatypes, documents, 'no-write': kept }: Restriction): Restriction => ({
  ...(datatypes && { datatypes }),
  ...(documents && { documents }),
  ...(kept && { 'no-write': kept }),
});

describe('any statement and any restrictions', () => {
  it.each([
    ['written', objectionTo],
    ['read', objectionToReading],
  ])('never have more allowed by one source more, or one field more, when %s', (_how, objection) => {
    fc.assert(
      fc.property(statements, restrictions, restriction, (one, before, added) => {
        const isAllowed = (all: Restrictions) => objection(one, all) === undefined;
        if (!isAllowed(before)) {
          expect(isAllowed([...before, [added]])).toBe(false);
          expect(isAllowed([[added], ...before])).toBe(false);
          expect(isAllowed(before.map((source) => source.map((other) => ({ ...added, ...other }))))).toBe(false);
        }
        expect(isAllowed([...before, [added]])).toBe(isAllowed(before) && isAllowed([[added]]));
      }),
      { numRuns: 2000 },
    );
  });

  it('never have more calls allowed by one source more, or by fields that are about documents', () => {
    fc.assert(
      fc.property(calls, restrictions, restriction, (call, before, added) => {
        const isAllowed = (all: Restrictions) => objectionToParameters(call, all) === undefined;
        if (!isAllowed(before)) {
          expect(isAllowed([...before, [added]])).toBe(false);
          expect(
            isAllowed(before.map((source) => source.map((other) => ({ ...fieldsOfDocuments(added), ...other })))),
          ).toBe(false);
        }
        expect(isAllowed([...before, [added]])).toBe(isAllowed(before) && isAllowed([[added]]));
      }),
      { numRuns: 2000 },
    );
  });

  it('never have more calls allowed to write than to read', () => {
    fc.assert(
      fc.property(calls, restrictions, (call, all) => {
        const written = objectionToParameters({ ...call, access: 'write' }, all);
        if (written === undefined) expect(objectionToParameters({ ...call, access: 'read' }, all)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('never have more allowed to be read than to be written', () => {
    fc.assert(
      fc.property(statements, restrictions, (one, all) => {
        if (objectionToReading(one, all) === undefined) expect(objectionTo(one, all)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('have the same allowed however the JSON is spelled: order of keys, escapes, names', () => {
    fc.assert(
      fc.property(statements, restrictions, fc.boolean(), (one, all, isNamed) => {
        const escaped = JSON.stringify(respelled(one, isNamed)).replace(
          /[a-z](?=[a-z]*@)/g,
          (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
        );
        expect(objectionTo(JSON.parse(escaped), all)).toBe(objectionTo(one, all));
      }),
      { numRuns: 2000 },
    );
  });
});

/** Keys in the other order, and every Agent with a name. */
function respelled(value: unknown, isNamed: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => respelled(item, isNamed));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, respelled(item, isNamed)]);
  const named = isNamed && ('mbox' in value || 'openid' in value) ? [['name', 'Somebody']] : [];
  return Object.fromEntries([...named, ...entries.reverse()]);
}

describe('parameters', () => {
  const AGENT = JSON.stringify(ANN);
  type Case = [resource: Resource, restriction: Restriction, parameters: Record<string, string>, allowed: boolean];

  it.each<Case>([
    ['activities/state', { actor: ANN }, { agent: AGENT, activityId: COURSE }, true],
    ['activities/state', { actor: ANN }, { agent: JSON.stringify(BOB), activityId: COURSE }, false],
    ['activities/state', { actor: ANN }, { activityId: COURSE }, false],
    ['activities/state', { activity: COURSE }, { agent: AGENT, activityId: COURSE }, true],
    ['activities/state', { activity: COURSE }, { agent: AGENT, activityId: `${COURSE}1` }, false],
    ['activities/state', { activity: `${COURSE}*` }, { agent: AGENT, activityId: `${COURSE}1` }, true],
    ['activities/state', { activity: COURSE }, { agent: AGENT }, false],
    ['activities/state', { registration: REGISTRATION }, { registration: REGISTRATION.toUpperCase() }, true],
    ['activities/state', { registration: REGISTRATION }, { registration: OTHER_ID }, false],
    ['activities/state', { registration: REGISTRATION }, { agent: AGENT, activityId: COURSE }, false],
    ['activities/state', { actor: ANN, activity: COURSE }, { agent: AGENT, activityId: COURSE }, true],
    ['activities/state', { actor: ANN, activity: COURSE }, { agent: AGENT, activityId: 'https://x.org' }, false],
    ['activities/state', { actor: ANN, registration: REGISTRATION }, { agent: AGENT }, false],
    ['activities/profile', { activity: COURSE }, { activityId: COURSE }, true],
    ['activities/profile', { activity: COURSE }, { activityId: 'https://x.org' }, false],
    ['activities/profile', { activity: COURSE, actor: ANN }, { activityId: COURSE }, true],
    ['activities/profile', { actor: ANN }, { activityId: COURSE }, false],
    ['activities/profile', { registration: REGISTRATION }, { activityId: COURSE }, false],
    ['agents/profile', { actor: ANN }, { agent: AGENT }, true],
    ['agents/profile', { actor: ANN }, { agent: JSON.stringify(BOB) }, false],
    ['agents/profile', { activity: COURSE }, { agent: AGENT }, false],
    ['agents', { actor: ANN }, { agent: AGENT }, true],
    ['agents', { actor: ANN }, { agent: JSON.stringify(BOB) }, false],
    ['agents', { actor: ANN }, {}, false],
    ['agents', { registration: REGISTRATION }, { agent: AGENT }, false],
    ['activities', { activity: COURSE }, { activityId: COURSE }, true],
    ['activities', { activity: COURSE }, { activityId: 'https://x.org' }, false],
    ['activities', { actor: ANN }, { activityId: COURSE }, false],
    ['activities', { verbs: [ANSWERED] }, { activityId: COURSE }, true],
    ['agents/profile', { 'no-void': true }, { agent: AGENT }, true],
    ['activities/state', { verbs: [ANSWERED], actor: ANN }, { agent: JSON.stringify(BOB) }, false],
  ])('of %s under %j: %j: %s', (resource, one, parameters, isAllowed) => {
    const objection = objectionToParameters(reading(resource, parameters), [[one]]);
    if (isAllowed) expect(objection).toBeUndefined();
    else expect(objection).toMatch(/^(this token is tied to one|the parameter \w+ names another) /);
  });

  it.each([
    ['an escape', '{"mbo\\u0078":"mailto:\\u0061nn@example.org"}', true],
    ['spaces and a name', ' { "name" : "x" , "objectType":"Agent", "mbox" : "mailto:ann@example.org" } ', true],
    ['the digest of its mbox', `{"mbox_sha1sum":"${SHA1.toUpperCase()}"}`, true],
    ['the same key twice', '{"mbox":"mailto:ann@example.org","mbox":"mailto:bob@example.org"}', false],
    ['the same key twice, the other order', '{"mbox":"mailto:bob@example.org","mbox":"mailto:ann@example.org"}', false],
    [
      'the same key twice, one with an escape',
      '{"mbox":"mailto:ann@example.org","mbo\\u0078":"mailto:bob@example.org"}',
      false,
    ],
    ['two identifiers', '{"mbox":"mailto:ann@example.org","openid":"https://bob.example.org/"}', false],
    ['a second identifier in another case', '{"mbox":"mailto:ann@example.org","MBOX":"mailto:bob@example.org"}', false],
    ['a Group', '{"objectType":"Group","mbox":"mailto:ann@example.org"}', false],
    ['an array', '[{"mbox":"mailto:ann@example.org"}]', false],
    ['text', '"mailto:ann@example.org"', false],
    ['what is no JSON', 'mailto:ann@example.org', false],
    ['a comment', '{"mbox":"mailto:ann@example.org"}//', false],
    ['a byte order mark', '\uFEFF{"mbox":"mailto:ann@example.org"}', false],
    ['nothing', '', false],
  ])('name the agent with %s', (_how, agent, isAllowed) => {
    for (const resource of ['activities/state', 'agents/profile', 'agents'] as const) {
      const objection = objectionToParameters(reading(resource, { agent }), [[{ actor: ANN }]]);
      expect(objection === undefined).toBe(isAllowed);
    }
  });
});

describe('a restriction to documents', () => {
  const LAUNCH_DATA = 'LMS.LaunchData';
  type Case = [Restriction, 'read' | 'write', Resource, Record<string, string>, allowed: boolean];

  it.each<Case>([
    [{ datatypes: ['activities/state'] }, 'write', 'activities/state', { stateId: 'x' }, true],
    [{ datatypes: ['activities/state'] }, 'read', 'activities/profile', { profileId: 'x' }, false],
    [{ datatypes: ['activities/state'] }, 'read', 'agents', {}, false],
    [{ datatypes: ['activities/state', 'agents'] }, 'read', 'agents', {}, true],
    [{ datatypes: ['activities', 'agents/profile'] }, 'read', 'agents', {}, false],
    [{ documents: ['a', 'b'] }, 'read', 'activities/state', { stateId: 'b' }, true],
    [{ documents: ['a', 'b'] }, 'write', 'agents/profile', { profileId: 'a' }, true],
    [{ documents: ['a', 'b'] }, 'read', 'activities/profile', { profileId: 'c' }, false],
    [{ documents: ['a', 'b'] }, 'read', 'activities/state', { stateId: 'A' }, false],
    [{ documents: ['a', 'b'] }, 'read', 'activities/state', {}, false],
    [{ documents: ['a', 'b'] }, 'write', 'activities/state', {}, false],
    [{ documents: ['a', 'b'] }, 'read', 'agents', {}, true],
    [{ documents: ['a', 'b'] }, 'read', 'activities', {}, true],
    [{ 'no-write': [LAUNCH_DATA] }, 'read', 'activities/state', { stateId: LAUNCH_DATA }, true],
    [{ 'no-write': [LAUNCH_DATA] }, 'read', 'activities/state', {}, true],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: 'bookmark' }, true],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: LAUNCH_DATA }, false],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: 'lms.launchdata' }, false],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: 'LMS.LaunchData ' }, false],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: 'LMS.LáunchData' }, false],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: 'LMS.LaunchData\0' }, false],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', { stateId: 'LMS.LaunchData2' }, true],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'activities/state', {}, false],
    [{ 'no-write': [LAUNCH_DATA] }, 'write', 'agents/profile', { profileId: LAUNCH_DATA }, false],
  ])('%j to %s %s with %j: %s', (one, access, resource, parameters, isAllowed) => {
    const objection = objectionToParameters(asking(access, resource, parameters), [[one]]);
    if (isAllowed) expect(objection).toBeUndefined();
    else expect(objection).toMatch(/^(this token |the parameter \w+ names |this call is outside )/);
  });

  it('says of statements only whether they are among its kinds of data', () => {
    expect(objectionTo(statement(), [[{ datatypes: ['statements'] }]])).toBeUndefined();
    expect(objectionTo(statement(), [[{ documents: ['a'], 'no-write': ['a'] }]])).toBeUndefined();
    for (const objection of [objectionTo, objectionToReading]) {
      expect(objection(statement(), [[{ datatypes: ['activities', 'agents'] }]])).toMatch(/outside of everything/);
      expect(objection(voiding(), [[{ datatypes: ['agents'] }]])).toMatch(/outside of everything/);
    }
  });

  it('is an alternative of its own for each kind of data', () => {
    const either: Restrictions = [
      [
        { activity: COURSE, 'no-void': true, datatypes: ['statements', 'activities/state'] },
        { actor: ANN, datatypes: ['agents/profile'], documents: ['settings'] },
      ],
    ];
    const agent = JSON.stringify(ANN);
    expect(objectionTo(statement(), either)).toBeUndefined();
    expect(objectionTo(voiding(), either)).toMatch(/^voids another/);
    expect(objectionTo(statement({ object: { id: 'https://x.org' } }), either)).toMatch(/^is not about the activity/);
    expect(objectionToParameters(reading('agents/profile', { agent, profileId: 'settings' }), either)).toBeUndefined();
    expect(objectionToParameters(reading('agents/profile', { agent, profileId: 'others' }), either)).toMatch(
      /profileId/,
    );
    expect(objectionToParameters(reading('agents/profile', { agent }), either)).toMatch(/profileId/);
    expect(objectionToParameters(reading('activities/state', { agent, activityId: 'x:y' }), either)).toMatch(
      /names another activity/,
    );
    expect(objectionToParameters(reading('agents', { agent }), either)).toBe(
      'this call is outside of everything that this token is tied to',
    );
  });
});

describe('narrowing', () => {
  it('is by whatever the LRS can look for', () => {
    const one = { actor: { name: 'Ann', ...ANN }, activity: COURSE, registration: REGISTRATION, verbs: [ANSWERED] };
    const expected = { agent: JSON.stringify(ANN), activity: COURSE, registration: REGISTRATION, verb: ANSWERED };
    expect(Object.fromEntries(narrowing([[one]]))).toEqual(expected);
    expect(Object.fromEntries(narrowing([[{ actor: ANN }], [{ activity: COURSE }]]))).toEqual({
      agent: JSON.stringify(ANN),
      activity: COURSE,
    });
  });

  it('is by what alternatives have in common, of those that are about statements', () => {
    const alternatives: Restriction[] = [
      { actor: ANN, registration: REGISTRATION, activity: COURSE },
      { actor: ANN, registration: REGISTRATION, activity: `${COURSE}/*`, 'no-void': true },
      { actor: BOB, datatypes: ['agents/profile'] },
    ];
    expect(Object.fromEntries(narrowing([alternatives]))).toEqual({
      agent: JSON.stringify(ANN),
      registration: REGISTRATION,
    });
    expect(narrowing([[{ actor: ANN }, { activity: COURSE }]]).size).toBe(0);
    expect(narrowing([[{ actor: ANN, datatypes: ['agents'] }]]).size).toBe(0);
  });

  it('is by nothing where it would leave out what is allowed', () => {
    expect(narrowing([]).size).toBe(0);
    expect(narrowing([[{ actor: ANN }, { actor: BOB }]]).size).toBe(0);
    expect(narrowing([[{ activity: `${COURSE}*`, verbs: [ANSWERED, VOIDED], 'no-void': true }]]).size).toBe(0);
    expect([...narrowing([[{ actor: ANN }, { actor: BOB }], [{ verbs: [ANSWERED] }]]).keys()]).toEqual(['verb']);
  });
});

describe('a restriction that is written down', () => {
  const whole: Restriction = {
    actor: { objectType: 'Agent', name: 'Ann', mbox: 'mailto:ann@example.org' },
    activity: 'https://example.org/course/*',
    registration: REGISTRATION,
    verbs: [ANSWERED],
    'no-void': true,
    datatypes: ['statements', 'activities/state'],
    documents: ['bookmark'],
    'no-write': ['LMS.LaunchData'],
  };

  it.each<[string, object, Restriction]>([
    ['with every field', whole, whole],
    ['as an object of authorization_details', { type: 'xapi', ...whole }, whole],
    ['with one field', { 'no-void': true }, { 'no-void': true }],
    ['with a registration in capitals', { registration: REGISTRATION.toUpperCase() }, { registration: REGISTRATION }],
    ['with an activity that is a URN', { activity: 'urn:example:course' }, { activity: 'urn:example:course' }],
    [
      'with an account',
      { actor: { account: { homePage: 'http://x', name: 'a b' } } },
      { actor: { account: { homePage: 'http://x', name: 'a b' } } },
    ],
    ['with a digest', { actor: { mbox_sha1sum: SHA1 } }, { actor: { mbox_sha1sum: SHA1 } }],
  ])('is read %s', (_how, written, expected) => {
    expect(readRestriction(written)).toEqual(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /an object with some of actor, activity, registration, verbs, no-void/],
    ['an array', [whole], /an object/],
    ['text', 'no-void', /an object/],
    ['no field', {}, /at least one of actor/],
    ['no field but its type', { type: 'xapi' }, /at least one of/],
    ['another type', { type: 'openid', ...whole }, /of type "xapi"/],
    ['an unknown field', { ...whole, actors: [] }, /no field "actors"/],
    ['a field of RFC 9396 that means nothing here', { ...whole, actions: ['read'] }, /no field "actions"/],
    ['a field in another case', { Actor: ANN }, /no field "Actor"/],
    ['a field of the prototype', JSON.parse('{"__proto__":{},"no-void":true}'), /no field "__proto__"/],
    ['null for a field', { actor: null }, /actor an Agent/],
    ['a Group', { actor: { objectType: 'Group', ...ANN } }, /actor an Agent/],
    ['two identifiers', { actor: { ...ANN, openid: 'https://a.org' } }, /exactly one of mbox/],
    ['no identifier', { actor: { name: 'Ann' } }, /exactly one of mbox/],
    ['an mbox without mailto', { actor: { mbox: 'ann@example.org' } }, /mbox is like mailto:/],
    ['an activity that is no IRI', { activity: 'course' }, /activity its id, like https/],
    ['any activity', { activity: '*' }, /activity/],
    ['any activity with a scheme', { activity: 'https://*' }, /activity/],
    ['a * in the middle', { activity: 'https://example.org/*/1' }, /activity/],
    ['two *', { activity: 'https://example.org/**' }, /activity/],
    ['an activity with a space', { activity: 'https://example.org/a b' }, /activity/],
    ['a list of activities', { activity: [COURSE] }, /activity/],
    ['a registration that is no UUID', { registration: 'one' }, /registration a UUID/],
    ['no verb', { verbs: [] }, /verbs an array of their ids, at least one/],
    ['a verb that is no IRI', { verbs: ['answered'] }, /verbs/],
    ['one verb without an array', { verbs: ANSWERED }, /verbs/],
    ['no-void: false', { 'no-void': false }, /no-void as true/],
    ['no datatype', { datatypes: [] }, /datatypes an array of some of statements, activities,/],
    ['an unknown datatype', { datatypes: ['statements', 'state'] }, /datatypes an array of some of statements/],
    ['a datatype that is public', { datatypes: ['about'] }, /datatypes/],
    ['a datatype of the prototype', { datatypes: ['constructor'] }, /datatypes/],
    ['one datatype without an array', { datatypes: 'statements' }, /datatypes/],
    ['no document', { documents: [] }, /documents an array of ids/],
    ['a document without an id', { documents: [''] }, /documents an array of ids/],
    ['one document without an array', { documents: 'bookmark' }, /documents an array of ids/],
    ['no-write: true', { 'no-write': true }, /no-write an array of ids/],
  ])('is not read with %s', (_what, written, sentence) => {
    expect(() => readRestriction(written)).toThrow(sentence);
    expect(() => readRestriction(written)).toThrow(/^should /);
  });
});

function groups(group: object): object {
  return { contextGroups: [{ objectType: 'contextGroup', group }] };
}
