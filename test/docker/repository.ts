/** The repository's files, for tests that hold one against another. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../config/settings.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}

/** Every name that hallpass reads from the environment. */
export const KNOWN_NAMES: readonly string[] = Object.entries(SETTINGS).flatMap(([name, setting]) =>
  'secret' in setting ? [name, `${name}_FILE`] : [name],
);

/** The names in it that look like settings and are none. */
export function unknownNames(text: string): string[] {
  return [...new Set(text.match(/HALLPASS_\w+/g))].filter((name) => !KNOWN_NAMES.includes(name));
}
