/** What is said of a client whose people sign out: where they are sent then, and where it is told. */
import type { Client } from '../shared/client.ts';
import { readBackchannelUri } from '../shared/backchannel-uri.ts';
import { readRedirectUri } from '../shared/redirect-uri.ts';
import { onlySaid, type Changes } from './changes.ts';
import { notBoth, readAs, type ValuesOf } from './options.ts';

export const LOGOUT_OPTIONS = {
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  'no-post-logout-redirect-uris': { type: 'boolean' },
  'backchannel-logout-uri': { type: 'string' },
  'no-backchannel-logout-uri': { type: 'boolean' },
  'backchannel-logout-session': { type: 'boolean' },
  'no-backchannel-logout-session': { type: 'boolean' },
} as const;

const OPPOSITES = [
  ['post-logout-redirect-uri', 'no-post-logout-redirect-uris'],
  ['backchannel-logout-uri', 'no-backchannel-logout-uri'],
  ['backchannel-logout-session', 'no-backchannel-logout-session'],
] as const;

const REMOVALS = [
  ['no-post-logout-redirect-uris', 'post_logout_redirect_uris'],
  ['no-backchannel-logout-uri', 'backchannel_logout_uri'],
  ['no-backchannel-logout-session', 'backchannel_logout_session_required'],
] as const;

/** @throws UsageError naming the option and what it should be. */
export function readLogout(values: ValuesOf<typeof LOGOUT_OPTIONS>): Changes<Client> {
  notBoth({ ...values }, OPPOSITES);
  const { 'post-logout-redirect-uri': uris, 'backchannel-logout-uri': told } = values;
  const readUri = (text: string) => readAs('post-logout-redirect-uri', text, readRedirectUri);
  return {
    said: onlySaid({
      post_logout_redirect_uris: uris && [...new Set(uris.map(readUri))],
      backchannel_logout_uri:
        told === undefined ? undefined : readAs('backchannel-logout-uri', told, readBackchannelUri),
      backchannel_logout_session_required: values['backchannel-logout-session'] || undefined,
    }),
    dropped: REMOVALS.flatMap(([option, field]) => (values[option] ? [field] : [])),
  };
}

const hasCodes = ({ grant_types }: Client) => grant_types.includes('authorization_code');

export const LOGOUT_CONTRADICTIONS: readonly { when: (client: Client) => boolean; say: string }[] = [
  {
    when: (client) => Boolean(client.post_logout_redirect_uris?.length) && !hasCodes(client),
    say: '--post-logout-redirect-uri is for clients that people sign in to: --grant-type authorization_code',
  },
  {
    when: (client) =>
      !client.public && Boolean(client.post_logout_redirect_uris?.some((uri) => !/^https?:/i.test(uri))),
    say: '--post-logout-redirect-uri with a scheme of its own is for apps: clients that are --public',
  },
  {
    when: (client) => client.backchannel_logout_uri !== undefined && !hasCodes(client),
    say: '--backchannel-logout-uri is for clients that people sign in to: --grant-type authorization_code',
  },
  {
    when: (client) =>
      client.backchannel_logout_session_required === true && client.backchannel_logout_uri === undefined,
    say: '--backchannel-logout-session needs --backchannel-logout-uri: where the client is told of it',
  },
];
