/** What an LMS asks for when it launches content: read strictly, because what is misread here is open to the content. */
import { Refusal } from '../../../shared/refusal.ts';
import { isActivityPattern } from '../../../shared/xapi/activity-pattern.ts';
import type { Agent } from '../../../shared/xapi/actor.ts';
import { isObject, type Properties } from '../../../shared/xapi/property.ts';
import { readAgent } from '../../../shared/xapi/read-agent.ts';
import { isPageUrl, isContentUrl } from './launch-url.ts';

export interface LaunchRequest {
  actor: Agent;
  activityId: string;
  /** As it was written: the LMS may have written its state documents under it, and an LRS may look at its case. */
  registration: string;
  /** What else the content's statements may be about: ids, or how they begin and then a `*`; `*` alone is anything. */
  activities: readonly string[];
  /** The content's own, to make the launch URL of. */
  url: string | undefined;
  returnURL: string | undefined;
  expiresInSeconds: number | undefined;
}

/** Anything at all, in the place of activities. */
export const ANY_ACTIVITY = '*';

const FIELDS = ['actor', 'activityId', 'registration', 'activities', 'url', 'returnURL', 'expires_in'];
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const MOST_ACTIVITIES = 20;
/** Of an actor, and of each id: all of them are kept several times over in one token's record. */
const MOST_CHARACTERS = 2000;

/** @param value parsed JSON. @throws Refusal 400 with what to mend. */
export function readLaunchRequest(value: unknown): LaunchRequest {
  if (!isObject(value)) throw wrong(`the body should be an object with ${FIELDS.join(', ')}`);
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw wrong(`there is no field ${JSON.stringify(unknown)}: there are ${FIELDS.join(', ')}`);
  const { activityId, registration, url, returnURL } = value;
  if (!isShort(activityId) || !isActivityPattern(activityId) || activityId.endsWith('*'))
    throw wrong('activityId should be the IRI of one activity, like https://example.org/course/1, without a *');
  if (typeof registration !== 'string' || !UUID.test(registration)) throw wrong('registration should be a UUID');
  if (url !== undefined && !isContentUrl(url))
    throw wrong(
      'url should be the http or https URL of the content, without a user name, and without the parameters of a launch',
    );
  if (returnURL !== undefined && !isPageUrl(returnURL))
    throw wrong('returnURL should be an http or https URL, without a user name');
  return {
    actor: readActor(value),
    activityId,
    registration,
    activities: readActivities(value),
    url,
    returnURL,
    expiresInSeconds: readLife(value),
  };
}

/** "MUST be of objectType "Agent" and MUST contain an "account" as defined in the xAPI specification." @see cmi5 §9.2 */
function readActor({ actor }: Properties): Agent {
  try {
    const agent = readAgent(actor, 'actor should be');
    if (!isShort(JSON.stringify(agent))) throw new Error(`actor should have ${MOST_CHARACTERS} characters at most`);
    if (agent.account) return { objectType: 'Agent', ...agent };
  } catch (cause) {
    throw wrong((cause as Error).message, cause);
  }
  throw wrong('actor should be an Agent with an account: {"account": {"homePage": an IRI, "name": text}} (cmi5 9.2)');
}

function readActivities({ activities = [] }: Properties): readonly string[] {
  const isOne = (one: unknown): one is string => one === ANY_ACTIVITY || (isShort(one) && isActivityPattern(one));
  if (Array.isArray(activities) && activities.length <= MOST_ACTIVITIES && activities.every(isOne)) return activities;
  throw wrong(
    `activities should be an array of up to ${MOST_ACTIVITIES} ids, or how ids begin and then a *; "${ANY_ACTIVITY}" alone is any`,
  );
}

function readLife({ expires_in: life }: Properties): number | undefined {
  if (life === undefined || (Number.isSafeInteger(life) && Number(life) > 0)) return life as number | undefined;
  throw wrong('expires_in should be a whole number of seconds, at least 1');
}

function isShort(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MOST_CHARACTERS;
}

function wrong(description: string, cause?: unknown): Refusal {
  return new Refusal('invalid_request', description, { cause });
}
