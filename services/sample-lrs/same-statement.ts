/** Statements are immutable: tells a repeated statement from a changed one. */
import { isDeepStrictEqual } from 'node:util';
import { identityOf, isGroup, type Actor } from './actor.ts';
import { mapStatement } from './map-statement.ts';
import type { SubmittedStatement } from './statement.ts';

/**
 * Whether two statements say the same: what the LRS assigns, an Activity's definition, a Verb's display and the order of a
 * Group's members are not part of what is said.
 *
 * @see xAPI 1.0.3 Part 2 §2.3.1
 */
export function saysTheSame(one: SubmittedStatement, other: SubmittedStatement): boolean {
  return isDeepStrictEqual(whatIsSaid(one), whatIsSaid(other));
}

function whatIsSaid(statement: SubmittedStatement): unknown {
  const {
    id: _id,
    authority: _authority,
    stored: _stored,
    timestamp: _timestamp,
    version: _version,
    ...said
  } = statement;
  return mapStatement(said, {
    actor: inFixedOrder,
    verb: ({ id }) => ({ id }),
    activity: ({ id }) => ({ id }),
  });
}

function inFixedOrder(actor: Actor): Actor {
  if (!isGroup(actor) || !actor.member) return actor;
  const member = actor.member.toSorted((a, b) => ((identityOf(a) ?? '') < (identityOf(b) ?? '') ? -1 : 1));
  return { ...actor, member };
}
