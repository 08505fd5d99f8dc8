/** Clients that sign by OAuth 1, as they are registered on the command line. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import type { Client } from '../../services/shared/client.ts';
import { clientSecretContext } from '../../services/shared/oauth1/secrets.ts';
import { createSeal } from '../../services/shared/seal.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { makeSelfSigned } from '../support/certificates.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { runCommand } from './command.ts';

const KEY = Buffer.alloc(32, 9);
let folder: TempFolder;
let store: Store;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('cli-oauth1');
  const path = join(folder.path, 'hallpass.db');
  env = { HALLPASS_STORE: `sqlite:${path}`, HALLPASS_ENCRYPTION_KEY: KEY.toString('base64url') };
  store = openSqlite(path);
});
afterAll(async () => {
  await store?.close();
  await folder?.remove();
});

interface Registration {
  client_id: string;
  client_secret?: string;
  oauth1_secret?: string;
  oauth1?: { methods: string[]; secret_created_at?: number; secret?: string; rsa_public_key?: string };
}

const run = (args: string[], input?: string) => runCommand(clientCommand, args, env, input);
const json = async (args: string[]) => JSON.parse((await run([...args, '--json'])).printed) as Registration;
const create = (...more: string[]) => json(['create', '--name', 'A player of 2016', '--scope', 'all', ...more]);
const stored = async (id: string) => JSON.parse((await store.read('client', keyOf(id))) ?? 'null') as Client;
const secretOf = async (id: string) =>
  createSeal([KEY], 'hallpass').open((await stored(id)).oauth1?.secret ?? '', clientSecretContext(id));

async function fileOf(text: string): Promise<string> {
  const path = join(folder.path, 'key.pem');
  await writeFile(path, text);
  return path;
}

const pairOf = (modulusLength: number) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

it('has a secret for OAuth 1 beside that of OAuth 2: shown once, and kept sealed', async () => {
  const made = await create('--oauth1', '--grant-type', 'authorization_code');
  expect(made.oauth1_secret).toMatch(/^[\w-]{43}$/);
  expect(made.client_secret).toMatch(/^[\w-]{43}$/);
  expect(made.client_secret).not.toBe(made.oauth1_secret);
  expect(await secretOf(made.client_id)).toBe(made.oauth1_secret);
  expect(JSON.stringify(await stored(made.client_id))).not.toContain(made.oauth1_secret);

  const now = Math.floor(Date.now() / 1000);
  const shown = await json(['show', made.client_id]);
  expect(Object.keys(shown.oauth1 ?? {})).toEqual(['methods', 'secret_created_at']);
  expect(shown.oauth1?.methods).toEqual(['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT']);
  expect(Math.abs(now - (shown.oauth1?.secret_created_at ?? 0))).toBeLessThan(60);
  const sealed = (await stored(made.client_id)).oauth1?.secret ?? 'none';
  for (const printed of [(await run(['show', made.client_id])).printed, (await run(['list', '--json'])).printed]) {
    expect(printed).not.toContain(made.oauth1_secret);
    expect(printed).not.toContain(sealed);
  }
  expect((await run(['show', made.client_id])).printed).toContain('HMAC-SHA1, HMAC-SHA256, PLAINTEXT; secret made');
});

it('has a public RSA key, from a key or from a certificate, and then needs no such secret', async () => {
  const { publicKey } = pairOf(2048);
  const made = await create('--oauth1-rsa-key-file', await fileOf(publicKey));
  expect([made.oauth1_secret, made.oauth1]).toEqual([undefined, { methods: ['RSA-SHA1'] }]);
  expect((await stored(made.client_id)).oauth1).toEqual({ rsa_public_key: publicKey });
  const certificate = await makeSelfSigned('a player', ['-newkey', 'rsa:2048', '-nodes']);
  const updated = await json([
    'update',
    made.client_id,
    '--oauth1-rsa-key-file',
    await fileOf(certificate),
    '--oauth1',
  ]);
  expect(updated.oauth1?.methods).toHaveLength(4);
  expect((await stored(made.client_id)).oauth1?.rsa_public_key).toContain('BEGIN PUBLIC KEY');
});

it.each<[string, () => string, string]>([
  ['private', () => pairOf(2048).privateKey, 'private key'],
  ['too short', () => pairOf(1024).publicKey, '2048 bits'],
  [
    'of another kind',
    () => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'RSA',
  ],
  ['none', () => 'hello', 'PEM'],
])('refuses a key that is %s', async (_case, pem, says) => {
  const refused = create('--oauth1-rsa-key-file', await fileOf(pem()));
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(says);
});

it('keeps the key and the secret that it had at ADL LRS', async () => {
  const [key, secret] = ['5c0f2d3b9a1e4f67a8b9c0d1e2f30415', 'aZ09bY18cX27dW36'];
  const said = ['create', '--id', key, '--name', 'A player', '--scope', 'all', '--oauth1-secret-stdin'];
  const { printed } = await run(said, `${secret}\n`);
  expect(printed).not.toContain(secret);
  expect(await secretOf(key)).toBe(secret);
  for (const wrong of ['short', 'with a space in it, and long', ''])
    await expect(run(said, wrong)).rejects.toThrow('16 to 1024 printable');
  for (const another of ['--secret-stdin', '--oauth1'])
    await expect(run([...said, another], secret)).rejects.toThrow('not both');
});

it('regenerated, its old secret and all its tokens end', async () => {
  const made = await create('--oauth1');
  const { generation } = await stored(made.client_id);
  const again = await json(['regenerate-oauth1', made.client_id]);
  expect(again.oauth1_secret).not.toBe(made.oauth1_secret);
  expect(await secretOf(made.client_id)).toBe(again.oauth1_secret);
  expect((await stored(made.client_id)).generation).toBe(generation + 1);
});

it('is registered for it later, once, and no more; what it was let do ends with that', async () => {
  const { client_id } = await create();
  await expect(run(['regenerate-oauth1', client_id])).rejects.toThrow('has no OAuth 1 secret');
  expect((await json(['update', client_id, '--oauth1'])).oauth1_secret).toMatch(/^[\w-]{43}$/);
  await expect(run(['update', client_id, '--oauth1'])).rejects.toThrow(CommandFailed);
  const { generation } = await stored(client_id);
  expect((await json(['update', client_id, '--no-oauth1'])).oauth1).toBeUndefined();
  expect(await stored(client_id)).toMatchObject({ generation: generation + 1 });
  expect(await stored(client_id)).not.toHaveProperty('oauth1');
});

it('acts for people without a redirect URI, too: by oob', async () => {
  await create('--oauth1', '--grant-type', 'authorization_code');
  await expect(create('--grant-type', 'authorization_code')).rejects.toThrow('--redirect-uri is needed');
});

it.each([
  ['--public', ['--public', '--grant-type', 'authorization_code', '--redirect-uri', 'https://a.example/']],
  ['--dpop', ['--dpop']],
  ['--mtls-bound', ['--mtls-bound']],
  ['--grant-type', ['--grant-type', 'device_code']],
])('contradicts %s', async (says, more) => {
  const refused = create('--oauth1', ...more);
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(says);
});
