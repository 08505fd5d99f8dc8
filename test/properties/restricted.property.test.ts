/**
 * Restrictions, whatever is written and asked: what they forbid is never stored, and never read; what they allow always
 * is. What is allowed is written here from the words of the README, and not from the code.
 */
import fc from 'fast-check';
import request from 'supertest';
import type { Restriction } from '../../services/shared/xapi/restriction.ts';
import type { Datatype } from '../../services/shared/xapi/permissions.ts';
import { ACTIVITIES, batch, isSame, personOf, REGISTRATIONS, VERBS, VOIDED, type Statement } from './recipes.ts';
import {
  createWorld,
  expectedIds,
  hold,
  post,
  readAll,
  single,
  speakerOf,
  statementsOf,
  type Held,
  type Listing,
  type World,
} from './world.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 40);

/** The one that is restricted, and the one that fills the LRS. */
const [HELD_TO, FREE] = [0, 1];

const small = (most: number) => fc.integer({ min: 0, max: most });
const maybe = (most: number) => fc.option(small(most), { nil: undefined, freq: 1 });

/** Most restrictions say nothing of it. */
const seldom = <T>(one: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });

const PATTERNS = [...ACTIVITIES, 'https://example.org/course/a*', 'https://example.org/course/*'];

const DATATYPES = [
  'statements',
  'activities',
  'activities/state',
  'activities/profile',
  'agents',
  'agents/profile',
] as const;
const DOCUMENTS = ['bookmark', 'settings'];

const restriction: fc.Arbitrary<Restriction> = fc
  .record({
    actor: maybe(2),
    activity: maybe(4),
    registration: maybe(1),
    verbs: fc.option(fc.uniqueArray(small(3), { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 1 }),
    noVoid: fc.boolean(),
    datatypes: seldom(fc.subarray<Datatype>([...DATATYPES], { minLength: 1 })),
    documents: seldom(fc.subarray(DOCUMENTS, { minLength: 1 })),
    noWrite: seldom(fc.subarray(DOCUMENTS, { minLength: 1 })),
  })
  .map(({ actor, activity, registration, verbs, noVoid, datatypes, documents, noWrite }) => ({
    ...(actor !== undefined && { actor: personOf(actor) }),
    ...(activity !== undefined && { activity: PATTERNS[activity] ?? '' }),
    ...(registration !== undefined && { registration: REGISTRATIONS[registration] ?? '' }),
    ...(verbs && { verbs: verbs.map((verb) => [...VERBS, VOIDED][verb] ?? '') }),
    ...(noVoid && { 'no-void': true as const }),
    ...(datatypes && { datatypes }),
    ...(documents && { documents }),
    ...(noWrite && { 'no-write': noWrite }),
  }))
  .filter((one) => Object.keys(one).length > 0);

const source = fc.option(fc.array(restriction, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 });

interface Scenario {
  registered: Restriction[] | undefined;
  asked: Restriction[] | undefined;
  before: Parameters<typeof statementsOf>[1][];
  writes: Parameters<typeof statementsOf>[1][];
  listings: Listing[];
  documents: DocumentCall[];
}

interface DocumentCall {
  resource: 'activities/state' | 'activities/profile' | 'agents/profile' | 'agents' | 'activities';
  method: 'get' | 'put' | 'delete';
  agent: number | undefined;
  activity: number | undefined;
  registration: number | undefined;
  id: number | undefined;
}

const listing: fc.Arbitrary<Listing> = fc
  .record({
    agent: maybe(2),
    verb: maybe(2),
    activity: maybe(2),
    registration: maybe(1),
    related: fc.boolean(),
    limit: maybe(4),
  })
  .map(({ agent, verb, activity, registration, related, limit }) => ({
    ...(agent !== undefined && { agent: personOf(agent), ...(related && { related_agents: true }) }),
    ...(verb !== undefined && { verb: VERBS[verb] ?? '' }),
    ...(activity !== undefined && {
      activity: ACTIVITIES[activity] ?? '',
      ...(related && { related_activities: true }),
    }),
    ...(registration !== undefined && { registration: REGISTRATIONS[registration] ?? '' }),
    ...(limit !== undefined && { limit: limit + 1 }),
  }));

const documentCall: fc.Arbitrary<DocumentCall> = fc.record({
  resource: fc.constantFrom('activities/state', 'activities/profile', 'agents/profile', 'agents', 'activities'),
  method: fc.constantFrom('get', 'put', 'delete'),
  agent: maybe(2),
  activity: maybe(2),
  registration: maybe(1),
  id: maybe(1),
});

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    registered: source,
    asked: source,
    before: fc.array(batch, { minLength: 1, maxLength: 3 }),
    writes: fc.array(batch, { minLength: 1, maxLength: 6 }),
    listings: fc.array(listing, { minLength: 1, maxLength: 4 }),
    documents: fc.array(documentCall, { maxLength: 8 }),
  })
  .filter(({ registered, asked }) => registered !== undefined || asked !== undefined);

