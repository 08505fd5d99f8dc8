/**
 * Which of the statements that an LRS returns to a query would be returned by one that held only what the caller may see.
 *
 * "Statements which target another Statement … will meet the filter condition if the targeted Statement meets the filter
 * condition": a caller's own statement about somebody else's would tell, by being returned or not, what that one says.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3
 */
import { Refusal } from '../../shared/refusal.ts';
import { FILTERS, meetsQuery, targetOf } from '../../shared/xapi/statement-query.ts';
import { propertyOf } from '../../shared/xapi/property.ts';
import type { IsVisible } from './visible.ts';

/** Whether a statement of the answer stays in it. At once where nothing has to be looked up. */
export type Belongs = (statement: unknown) => boolean | Promise<boolean>;

export interface Filter {
  belongs: Belongs;
  /** Whether so much was looked up that the rest is better left to another call. */
  isCostly: () => boolean;
}

export interface Listing {
  /** As the caller asked, without what narrows the query on the way. */
  parameters: ReadonlyMap<string, string>;
  isVisible: IsVisible;
  /** Any statement in the LRS, voided ones too, whoever may see it. */
  lookUp: (id: string) => Promise<unknown>;
}

/** Each look-up is a question or two to the LRS: one call must not become a million. No page has so many statements. */
const MOST_LOOK_UPS = 5000;
/** After so many, a page of which nothing is left is no longer passed over. */
const MANY_LOOK_UPS = 1000;

/** @returns a `belongs` that throws Refusal 400 where it depends on too many others. */
export function createBelongs({ parameters, isVisible, lookUp }: Listing): Filter {
  const meets: IsVisible = (statement) => isVisible(statement) && meetsQuery(statement, parameters);
  const isWhole = (parameters.get('format') ?? 'exact') === 'exact';
  const isFiltered = FILTERS.some((name) => parameters.has(name));
  /** By id: whether that statement meets the query, or reaches one that does. */
  const known = new Map<string, boolean>();
  let lookUps = 0;

  function looked(id: string): Promise<unknown> {
    if (++lookUps > MOST_LOOK_UPS)
      throw new Refusal('invalid_request', 'too many of these statements are about others: ask for fewer, with limit');
    return lookUp(id);
  }

  async function reaches(first: string): Promise<boolean> {
    const passed = new Set<string>();
    let found = false;
    for (let id: string | undefined = first; id !== undefined && !passed.has(id);) {
      const before = known.get(id);
      if (before === undefined) passed.add(id);
      const target: unknown = before === undefined ? await looked(id) : undefined;
      found = before ?? meets(target);
      id = found || !isVisible(target) ? undefined : targetOf(target);
    }
    for (const id of passed) known.set(id, found);
    return found;
  }

  /** "ids" leaves out the members of an identified Group, of whom the query may have asked. */
  async function meetsWhole(statement: unknown): Promise<boolean> {
    const id = propertyOf(statement, 'id');
    return !isWhole && typeof id === 'string' && meets(await looked(id));
  }

  const belongs: Belongs = (statement) => {
    if (!isVisible(statement)) return false;
    const target = isFiltered ? targetOf(statement) : undefined;
    if (target === undefined || meets(statement)) return true;
    return meetsWhole(statement).then((isMet) => isMet || reaches(target));
  };
  return { belongs, isCostly: () => lookUps > MANY_LOOK_UPS };
}
