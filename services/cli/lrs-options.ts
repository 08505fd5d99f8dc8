/** What can be said of an organization on the command line. An empty text takes back what was said before. */
import { jsonObject, scopePrefix, webUrl } from '../../config/values.ts';
import {
  JWT_PROFILES,
  LRS_AUTHORITIES,
  LRS_AUTHS,
  LRS_VERSIONS,
  type LrsRegistration,
  type Organization,
} from '../shared/organization.ts';
import type { Authority } from '../shared/xapi/actor.ts';
import { readOrganizationTemplate } from './authority-template.ts';
import { onlySaid, type Changes } from './changes.ts';
import { UsageError } from './context.ts';
import { lrsUsername } from './lrs-credential.ts';
import { notBoth, oneLine, oneOfThese, readAs, type ValuesOf } from './options.ts';

export const LRS_OPTIONS = {
  name: { type: 'string' },
  'lrs-url': { type: 'string' },
  'lrs-auth': { type: 'string' },
  'lrs-username': { type: 'string' },
  'lrs-password-stdin': { type: 'boolean' },
  'lrs-authority': { type: 'string' },
  'lrs-authority-template': { type: 'string' },
  'lrs-jwt-profile': { type: 'string' },
  'lrs-audience': { type: 'string' },
  'lrs-scope-prefix': { type: 'string' },
  'lrs-version': { type: 'string' },
  'isolate-state': { type: 'boolean' },
  'no-isolate-state': { type: 'boolean' },
} as const;

type LrsValues = ValuesOf<typeof LRS_OPTIONS>;

/** Option → the field that an empty text leaves out. */
const REMOVABLE = [
  ['lrs-username', 'username'],
  ['lrs-username', 'password'],
  ['lrs-authority-template', 'authority_template'],
  ['lrs-audience', 'audience'],
  ['lrs-scope-prefix', 'scope_prefix'],
  ['lrs-version', 'version'],
] as const;

export interface OrganizationChanges {
  said: Partial<Pick<Organization, 'name' | 'isolate_state'>>;
  lrs: Changes<LrsRegistration>;
}

/** All but the password. @throws UsageError naming the option and what it should be. */
export function readLrsOptions(values: LrsValues): OrganizationChanges {
  notBoth(values, [['isolate-state', 'no-isolate-state']]);
  if (values['lrs-username'] === '' && values['lrs-password-stdin'])
    throw new UsageError('--lrs-password-stdin needs a user name, and --lrs-username is empty');
  const said = <T>(option: keyof LrsValues, read: (text: string) => T): T | undefined => {
    const text = values[option];
    return typeof text !== 'string' || text === '' ? undefined : readAs(option, text, read);
  };
  const isolate_state = values['isolate-state'] ? true : values['no-isolate-state'] ? false : undefined;
  return {
    said: onlySaid({ name: oneLine('name', values.name), isolate_state }),
    lrs: {
      said: onlySaid({
        url: values['lrs-url'] === undefined ? undefined : readAs('lrs-url', values['lrs-url'], lrsUrl),
        auth: oneOfThese('lrs-auth', values['lrs-auth'], LRS_AUTHS),
        username: values['lrs-username'] ? lrsUsername(values['lrs-username']) : undefined,
        authority: oneOfThese('lrs-authority', values['lrs-authority'], LRS_AUTHORITIES),
        authority_template: said('lrs-authority-template', template),
        jwt_profile: oneOfThese('lrs-jwt-profile', values['lrs-jwt-profile'], JWT_PROFILES),
        audience: values['lrs-audience'] ? oneLine('lrs-audience', values['lrs-audience']) : undefined,
        scope_prefix: said('lrs-scope-prefix', scopePrefix),
        version: oneOfThese('lrs-version', values['lrs-version'] || undefined, LRS_VERSIONS),
      }),
      dropped: REMOVABLE.flatMap(([option, field]) => (values[option] === '' ? [field] : [])),
    },
  };
}

const lrsUrl = webUrl('https://lrs.internal/data/xAPI');
const template = (text: string): Authority => readOrganizationTemplate(jsonObject(text));
