/**
 * The authority of a caller's statements: who vouches for them. The same caller always has the same one.
 *
 * "The authority property MUST be an Agent, except in 3-legged OAuth, where it MUST be a Group with two Agents."
 *
 * @see xAPI 1.0.3 Part 2 §2.4.9, Part 3 §4.1
 */
import { isAnonymous, isGroup, isSameAgent, type Agent, type Authority } from './actor.ts';
import { isObject } from './property.ts';
import { readAgent } from './read-agent.ts';

export interface Holder {
  tokenEndpoint: string;
  issuer: string;
  clientId: string;
  /** The person it acts for. */
  subject?: string | undefined;
}

/**
 * The one that needs no setting: the client's account at the token endpoint; with a person, "a Group consisting of an Agent
 * representing the registered application, and an Agent representing the known user".
 */
export function usualAuthority({ tokenEndpoint, issuer, clientId, subject }: Holder): Authority {
  const consumer: Agent = { objectType: 'Agent', account: { homePage: tokenEndpoint, name: clientId } };
  if (subject === undefined) return consumer;
  const person: Agent = { objectType: 'Agent', account: { homePage: issuer, name: subject } };
  return { objectType: 'Group', member: [consumer, person] };
}

/** Each placeholder, with a value such as it may get: what it is put into is checked with these. */
const SAMPLES: Readonly<Record<string, string>> = {
  client_id: 'tool-1',
  client_name: 'A tool',
  org: 'acme',
  issuer: 'https://lrs.example.org',
  token_endpoint: 'https://lrs.example.org/oauth2/token',
  subject: 'ann',
  lrs_username: 'tool-1',
};

/** IRIs already, and put where one is asked for as they are; anything else is percent-encoded there. */
const IRIS = ['issuer', 'token_endpoint'];
const IRI_PROPERTIES = ['homePage', 'openid', 'mbox'];

/**
 * An Agent, or an anonymous Group of exactly two, with placeholders anywhere in its texts.
 *
 * @throws Error with a sentence that begins with "should".
 */
export function readAuthorityTemplate(value: unknown): Authority {
  const template = value as Authority;
  const filled = fillAuthority(template, SAMPLES);
  if (isGroup(filled)) readGroup(filled);
  else readAgent(filled, 'should be');
  return template;
}

function readGroup({ objectType: _, member, ...others }: Record<string, unknown>): void {
  if (Object.keys(others).length > 0 || !Array.isArray(member) || member.length !== 2)
    throw new Error('should be an Agent, or a Group that has exactly two members and no identifier of its own');
  const [consumer, person] = member.map((agent) => readAgent(agent, 'should have two members, each'));
  if (isSameAgent(consumer, person)) throw new Error('should have two different members: the client and the person');
}

/**
 * Whether no two clients can get the same authority by it: otherwise "mine" would be everybody's.
 *
 * @param template of an organization.
 */
export function tellsClientsApart(template: Authority): boolean {
  const [consumer] = 'member' in template ? template.member : [template];
  const { name: _, ...identifier } = consumer;
  return /\{(client_id|lrs_username)\}/.test(JSON.stringify(identifier));
}

/**
 * The authority that a template stands for.
 *
 * @throws Error where a placeholder has no value, with a sentence that begins with "should".
 */
export function fillAuthority(template: Authority, values: Readonly<Record<string, string>>): Authority {
  return filledIn(template, values) as Authority;
}

function filledIn(value: unknown, values: Readonly<Record<string, string>>, property = ''): unknown {
  if (typeof value === 'string') return fillText(value, values, IRI_PROPERTIES.includes(property));
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filledIn(item, values, name)]));
}

function fillText(text: string, values: Readonly<Record<string, string>>, isIri: boolean): string {
  return text.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    if (!Object.hasOwn(SAMPLES, name))
      throw new Error(`should have no placeholder but ${Object.keys(SAMPLES).join(', ')}: {${name}} is none`);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`should have a value for {${name}}, and here there is none`);
    return isIri && !IRIS.includes(name) ? encodeURIComponent(value) : value;
  });
}

/** Whether a recorded authority is this one: the same Agent, or a Group of exactly those two, whatever their order. */
export function isSameAuthority(recorded: unknown, expected: Authority): boolean {
  if (!('member' in expected)) return isSameAgent(recorded, expected);
  if (!isGroup(recorded) || !isAnonymous(recorded) || !Array.isArray(recorded.member)) return false;
  const [one, other, ...more] = recorded.member as unknown[];
  if (more.length > 0) return false;
  const [consumer, person] = expected.member;
  const isEach = (first: unknown, second: unknown) => isSameAgent(first, consumer) && isSameAgent(second, person);
  return isEach(one, other) || isEach(other, one);
}
