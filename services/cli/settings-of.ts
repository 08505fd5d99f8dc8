/** The settings of a process, read and checked before anything starts. */
import { crossCheck } from '../../config/cross-checks.ts';
import { readSettings, SettingsFault, unknownSettings, type Values } from '../../config/setting.ts';
import { SETTINGS } from '../../config/settings.ts';
import { readResources } from '../shared/resources.ts';
import { readIdentityProviders } from '../token/sign-in/elsewhere/identity-provider.ts';
import { readOrganizationTemplate } from './authority-template.ts';
import type { Context } from './context.ts';

const { HALLPASS_IDENTITY_PROVIDERS, HALLPASS_LRS_AUTHORITY_TEMPLATE, HALLPASS_RESOURCES } = SETTINGS;

/** Those that are JSON are read to the end here: config knows JSON, and not what an authority, a resource or a provider is. */
const TABLE = {
  ...SETTINGS,
  HALLPASS_IDENTITY_PROVIDERS: {
    ...HALLPASS_IDENTITY_PROVIDERS,
    parse: (text: string) => readIdentityProviders(HALLPASS_IDENTITY_PROVIDERS.parse(text)),
  },
  HALLPASS_LRS_AUTHORITY_TEMPLATE: {
    ...HALLPASS_LRS_AUTHORITY_TEMPLATE,
    parse: (text: string) => readOrganizationTemplate(HALLPASS_LRS_AUTHORITY_TEMPLATE.parse(text)),
  },
  HALLPASS_RESOURCES: {
    ...HALLPASS_RESOURCES,
    parse: (text: string) => readResources(HALLPASS_RESOURCES.parse(text)),
  },
};

export type Settings = Values<typeof TABLE>;

/** @throws SettingsFault naming every wrong setting at once. */
export function settingsOf({ environment, note }: Context, role: 'token' | 'gateway' | 'all' | 'cli'): Settings {
  for (const name of unknownSettings(SETTINGS, environment)) note(`${name} is not a setting; see: hallpass settings`);
  const settings = readSettings(TABLE, environment);
  const faults = crossCheck(settings, role);
  if (faults.length > 0) throw new SettingsFault(faults);
  return settings;
}

/** The public origin: as set, or this machine's loopback. */
export function issuerOf(settings: Settings, port = settings.HALLPASS_PORT): string {
  return settings.HALLPASS_ISSUER ?? `http://127.0.0.1:${port}`;
}
