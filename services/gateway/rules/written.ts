/** The statements of one write, each with the name by which a refusal can point to it. */
import type { JsonPart, JsonText } from '../../shared/json-text.ts';
import { Refusal } from '../../shared/refusal.ts';

export interface Written {
  part: JsonPart;
  /** `statement [2]` of a batch, as its array counts; `this statement` where it is the only one. */
  name: string;
}

/** No actor, verb and object are shorter. */
const LEAST_CHARACTERS = 60;
/** As few as these are left to the LRS to refuse. */
const FEW = 1000;

/**
 * @throws Refusal 400 for what is no statement: nothing could be decided upon it. Many that are too short to be one, like
 * `[{},{},…]`, would have fifty times as many bytes once each has its authority.
 */
export function writtenIn({ root, text }: JsonText): Written[] {
  const all = (root.items ?? [root]).map((part, index) => ({
    part,
    name: root.items ? `statement [${index}]` : 'this statement',
  }));
  const other = all.find(({ part }) => !part.members);
  if (other) throw new Refusal('invalid_request', `${other.name} should be an object`);
  if (all.length > FEW && all.length * LEAST_CHARACTERS > text.length)
    throw new Refusal('invalid_request', 'each statement should have an actor, a verb and an object');
  return all;
}
