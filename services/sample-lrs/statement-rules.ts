/**
 * What a statement must look like, as tables: the properties it must have, those it may have, and what each must be.
 *
 * Structure only; what a statement means is not the LRS's business.
 *
 * @see xAPI 1.0.3 Part 2 §2.4, Part 3 §3.0
 */
import { actor, agent, authority, group, isGroup } from './actor.ts';
import {
  arrayOf,
  boolean,
  duration,
  extensions,
  iri,
  isObject,
  languageMap,
  languageTag,
  mediaType,
  number,
  object,
  octetCount,
  oneOf,
  refuse,
  sha2,
  string,
  timestamp,
  uuid,
  type Check,
} from './data-types.ts';
import type { XapiVersion } from './negotiate-version.ts';
import { VOIDED, type SubmittedStatement } from './statement.ts';

const verb = object({ id: iri }, { display: languageMap });

const components = arrayOf(object({ id: string }, { description: languageMap }));

const definition = object(
  {},
  {
    name: languageMap,
    description: languageMap,
    type: iri,
    moreInfo: iri,
    extensions,
    interactionType: oneOf(
      ...['true-false', 'choice', 'fill-in', 'long-fill-in', 'matching'],
      ...['performance', 'sequencing', 'likert', 'numeric', 'other'],
    ),
    correctResponsesPattern: arrayOf(string),
    choices: components,
    scale: components,
    source: components,
    target: components,
    steps: components,
  },
);

const activity = object({ id: iri }, { objectType: oneOf('Activity'), definition });
const statementRef = object({ objectType: oneOf('StatementRef'), id: uuid });

const activities: Check = (value, where) => (Array.isArray(value) ? arrayOf(activity) : activity)(value, where);
const contextActivities = object(
  {},
  { parent: activities, grouping: activities, category: activities, other: activities },
);

const CONTEXT: Record<string, Check> = {
  registration: uuid,
  instructor: actor,
  team: group,
  contextActivities,
  revision: string,
  platform: string,
  language: languageTag,
  statement: statementRef,
  extensions,
};

const relevantTypes = arrayOf(iri);

const CONTEXTS: Record<XapiVersion, Check> = {
  '1.0.3': object({}, CONTEXT),
  // IEEE 9274.1.1 §4.2.3.3: two new properties
  '2.0.0': object(
    {},
    {
      ...CONTEXT,
      contextAgents: arrayOf(object({ objectType: oneOf('contextAgent'), agent }, { relevantTypes })),
      contextGroups: arrayOf(object({ objectType: oneOf('contextGroup'), group }, { relevantTypes })),
    },
  ),
};

const scoreProperties = object({}, { scaled: number, raw: number, min: number, max: number });

const score: Check = (value, where) => {
  scoreProperties(value, where);
  const { scaled = 0, raw, min = -Infinity, max = Infinity } = value as Record<string, number | undefined>;
  if (scaled < -1 || scaled > 1) refuse(`${where}.scaled`, 'be between -1 and 1');
  if (min >= max) refuse(`${where}.min`, 'be less than max');
  if (raw !== undefined && (raw < min || raw > max)) refuse(`${where}.raw`, 'be between min and max');
};

const result = object({}, { score, success: boolean, completion: boolean, response: string, duration, extensions });

const attachments = arrayOf(
  object(
    { usageType: iri, display: languageMap, contentType: mediaType, length: octetCount, sha2 },
    { description: languageMap, fileUrl: iri },
  ),
);

const OBJECTS: Record<string, Check> = { Activity: activity, Agent: agent, Group: group, StatementRef: statementRef };

/** An object without an objectType is an Activity. */
function objectOf(kinds: Record<string, Check>): Check {
  const kind = oneOf(...Object.keys(kinds));
  return (value, where) => {
    if (!isObject(value)) refuse(where, 'be an object');
    const { objectType = 'Activity' } = value;
    kind(objectType, `${where}.objectType`);
    kinds[objectType as string]?.(value, where);
  };
}

const claim = (version: XapiVersion) => ({ result, context: CONTEXTS[version], timestamp, attachments });

function statementOf(version: XapiVersion): Check {
  const subStatement = object(
    { objectType: oneOf('SubStatement'), actor, verb, object: objectOf(OBJECTS) },
    claim(version),
  );
  return object(
    { actor, verb, object: objectOf({ ...OBJECTS, SubStatement: subStatement }) },
    { ...claim(version), id: uuid, stored: timestamp, authority, version: STATEMENT_VERSIONS[version] },
  );
}

const versionLike = (pattern: RegExp): Check => {
  return (value, where) => {
    if (typeof value !== 'string' || !pattern.test(value)) refuse(where, `match ${pattern.source}`);
  };
};

/** A 2.0 client may still hand on statements made under 1.0. */
const STATEMENT_VERSIONS: Record<XapiVersion, Check> = {
  '1.0.3': versionLike(/^1\.0\.\d+$/),
  '2.0.0': versionLike(/^[12]\.0\.\d+$/),
};

const STATEMENTS: Record<XapiVersion, Check> = { '1.0.3': statementOf('1.0.3'), '2.0.0': statementOf('2.0.0') };

/** The door: after it a statement is a typed value. */
export function readStatement(value: unknown, where: string, version: XapiVersion): SubmittedStatement {
  STATEMENTS[version](value, where);
  const statement = value as SubmittedStatement;
  checkVoiding(statement, where);
  checkActivityOnly(statement, where);
  return statement;
}

/** @see xAPI 1.0.3 Part 2 §2.3.2: the Object of a voiding Statement "MUST have the objectType property set to StatementRef" */
function checkVoiding({ verb, object }: SubmittedStatement, where: string): void {
  if (verb.id === VOIDED && object.objectType !== 'StatementRef')
    refuse(`${where}.object`, 'be a StatementRef to void');
}

/** @see xAPI 1.0.3 Part 2 §2.4.6: revision and platform "MUST NOT be used if the Statement's Object is an Agent or Group" */
function checkActivityOnly(claim: SubmittedStatement | SubmittedStatement['object'], where: string): void {
  if (!('object' in claim)) return;
  const { context = {}, object } = claim;
  if (isGroup(object) || object.objectType === 'Agent') {
    for (const name of ['revision', 'platform']) {
      if (Object.hasOwn(context, name))
        refuse(`${where}.context`, `not have ${name} where the object is not an Activity`);
    }
  }
  checkActivityOnly(object, `${where}.object`);
}
