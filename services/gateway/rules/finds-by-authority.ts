/**
 * Whether an LRS finds statements by their authority: "related_agents … Include Statements for which the Agent, Object,
 * Authority … match". Not every one does (Ralph looks at the actor only), and one that does not would leave out all that
 * is the caller's, without a word. So it is believed only once it has shown it.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3
 */
import { readAtMost } from '../../shared/body.ts';
import { isSameAuthority } from '../../shared/xapi/authority.ts';
import { isObject, propertyOf } from '../../shared/xapi/property.ts';
import { meetsQuery, targetOf } from '../../shared/xapi/statement-query.ts';
import { withParameters, type Ask, type Call } from '../call.ts';
import type { Lrs } from '../lrs.ts';
import { checkReadable } from './readable-answer.ts';
import { drop } from '../unread-answer.ts';

/** Few enough to be cheap, enough that one of them should have been found by its authority alone. */
const SAMPLE = '10';

/** A Group's members are another matter than an Agent. */
const shown = new WeakMap<Lrs, Set<'Agent' | 'Group'>>();

/** @param agent of the caller's authority. Asks the LRS until it has shown it once, and never again. */
export async function findsByAuthority(call: Call, ask: Ask, agent: string, maxBytes: number): Promise<boolean> {
  const { lrs, caller } = call;
  const authority = caller && lrs.authorityOf(caller);
  if (!authority) return false;
  const kind = 'member' in authority ? 'Group' : 'Agent';
  const known = shown.get(lrs) ?? new Set();
  if (known.has(kind)) return true;
  /* What names that agent elsewhere too, or is about a statement that does, may have been found by that. */
  const elsewhere = new Map([
    ['agent', agent],
    ['related_agents', 'true'],
  ]);
  const isProof = (statement: unknown) =>
    isSameAuthority(propertyOf(statement, 'authority'), authority) &&
    targetOf(statement) === undefined &&
    !meetsQuery({ ...(statement as object), authority: undefined }, elsewhere);
  const found = await sampleOf(call, ask, agent, maxBytes);
  if (!found.some(isProof)) return false;
  shown.set(lrs, known.add(kind));
  return true;
}

/** @returns nothing where the LRS does not answer as it should: what the caller asks is then left to answer that. */
async function sampleOf(call: Call, ask: Ask, agent: string, maxBytes: number): Promise<readonly unknown[]> {
  const answer = await ask(foundBy(call, agent));
  try {
    if (!checkReadable(answer)) return [];
    const result: unknown = JSON.parse((await readAtMost(answer.body, maxBytes)).toString('utf8'));
    const statements = isObject(result) ? result.statements : undefined;
    return Array.isArray(statements) ? (statements as unknown[]) : [];
  } catch {
    return [];
  } finally {
    drop(answer);
  }
}

function foundBy(call: Call, agent: string): Call {
  const parameters = new Map([
    ['agent', agent],
    ['related_agents', 'true'],
    ['limit', SAMPLE],
  ]);
  return withParameters(call, parameters);
}
