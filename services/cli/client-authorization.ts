/** What is said of a client that people let act for them: where they are sent back to, and what they are told of it. */
import { DEVICE_CODE, type Client } from '../shared/client.ts';
import { readHomePage } from '../shared/home-page.ts';
import { readRedirectUri } from '../shared/redirect-uri.ts';
import { SCOPES } from '../shared/scopes.ts';
import { onlySaid, type Changes } from './changes.ts';
import { AUTHENTICATION_CONTRADICTIONS } from './client-authentication.ts';
import { LOGOUT_CONTRADICTIONS, LOGOUT_OPTIONS, readLogout } from './client-logout.ts';
import { OAUTH1_CONTRADICTIONS } from './client-oauth1.ts';
import { UsageError } from './context.ts';
import { notBoth, oneLine, readAs, type ValuesOf } from './options.ts';

export const AUTHORIZATION_OPTIONS = {
  'redirect-uri': { type: 'string', multiple: true },
  'no-redirect-uris': { type: 'boolean' },
  ...LOGOUT_OPTIONS,
  pkce: { type: 'boolean' },
  'no-pkce': { type: 'boolean' },
  par: { type: 'boolean' },
  'no-par': { type: 'boolean' },
  'client-uri': { type: 'string' },
  'no-client-uri': { type: 'boolean' },
  owner: { type: 'string' },
  'no-owner': { type: 'boolean' },
} as const;

const OPPOSITES = [
  ['redirect-uri', 'no-redirect-uris'],
  ['pkce', 'no-pkce'],
  ['par', 'no-par'],
  ['client-uri', 'no-client-uri'],
  ['owner', 'no-owner'],
] as const;

const REMOVALS = [
  ['no-redirect-uris', 'redirect_uris'],
  ['pkce', 'pkce'],
  ['no-par', 'require_pushed_authorization_requests'],
  ['no-client-uri', 'client_uri'],
  ['no-owner', 'owner'],
] as const;

/** @throws UsageError naming the option and what it should be. */
export function readAuthorization(values: ValuesOf<typeof AUTHORIZATION_OPTIONS>): Changes<Client> {
  notBoth({ ...values }, OPPOSITES);
  const logout = readLogout(values);
  const { 'redirect-uri': uris, 'client-uri': home } = values;
  return {
    said: onlySaid({
      redirect_uris: uris && [...new Set(uris.map((text) => readAs('redirect-uri', text, readRedirectUri)))],
      pkce: values['no-pkce'] ? (false as const) : undefined,
      require_pushed_authorization_requests: values.par ? (true as const) : undefined,
      client_uri: home === undefined ? undefined : readAs('client-uri', home, readHomePage),
      owner: oneLine('owner', values.owner),
      ...logout.said,
    }),
    dropped: [...REMOVALS.flatMap(([option, field]) => (values[option] ? [field] : [])), ...logout.dropped],
  };
}

interface Contradiction {
  when: (client: Client) => boolean;
  say: string;
}

const has = ({ grant_types }: Client, grantType: Client['grant_types'][number]) => grant_types.includes(grantType);

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    /* A token without a scope looks like success and works nowhere; who somebody is, though, needs none of these. */
    when: (client) => client.scope === '' && has(client, 'client_credentials'),
    say: `--scope should name at least one of ${SCOPES.join(', ')}: only a client that acts for people can do without`,
  },
  {
    /* "The client credentials grant type MUST only be used by confidential clients." (RFC 6749 §4.4) */
    when: (client) => client.public === true && has(client, 'client_credentials'),
    say: 'a client that is --public has no secret, so it cannot have client_credentials; say --grant-type authorization_code, or device_code',
  },
  {
    /* "Public clients … MUST use PKCE" (RFC 9700 §2.1.1) */
    when: (client) => client.public === true && client.pkce === false,
    say: '--no-pkce is for clients that have a secret: without either, whoever sees a code could redeem it',
  },
  {
    /* By OAuth 1, a person can also type what the page shows: `oob`. */
    when: (client) => has(client, 'authorization_code') && !client.redirect_uris?.length && !client.oauth1,
    say: '--redirect-uri is needed for --grant-type authorization_code: where people are sent back to',
  },
  {
    when: (client) => has(client, 'refresh_token') && !has(client, 'authorization_code') && !has(client, DEVICE_CODE),
    say: '--grant-type refresh_token goes with authorization_code or device_code: only what a person granted is refreshed',
  },
  ...AUTHENTICATION_CONTRADICTIONS,
  ...LOGOUT_CONTRADICTIONS,
  ...OAUTH1_CONTRADICTIONS,
];

/** @param before as it was: a client that was wrong already can still be switched off. @throws UsageError */
export function refuseContradiction(client: Client, before?: Client): void {
  const broken = CONTRADICTIONS.find(({ when }) => when(client) && !(before && when(before)));
  if (broken) throw new UsageError(broken.say);
}
