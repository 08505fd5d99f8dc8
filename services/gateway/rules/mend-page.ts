/**
 * Learning Locker writes `agent=[object Object]` into the `more` links of queries that have an agent, and answers 400 to
 * them. Where the gateway is the one that asked by an agent, that would cut every list off after its first page.
 */

const LOST = /([?&]agent=)(?:\[|%5B)object(?:%20|\+)Object(?:\]|%5D)(?=&|$)/i;

/**
 * @param page path and query at the LRS. @param agent that the list was asked for with, as JSON.
 * @returns the page with that agent put back where the LRS lost it.
 */
export function mendPage(page: string, agent: string | undefined): string {
  if (agent === undefined) return page;
  return page.replace(LOST, (_, name: string) => name + encodeURIComponent(agent));
}
