/**
 * A call on its way to the LRS: what is asked, by whom, and what is still owed before the LRS may be asked. Each rule
 * discharges one duty; a call that still owes one is never forwarded.
 */
import type { Body } from '../shared/body.ts';
import type { Departure } from './departure.ts';
import type { HeaderList } from './headers.ts';
import type { Caller } from '../caller/caller.ts';
import type { Lrs } from './lrs.ts';
import type { Operation } from './operation.ts';

/**
 * `mine`: narrow a read to the caller's own statements. `restrict`: hold it to the caller's restrictions. `authority`:
 * set whose statements these are. `define`: take definitions out. `isolate`: keep one client's documents from another.
 */
export type Duty = 'mine' | 'restrict' | 'authority' | 'define' | 'isolate';

export interface Call {
  readonly operation: Operation;
  /** As it came, or as a rule made it. */
  readonly query: string;
  /** Path and query at the LRS, where a `more` link names it. */
  readonly page: string | undefined;
  /** What may go on to the LRS. */
  readonly headers: HeaderList;
  /** X-Experience-API-Version, as the client said it. */
  readonly version: string | undefined;
  /** In bytes; `undefined` where it is chunked. 0: there is no body. */
  readonly contentLength: number | undefined;
  /** Begins to read the body. Called once. */
  readonly openBody: () => Body;
  readonly caller: Caller | undefined;
  readonly lrs: Lrs;
  /** What an LRS that asks is told the caller may do. */
  readonly scopes: readonly string[];
  /** Where the caller sees this LRS: `/xapi/`, or an organization's path. */
  readonly prefix: string;
  readonly duties: readonly Duty[];
  readonly departure: Departure;
}

export interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Body;
  /** What to make of its `more` links; absent where it can have none, or none that is not dealt with. */
  readonly more?: MoreLink | undefined;
}

export interface MoreLink {
  /** Path and query at the LRS. */
  follow: (link: string) => string;
  /** The public form of a link, for this caller only. */
  publish: (link: string) => string;
}

export type Ask = (call: Call) => Promise<Answer>;
/** A step around whatever asks the LRS. Passes calls on unchanged where it owes them nothing. */
export type Rule = (call: Call, ask: Ask) => Promise<Answer>;

/** Rules in the order in which they see a call, around what asks the LRS in the end. */
export function inOrder(rules: readonly Rule[], ask: Ask): Ask {
  const throughAll = rules.reduceRight<Ask>((next, rule) => (call) => rule(call, next), ask);
  return (call) => (call.duties.length === 0 ? ask(call) : throughAll(call));
}

export function owes(call: Call, ...duties: Duty[]): boolean {
  return call.duties.some((duty) => duties.includes(duty));
}

export function discharged(call: Call, ...duties: Duty[]): Call {
  return { ...call, duties: call.duties.filter((duty) => !duties.includes(duty)) };
}

/** The same call with other parameters: the LRS is then asked with these, whatever way the caller wrote his. */
export function withParameters(call: Call, parameters: ReadonlyMap<string, string>): Call {
  const pairs = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return { ...call, query: pairs.join('&'), operation: { ...call.operation, parameters } };
}
