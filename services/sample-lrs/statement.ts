/**
 * What a Statement is made of, as far as the LRS has to look inside.
 *
 * @see xAPI 1.0.3 Part 2 §2.4
 */
import type { Actor, Agent, Group } from './actor.ts';

export type LanguageMap = Record<string, string>;

export interface Verb {
  id: string;
  display?: LanguageMap;
}

export interface Activity {
  objectType?: 'Activity';
  id: string;
  definition?: Record<string, unknown>;
}

export interface StatementRef {
  objectType: 'StatementRef';
  id: string;
}

export interface Attachment {
  contentType: string;
  sha2: string;
  fileUrl?: string;
}

export interface Context {
  registration?: string;
  instructor?: Actor;
  team?: Group;
  contextActivities?: Record<string, Activity[]>;
  contextAgents?: { agent: Agent }[];
  contextGroups?: { group: Group }[];
}

/** What a Statement and a SubStatement have in common. */
export interface Claim {
  actor: Actor;
  verb: Verb;
  object: Actor | Activity | StatementRef | SubStatement;
  context?: Context;
  attachments?: Attachment[];
}

export interface SubStatement extends Claim {
  objectType: 'SubStatement';
}

/** A Statement as a client may send it. */
export interface SubmittedStatement extends Claim {
  id?: string;
  timestamp?: string;
  stored?: string;
  authority?: Actor;
  version?: string;
}

/** A Statement as the LRS keeps it. */
export type Statement = SubmittedStatement & Required<Omit<SubmittedStatement, keyof Claim>>;

export const VOIDED = 'http://adlnet.gov/expapi/verbs/voided';

export function isSubStatement(object: Claim['object']): object is SubStatement {
  return object.objectType === 'SubStatement';
}

export function isStatementRef(object: Claim['object']): object is StatementRef {
  return object.objectType === 'StatementRef';
}

export function isActor(object: Claim['object']): object is Actor {
  return object.objectType === 'Agent' || object.objectType === 'Group';
}
