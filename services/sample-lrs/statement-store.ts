/** The statements, in the order in which they were stored, and their attachments. */
import { identitiesOf } from './actor.ts';
import type { AttachmentData } from './attachments.ts';
import { timestampOf, type Clock } from './clock.ts';
import type { Knowledge } from './knowledge.ts';
import { LrsError } from './lrs-error.ts';
import { mapStatement } from './map-statement.ts';
import { saysTheSame } from './same-statement.ts';
import {
  isActor,
  isStatementRef,
  VOIDED,
  type Activity,
  type Statement,
  type SubmittedStatement,
} from './statement.ts';

/** All that a Statement needs but the time. */
export type UnstoredStatement = SubmittedStatement & Required<Pick<SubmittedStatement, 'id' | 'authority' | 'version'>>;

export interface StoredStatement {
  statement: Statement;
  /** Its place in the order of storing, from 0, without gaps. */
  sequence: number;
  stored: number;
  /** Who and what a query can find it by. */
  found: Found;
}

interface Found {
  /** Actor and Object. */
  agents: Set<string>;
  /** These, and every other Agent or Group in the statement. */
  relatedAgents: Set<string>;
  activity: string | undefined;
  relatedActivities: Set<string>;
  target: string | undefined;
}

export interface StatementStore {
  /** All of them or, where one conflicts with what is stored, none. */
  add(statements: UnstoredStatement[], data: AttachmentData): void;
  find(id: string): StoredStatement | undefined;
  at(sequence: number): StoredStatement | undefined;
  isVoided(statement: Statement): boolean;
  count(): number;
  readonly attachments: AttachmentData;
}

export function createStatementStore(clock: Clock, knowledge: Pick<Knowledge, 'learn'>): StatementStore {
  const inOrder: StoredStatement[] = [];
  const byId = new Map<string, StoredStatement>();
  const voided = new Set<string>();
  const attachments: AttachmentData = new Map();

  /**
   * "An LRS MUST NOT make any modifications to its state based on receiving a Statement with a statementId that it already has
   * a Statement for."
   *
   * @see xAPI 1.0.3 Part 3 §2.1.1
   */
  function isNew(statement: UnstoredStatement): boolean {
    const existing = byId.get(key(statement.id));
    if (existing && !saysTheSame(existing.statement, statement)) {
      throw new LrsError(409, `another statement with the id ${statement.id} is already stored`);
    }
    return !existing;
  }

  function append(unstored: UnstoredStatement): void {
    const stored = clock.tick();
    const now = timestampOf(stored);
    const statement = { timestamp: now, ...unstored, stored: now };
    const entry = { statement, sequence: inOrder.length, stored, found: findableBy(statement) };
    inOrder.push(entry);
    byId.set(key(statement.id), entry);
    if (isVoiding(statement) && entry.found.target !== undefined) voided.add(entry.found.target);
    knowledge.learn(statement);
  }

  return {
    add(statements, data) {
      statements.filter(isNew).forEach(append);
      for (const [hash, content] of data) attachments.set(hash, content);
    },
    find: (id) => byId.get(key(id)),
    at: (sequence) => inOrder[sequence],
    // "voided if and only if the Statement is not itself a voiding Statement and the LRS also contains a voiding Statement
    // referring to" it: xAPI 1.0.3 Part 2 §2.3.2
    isVoided: (statement) => voided.has(key(statement.id)) && !isVoiding(statement),
    count: () => inOrder.length,
    attachments,
  };
}

function isVoiding(statement: Statement): boolean {
  return statement.verb.id === VOIDED;
}

/** UUIDs that differ only in case are the same one. */
function key(id: string): string {
  return id.toLowerCase();
}

function findableBy(statement: Statement): Found {
  const { actor, object } = statement;
  const relatedAgents = new Set<string>();
  const relatedActivities = new Set<string>();
  mapStatement(statement, {
    actor: (one) => {
      identitiesOf(one).forEach((identity) => relatedAgents.add(identity));
      return one;
    },
    verb: (verb) => verb,
    activity: (one) => {
      relatedActivities.add(one.id);
      return one;
    },
  });
  const isActivity = object.objectType === undefined || object.objectType === 'Activity';
  return {
    agents: new Set([...identitiesOf(actor), ...(isActor(object) ? identitiesOf(object) : [])]),
    relatedAgents,
    activity: isActivity ? (object as Activity).id : undefined,
    relatedActivities,
    target: isStatementRef(object) ? key(object.id) : undefined,
  };
}
