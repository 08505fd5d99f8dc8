/** `audit`: what was changed by commands, when and by whom. */
import { createAdministration, KEPT_DAYS, type AdministrativeChange } from '../store/administration.ts';
import { UsageError, type Command } from './context.ts';
import { readOptions } from './options.ts';
import { withRegisters } from './with-registers.ts';

const USUAL_DAYS = 30;

export const audit: Command = async (context) => {
  const { values, positionals } = readOptions(context.args, { days: { type: 'string' }, json: { type: 'boolean' } });
  const { days = String(USUAL_DAYS) } = values;
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is of no option`);
  if (!/^\d{1,3}$/.test(days) || Number(days) < 1 || Number(days) > KEPT_DAYS)
    throw new UsageError(`--days should be a whole number from 1 to ${KEPT_DAYS}, not ${JSON.stringify(days)}`);
  await withRegisters(context, async ({ store }) => {
    const changes = await Array.fromAsync(createAdministration(store).ofDays(Number(days)));
    if (values.json) context.print(JSON.stringify(changes, null, 2));
    else for (const change of changes) context.print(asText(change));
  });
};

function asText({
  at,
  user,
  sudo_user,
  host,
  administrator,
  action,
  subject,
  id,
  outcome,
  fields,
  scope,
}: AdministrativeChange): string {
  const who = `${user}@${host}${sudo_user === undefined ? '' : ` (sudo: ${sudo_user})`}`;
  const as = administrator === undefined ? '' : ` as ${administrator}`;
  const what = fields === undefined || fields.length === 0 ? outcome : `${outcome}: ${fields.join(', ')}`;
  return [at, `${who}${as}`, `${subject} ${action}`, id, what, ...(scope === undefined ? [] : [`[${scope}]`])].join(
    '  ',
  );
}
