/** `registration-token …`: what lets somebody register a client by themselves, and what such a client may get. */
import { GRANT_TYPES } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { DEFAULT_ORGANIZATION } from '../shared/organization.ts';
import { MOST_USES, type Allowance } from '../store/registration-tokens.ts';
import { readScopesOption } from './client-fields.ts';
import { CommandFailed, UsageError, type Command, type Context } from './context.ts';
import { organizationOfOption } from './find-organization.ts';
import { oneOfThese, onlyPositional, readOptions, wholeSeconds } from './options.ts';
import { withRegisters, type Registers } from './with-registers.ts';

const DAY_SECONDS = 86_400;
const MOST_SECONDS = 365 * DAY_SECONDS;

type Action = (context: Context, registers: Registers) => Promise<void>;

const ACTIONS: Record<string, Action> = {
  create: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, {
      scope: { type: 'string' },
      org: { type: 'string' },
      'grant-type': { type: 'string', multiple: true },
      'expires-seconds': { type: 'string' },
      uses: { type: 'string' },
      json: { type: 'boolean' },
    });
    if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is of no option`);
    const scope = values.scope?.trim() === '' ? '' : readScopesOption('scope', values.scope);
    if (scope === undefined) throw new UsageError('--scope is needed: all that a client registered by it may have');
    const seconds = wholeSeconds('expires-seconds', values['expires-seconds']) ?? DAY_SECONDS;
    if (seconds > MOST_SECONDS) throw new UsageError(`--expires-seconds should be ${MOST_SECONDS} (a year) at most`);
    if (values.org !== undefined) await organizationOfOption(registers, values.org);
    const allowance: Allowance = {
      org: values.org ?? DEFAULT_ORGANIZATION,
      scope,
      grant_types: grantTypes(values['grant-type'] ?? ['authorization_code', 'refresh_token']),
      uses: uses(values.uses),
      exp: nowSeconds() + seconds,
    };
    const { token, id } = await registers.registrationTokens.create(allowance);
    show(context, values.json, { ...allowance, id }, token, registers.issuer);
  },

  list: async (context, { registrationTokens }) => {
    const { values, positionals } = readOptions(context.args, { json: { type: 'boolean' } });
    if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is of no option`);
    const all = await registrationTokens.list();
    if (values.json) return context.print(JSON.stringify(all.map(asJson), null, 2));
    for (const { id, org, scope, left, exp } of all)
      context.print([id, org, `[${scope}]`, goodFor(left, exp)].join('  '));
  },

  revoke: async (context, { registrationTokens }) => {
    const { values, positionals } = readOptions(context.args, { json: { type: 'boolean' } });
    const id = onlyPositional(positionals, 'registration token, by its id');
    if (!(await registrationTokens.revoke(id)))
      throw new CommandFailed(`there is no registration token ${JSON.stringify(id)}: it is used up, or has expired`);
    context.print(values.json ? JSON.stringify({ id, revoked: true }) : `registration token ${id} is revoked`);
  },
};

export const registrationToken: Command = async (context) => {
  const [name = '', ...args] = context.args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new UsageError(`registration-token what? ${Object.keys(ACTIONS).join(', ')}`);
  await withRegisters(context, (registers) => action({ ...context, args }, registers));
};

function grantTypes(texts: readonly string[]): Allowance['grant_types'] {
  const said = texts.map((text) => oneOfThese('grant-type', text, GRANT_TYPES));
  if (said.every((grant) => grant === 'refresh_token'))
    throw new UsageError('--grant-type refresh_token goes with another: what a person granted is refreshed');
  return GRANT_TYPES.filter((known) => said.includes(known));
}

function uses(text = '1'): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > MOST_USES)
    throw new UsageError(`--uses should be a whole number from 1 to ${MOST_USES}, not ${JSON.stringify(text)}`);
  return Number(text);
}

const goodFor = (count: number, exp: number) =>
  `${count === 1 ? 'one client' : `${count} clients`}, until ${new Date(exp * 1000).toISOString()}`;

function asJson({ exp, ...rest }: Allowance & { id: string; left: number }) {
  return { ...rest, expires_at: exp };
}

function show(
  context: Context,
  asJson: boolean | undefined,
  { id, exp, org, scope, grant_types, uses: count }: Allowance & { id: string },
  token: string,
  issuer: string,
): void {
  const shown = { registration_token: token, id, org, scope, grant_types, uses: count, expires_at: exp };
  if (asJson) return context.print(JSON.stringify(shown, null, 2));
  const rows: [string, string][] = [
    ['token', `${token}  (shown this once)`],
    ['id', id],
    ['organization', org],
    ['scope', scope],
    ['grant_types', grant_types.join(' ')],
    ['good for', goodFor(count, exp)],
    ['at', `${issuer}/oauth2/register`],
  ];
  for (const [name, value] of rows) context.print(`${name.padEnd(17)}${value}`);
}
