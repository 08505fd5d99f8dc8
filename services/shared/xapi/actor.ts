/**
 * Agents and Groups as a policy sees them: who is meant, in whatever spelling. What else is in them is the LRS's business.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.2
 */

export interface Account {
  homePage: string;
  name: string;
}

/** With exactly one of the four Inverse Functional Identifiers. */
export interface Agent {
  objectType?: 'Agent';
  name?: string;
  mbox?: string;
  mbox_sha1sum?: string;
  openid?: string;
  account?: Account;
}

/** The only Group that an authority can be: anonymous, of exactly two, the consumer first. @see Part 2 §2.4.9 */
export interface AuthorityGroup {
  objectType: 'Group';
  member: [Agent, Agent];
}

export type Authority = Agent | AuthorityGroup;
