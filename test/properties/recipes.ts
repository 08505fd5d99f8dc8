/** Random statements, as recipes of small numbers, so that what fails can be made smaller. */
import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';

export const VOIDED = 'http://adlnet.gov/expapi/verbs/voided';

export interface Statement {
  id: string;
  actor: Record<string, unknown>;
  verb: { id: string };
  object: Record<string, unknown> & { objectType?: string; id?: string };
  context?: Record<string, unknown>;
  authority?: Record<string, unknown>;
}

export interface Recipe {
  /** 0–2: persons; 3, 4: the agents that stand for the clients. */
  actor: number;
  verb: number;
  object: { kind: 'activity' | 'person' | 'reference' | 'void' | 'sub'; number: number };
  registration: number | undefined;
  instructor: number | undefined;
  parent: number | undefined;
  drawnIn: number | undefined;
  claimsAuthority: boolean;
}

const PERSONS = [
  { mbox: 'mailto:ada@example.org' },
  { mbox_sha1sum: createHash('sha1').update('mailto:bob@example.org').digest('hex') },
  { account: { homePage: 'https://lms.example.org', name: 'eve' } },
];
export const VERBS = ['experienced', 'completed', 'answered'].map((name) => `http://adlnet.gov/expapi/verbs/${name}`);
export const ACTIVITIES = ['a', 'a/1', 'b'].map((name) => `https://example.org/course/${name}`);
export const REGISTRATIONS = ['6f9c6d0e-6f0c-4f52-8d58-0c6e6f5b2a01', '0d6d8ba4-7d4b-4f4e-9d57-9d7a1b1d1f02'];

const small = (most: number) => fc.integer({ min: 0, max: most });
const maybe = (most: number) => fc.option(small(most), { nil: undefined, freq: 3 });

export const recipe: fc.Arbitrary<Recipe> = fc.record({
  actor: small(4),
  verb: small(2),
  object: fc.record({
    kind: fc.constantFrom('activity', 'activity', 'activity', 'reference', 'reference', 'void', 'person', 'sub'),
    number: small(6),
  }),
  registration: maybe(1),
  instructor: maybe(4),
  parent: maybe(2),
  drawnIn: maybe(2),
  claimsAuthority: fc.boolean(),
});

export const batch = fc.array(recipe, { minLength: 1, maxLength: 5 });

export function personOf(number: number): Record<string, unknown> {
  return PERSONS[number % PERSONS.length] ?? {};
}

export function statementOf(recipe: Recipe, agents: readonly object[], heldIds: readonly string[]): Statement {
  const someone = (number: number) =>
    number < PERSONS.length
      ? personOf(number)
      : ((agents[number - PERSONS.length] ?? personOf(0)) as Record<string, unknown>);
  const reference = {
    objectType: 'StatementRef',
    id: heldIds[heldIds.length - 1 - recipe.object.number] ?? randomUUID(),
  };
  const activity = { id: ACTIVITIES[recipe.object.number % ACTIVITIES.length] };
  const objects: Record<Recipe['object']['kind'], Statement['object']> = {
    activity: activity as Statement['object'],
    reference,
    void: reference,
    person: { objectType: 'Agent', ...someone(recipe.object.number % 5) },
    sub: {
      objectType: 'SubStatement',
      actor: someone(recipe.object.number % 5),
      verb: { id: VERBS[0] },
      object: activity,
    },
  };
  const { registration, instructor, parent, drawnIn, claimsAuthority } = recipe;
  const context = {
    ...(registration !== undefined && { registration: REGISTRATIONS[registration] }),
    ...(instructor !== undefined && { instructor: someone(instructor) }),
    ...(parent !== undefined && { contextActivities: { parent: [{ id: ACTIVITIES[parent] }] } }),
    ...(drawnIn !== undefined && { contextAgents: [{ objectType: 'contextAgent', agent: personOf(drawnIn) }] }),
  };
  return {
    id: randomUUID(),
    actor: someone(recipe.actor),
    verb: { id: recipe.object.kind === 'void' ? VOIDED : (VERBS[recipe.verb] ?? '') },
    object: objects[recipe.object.kind],
    ...(Object.keys(context).length > 0 && { context }),
    /* The other client's: an LRS that keeps what it is sent would believe it. */
    ...(claimsAuthority && { authority: agents[1] as Record<string, unknown> }),
  };
}

export function isSame(one: unknown, other: unknown): boolean {
  const plain = (who: unknown) => JSON.stringify({ ...(who as object), objectType: undefined, name: undefined });
  return plain(one) === plain(other);
}
