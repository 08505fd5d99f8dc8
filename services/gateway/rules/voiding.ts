/**
 * Voiding takes a statement from everyone's sight. Whoever is restricted may void only what it could have written.
 *
 * "… the LRS SHOULD reject the entire request which includes the voiding Statement with 403 Forbidden if the request is not
 * from a source authorized to void Statements."
 *
 * @see xAPI 1.0.3 Part 2 §2.3.2
 */
import { Refusal } from '../../shared/refusal.ts';
import { propertyOf } from '../../shared/xapi/property.ts';
import { VOIDED } from '../../shared/xapi/restricted-statement.ts';
import { objectionTo, type Restriction, type Restrictions } from '../../shared/xapi/restriction.ts';
import type { Ask, Call } from '../call.ts';
import { lookUpEvenVoided } from '../look-up.ts';
import type { Written } from './written.ts';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Each is looked up: one call must not become thousands. */
const MOST = 100;

/**
 * @param written all of one call; none of them is objected to for itself.
 * @throws Refusal 403 the same for a statement that is not there and for one that is out of reach: whether there is one
 * with some id is nobody else's business.
 */
export async function refuseVoidingOthers(
  written: readonly Written[],
  restrictions: Restrictions,
  call: Call,
  ask: Ask,
): Promise<void> {
  const voidings = written.filter(({ part }) => voids(part.value));
  if (voidings.length > MOST)
    throw new Refusal('access_denied', `a restricted client may void ${MOST} statements at once`);
  for (const one of voidings) {
    const id = propertyOf(propertyOf(one.part.value, 'object'), 'id');
    const target = typeof id === 'string' && UUID.test(id) ? await targetOf(id, written, call, ask) : undefined;
    if (target === undefined || !isWithin(one.part.value, target, restrictions))
      throw new Refusal('access_denied', `${one.name} voids a statement that is not within what this token is tied to`);
  }
}

/** In any case: some stores compare without regard to it. */
function voids(statement: unknown): boolean {
  const verb = propertyOf(propertyOf(statement, 'verb'), 'id');
  return typeof verb === 'string' && verb.toLowerCase() === VOIDED;
}

/** First at the LRS: one in the batch under the id of another's would be dropped there, and the other's voided. */
async function targetOf(id: string, written: readonly Written[], call: Call, ask: Ask): Promise<unknown> {
  const atLrs = await lookUpEvenVoided(call, ask, id);
  if (atLrs) return atLrs;
  const isTarget = (own: unknown) => typeof own === 'string' && own.toLowerCase() === id.toLowerCase();
  return written.find(({ part }) => isTarget(propertyOf(part.value, 'id')))?.part.value;
}

/**
 * That the target may be written is not enough: of alternatives, the one that lets it be voided has to be the one to
 * whose actor, activity and registration it belongs.
 */
function isWithin(voiding: unknown, target: unknown, restrictions: Restrictions): boolean {
  const isTied = (alternative: Restriction) => {
    const { verbs: _verbs, 'no-void': _noVoid, ...ties } = alternative;
    return Object.keys(ties).length === 0 || objectionTo(target, [[ties]]) === undefined;
  };
  const isOneFor = (alternative: Restriction) =>
    objectionTo(voiding, [[alternative]]) === undefined && isTied(alternative);
  return objectionTo(target, restrictions) === undefined && restrictions.every((source) => source.some(isOneFor));
}
