/** What narrows a client further than its scopes do, and whom its statements are from. */
import { jsonObject, origin } from '../../config/values.ts';
import type { Client } from '../shared/client.ts';
import { readAuthorityTemplate } from '../shared/xapi/authority.ts';
import { readRestriction } from '../shared/xapi/restriction.ts';
import { onlySaid, type Changes } from './changes.ts';
import { notBoth, readAs, type ValuesOf } from './options.ts';

export const POLICY_OPTIONS = {
  authority: { type: 'string' },
  'no-authority': { type: 'boolean' },
  restriction: { type: 'string', multiple: true },
  'no-restrictions': { type: 'boolean' },
  'enforce-define': { type: 'boolean' },
  'no-enforce-define': { type: 'boolean' },
  'allowed-origin': { type: 'string', multiple: true },
  'any-origin': { type: 'boolean' },
  'lrs-username': { type: 'string' },
  'lrs-password-stdin': { type: 'boolean' },
  'no-lrs-credential': { type: 'boolean' },
} as const;

const OPPOSITES = [
  ['authority', 'no-authority'],
  ['restriction', 'no-restrictions'],
  ['enforce-define', 'no-enforce-define'],
  ['allowed-origin', 'any-origin'],
  ['lrs-username', 'no-lrs-credential'],
  ['lrs-password-stdin', 'no-lrs-credential'],
] as const;

const REMOVALS = [
  ['no-authority', 'authority'],
  ['no-restrictions', 'restrictions'],
  ['any-origin', 'allowed_origins'],
  ['no-lrs-credential', 'lrs_credential'],
] as const;

/** All but the credential at the LRS, which needs a password. @throws UsageError naming the option. */
export function readPolicy(values: ValuesOf<typeof POLICY_OPTIONS>): Changes<Client> {
  notBoth({ ...values }, OPPOSITES);
  const { authority, restriction: restrictions, 'allowed-origin': origins } = values;
  return {
    said: onlySaid({
      authority: authority === undefined ? undefined : readAs('authority', authority, asAuthority),
      restrictions: restrictions?.map((text) => readAs('restriction', text, asRestriction)),
      enforce_define: values['enforce-define'] ? true : values['no-enforce-define'] ? false : undefined,
      allowed_origins: origins && [...new Set(origins.map((text) => readAs('allowed-origin', text, origin)))],
    }),
    dropped: REMOVALS.flatMap(([option, field]) => (values[option] ? [field] : [])),
  };
}

const asAuthority = (text: string) => readAuthorityTemplate(jsonObject(text));
const asRestriction = (text: string) => readRestriction(jsonObject(text));
