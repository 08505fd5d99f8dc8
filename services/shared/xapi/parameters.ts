/**
 * The query parameters each operation has. One that is not here is refused: an LRS that reads a name more loosely
 * than the gateway does (`Agent`, `METHOD`, a second `agent`) would answer another question than was decided upon.
 *
 * "The LRS MUST reject with error code 400 Bad Request any requests … with parameters … not recognized" in effect:
 *
 * @see xAPI 1.0.3 Part 3 §3.2 (error codes), §2 (the parameters of each resource)
 */
import type { Resource } from './permissions.ts';

const STATEMENT_QUERY = [
  'statementId',
  'voidedStatementId',
  'agent',
  'verb',
  'activity',
  'registration',
  'related_activities',
  'related_agents',
  'since',
  'until',
  'limit',
  'format',
  'attachments',
  'ascending',
] as const;

/** The gateway's own: names the page of a `more` link that it sealed. */
export const MORE_PARAMETER = 'more';

const STATE = ['activityId', 'agent', 'registration', 'stateId'];
const ACTIVITY_PROFILE = ['activityId', 'profileId'];
const AGENT_PROFILE = ['agent', 'profileId'];

function documents(names: string[]): Record<string, readonly string[]> {
  const read = [...names, 'since'];
  return { GET: read, HEAD: read, PUT: names, POST: names, DELETE: names };
}

const PARAMETERS: Record<Resource, Record<string, readonly string[]>> = {
  about: { GET: [], HEAD: [] },
  statements: {
    GET: [...STATEMENT_QUERY, MORE_PARAMETER],
    HEAD: [...STATEMENT_QUERY, MORE_PARAMETER],
    PUT: ['statementId'],
    POST: [],
  },
  activities: { GET: ['activityId'], HEAD: ['activityId'] },
  'activities/state': documents(STATE),
  'activities/profile': documents(ACTIVITY_PROFILE),
  agents: { GET: ['agent'], HEAD: ['agent'] },
  'agents/profile': documents(AGENT_PROFILE),
};

/** The parameter names that an operation has. */
export function parametersOf(resource: Resource, method: string): readonly string[] {
  return PARAMETERS[resource][method] ?? [];
}
