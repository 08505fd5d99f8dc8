/** `user …`: people with an account here, beside running services, which notice at once. */
import { nowSeconds } from '../shared/clock.ts';
import { DEFAULT_ORGANIZATION } from '../shared/organization.ts';
import { hashPassword } from '../shared/password.ts';
import type { Person } from '../shared/person.ts';
import { usernamesFor } from '../shared/person-name.ts';
import { addPerson } from '../store/new-person.ts';
import { NameTaken } from '../store/people.ts';
import { applied, saysNothing } from './changes.ts';
import { CommandFailed, UsageError, type Command, type Context } from './context.ts';
import { endSessionsOf } from './end-sessions.ts';
import { organizationOfOption } from './find-organization.ts';
import { findPerson, noSuchPerson, WHO } from './find-person.ts';
import { notBoth, onlyPositional, readOptions } from './options.ts';
import { PERSON_OPTIONS, readPassword, readPerson } from './user-fields.ts';
import { LINK_ACTIONS } from './user-links.ts';
import { personAsJson, showPerson } from './user-view.ts';
import { withRegisters, type Registers } from './with-registers.ts';

const JSON_OPTION = { json: { type: 'boolean' } } as const;
const PASSWORD_OPTION = { 'password-stdin': { type: 'boolean' } } as const;

type Action = (context: Context, registers: Registers) => Promise<void>;

const ACTIONS: Record<string, Action> = {
  create: async (context, registers) => {
    const options = { ...PERSON_OPTIONS, ...PASSWORD_OPTION, ...JSON_OPTION, org: { type: 'string' } } as const;
    const { values, positionals } = readOptions(context.args, options);
    const [unexpected] = positionals;
    if (unexpected !== undefined) throw new UsageError(`${JSON.stringify(unexpected)} is of no option`);
    const { email, name, scope, ...said } = readPerson(values).said;
    if (email === undefined) throw new UsageError('--email is needed: the address that the person signs in with');
    if (name === undefined) throw new UsageError('--name is needed: what to call the person');
    if (scope === undefined)
      throw new UsageError('--permissions is needed: what clients may do at most for the person; "" is nothing');
    const org = values.org ?? DEFAULT_ORGANIZATION;
    await organizationOfOption(registers, org);
    const [username = said.username ?? ''] = usernamesFor(email);
    const known = { email, name, username: said.username ?? username };
    const password = values['password-stdin'] ? await readPassword(context, known) : undefined;
    const stored = password === undefined ? {} : { password: await hashPassword(password, nowSeconds()) };
    const added = await addPerson(registers.people, {
      ...{ org, email, email_verified: true, name, scope },
      ...said,
      ...stored,
    });
    if (!added) return sayTaken(registers, email, said.username);
    if (password === undefined)
      context.note(
        'hallpass: without a password nobody signs in to this account here; give it one: hallpass user password',
      );
    showPerson(context, values.json, added);
  },

  list: async (context, { people }) => {
    const { values } = readOptions(context.args, JSON_OPTION);
    const all = await people.list();
    if (values.json) return context.print(JSON.stringify(all.map(personAsJson), null, 2));
    for (const person of all) context.print(listed(person));
  },

  show: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    showPerson(context, values.json, await findPerson(registers, onlyPositional(positionals, WHO)));
  },

  update: async (context, registers) => {
    const options = {
      ...PERSON_OPTIONS,
      ...JSON_OPTION,
      active: { type: 'boolean' },
      inactive: { type: 'boolean' },
    } as const;
    const { values, positionals } = readOptions(context.args, options);
    const who = onlyPositional(positionals, WHO);
    const changes = readPerson(values);
    notBoth(values, [['active', 'inactive']]);
    if (values.active) changes.said.active = true;
    if (values.inactive) changes.said.active = false;
    if (saysNothing(changes)) throw new UsageError('say what to change; see: hallpass help');
    const { person_id } = await findPerson(registers, who);
    const changed = await registers.people
      .change(person_id, (person) => switched(person, { ...applied(person, changes), updated_at: nowSeconds() }))
      .catch((error: unknown) => {
        throw error instanceof NameTaken ? new CommandFailed(error.message, { cause: error }) : error;
      });
    if (values.inactive) await endSessionsOf(context, registers, person_id);
    showPerson(context, values.json, changed ?? noSuchPerson(who));
  },

  password: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, { ...PASSWORD_OPTION, ...JSON_OPTION });
    const who = onlyPositional(positionals, WHO);
    if (!values['password-stdin'])
      throw new UsageError(
        '--password-stdin is needed: the password is read from standard input, where nobody sees it',
      );
    const found = await findPerson(registers, who);
    const now = nowSeconds();
    const password = await hashPassword(await readPassword(context, found), now);
    const changed = await registers.people.change(found.person_id, (person) => ({
      ...person,
      password,
      generation: person.generation + 1,
      updated_at: now,
    }));
    await endSessionsOf(context, registers, found.person_id);
    showPerson(context, values.json, changed ?? noSuchPerson(who));
  },

  ...LINK_ACTIONS,

  delete: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const who = onlyPositional(positionals, WHO);
    const { person_id, email } = await findPerson(registers, who);
    if (!(await registers.people.remove(person_id))) noSuchPerson(who);
    await endSessionsOf(context, registers, person_id);
    context.print(values.json ? JSON.stringify({ sub: person_id, deleted: true }) : `user ${email} is deleted`);
  },
};

export const USER_ACTIONS = Object.keys(ACTIONS);

export const user: Command = async (context) => {
  const [name = '', ...args] = context.args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new UsageError(`user what? ${USER_ACTIONS.join(', ')}`);
  await withRegisters(context, (registers) => action({ ...context, args }, registers));
};

/** Its sessions and tokens end with it, and do not come back when it does. */
function switched(before: Person, after: Person): Person {
  return before.active && !after.active ? { ...after, generation: before.generation + 1 } : after;
}

async function sayTaken({ people }: Registers, email: string, username?: string): Promise<never> {
  const isEmail = username === undefined || (await people.findByEmail(email)) !== undefined;
  throw new CommandFailed(`there is a user ${isEmail ? email : `called ${username}`} already`);
}

function listed({ person_id, email, name, scope, org, active }: Person): string {
  const where = org === DEFAULT_ORGANIZATION ? '' : `  in ${org}`;
  return `${person_id}  ${email}  ${name}  [${scope}]${where}${active ? '' : '  inactive'}`;
}
