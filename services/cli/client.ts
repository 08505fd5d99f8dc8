/** `client …`: registrations, beside running services, which notice at once. */
import { withRegeneratedSecret, withRotatedSecret } from '../shared/client-credentials.ts';
import { hasSecrets, type Client } from '../shared/client.ts';
import { DEFAULT_ORGANIZATION } from '../shared/organization.ts';
import { generateSecret, storeGenerated, type StoredSecret } from '../shared/secret.ts';
import { actingAs, takeAs } from './acting-as.ts';
import { changeClient, noSuchClient, showClient } from './client-change.ts';
import { createClient, updateClient } from './client-register.ts';
import { OAUTH1_ACTIONS } from './client-oauth1.ts';
import { TOKEN_ACTIONS } from './client-token.ts';
import { clientAsJson } from './client-view.ts';
import { CommandFailed, UsageError, type Command, type Context } from './context.ts';
import { onlyPositional, readOptions, wholeSeconds } from './options.ts';
import { withRegisters, type Registers } from './with-registers.ts';

/** One day in which both secrets work: time to bring the new one to every place that has the old. */
const ROTATION_OVERLAP_SECONDS = 86_400;
const JSON_OPTION = { json: { type: 'boolean' } } as const;

type Action = (context: Context, registers: Registers) => Promise<void>;

const ACTIONS: Record<string, Action> = {
  create: createClient,

  list: async (context, { clients }) => {
    const { values } = readOptions(context.args, JSON_OPTION);
    const all = await clients.list();
    if (values.json)
      return context.print(
        JSON.stringify(
          all.map((client) => clientAsJson(client)),
          null,
          2,
        ),
      );
    for (const client of all) context.print(listed(client));
  },

  show: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    showClient({ ...context, ...registers }, values.json, (await registers.clients.find(id)) ?? noSuchClient(id));
  },

  update: updateClient,

  rotate: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, {
      ...JSON_OPTION,
      'overlap-seconds': { type: 'string' },
    });
    const overlapSeconds = wholeSeconds('overlap-seconds', values['overlap-seconds']) ?? ROTATION_OVERLAP_SECONDS;
    const id = onlyPositional(positionals, 'client id');
    await newSecret(context, registers, id, values.json, (client, stored, nowSeconds) =>
      withRotatedSecret(client, stored, { nowSeconds, overlapSeconds }),
    );
  },

  regenerate: async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    await newSecret(context, registers, id, values.json, withRegeneratedSecret);
  },

  ...TOKEN_ACTIONS,
  ...OAUTH1_ACTIONS,

  delete: async (context, { clients }) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    if (!(await clients.remove(id))) noSuchClient(id);
    context.print(values.json ? JSON.stringify({ client_id: id, deleted: true }) : `client ${id} is deleted`);
  },
};

export const CLIENT_ACTIONS = Object.keys(ACTIONS);

export const client: Command = async (context) => {
  const { who, rest } = takeAs(context.args);
  const [name = '', ...args] = rest;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new UsageError(`client what? ${CLIENT_ACTIONS.join(', ')}`);
  const act = (registers: Registers) => action({ ...context, args }, registers);
  await withRegisters({ ...context, args: rest }, (registers) =>
    who === undefined ? act(registers) : actingAs(registers, who, act),
  );
};

function listed({ client_id, client_name, org, scope, active, unverified }: Client): string {
  const where = org === DEFAULT_ORGANIZATION ? '' : `  in ${org}`;
  return `${client_id}  ${client_name}  [${scope}]${where}${active ? '' : '  inactive'}${unverified ? '  unverified' : ''}`;
}

async function newSecret(
  context: Context,
  registers: Registers,
  id: string,
  asJson: boolean | undefined,
  renew: (client: Client, stored: StoredSecret, nowSeconds: number) => Client,
): Promise<void> {
  const secret = generateSecret();
  const apply = (found: Client, now: number) => {
    if (found.public) throw new CommandFailed(`client ${id} is public: it has no secret`);
    if (!hasSecrets(found))
      throw new CommandFailed(`client ${id} authenticates by its keys: hallpass client update ${id} --jwks-file FILE`);
    return renew(found, storeGenerated(secret, now), now);
  };
  await changeClient(context, registers, { id, asJson, apply, shown: { secret } });
}
