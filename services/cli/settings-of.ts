/** The settings of a process, read and checked before anything starts. */
import { crossCheck } from '../../config/cross-checks.ts';
import { readSettings, SettingsFault, unknownSettings } from '../../config/setting.ts';
import { SETTINGS, type Settings } from '../../config/settings.ts';
import type { Context } from './context.ts';

/** @throws SettingsFault naming every wrong setting at once. */
export function settingsOf({ environment, note }: Context, role: 'token' | 'gateway' | 'all' | 'cli'): Settings {
  for (const name of unknownSettings(SETTINGS, environment)) note(`${name} is not a setting; see: hallpass settings`);
  const settings = readSettings(SETTINGS, environment);
  const faults = crossCheck(settings, role);
  if (faults.length > 0) throw new SettingsFault(faults);
  return settings;
}

/** The public origin: as set, or this machine's loopback. */
export function issuerOf(settings: Settings, port = settings.HALLPASS_PORT): string {
  return settings.HALLPASS_ISSUER ?? `http://127.0.0.1:${port}`;
}
