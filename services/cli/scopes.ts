/** `scopes`: who may do what, as the table has it. */
import { LRS_SCOPES, type Permission } from '../shared/xapi/permissions.ts';
import { DIALECT, NAMED_SCOPES } from '../shared/scopes.ts';
import type { Command } from './context.ts';
import { readOptions } from './options.ts';

export const scopes: Command = ({ args, print }) => {
  readOptions(args, {});
  print('| scope | what it permits |');
  print('| --- | --- |');
  for (const [scope, grants] of Object.entries(LRS_SCOPES)) print(`| \`${scope}\` | ${describe(grants)} |`);
  for (const [scope, meaning] of Object.entries(NAMED_SCOPES)) print(`| \`${scope}\` | ${meaning} (by name only) |`);
  print("| `ext/NAME` | a scope of the operator's own, for a further resource that names it (by name only) |");
  for (const [name, meant] of Object.entries(DIALECT))
    print(`| \`${name}\` | the same as ${meant.map((scope) => `\`${scope}\``).join(' ')} |`);
  return Promise.resolve();
};

function describe(grants: Partial<Record<string, readonly Permission[]>>): string {
  const rows = Object.entries(grants).map(([resource, permissions]) => ({ resource, what: words(permissions ?? []) }));
  const sentences = new Map<string, string[]>();
  for (const { resource, what } of rows) sentences.set(what, [...(sentences.get(what) ?? []), resource]);
  return [...sentences].map(([what, resources]) => `${what}: ${resources.join(', ')}`).join('; ');
}

/** A broader read covers one's own. */
function words(permissions: readonly Permission[]): string {
  const shown = permissions.includes('read') ? permissions.filter((permission) => permission !== 'mine') : permissions;
  const names: Record<Permission, string> = { read: 'read', write: 'write', mine: 'read own', define: 'redefine' };
  return shown.map((permission) => names[permission]).join(', ');
}
