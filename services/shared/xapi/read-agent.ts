/** An Agent as an operator or a client writes one in a policy, checked more strictly than an LRS would. */
import { IDENTIFIERS, type Agent } from './actor.ts';
import { isObject, type Properties } from './property.ts';

/** With a scheme, as every IRI here: ids of activities and verbs, home pages. */
export const IRI = /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i;

const LIKE = {
  mbox: { pattern: /^mailto:[^\s@:]+@[^\s@]+$/, example: 'mailto:ann@example.org' },
  mbox_sha1sum: { pattern: /^[0-9a-f]{40}$/i, example: '40 hexadecimal digits' },
  openid: { pattern: IRI, example: 'https://ann.example.org/' },
} as const;

/**
 * @param start of the sentence that is thrown: `should be`, `should have as actor`.
 * @returns only what an Agent has. @throws Error
 */
export function readAgent(value: unknown, start: string): Agent {
  if (!isObject(value)) throw new Error(`${start} an Agent: an object with one of ${IDENTIFIERS.join(', ')}`);
  const unknown = Object.keys(value).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`${start} an Agent, which has no ${JSON.stringify(unknown)}`);
  const { objectType, name } = value;
  if (objectType !== undefined && objectType !== 'Agent')
    throw new Error(`${start} an Agent: its objectType, if any, is "Agent"`);
  if (name !== undefined && typeof name !== 'string') throw new Error(`${start} an Agent whose name is text`);
  const identifiers = IDENTIFIERS.filter((identifier) => value[identifier] !== undefined);
  const [identifier] = identifiers;
  if (identifier === undefined || identifiers.length > 1)
    throw new Error(`${start} an Agent with exactly one of ${IDENTIFIERS.join(', ')}`);
  return {
    ...(objectType !== undefined && { objectType }),
    ...(name !== undefined && { name }),
    [identifier]: identifier === 'account' ? readAccount(value, start) : readText(value, identifier, start),
  };
}

const NAMES: readonly string[] = [...IDENTIFIERS, 'objectType', 'name'];

function readText(agent: Properties, identifier: keyof typeof LIKE, start: string): string {
  const value = agent[identifier];
  const { pattern, example } = LIKE[identifier];
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new Error(`${start} an Agent whose ${identifier} is like ${example}`);
}

function readAccount({ account }: Properties, start: string): { homePage: string; name: string } {
  const { homePage, name, ...others } = isObject(account) ? account : {};
  const isHome = typeof homePage === 'string' && IRI.test(homePage);
  if (!isHome || typeof name !== 'string' || name === '' || Object.keys(others).length > 0)
    throw new Error(`${start} an Agent whose account is {"homePage": an IRI, "name": text} and nothing else`);
  return { homePage, name };
}
