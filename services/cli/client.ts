/** `client …`: registrations, beside running services, which notice at once. */
import {
  MAX_SECRET_LENGTH,
  generateSecret,
  storeGenerated,
  storeImported,
  type StoredSecret,
} from '../shared/secret.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { Client } from '../shared/client.ts';
import type { ClientRegister } from '../store/clients.ts';
import { FIELD_OPTIONS, readFields } from './client-fields.ts';
import { clientAsJson, clientAsText } from './client-view.ts';
import { CommandFailed, UsageError, type Command, type Context } from './context.ts';
import { newClient } from './new-client.ts';
import { onlyPositional, readOptions, wholeSeconds } from './options.ts';
import { withClients } from './with-clients.ts';

/** One day in which both secrets work: time to bring the new one to every place that has the old. */
const ROTATION_OVERLAP_SECONDS = 86_400;
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/;
const JSON_OPTION = { json: { type: 'boolean' } } as const;

type Action = (context: Context, clients: ClientRegister) => Promise<void>;

const ACTIONS: Record<string, Action> = {
  create: async (context, clients) => {
    const options = {
      ...FIELD_OPTIONS,
      ...JSON_OPTION,
      id: { type: 'string' },
      'secret-stdin': { type: 'boolean' },
    } as const;
    const { values } = readOptions(context.args, options);
    const { client_name, scope, ...fields } = readFields(values);
    if (client_name === undefined) throw new UsageError('--name is needed: what to call the client');
    if (scope === undefined) throw new UsageError('--scope is needed: what the client may do');
    if (values.id !== undefined && !CLIENT_ID.test(values.id))
      throw new UsageError('--id should be 1 to 128 letters, digits or . _ ~ -, beginning with a letter or digit');
    const client = newClient({ client_name, scope, ...fields, ...(values.id && { client_id: values.id }) });
    const { stored, shown } = await firstSecret(context, values['secret-stdin'] ?? false, client.created_at);
    client.secrets.push(stored);
    if (!(await clients.add(client))) throw new CommandFailed(`there is a client ${client.client_id} already`);
    show(context, values.json, client, shown);
  },

  list: async (context, clients) => {
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
    for (const client of all)
      context.print(
        `${client.client_id}  ${client.client_name}  [${client.scope}]${client.active ? '' : '  inactive'}`,
      );
  },

  show: async (context, clients) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    show(context, values.json, (await clients.find(id)) ?? noSuch(id));
  },

  update: async (context, clients) => {
    const options = {
      ...FIELD_OPTIONS,
      ...JSON_OPTION,
      active: { type: 'boolean' },
      inactive: { type: 'boolean' },
    } as const;
    const { values, positionals } = readOptions(context.args, options);
    const id = onlyPositional(positionals, 'client id');
    const fields: Partial<Client> = readFields(values);
    if (values.active && values.inactive) throw new UsageError('--active or --inactive, not both');
    if (values.active) fields.active = true;
    if (values.inactive) fields.active = false;
    if (Object.keys(fields).length === 0) throw new UsageError('say what to change; see: hallpass help');
    await change(context, clients, id, values.json, (client) => ({ ...client, ...fields }));
  },

  rotate: async (context, clients) => {
    const { values, positionals } = readOptions(context.args, {
      ...JSON_OPTION,
      'overlap-seconds': { type: 'string' },
    });
    const overlap = wholeSeconds('overlap-seconds', values['overlap-seconds']) ?? ROTATION_OVERLAP_SECONDS;
    await newSecret(context, clients, onlyPositional(positionals, 'client id'), values.json, (client, stored, now) => ({
      ...client,
      secrets: [stored, ...client.secrets.filter(isLive(now)).map((old) => endingBy(old, now + overlap))],
    }));
  },

  regenerate: async (context, clients) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    await newSecret(context, clients, onlyPositional(positionals, 'client id'), values.json, (client, stored) => ({
      ...client,
      secrets: [stored],
      generation: client.generation + 1,
    }));
  },

  delete: async (context, clients) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    if (!(await clients.remove(id))) noSuch(id);
    context.print(values.json ? JSON.stringify({ client_id: id, deleted: true }) : `client ${id} is deleted`);
  },
};

export const CLIENT_ACTIONS = Object.keys(ACTIONS);

export const client: Command = async (context) => {
  const [name = '', ...args] = context.args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new UsageError(`client what? ${CLIENT_ACTIONS.join(', ')}`);
  await withClients(context, (clients) => action({ ...context, args }, clients));
};

function show(context: Context, asJson: boolean | undefined, shown: Client, secret?: string): void {
  if (asJson) context.print(JSON.stringify(clientAsJson(shown, secret), null, 2));
  else for (const row of clientAsText(shown, secret)) context.print(row);
}

function noSuch(id: string): never {
  throw new CommandFailed(`there is no client ${JSON.stringify(id)}`);
}

async function change(
  context: Context,
  clients: ClientRegister,
  id: string,
  asJson: boolean | undefined,
  apply: (client: Client, nowSeconds: number) => Client,
  secret?: string,
): Promise<void> {
  const now = nowSeconds();
  const changed = await clients.change(id, (client) => ({ ...apply(client, now), updated_at: now }));
  show(context, asJson, changed ?? noSuch(id), secret);
}

async function newSecret(
  context: Context,
  clients: ClientRegister,
  id: string,
  asJson: boolean | undefined,
  apply: (client: Client, stored: StoredSecret, nowSeconds: number) => Client,
): Promise<void> {
  const secret = generateSecret();
  await change(context, clients, id, asJson, (found, now) => apply(found, storeGenerated(secret, now), now), secret);
}

/** Generated and shown, or read from standard input and never shown. */
async function firstSecret(context: Context, isImported: boolean, nowSeconds: number) {
  if (!isImported) {
    const secret = generateSecret();
    return { stored: storeGenerated(secret, nowSeconds), shown: secret };
  }
  const secret = (await context.readInput()).replace(/\r?\n$/, '');
  if (!/^[!-~]+$/.test(secret) || secret.length < 8 || secret.length > MAX_SECRET_LENGTH)
    throw new UsageError(`the secret should be 8 to ${MAX_SECRET_LENGTH} printable ASCII characters without spaces`);
  return { stored: await storeImported(secret, nowSeconds), shown: undefined };
}

function isLive(nowSeconds: number): (secret: StoredSecret) => boolean {
  return ({ expires_at }) => expires_at === undefined || expires_at > nowSeconds;
}

function endingBy(secret: StoredSecret, atSeconds: number): StoredSecret {
  return { ...secret, expires_at: Math.min(secret.expires_at ?? atSeconds, atSeconds) };
}
