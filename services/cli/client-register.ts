/** `client create` and `client update`: what is said, held against what is registered. */
import { withoutStaleToken } from '../shared/client-credentials.ts';
import { hasSecrets, type Client } from '../shared/client.ts';
import type { Organization } from '../shared/organization.ts';
import { MAX_SECRET_LENGTH, generateSecret, storeGenerated, storeImported } from '../shared/secret.ts';
import { adviceOnClient } from './advice.ts';
import { applied, saysNothing, together } from './changes.ts';
import { changeClient, noSuchClient, showClient } from './client-change.ts';
import { authenticatingAnew, readAuthentication, readsInput } from './client-authentication.ts';
import { refuseContradiction } from './client-authorization.ts';
import { FIELD_OPTIONS, readFields } from './client-fields.ts';
import { readTicks, ticked, ticksNothing } from './client-lms.ts';
import { readSigning } from './client-oauth1.ts';
import { CommandFailed, UsageError, type Context } from './context.ts';
import { allRegistered, organizationOfOption } from './find-organization.ts';
import { CONSEQUENCE, hasOtherMarks, likenessOf, type Registered } from './lookalikes.ts';
import { lrsUsername, readLrsPassword } from './lrs-credential.ts';
import { newClient } from '../store/new-client.ts';
import { notBoth, onlyPositional, readOptions } from './options.ts';
import type { Registers } from './with-registers.ts';

const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/;
const JSON_OPTION = { json: { type: 'boolean' } } as const;

export async function createClient(context: Context, registers: Registers): Promise<void> {
  const options = {
    ...FIELD_OPTIONS,
    ...JSON_OPTION,
    id: { type: 'string' },
    public: { type: 'boolean' },
    'secret-stdin': { type: 'boolean' },
  } as const;
  const { values } = readOptions(context.args, options);
  refuseTwoInputs(values);
  const authentication = await readAuthentication(values, context);
  const ticks = readTicks(values);
  const {
    client_name,
    scope = ticks.allow.length > 0 ? '' : undefined,
    ...said
  } = { ...readFields(values).said, ...authentication.said };
  if (client_name === undefined) throw new UsageError('--name is needed: what to call the client');
  if (scope === undefined) throw new UsageError('--scope is needed, or --allow: what the client may do');
  if (values.id !== undefined && !CLIENT_ID.test(values.id))
    throw new UsageError('--id should be 1 to 128 letters, digits or . _ ~ -, beginning with a letter or digit');
  /* Both would read the same standard input, and a mistake in their order would send one of them to the LRS. */
  notBoth(values, [
    ['secret-stdin', 'lrs-password-stdin'],
    ['public', 'secret-stdin'],
  ]);
  if (said.org !== undefined) await organizationOfOption(registers, said.org);
  const credential = await lrsCredential(values, context, registers);
  const asSaid = newClient({
    ...{ client_name, scope, ...said, ...credential },
    ...(values.id && { client_id: values.id }),
    ...(values.public && { public: true }),
  });
  const { secret: oauth1Secret, signing } = await readSigning(values, context, registers.seal);
  const client = signing(ticked(asSaid, ticks), asSaid.created_at);
  refuseContradiction(client);
  const registered = await allRegistered(registers);
  refuseLikeness(client, registered);
  if (values['secret-stdin'] && !hasSecrets(client))
    throw new UsageError('--secret-stdin is for clients that have a secret, not for those with keys of their own');
  const secret = hasSecrets(client) ? await firstSecret(context, values['secret-stdin'], client.created_at) : undefined;
  if (secret) client.secrets.push(secret.stored);
  if (!(await registers.clients.add(client))) throw new CommandFailed(`there is a client ${client.client_id} already`);
  advise(context, client, registered.organizations);
  showClient({ ...context, ...registers }, values.json, client, { secret: secret?.shown, oauth1Secret });
}

