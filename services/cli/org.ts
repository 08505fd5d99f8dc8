/** `org …`: organizations, beside running services, which notice at once. */
import { nowSeconds } from '../shared/clock.ts';
import {
  DEFAULT_ORGANIZATION,
  ORGANIZATION_ID,
  type LrsRegistration,
  type Organization,
} from '../shared/organization.ts';
import { adviceOn } from './advice.ts';
import { applied, saysNothing } from './changes.ts';
import { CommandFailed, UsageError, type Command, type Context } from './context.ts';
import { allOrganizations, allRegistered, findOrganization, noSuchOrganization } from './find-organization.ts';
import { CONSEQUENCE, likenessesIn, type Registered } from './lookalikes.ts';
import { readLrsPassword } from './lrs-credential.ts';
import { LRS_OPTIONS, readLrsOptions } from './lrs-options.ts';
import { onlyPositional, readOptions } from './options.ts';
import { organizationAsJson, organizationAsText, SAMPLE } from './organization-view.ts';
import { withRegisters, type Registers } from './with-registers.ts';

const JSON_OPTION = { json: { type: 'boolean' } } as const;

type Action = (context: Context, registers: Registers) => Promise<void>;

const ACTIONS: Record<string, Action> = {
  create: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, { ...LRS_OPTIONS, ...JSON_OPTION });
    const org = registrableId(positionals);
    const { said, lrs: changes } = readLrsOptions(values);
    if (said.name === undefined) throw new UsageError('--name is needed: what to call the organization');
    if (changes.said.url === undefined) throw new UsageError('--lrs-url is needed: its LRS, with the xAPI path');
    const password = await passwordOf(values, context, registers);
    const usual: LrsRegistration = {
      url: changes.said.url,
      auth: 'basic',
      authority: 'shared',
      jwt_profile: 'generic',
    };
    const lrs = complete({ ...applied(usual, changes), ...password });
    const now = nowSeconds();
    const created: Organization = {
      org,
      name: said.name,
      lrs,
      isolate_state: said.isolate_state ?? false,
      created_at: now,
      updated_at: now,
    };
    if (!(await registers.organizations.add(created)))
      throw new CommandFailed(`there is an organization ${org} already`);
    showChanged(context, registers, values.json, created);
  },

  list: async (context, registers) => {
    const { values } = readOptions(context.args, JSON_OPTION);
    const all = await allOrganizations(registers);
    if (values.json) return context.print(JSON.stringify(all.map(organizationAsJson), null, 2));
    for (const { org, name, lrs } of all)
      context.print(`${org}  ${name}  ${lrs.url || SAMPLE}  ${lrs.auth}, authority ${lrs.authority}`);
  },

  show: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'organization');
    show(context, values.json, await findOrganization(registers, id));
  },

  update: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, { ...LRS_OPTIONS, ...JSON_OPTION });
    const id = registrableId(positionals);
    const { said, lrs: changes } = readLrsOptions(values);
    if (!(await registers.organizations.find(id))) await noSuchOrganization(registers, id);
    const password = await passwordOf(values, context, registers);
    if (Object.keys(said).length === 0 && saysNothing(changes) && Object.keys(password).length === 0)
      throw new UsageError('say what to change; see: hallpass help');
    const registered = await allRegistered(registers);
    const changed = await registers.organizations.change(id, (organization) => {
      const lrs = complete({ ...applied(organization.lrs, changes), ...password });
      const next = { ...organization, ...said, lrs, updated_at: nowSeconds() };
      refuseNewLikenesses(registered, next);
      return next;
    });
    showChanged(context, registers, values.json, changed ?? (await noSuchOrganization(registers, id)));
  },

  delete: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = registrableId(positionals);
    const members = (await registers.clients.list()).filter(({ org }) => org === id);
    if (members.length > 0)
      throw new CommandFailed(
        `organization ${id} has clients: ${members.map(({ client_id }) => client_id).join(', ')}; delete them first, or move them (client update ID --org …)`,
      );
    const people = (await registers.people.list()).filter(({ org }) => org === id);
    if (people.length > 0)
      throw new CommandFailed(
        `organization ${id} has users: ${people.map(({ email }) => email).join(', ')}; delete them first`,
      );
    if (!(await registers.organizations.remove(id))) await noSuchOrganization(registers, id);
    context.print(values.json ? JSON.stringify({ org: id, deleted: true }) : `organization ${id} is deleted`);
  },
};

export const ORGANIZATION_ACTIONS = Object.keys(ACTIONS);

export const org: Command = async (context) => {
  const [name = '', ...args] = context.args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new UsageError(`org what? ${ORGANIZATION_ACTIONS.join(', ')}`);
  await withRegisters(context, (registers) => action({ ...context, args }, registers));
};

/** @throws UsageError where it is no id, or that of the one that the settings describe. */
function registrableId(positionals: readonly string[]): string {
  const id = onlyPositional(positionals, 'organization');
  if (id === DEFAULT_ORGANIZATION)
    throw new UsageError(`organization ${id} is described by the settings (hallpass settings), and by nothing else`);
  if (!ORGANIZATION_ID.test(id))
    throw new UsageError(
      `an organization's id should be 1 to 63 of a to z, 0 to 9 and -, neither first nor last a -, not ${JSON.stringify(id)}`,
    );
  return id;
}

async function passwordOf(
  values: { 'lrs-password-stdin'?: boolean | undefined },
  context: Context,
  registers: Registers,
): Promise<Pick<LrsRegistration, 'password'>> {
  return values['lrs-password-stdin'] ? { password: await readLrsPassword(context, registers.seal()) } : {};
}

/** Those that were alike before are not made more so, and must not stand in the way of a change that is urgent. */
function refuseNewLikenesses(registered: Registered, changed: Organization): void {
  const organizations = registered.organizations.map((one) => (one.org === changed.org ? changed : one));
  const before = likenessesIn(registered);
  for (const [id, likeness] of likenessesIn({ ...registered, organizations }))
    if (!before.has(id)) throw new CommandFailed(`client ${id} would have ${likeness}: ${CONSEQUENCE}`);
}

/** @throws UsageError for half a credential. */
function complete(lrs: LrsRegistration): LrsRegistration {
  if ((lrs.username === undefined) !== (lrs.password === undefined))
    throw new UsageError('--lrs-username and --lrs-password-stdin belong together: the credential is one of both');
  return lrs;
}

function showChanged(
  context: Context,
  { issuer }: Registers,
  asJson: boolean | undefined,
  organization: Organization,
): void {
  for (const line of adviceOn(organization, issuer)) context.note(`hallpass: ${line}`);
  show(context, asJson, organization);
}

function show(context: Context, asJson: boolean | undefined, organization: Organization): void {
  if (asJson) context.print(JSON.stringify(organizationAsJson(organization), null, 2));
  else for (const row of organizationAsText(organization)) context.print(row);
}