type Sources = readonly (readonly Restriction[])[];

function allows(sources: Sources, judge: (one: Restriction) => boolean): boolean {
  return sources.every((alternatives) => alternatives.some(judge));
}

const isVoiding = ({ verb }: Statement) => verb.id === VOIDED;

function allowsStatement(sources: Sources, statement: Statement, isWritten = false): boolean {
  return allows(sources, (one) => {
    if (one.datatypes && !one.datatypes.includes('statements')) return false;
    if (one.actor && !isAbout(statement, one.actor)) return false;
    if (one.verbs && !one.verbs.includes(statement.verb.id)) return false;
    if (one['no-void'] && isVoiding(statement)) return false;
    /* What a voiding statement is about is the statement it voids. */
    if (isWritten && isVoiding(statement)) return true;
    if (one.activity !== undefined && !isOn(statement, one.activity)) return false;
    return one.registration === undefined || statement.context?.registration === one.registration;
  });
}

function isAbout({ actor, object, context = {} }: Statement, agent: object): boolean {
  const drawnIn = ((context.contextAgents ?? []) as { agent: object }[]).map((one) => one.agent);
  const inner = object.objectType === 'SubStatement' ? [object.actor] : [];
  return [actor, ...inner, ...drawnIn].every((one) => isSame(one, agent));
}

function isOn({ object }: Statement, pattern: string): boolean {
  const { objectType = 'Activity' } = object;
  if (objectType === 'SubStatement') return matches((object.object as { id: string }).id, pattern);
  return objectType === 'Activity' && matches(object.id ?? '', pattern);
}

