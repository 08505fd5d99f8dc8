/**
 * The three formats in which a statement can be asked for.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3 (parameter "format")
 */
import { IDENTIFIER_NAMES, isGroup, type Actor } from './actor.ts';
import { isObject } from './data-types.ts';
import type { Knowledge } from './knowledge.ts';
import { mapStatement, type Mapping } from './map-statement.ts';
import type { LanguageMap, Statement } from './statement.ts';

export type Format = 'exact' | 'ids' | 'canonical';

export function formatStatement(
  statement: Statement,
  format: Format,
  knowledge: Knowledge,
  acceptLanguage: string | undefined,
): Statement {
  switch (format) {
    case 'exact':
      return statement;
    case 'ids':
      return mapStatement(statement, IDS);
    case 'canonical':
      return mapStatement(statement, canonical(knowledge, preferredLanguages(acceptLanguage)));
  }
}

const IDS: Mapping = {
  actor: identifyingPart,
  verb: ({ id }) => ({ id }),
  activity: ({ objectType, id }) => ({ ...(objectType && { objectType }), id }),
};

/** "For Anonymous Groups this means including the minimum information needed to identify each member." */
function identifyingPart(actor: Actor): Actor {
  const kept = ['objectType', ...IDENTIFIER_NAMES];
  const minimum = Object.fromEntries(Object.entries(actor).filter(([name]) => kept.includes(name))) as unknown as Actor;
  const isAnonymous = IDENTIFIER_NAMES.every((name) => actor[name] === undefined);
  return isGroup(actor) && isAnonymous
    ? { ...minimum, objectType: 'Group', member: (actor.member ?? []).map((one) => identifyingPart(one) as typeof one) }
    : minimum;
}

function canonical(knowledge: Knowledge, languages: string[]): Mapping {
  return {
    actor: (actor) => actor,
    verb: (verb) => {
      const known = knowledge.verb(verb);
      return known.display ? { ...known, display: oneLanguage(known.display, languages) } : known;
    },
    activity: (activity) => {
      const { definition } = knowledge.activity(activity.id);
      return definition ? { ...activity, definition: inOneLanguage(definition, languages) } : activity;
    },
  };
}

const COMPONENTS = ['choices', 'scale', 'source', 'target', 'steps'];

/** "Activity Objects contain Language Map Objects within their name, description and various interaction components." */
function inOneLanguage(holder: Record<string, unknown>, languages: string[]): Record<string, unknown> {
  const chosen = { ...holder };
  for (const name of ['name', 'description']) {
    if (isObject(holder[name])) chosen[name] = oneLanguage(holder[name] as LanguageMap, languages);
  }
  for (const name of COMPONENTS) {
    const components = holder[name];
    if (Array.isArray(components))
      chosen[name] = components.filter(isObject).map((one) => inOneLanguage(one, languages));
  }
  return chosen;
}

/** The first preferred language that the map has, or whose region it has; else what it says first. */
function oneLanguage(map: LanguageMap, languages: string[]): LanguageMap {
  const tags = Object.keys(map);
  const wanted = languages.flatMap((language) => [
    ...tags.filter((tag) => tag.toLowerCase() === language),
    ...tags.filter((tag) => tag.toLowerCase().startsWith(`${language}-`)),
    ...tags.filter((tag) => language.startsWith(`${tag.toLowerCase()}-`)),
  ]);
  const tag = wanted[0] ?? tags[0];
  return tag === undefined ? {} : { [tag]: map[tag] ?? '' };
}

/** @see RFC 9110 §12.5.4 */
function preferredLanguages(acceptLanguage = ''): string[] {
  return acceptLanguage
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { tag, quality: Number(quality) };
    })
    .filter(({ tag, quality }) => tag !== '' && tag !== '*' && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}
