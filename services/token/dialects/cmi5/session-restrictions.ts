/** What the token of a cmi5 session is held to, besides its scopes. */
import type { Restriction } from '../../../shared/xapi/restriction.ts';
import { ANY_ACTIVITY, type LaunchRequest } from './launch-request.ts';

/** What content does: cmi5 §9 (statements), §10 (launch data, and state of its own), §11 (preferences), §12 (profile). */
export const SESSION_SCOPES = ['all/read', 'statements/write', 'state', 'define', 'profile'] as const;

/** Without these no content comes to its first statement. */
export const LEAST_SCOPES = ['statements/write', 'state/read', 'agents_profile/read'] as const;

/** "The AU MUST NOT modify or delete the "LMS.LaunchData" State document." @see cmi5 §10 */
const LAUNCH_DATA = 'LMS.LaunchData';

/** "When reading or writing to the Agent Profile, the document name MUST be "cmi5LearnerPreferences"". @see cmi5 §11 */
const PREFERENCES = 'cmi5LearnerPreferences';

/** What makes an id one below another: a question of a test, a page, a part of it. */
const SEPARATORS = ['/', '#', '?'];

/**
 * Alternatives. All of them bar from voiding that let a statement be written: "The LMS MUST NOT provide
 * permissions/credentials which allow the AU to issue voiding Statements."
 *
 * @see cmi5 §6.3
 */
export function sessionRestrictions({ actor, activityId, registration, activities }: LaunchRequest): Restriction[] {
  const learner = { actor, registration: registration.toLowerCase(), 'no-void': true } as const;
  const within = (activity: string): Restriction => ({
    ...learner,
    activity,
    datatypes: ['statements', 'activities', 'activities/state', 'activities/profile'],
    'no-write': [LAUNCH_DATA],
  });
  const others = activities.map((activity): Restriction =>
    activity === ANY_ACTIVITY
      ? { ...learner, datatypes: ['statements'] }
      : { ...within(activity), datatypes: ['statements'] },
  );
  return [
    within(activityId),
    ...below(activityId).map(within),
    ...others,
    { actor, datatypes: ['agents', 'agents/profile'], documents: [PREFERENCES] },
  ];
}

function below(activityId: string): string[] {
  if (SEPARATORS.some((separator) => activityId.endsWith(separator))) return [`${activityId}*`];
  return SEPARATORS.map((separator) => `${activityId}${separator}*`);
}
