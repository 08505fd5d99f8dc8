/** What is said of a client that signs by OAuth 1: a secret of its own for that, an RSA key, or both. */
import { readFile } from 'node:fs/promises';
import { isBoundOnly, type Client } from '../shared/client.ts';
import { clientSecretContext, readRsaPublicKey } from '../shared/oauth1/secrets.ts';
import type { Seal } from '../shared/seal.ts';
import { generateSecret } from '../shared/secret.ts';
import { changeClient } from './client-change.ts';
import { CommandFailed, UsageError, type Context } from './context.ts';
import { notBoth, onlyPositional, readAs, readOptions, type ValuesOf } from './options.ts';
import type { Registers } from './with-registers.ts';

export const OAUTH1_OPTIONS = {
  oauth1: { type: 'boolean' },
  'no-oauth1': { type: 'boolean' },
  'oauth1-secret-stdin': { type: 'boolean' },
  'oauth1-rsa-key-file': { type: 'string' },
} as const;

export interface Signing {
  saysNothing: boolean;
  /** Just made: to be shown this once. One that was brought along is known already. */
  secret: string | undefined;
  /** @throws CommandFailed */
  signing: (client: Client, nowSeconds: number) => Client;
}

/** What an operator brings along from another system: a person may not have chosen it, who hears calls could guess it. */
const SECRET = /^[!-~]{16,1024}$/;

/** @param seal what is kept so that it can be given back is sealed by. @throws UsageError naming the option. */
export async function readSigning(
  values: ValuesOf<typeof OAUTH1_OPTIONS>,
  { readInput }: Pick<Context, 'readInput'>,
  seal: () => Seal,
): Promise<Signing> {
  notBoth({ ...values }, [
    ['oauth1', 'no-oauth1'],
    ['oauth1-rsa-key-file', 'no-oauth1'],
    ['oauth1-secret-stdin', 'no-oauth1'],
    ['oauth1-secret-stdin', 'oauth1'],
  ]);
  const rsa_public_key = await rsaKeyIn(values['oauth1-rsa-key-file']);
  const made = values.oauth1 ? generateSecret() : undefined;
  const secret = values['oauth1-secret-stdin'] ? broughtAlong(await readInput()) : made;
  return {
    saysNothing: !values['no-oauth1'] && secret === undefined && rsa_public_key === undefined,
    secret: made,
    signing: (client, nowSeconds) => {
      if (values['no-oauth1']) return withoutOAuth1(client);
      if (secret !== undefined && client.oauth1?.secret !== undefined)
        throw new CommandFailed(
          `client ${client.client_id} has an OAuth 1 secret: hallpass client regenerate-oauth1 ${client.client_id} ends that one`,
        );
      const signed = rsa_public_key === undefined ? client : withKey(client, rsa_public_key);
      return secret === undefined ? signed : withSecret(signed, secret, { seal: seal(), nowSeconds });
    },
  };
}

function broughtAlong(input: string): string {
  const secret = input.replace(/\r?\n$/, '');
  if (SECRET.test(secret)) return secret;
  throw new UsageError('the OAuth 1 secret should be 16 to 1024 printable ASCII characters without spaces');
}

async function rsaKeyIn(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--oauth1-rsa-key-file cannot be read: ${(cause as Error).message}`, { cause });
  });
  return readAs('oauth1-rsa-key-file', pem, readRsaPublicKey);
}

function withKey(client: Client, rsa_public_key: string): Client {
  return { ...client, oauth1: { ...client.oauth1, rsa_public_key } };
}

function withSecret(client: Client, secret: string, { seal, nowSeconds }: { seal: Seal; nowSeconds: number }): Client {
  const sealed = seal.seal(secret, clientSecretContext(client.client_id));
  return { ...client, oauth1: { ...client.oauth1, secret: sealed, secret_created_at: nowSeconds } };
}

/** What people let it sign for ends with it: whoever registers it anew for OAuth 1 begins without. */
function withoutOAuth1(client: Client): Client {
  if (!client.oauth1) return client;
  const { oauth1: _oauth1, ...rest } = client;
  return { ...rest, generation: client.generation + 1 };
}

export const OAUTH1_ACTIONS: Record<string, (context: Context, registers: Registers) => Promise<void>> = {
  'regenerate-oauth1': async (context, registers) => {
    const { values, positionals } = readOptions(context.args, { json: { type: 'boolean' } });
    const id = onlyPositional(positionals, 'client id');
    const secret = generateSecret();
    const apply = (client: Client, nowSeconds: number) => {
      if (client.oauth1?.secret === undefined)
        throw new CommandFailed(`client ${id} has no OAuth 1 secret: hallpass client update ${id} --oauth1`);
      const renewed = withSecret(client, secret, { seal: registers.seal(), nowSeconds });
      return { ...renewed, generation: client.generation + 1 };
    };
    await changeClient(context, registers, { id, asJson: values.json, apply, shown: { oauth1Secret: secret } });
  },
};

const has = ({ grant_types }: Client, grantType: Client['grant_types'][number]) => grant_types.includes(grantType);

export const OAUTH1_CONTRADICTIONS: readonly { when: (client: Client) => boolean; say: string }[] = [
  {
    when: (client) => client.oauth1 !== undefined && client.public === true,
    say: '--oauth1 is for clients that can keep a secret, and --public says that this one cannot',
  },
  {
    when: (client) => client.oauth1 !== undefined && isBoundOnly(client),
    say: '--oauth1 is not for clients with bound tokens only (--dpop, --mtls-bound): a signature is bound to nothing',
  },
  {
    when: (client) =>
      client.oauth1 !== undefined && !has(client, 'client_credentials') && !has(client, 'authorization_code'),
    say: '--oauth1 needs --grant-type client_credentials (calls for itself) or authorization_code (for people)',
  },
];
