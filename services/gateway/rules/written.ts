/** The statements of one write, each with the name by which a refusal can point to it. */
import type { JsonPart, JsonText } from '../../shared/json-text.ts';
import { Refusal } from '../../shared/refusal.ts';

export interface Written {
  part: JsonPart;
  /** `statement [2]` of a batch, as its array counts; `this statement` where it is the only one. */
  name: string;
}

/** @throws Refusal 400 for what is no statement: nothing could be decided upon it. */
export function writtenIn({ root }: JsonText): Written[] {
  const all = (root.items ?? [root]).map((part, index) => ({
    part,
    name: root.items ? `statement [${index}]` : 'this statement',
  }));
  const other = all.find(({ part }) => !part.members);
  if (other) throw new Refusal('invalid_request', `${other.name} should be an object`);
  return all;
}
