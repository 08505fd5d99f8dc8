/**
 * `statements/read/mine`, whatever two clients do at once: no client ever reads another's statement, loses one of its own,
 * or sees one twice.
 */
import fc from 'fast-check';
import { ACTIVITIES, batch, personOf, REGISTRATIONS, VERBS, type Recipe } from './recipes.ts';
import {
  absentId,
  agentOf,
  createWorld,
  expectedIds,
  hold,
  page,
  post,
  readAll,
  single,
  statementsOf,
  type Held,
  type Listing,
  type Situation,
  type World,
} from './world.ts';

/** More of them, once, by hand: PROPERTY_RUNS=1000. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 40);
const STEPS = 24;

interface ListingRecipe {
  agent: number | undefined;
  related_agents: boolean;
  verb: number | undefined;
  activity: number | undefined;
  related_activities: boolean;
  registration: number | undefined;
  limit: number | undefined;
  ascending: boolean;
  attachments: boolean;
  ids: boolean;
}

type Step =
  | { kind: 'write'; who: number; recipes: Recipe[] }
  | { kind: 'list'; who: number; listing: ListingRecipe }
  | { kind: 'begin'; who: number; listing: ListingRecipe }
  | { kind: 'continue' }
  | { kind: 'get'; who: number; back: number; parameter: 'statementId' | 'voidedStatementId' };

const who = fc.integer({ min: 0, max: 1 });
const maybe = (most: number) => fc.option(fc.integer({ min: 0, max: most }), { nil: undefined, freq: 2 });
const listing = fc.record<ListingRecipe>({
  agent: maybe(4),
  related_agents: fc.boolean(),
  verb: maybe(2),
  activity: maybe(2),
  related_activities: fc.boolean(),
  registration: fc.option(fc.integer({ min: 0, max: 1 }), { nil: undefined, freq: 1 }),
  limit: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  ascending: fc.boolean(),
  attachments: fc.boolean(),
  ids: fc.boolean(),
});
const write = fc.record({ kind: fc.constant('write' as const), who, recipes: batch });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: write },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('list' as const), who, listing }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const), who, listing }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'continue' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('get' as const),
      who,
      back: fc.integer({ min: -1, max: 9 }),
      parameter: fc.constantFrom('statementId' as const, 'voidedStatementId' as const),
    }),
  },
);
/** Something to read, from both, before anything else. */
const scenario = fc
  .tuple(batch, batch, fc.array(step, { minLength: 4, maxLength: STEPS }))
  .map(([first, second, steps]): Step[] => [
    { kind: 'write', who: 0, recipes: first },
    { kind: 'write', who: 1, recipes: second },
    ...steps,
  ]);

function listingOf(world: World, recipe: ListingRecipe): Listing {
  const { agent, related_agents, verb, activity, related_activities, registration, limit } = recipe;
  return {
    ...(agent !== undefined && { agent: agent < 3 ? personOf(agent) : agentOf(world, agent - 3) }),
    ...(agent !== undefined && related_agents && { related_agents }),
    ...(verb !== undefined && VERBS[verb] !== undefined && { verb: VERBS[verb] }),
    ...(activity !== undefined && ACTIVITIES[activity] !== undefined && { activity: ACTIVITIES[activity] }),
    ...(activity !== undefined && related_activities && { related_activities }),
    ...(registration !== undefined && { registration: REGISTRATIONS[registration] ?? '' }),
    ...(limit !== undefined && { limit }),
    ...(recipe.ascending && { ascending: true }),
    ...(recipe.attachments && { attachments: true }),
    ...(recipe.ids && { format: 'ids' }),
  };
}

/** A listing that is read page by page while others write. */
interface Session {
  who: number;
  listing: Listing;
  more: string;
  ids: string[];
  /** What it must at least come to, unless it is voided meanwhile. */
  atStart: string[];
}

const ownOf = (number: number) => (held: Held) => held.owner === number;

async function play(world: World, steps: readonly Step[]): Promise<void> {
  const sessions: Session[] = [];
  for (const one of steps) await playStep(world, sessions, one);
  while (sessions.length > 0) await playStep(world, sessions, { kind: 'continue' });
}

