/** What one restriction has against a call for one document or several; restriction.ts says what each field means. */
import type { Resource } from './permissions.ts';
import type { Asked } from './restricted-parameters.ts';
import type { Restriction } from './restriction.ts';

/** The parameter that names a document. */
const ID: { readonly [resource in Resource]?: string } = {
  'activities/state': 'stateId',
  'activities/profile': 'profileId',
  'agents/profile': 'profileId',
};

/** @returns a sentence, or undefined. */
export function objectionToDocument(
  { resource, access, parameters }: Asked,
  { documents, 'no-write': kept }: Restriction,
): string | undefined {
  const name = ID[resource];
  if (name === undefined) return undefined;
  const id = parameters.get(name);
  if (documents !== undefined && !documents.some((one) => one === id))
    return `this token is tied to some documents: name one of them with the parameter ${name}`;
  if (kept === undefined || access === 'read') return undefined;
  if (id === undefined) return `this token may not write every document: name one with the parameter ${name}`;
  return kept.some((one) => isTakenFor(one, id))
    ? `the parameter ${name} names a document that this token may not write`
    : undefined;
}

/** Some stores compare without regard to case, accents or spaces at the end, and nobody has another use for the name. */
function isTakenFor(one: string, other: string): boolean {
  return LENIENT.compare(one.trim(), other.trim()) === 0;
}

const LENIENT = new Intl.Collator('und', { sensitivity: 'base' });
