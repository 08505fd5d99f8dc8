/** `settings`: the table of all settings. */
import type { Setting } from '../../config/setting.ts';
import { SETTINGS } from '../../config/settings.ts';
import type { Command } from './context.ts';
import { readOptions } from './options.ts';

export const settings: Command = ({ args, print }) => {
  const { values } = readOptions(args, { json: { type: 'boolean' } });
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => ({
    name,
    default: setting.default ?? null,
    secret: setting.secret ?? false,
    description: setting.doc,
  }));
  if (values.json) print(JSON.stringify(rows, null, 2));
  else {
    print('| setting | default | what it is |');
    print('| --- | --- | --- |');
    for (const row of rows)
      print(
        `| \`${row.name}\`${row.secret ? ', `…_FILE`' : ''} | ${row.default ? `\`${row.default}\`` : ''} | ${row.description} |`,
      );
  }
  return Promise.resolve();
};
