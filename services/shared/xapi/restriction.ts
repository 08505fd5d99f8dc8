/**
 * A restriction: narrower than any scope. It ties whoever holds it to an actor, an activity, a registration, verbs, or
 * bars from voiding.
 */
import type { Agent } from './actor.ts';

export interface Restriction {
  /** Who acts. */
  actor?: Agent;
  /** The activity's id; with `*` at its end, every id that begins so. */
  activity?: string;
  /** A UUID. */
  registration?: string;
  /** Ids of the only verbs. */
  verbs?: string[];
  'no-void'?: true;
}

/**
 * All that holds for a caller. Each source (the client's registration, the token, a launch) is a list of alternatives, any
 * one of which is enough (RFC 9396 §2: each object is a permission of its own); every source must be content.
 */
export type Restrictions = readonly (readonly Restriction[])[];
