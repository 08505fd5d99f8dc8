/** What can be said of a client on the command line, and what is wrong with it. */
import { GRANT_TYPES, type Client, type GrantType } from '../shared/client.ts';
import { DEFAULT_ORGANIZATION } from '../shared/organization.ts';
import { readScopes, SCOPES } from '../shared/scopes.ts';
import { UsageError } from './context.ts';
import { wholeSeconds } from './options.ts';

export const FIELD_OPTIONS = {
  name: { type: 'string' },
  description: { type: 'string' },
  scope: { type: 'string' },
  'default-scope': { type: 'string' },
  'grant-type': { type: 'string', multiple: true },
  org: { type: 'string' },
  strict: { type: 'boolean' },
  'no-strict': { type: 'boolean' },
  'token-seconds': { type: 'string' },
  'max-token-seconds': { type: 'string' },
} as const;

type FieldValues = {
  [Name in keyof typeof FIELD_OPTIONS]?:
    ((typeof FIELD_OPTIONS)[Name]['type'] extends 'boolean' ? boolean : string) | string[] | undefined;
};

const MAX_TEXT_LENGTH = 200;

/** @throws UsageError naming the option and what it should be. Only what was said is in the result. */
export function readFields(values: FieldValues): Partial<Client> {
  const tokenSeconds = wholeSeconds('token-seconds', values['token-seconds'] as string | undefined);
  const maxTokenSeconds = wholeSeconds('max-token-seconds', values['max-token-seconds'] as string | undefined);
  const grantTypes = values['grant-type'] as string[] | undefined;
  return withoutUndefined({
    client_name: line('name', values.name as string | undefined),
    description: line('description', values.description as string | undefined),
    scope: scopes('scope', values.scope as string | undefined),
    default_scope: scopes('default-scope', values['default-scope'] as string | undefined),
    grant_types: grantTypes?.map(grantType),
    org: organization(values.org as string | undefined),
    strict: values.strict ? true : values['no-strict'] ? false : undefined,
    token_seconds: tokenSeconds,
    max_token_seconds: maxTokenSeconds,
  });
}

function line(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const value = text.trim();
  if (value === '' || value.length > MAX_TEXT_LENGTH || /\p{Cc}/u.test(value))
    throw new UsageError(`--${option} should be one line of 1 to ${MAX_TEXT_LENGTH} characters`);
  return value;
}

/** Any spelling that a token request may have. An unknown scope would grant nothing, and nobody would notice. */
function scopes(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { known, unknown } = readScopes(text);
  if (unknown.length > 0)
    throw new UsageError(`--${option}: there is no scope ${unknown.join(', ')}; there are ${SCOPES.join(', ')}`);
  if (known.length === 0) throw new UsageError(`--${option} should name at least one of ${SCOPES.join(', ')}`);
  return known.join(' ');
}

function grantType(text: string): GrantType {
  const known = GRANT_TYPES.find((name) => name === text);
  if (!known)
    throw new UsageError(`--grant-type should be one of ${GRANT_TYPES.join(', ')}, not ${JSON.stringify(text)}`);
  return known;
}

function organization(text: string | undefined): string | undefined {
  if (text !== undefined && text !== DEFAULT_ORGANIZATION)
    throw new UsageError(`--org: there is no organization ${JSON.stringify(text)}; there is ${DEFAULT_ORGANIZATION}`);
  return text;
}

type Said<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Said<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Said<T>;
}
