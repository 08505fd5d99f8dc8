/**
 * What the LRS has learned from statements: the canonical definition of each Activity and display of each Verb, and the names
 * that Agents went by.
 *
 * @see xAPI 1.0.3 Part 3 §2.4, §2.5
 */
import { identityOf, IDENTIFIER_NAMES, isGroup, type Actor, type Agent } from './actor.ts';
import { isObject } from './data-types.ts';
import { mapStatement } from './map-statement.ts';
import type { Activity, LanguageMap, Statement, Verb } from './statement.ts';

export interface Knowledge {
  learn(statement: Statement): void;
  activity(id: string): Activity;
  verb(verb: Verb): Verb;
  person(agent: Agent): Record<string, unknown>;
}

export function createKnowledge(): Knowledge {
  const definitions = new Map<string, Record<string, unknown>>();
  const displays = new Map<string, LanguageMap>();
  const names = new Map<string, Set<string>>();

  function learnActor(actor: Actor): Actor {
    const identity = identityOf(actor);
    if (identity !== undefined && actor.name !== undefined) {
      names.set(identity, (names.get(identity) ?? new Set()).add(actor.name));
    }
    if (isGroup(actor)) actor.member?.forEach(learnActor);
    return actor;
  }

  function learnVerb(verb: Verb): Verb {
    if (verb.display) displays.set(verb.id, { ...displays.get(verb.id), ...verb.display });
    return verb;
  }

  function learnActivity(activity: Activity): Activity {
    if (activity.definition) {
      definitions.set(activity.id, mergeDefinitions(definitions.get(activity.id) ?? {}, activity.definition));
    }
    return activity;
  }

  return {
    learn: (statement) => {
      mapStatement(statement, { actor: learnActor, verb: learnVerb, activity: learnActivity });
    },
    // "If an LRS does not have a canonical definition of the Activity to return, the LRS SHOULD still return an Activity"
    activity: (id) => {
      const definition = definitions.get(id);
      return { objectType: 'Activity', id, ...(definition && { definition }) };
    },
    verb: (verb) => {
      const display = displays.get(verb.id);
      return display ? { ...verb, display } : verb;
    },
    person: (agent) => {
      const known = new Set(names.get(identityOf(agent) ?? ''));
      if (agent.name !== undefined) known.add(agent.name);
      const identifiers = IDENTIFIER_NAMES.filter((name) => agent[name] !== undefined).map((name) => [
        name,
        [agent[name]],
      ]);
      return {
        objectType: 'Person',
        ...(known.size > 0 && { name: [...known] }),
        ...(Object.fromEntries(identifiers) as Record<string, unknown>),
      };
    },
  };
}

/** The later one wins, property by property; in a language map, language by language. */
function mergeDefinitions(earlier: Record<string, unknown>, later: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...earlier, ...later };
  for (const name of ['name', 'description', 'extensions']) {
    const both = [earlier[name], later[name]];
    if (both.every(isObject)) merged[name] = { ...both[0], ...both[1] };
  }
  return merged;
}