function matches(id: string, pattern: string): boolean {
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

/** A batch is stored only if each is allowed, and each that voids targets one that is allowed itself. */
function allowsBatch(world: World, sources: Sources, statements: readonly Statement[]): boolean {
  return statements.every((statement) => {
    if (!allowsStatement(sources, statement, true)) return false;
    if (!isVoiding(statement)) return true;
    const target = [...world.held.map((held) => held.statement), ...statements].find(
      ({ id }) => id === statement.object.id,
    );
    return target !== undefined && allowsStatement(sources, target);
  });
}

const HAS: Record<DocumentCall['resource'], readonly ('actor' | 'activity' | 'registration')[]> = {
  'activities/state': ['actor', 'activity', 'registration'],
  'activities/profile': ['activity'],
  'agents/profile': ['actor'],
  agents: ['actor'],
  activities: ['activity'],
};

function allowsDocument(sources: Sources, call: DocumentCall): boolean {
  const { resource, method, agent, activity, registration, id } = call;
  return allows(sources, (one) => {
    if (one.datatypes && !one.datatypes.includes(resource)) return false;
    if (resource.includes('/')) {
      const name = id === undefined ? undefined : DOCUMENTS[id];
      if (one.documents && (name === undefined || !one.documents.includes(name))) return false;
      if (one['no-write'] && method !== 'get' && (name === undefined || one['no-write'].includes(name))) return false;
    }
    const tied = (['actor', 'activity', 'registration'] as const).filter((name) => one[name] !== undefined);
    const here = tied.filter((name) => HAS[resource].includes(name));
    if (tied.length > 0 && here.length === 0) return false;
    return here.every((name) => {
      if (name === 'actor') return agent !== undefined && isSame(personOf(agent), one.actor);
      if (name === 'activity') return activity !== undefined && matches(ACTIVITIES[activity] ?? '', one.activity ?? '');
      return registration !== undefined && REGISTRATIONS[registration] === one.registration;
    });
  });
}

function askDocument(world: World, { resource, method, agent, activity, registration, id }: DocumentCall) {
  const has = HAS[resource];
  const query = {
    ...(agent !== undefined && has.includes('actor') && { agent: JSON.stringify(personOf(agent)) }),
    ...(activity !== undefined && has.includes('activity') && { activityId: ACTIVITIES[activity] }),
    ...(registration !== undefined && has.includes('registration') && { registration: REGISTRATIONS[registration] }),
    ...(id !== undefined && resource === 'activities/state' && { stateId: DOCUMENTS[id] }),
    ...(id !== undefined && resource.endsWith('profile') && { profileId: DOCUMENTS[id] }),
  };
  const call = request(world.gateway.url)
    [method](`/xapi/${resource}`)
    .query(query)
    .set({ Authorization: speakerOf(world, HELD_TO).bearer, 'X-Experience-API-Version': '1.0.3' });
  return method === 'put' ? call.set('Content-Type', 'text/plain').send('x') : call;
}

async function play(world: World, sources: Sources, { before, writes, listings, documents }: Scenario): Promise<void> {
  for (const recipes of before) {
    const statements = statementsOf(world, recipes);
    expect((await post(world, FREE, statements)).status).toBe(200);
    hold(world, FREE, statements);
  }
  for (const recipes of writes) {
    const statements = statementsOf(world, recipes);
    const isAllowed = allowsBatch(world, sources, statements);
    const response = await post(world, HELD_TO, statements);
    expect({ sources, statements, status: response.status }).toEqual({
      sources,
      statements,
      status: isAllowed ? 200 : 403,
    });
    if (isAllowed) hold(world, HELD_TO, statements);
    else expect(response.text).toMatch(/statement \[\d\]/);
  }
  /* What was refused is not there: an unrestricted reader sees what the model holds, and nothing else. */
  const everything = await readAll(world, FREE, { ascending: true });
  expect(everything.ids).toEqual(expectedIds(world, () => true, { ascending: true }));

  const visible = ({ statement }: Held) => allowsStatement(sources, statement);
  for (const asked of listings) {
    const read = await readAll(world, HELD_TO, asked);
    expect({ sources, asked, ids: read.ids }).toEqual({ sources, asked, ids: expectedIds(world, visible, asked) });
  }
  for (const held of world.held.slice(-6)) {
    const { status } = await single(world, HELD_TO, held.voided ? 'voidedStatementId' : 'statementId', held.id);
    expect({ sources, statement: held.statement, status }).toMatchObject({ status: visible(held) ? 200 : 404 });
  }
  for (const call of documents) {
    if (call.method !== 'get' && !call.resource.includes('/')) continue;
    const { status } = await askDocument(world, call);
    const isAllowed = allowsDocument(sources, call);
    expect({ sources, call, refused: status === 403 }).toEqual({ sources, call, refused: !isAllowed });
  }
}

describe('a client with restrictions, registered or asked for', () => {
  it('writes and reads all that they allow, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        const { registered, asked } = one;
        const world = await createWorld('kept', [
          {
            scope: 'all',
            client: registered ? { restrictions: registered } : {},
            token: asked ? { restrictions: asked } : {},
          },
          { scope: 'all' },
        ]);
        try {
          await play(
            world,
            [registered, asked].filter((alternatives) => alternatives !== undefined),
            one,
          );
        } finally {
          await world.close();
        }
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true },
    );
  }, 240_000);
});
