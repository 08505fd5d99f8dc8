/** An LRS behind the gateway: where it is, how it is told who is calling, and what of the policy it can be left with. */
import type { Soon } from '../shared/soon.ts';
import type { LrsAuthority, LrsVersion } from '../shared/organization.ts';
import type { Authority } from '../shared/xapi/actor.ts';
import type { Call } from './call.ts';
import type { HeaderList } from './headers.ts';
import type { Caller } from '../caller/caller.ts';

export interface Lrs {
  readonly org: string;
  readonly origin: string;
  /** Of its xAPI resources, without a trailing slash. */
  readonly basePath: string;
  readonly authority: LrsAuthority;
  /** The only version it speaks; absent: it is told the client's. */
  readonly version: LrsVersion | undefined;
  readonly isolatesState: boolean;
  /** The headers by which it trusts a call: made for every call, after everything of the caller's was dropped. */
  credential(call: Pick<Call, 'caller' | 'scopes'>): Soon<HeaderList>;
  /**
   * The authority that statements of this caller have in it, exactly and only they; `undefined` where the callers look
   * alike there, or nobody said what it records.
   */
  authorityOf(caller: Caller): Authority | undefined;
  /**
   * The authority that statements of this caller are given on their way to an LRS that keeps it. It may be the same for
   * several callers, where its operator wants that; `authorityOf` is then undefined.
   *
   * @throws Refusal 500 where it cannot be made: a statement is never given somebody else's.
   */
  authorityToSet(caller: Caller): Authority;
}
