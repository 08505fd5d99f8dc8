/**
 * Who administers which clients: a person, by the labels that they hold. One who holds any label of a client sees it and
 * changes it; to everybody else it is not there.
 */
import { scopesHeld, type Client } from './client.ts';
import type { Person } from './person.ts';

export type Administrator = Pick<Person, 'org' | 'active' | 'administers'>;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** What of others' is reached by these: whoever administers some clients could give one to themselves. */
const BEYOND_ONE_CLIENT: readonly string[] = ['introspect', 'authority/write', 'super', 'launch'];

/** @throws Error with a sentence that begins "should". */
export function readLabel(text: string): string {
  if (LABEL.test(text)) return text;
  throw new Error(
    `should be 1 to 63 lower-case letters, digits and "-", like human-resources: ${JSON.stringify(text)}`,
  );
}

/** Whether somebody sees and changes this client. What nobody labelled is for those who administer all. */
export function mayAdminister(administrator: Administrator, { org, labels = [] }: Pick<Client, 'org' | 'labels'>) {
  const { active, administers } = administrator;
  if (!active || administers === undefined || org !== administrator.org) return false;
  return administers === 'all' || labels.some((label) => administers.includes(label));
}

/**
 * Why somebody may not make this of a client that they administer, or add it; `undefined` where they may. Whoever could
 * give a label that they do not hold would take it to a place where they see nothing any more, or from those who do.
 *
 * @param before absent where it is new.
 */
export function faultOfChange(
  administrator: Administrator,
  before: Client | undefined,
  after: Client,
): string | undefined {
  const { org, administers = [] } = administrator;
  if (after.org !== org) return `a client of another organization than ${org} is not theirs to administer`;
  if (administers === 'all') return undefined;
  const labels = differing(before?.labels, after.labels).filter((label) => !administers.includes(label));
  if (labels.length > 0) return `a label that they do not hold is not theirs to give or to take: ${labels.join(', ')}`;
  if (!mayAdminister(administrator, after))
    return `without a label of theirs they would not see it any more: ${administers.join(', ')}`;
  const held = before ? scopesHeld(before) : [];
  const beyond = scopesHeld(after).filter((scope) => BEYOND_ONE_CLIENT.includes(scope) && !held.includes(scope));
  if (beyond.length > 0) return `only who administers all clients gives a client ${beyond.join(', ')}`;
  return undefined;
}

function differing(some: readonly string[] = [], others: readonly string[] = []): string[] {
  return [...some.filter((label) => !others.includes(label)), ...others.filter((label) => !some.includes(label))];
}