async function playStep(world: World, sessions: Session[], one: Step): Promise<void> {
  switch (one.kind) {
    case 'write': {
      const statements = statementsOf(world, one.recipes);
      const response = await post(world, one.who, statements);
      expect([response.status, response.text]).toEqual([200, JSON.stringify(statements.map(({ id }) => id))]);
      return hold(world, one.who, statements);
    }
    case 'list': {
      const asked = listingOf(world, one.listing);
      const expected = expectedIds(world, ownOf(one.who), asked);
      const read = await readAll(world, one.who, asked);
      expect({ asked, status: read.status, ids: read.ids }).toEqual({ asked, status: 200, ids: expected });
      expect(Math.max(0, ...read.sizes)).toBeLessThanOrEqual(asked.limit ?? Infinity);
      return expectNothingOfOthers(world, one.who, read.text);
    }
    case 'begin': {
      const asked = listingOf(world, one.listing);
      const { status, statements, more } = await page(world, one.who, asked);
      expect(status).toBe(200);
      const atStart = expectedIds(world, ownOf(one.who), asked);
      sessions.push({ who: one.who, listing: asked, more, ids: statements.map(({ id }) => id), atStart });
      return;
    }
    case 'continue':
      return continueOldest(world, sessions);
    case 'get': {
      const held = world.held.at(-1 - one.back);
      const { status, text } = await single(world, one.who, one.parameter, held?.id ?? absentId());
      const isThere = held?.owner === one.who && held.voided === (one.parameter === 'voidedStatementId');
      expect([one.parameter, status]).toEqual([one.parameter, isThere ? 200 : 404]);
      if (isThere) expect((JSON.parse(text) as { id: string }).id).toBe(held.id);
      else expect(text).not.toContain('"actor"');
    }
  }
}

async function continueOldest(world: World, sessions: Session[]): Promise<void> {
  const [session] = sessions;
  if (!session) return;
  if (session.more === '') {
    sessions.shift();
    expect(new Set(session.ids).size).toBe(session.ids.length);
    const byId = new Map(world.held.map((held) => [held.id, held]));
    expect(session.ids.filter((id) => byId.get(id)?.owner !== session.who)).toEqual([]);
    const lost = session.atStart.filter((id) => !session.ids.includes(id) && byId.get(id)?.voided === false);
    expect(lost).toEqual([]);
    return;
  }
  const { status, statements, more } = await page(world, session.who, session.more);
  expect(status).toBe(200);
  session.ids.push(...statements.map(({ id }) => id));
  session.more = more;
}

/** Not in any byte: an id of another's statement may stand only where one's own refers to it. */
function expectNothingOfOthers(world: World, number: number, text: string): void {
  for (const { id, owner } of world.held) if (owner !== number) expect(text).not.toContain(`"id":"${id}","actor"`);
}

const SCOPES = 'statements/write statements/read/mine';

describe.each<Situation>(['kept', 'per-credential'])('two clients at an LRS where the authority is %s', (situation) => {
  it('read exactly what they wrote themselves', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (steps) => {
        const world = await createWorld(situation, [{ scope: SCOPES }, { scope: SCOPES }]);
        try {
          await play(world, steps);
        } finally {
          await world.close();
        }
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true },
    );
  }, 240_000);
});

describe('two clients at an LRS where they look alike', () => {
  it('read nothing at all with statements/read/mine, whatever they ask', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (steps) => {
        const world = await createWorld('shared', [{ scope: SCOPES }, { scope: SCOPES }]);
        try {
          for (const one of steps) {
            if (one.kind === 'write') {
              const statements = statementsOf(world, one.recipes);
              expect((await post(world, one.who, statements)).status).toBe(200);
              hold(world, one.who, statements);
            } else if (one.kind === 'get') {
              const response = await single(
                world,
                one.who,
                one.parameter,
                world.held.at(-1 - one.back)?.id ?? absentId(),
              );
              expect([response.status, response.text.includes('"actor"')]).toEqual([403, false]);
            } else if (one.kind !== 'continue') {
              const { status, text } = await page(world, one.who, listingOf(world, one.listing));
              expect([status, text.includes('"actor"')]).toEqual([403, false]);
            }
          }
        } finally {
          await world.close();
        }
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  }, 120_000);
});
