/**
 * Which of the statements that an LRS returns to a query would be returned by one that held only what the caller may see.
 *
 * "Statements which target another Statement … will meet the filter condition if the targeted Statement meets the filter
 * condition": a caller's own statement about somebody else's would tell, by being returned or not, what that one says.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3
 */
import { FILTERS, meetsQuery, targetOf } from '../../shared/xapi/statement-query.ts';
import { propertyOf } from '../../shared/xapi/property.ts';
import type { IsVisible } from './visible.ts';

/** Whether a statement of the answer stays in it. At once where nothing has to be looked up. */
export type Belongs = (statement: unknown) => boolean | Promise<boolean>;

export interface Listing {
  /** As the caller asked, without what narrows the query on the way. */
  parameters: ReadonlyMap<string, string>;
  isVisible: IsVisible;
  /** Any statement in the LRS, voided ones too, whoever may see it. */
  lookUp: (id: string) => Promise<unknown>;
}

/** How far targets of targets are followed: each costs a question to the LRS. */
const FURTHEST = 100;

export function createBelongs({ parameters, isVisible, lookUp }: Listing): Belongs {
  const meets: IsVisible = (statement) => isVisible(statement) && meetsQuery(statement, parameters);
  const isWhole = (parameters.get('format') ?? 'exact') === 'exact';
  const isFiltered = FILTERS.some((name) => parameters.has(name));
  /** By id: whether that statement meets the query, or reaches one that does. */
  const known = new Map<string, boolean>();

  async function reaches(first: string): Promise<boolean> {
    const passed: string[] = [];
    let found = false;
    for (let id: string | undefined = first; id !== undefined && !passed.includes(id);) {
      if (passed.length === FURTHEST) return false;
      const before = known.get(id);
      if (before === undefined) passed.push(id);
      const target: unknown = before === undefined ? await lookUp(id) : undefined;
      found = before ?? meets(target);
      id = found || !isVisible(target) ? undefined : targetOf(target);
    }
    for (const id of passed) known.set(id, found);
    return found;
  }

  /** "ids" leaves out the members of an identified Group, of whom the query may have asked. */
  async function meetsWhole(statement: unknown): Promise<boolean> {
    const id = propertyOf(statement, 'id');
    return !isWhole && typeof id === 'string' && meets(await lookUp(id));
  }

  return (statement) => {
    if (!isVisible(statement)) return false;
    const target = isFiltered ? targetOf(statement) : undefined;
    if (target === undefined || meets(statement)) return true;
    return meetsWhole(statement).then((isMet) => isMet || reaches(target));
  };
}
