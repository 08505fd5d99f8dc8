/** What can be said of a client on the command line, and what is wrong with it. */
import { ACCESS_TOKEN_FORMATS, DEVICE_CODE, GRANT_TYPES, type Client, type GrantType } from '../shared/client.ts';
import { readScopes, SCOPES } from '../shared/scopes.ts';
import { isIdentityScope } from '../token/identity-scopes.ts';
import { onlySaid, type Changes } from './changes.ts';
import { AUTHENTICATION_OPTIONS } from './client-authentication.ts';
import { AUTHORIZATION_OPTIONS, readAuthorization } from './client-authorization.ts';
import { LMS_OPTIONS, readLms } from './client-lms.ts';
import { OAUTH1_OPTIONS } from './client-oauth1.ts';
import { POLICY_OPTIONS, readPolicy } from './client-policy.ts';
import { UsageError } from './context.ts';
import { notBoth, oneLine, oneOfThese, wholeSeconds, type ValuesOf } from './options.ts';

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
  'access-token-format': { type: 'string' },
  ...AUTHENTICATION_OPTIONS,
  ...AUTHORIZATION_OPTIONS,
  ...POLICY_OPTIONS,
  ...LMS_OPTIONS,
  ...OAUTH1_OPTIONS,
} as const;

/** @throws UsageError naming the option and what it should be. Whether there is that organization is not looked at. */
export function readFields(values: ValuesOf<typeof FIELD_OPTIONS>): Changes<Client> {
  notBoth({ ...values }, [['strict', 'no-strict']]);
  const authorization = readAuthorization(values);
  const policy = readPolicy(values);
  const lms = readLms(values);
  const fields = onlySaid({
    client_name: oneLine('name', values.name),
    description: oneLine('description', values.description),
    scope: values.scope?.trim() === '' ? '' : readScopesOption('scope', values.scope),
    default_scope: readScopesOption('default-scope', values['default-scope']),
    grant_types: grantTypes(values['grant-type']),
    org: values.org,
    strict: values.strict ? true : values['no-strict'] ? false : undefined,
    token_seconds: wholeSeconds('token-seconds', values['token-seconds']),
    max_token_seconds: wholeSeconds('max-token-seconds', values['max-token-seconds']),
    access_token_format: oneOfThese('access-token-format', values['access-token-format'], ACCESS_TOKEN_FORMATS),
  });
  return {
    said: { ...fields, ...authorization.said, ...policy.said, ...lms.said },
    dropped: [...authorization.dropped, ...policy.dropped, ...lms.dropped],
  };
}

/** RFC 8628 has a URN for it, which nobody types. */
const ALIASES: Readonly<Record<string, GrantType>> = { device_code: DEVICE_CODE };

function grantTypes(texts: readonly string[] | undefined): GrantType[] | undefined {
  const said = texts?.map((text) => oneOfThese('grant-type', ALIASES[text] ?? text, GRANT_TYPES));
  return said && GRANT_TYPES.filter((known) => said.includes(known));
}

/** Any spelling that a token request may have. An unknown scope would grant nothing, and nobody would notice. */
export function readScopesOption(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { known, unknown } = readScopes(text);
  const who = unknown.filter(isIdentityScope);
  if (who.length > 0)
    throw new UsageError(
      `--${option}: any client may ask a person for ${who.join(', ')}, without being registered for it; --scope "" is for one that asks for nothing else`,
    );
  if (unknown.length > 0)
    throw new UsageError(`--${option}: there is no scope ${unknown.join(', ')}; there are ${SCOPES.join(', ')}`);
  if (known.length === 0) throw new UsageError(`--${option} should name at least one of ${SCOPES.join(', ')}`);
  return known.join(' ');
}
