/** `authorization_details` of type `xapi`: restrictions that a client asks for. @see RFC 9396 */
import { JsonTextFault, readJsonText } from '../shared/json-text.ts';
import { isSameAgent } from '../shared/xapi/actor.ts';
import { readRestriction, type Restriction } from '../shared/xapi/restriction.ts';

/** The only type there is. */
export const XAPI = 'xapi';

export type AuthorizationDetail = { [Field in keyof Restriction]: Restriction[Field] } & { type: typeof XAPI };

const MAX_BYTES = 10_000;
const MAX_DETAILS = 20;

/** What a record has, as clients and resource servers are told it. */
export function detailsOf(restrictions: readonly Restriction[]): AuthorizationDetail[] {
  return restrictions.map((restriction) => ({ type: XAPI, ...restriction }));
}

export function restrictionsOf(details: readonly AuthorizationDetail[]): Restriction[] {
  return details.map(({ type: _type, ...restriction }) => restriction);
}

/**
 * "The AS MUST refuse to process any unknown authorization details type or authorization details not conforming to the
 * respective type definition."
 *
 * @param text the parameter, as it was sent.
 * @param registered the client's own restrictions, which hold as well.
 * @throws Error with a sentence that says what to mend.
 * @see RFC 9396 §5
 */
export function readAuthorizationDetails(text: string, registered: readonly Restriction[] | undefined): Restriction[] {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new Error(`authorization_details may have ${MAX_BYTES} bytes at most`);
  const details = parse(text);
  if (!Array.isArray(details)) throw new Error('authorization_details should be a JSON array of objects');
  if (details.length === 0)
    throw new Error('authorization_details is empty: leave it out, or say what the token is to be restricted to');
  if (details.length > MAX_DETAILS)
    throw new Error(`authorization_details may have ${MAX_DETAILS} objects at most, and has ${details.length}`);
  return details.map((detail, index) => {
    const restriction = readDetail(detail, index);
    const contradicted = registered && contradictedBy(registered, restriction);
    if (contradicted)
      throw new Error(`authorization_details[${index}] is outside what this client is restricted to: ${contradicted}`);
    return restriction;
  });
}

function parse(text: string): unknown {
  try {
    return readJsonText(text).root.value;
  } catch (error) {
    if (!(error instanceof JsonTextFault)) throw error;
    throw new Error(`authorization_details ${error.message}: it should be a JSON array of objects`, { cause: error });
  }
}

function readDetail(detail: unknown, index: number): Restriction {
  try {
    return readRestriction(detail);
  } catch (cause) {
    throw new Error(`authorization_details[${index}] ${(cause as Error).message}`, { cause });
  }
}

/**
 * What keeps a restriction from ever being met, together with any one of the alternatives. A token that works nowhere looks
 * like success.
 */
export function contradictedBy(alternatives: readonly Restriction[], asked: Restriction): string | undefined {
  const reasons = alternatives.map((alternative) => contradiction(alternative, asked));
  return reasons.includes(undefined) ? undefined : [...new Set(reasons)].join(', or ');
}

function contradiction(one: Restriction, other: Restriction): string | undefined {
  if (one.actor && other.actor && !isSameAgent(one.actor, other.actor)) return 'another actor';
  if (one.registration && other.registration && !isSameId(one.registration, other.registration))
    return 'another registration';
  if (one.verbs && other.verbs && !one.verbs.some((verb) => other.verbs?.includes(verb))) return 'other verbs';
  if (one.datatypes && other.datatypes && !one.datatypes.some((datatype) => other.datatypes?.includes(datatype)))
    return 'other datatypes';
  if (one.activity && other.activity && !overlap(one.activity, other.activity)) return 'another activity';
  return undefined;
}

/** @see RFC 9562 §4: UUIDs are "case insensitive on input". */
function isSameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether some id is within both patterns. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((pattern) => ({ begins: pattern.replace(/\*$/, ''), open: pattern.endsWith('*') }));
  if (!a || !b) return false;
  return (a.open && b.begins.startsWith(a.begins)) || (b.open && a.begins.startsWith(b.begins)) || one === other;
}