export async function updateClient(context: Context, registers: Registers): Promise<void> {
  const options = {
    ...FIELD_OPTIONS,
    ...JSON_OPTION,
    active: { type: 'boolean' },
    inactive: { type: 'boolean' },
    verified: { type: 'boolean' },
    'no-registration-access': { type: 'boolean' },
  } as const;
  const { values, positionals } = readOptions(context.args, options);
  const id = onlyPositional(positionals, 'client id');
  refuseTwoInputs(values);
  const ticks = readTicks(values);
  const changes = together(readFields(values), await readAuthentication(values, context));
  notBoth(values, [['active', 'inactive']]);
  if (values.verified) changes.dropped = [...changes.dropped, 'unverified'];
  if (values['no-registration-access']) changes.dropped = [...changes.dropped, 'registration_token'];
  if (values.active) changes.said.active = true;
  if (values.inactive) changes.said.active = false;
  if (changes.said.org !== undefined) await organizationOfOption(registers, changes.said.org);
  if (!(await registers.clients.find(id))) noSuchClient(id);
  Object.assign(changes.said, await lrsCredential(values, context, registers));
  const { secret: oauth1Secret, ...signed } = await readSigning(values, context, registers.seal);
  if (saysNothing(changes) && ticksNothing(ticks) && signed.saysNothing)
    throw new UsageError('say what to change; see: hallpass help');
  const registered = await allRegistered(registers);

  const apply = (client: Client, nowSeconds: number): Client => {
    const asSaid = signed.signing(authenticatingAnew(client, ticked(applied(client, changes), ticks)), nowSeconds);
    const moved = movedIfSaid(client, asSaid, changes.said.lrs_credential !== undefined);
    const changed = withoutStaleToken(client, moved);
    refuseContradiction(changed, client);
    /* One that is too much like another already can still be switched off. */
    if (hasOtherMarks(client, changed, registered)) refuseLikeness(changed, registered);
    return changed;
  };
  const changed = await changeClient(context, registers, { id, asJson: values.json, apply, shown: { oauth1Secret } });
  advise(context, changed, registered.organizations);
}

/** Its tokens were issued for the other organization, and its credential is one of the other LRS. */
function movedIfSaid(before: Client, after: Client, hasNewCredential: boolean): Client {
  if (before.org === after.org) return after;
  const { lrs_credential, ...moved } = { ...after, generation: after.generation + 1 };
  return hasNewCredential && lrs_credential ? { ...moved, lrs_credential } : moved;
}

function refuseLikeness(client: Client, registered: Registered): void {
  const likeness = likenessOf(client, registered);
  if (likeness !== undefined) throw new CommandFailed(`${client.client_name} would have ${likeness}: ${CONSEQUENCE}`);
}

function advise({ note }: Context, client: Client, organizations: readonly Organization[]): void {
  const organization = organizations.find(({ org }) => org === client.org);
  if (organization) for (const line of adviceOnClient(client, organization)) note(`hallpass: ${line}`);
}

/** All would read the same standard input. */
function refuseTwoInputs(
  values: Parameters<typeof readsInput>[0] & Partial<Record<(typeof INPUTS)[number], boolean | undefined>>,
): void {
  const others = INPUTS.filter((option) => values[option]);
  if (readsInput(values) && others.length > 0)
    throw new UsageError('keys or certificates are read from standard input, and nothing else then can be');
  if (values['oauth1-secret-stdin'] && others.length > 1)
    throw new UsageError(`--${others.join(' or --')}, not both: each would read the same standard input`);
}

const INPUTS = ['secret-stdin', 'lrs-password-stdin', 'oauth1-secret-stdin'] as const;

type CredentialValues = { 'lrs-username'?: string | undefined; 'lrs-password-stdin'?: boolean | undefined };

async function lrsCredential(
  values: CredentialValues,
  context: Context,
  registers: Registers,
): Promise<Pick<Client, 'lrs_credential'>> {
  const { 'lrs-username': username, 'lrs-password-stdin': isGiven = false } = values;
  if (username === undefined && !isGiven) return {};
  if (username === undefined || !isGiven)
    throw new UsageError('--lrs-username and --lrs-password-stdin belong together: the credential is one of both');
  const checked = lrsUsername(username);
  return { lrs_credential: { username: checked, password: await readLrsPassword(context, registers.seal()) } };
}

/** Generated and shown, or read from standard input and never shown. */
async function firstSecret(context: Context, isImported: boolean | undefined, nowSeconds: number) {
  if (!isImported) {
    const secret = generateSecret();
    return { stored: storeGenerated(secret, nowSeconds), shown: secret };
  }
  const secret = (await context.readInput()).replace(/\r?\n$/, '');
  if (!/^[!-~]+$/.test(secret) || secret.length < 8 || secret.length > MAX_SECRET_LENGTH)
    throw new UsageError(`the secret should be 8 to ${MAX_SECRET_LENGTH} printable ASCII characters without spaces`);
  return { stored: await storeImported(secret, nowSeconds), shown: undefined };
}
