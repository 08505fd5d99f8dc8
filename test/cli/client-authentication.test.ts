/** Clients that authenticate by keys of their own, and those whose tokens are bound. @see RFC 7591 §2, RFC 7523, RFC 9449 §5.2 */
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import type { Client } from '../../services/shared/client.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { dated, makeSelfSigned } from '../support/certificates.ts';
import { openCliStore, type CliStore } from './cli-store.ts';
import { runCommand } from './command.ts';

let cli: CliStore;
let store: Store;
let env: Record<string, string>;
const keys: Record<string, { jwk: JWK; secret: JWK }> = {};
beforeAll(async () => {
  cli = await openCliStore('cli-authentication');
  ({ store, env } = cli);
  for (const alg of ['ES256', 'Ed25519', 'RS256', 'ES384']) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    keys[alg] = { jwk: await exportJWK(publicKey), secret: await exportJWK(privateKey) };
  }
});
afterAll(() => cli?.close());

interface Registration {
  client_id: string;
  client_secret?: string;
  [name: string]: unknown;
}

const BY_CERTIFICATE = ['--auth-method', 'self_signed_tls_client_auth'];
const asPem = (base64: string) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
const BY_KEYS = ['--auth-method', 'private_key_jwt'];
const REGISTERING = ['create', '--name', 'A vendor', '--scope', 'statements/write'];
const run = (args: string[], input?: string) => runCommand(clientCommand, args, env, input);
const json = async (args: string[], input?: string) =>
  JSON.parse((await run([...args, '--json'], input)).printed) as Registration;
const create = (more: string[], input?: string) => json([...REGISTERING, ...more], input);
const stored = async (id: string) => JSON.parse((await store.read('client', keyOf(id))) ?? 'null') as Client;
const publicKey = (alg: string) => keys[alg]?.jwk ?? {};
const setOf = (...jwks: unknown[]) => JSON.stringify({ keys: jwks });

async function fileOf(text: string): Promise<string> {
  const path = join(cli.folder, 'keys.json');
  await writeFile(path, text);
  return path;
}

describe('a client with keys of its own', () => {
  it('is registered with a JWK Set from a file, and has no secret', async () => {
    const jwks = {
      keys: [{ ...publicKey('ES256'), kid: 'one', use: 'sig' }, publicKey('Ed25519'), publicKey('RS256')],
    };
    const shown = await create([...BY_KEYS, '--jwks-file', await fileOf(JSON.stringify(jwks))]);
    expect(shown).toMatchObject({ token_endpoint_auth_method: 'private_key_jwt', jwks, secrets: [] });
    expect(shown).not.toHaveProperty('client_secret');
    const { printed } = await run(['show', shown.client_id]);
    expect(printed).toMatch(/^authenticates by +private_key_jwt$/m);
    expect(printed).toMatch(/^key +EC P-256 one$/m);
    expect(printed).not.toMatch(/^client_secret/m);
  });

  it('is registered with what comes by standard input, of which it keeps what verifying needs', async () => {
    const jwk = { ...publicKey('ES256'), kid: 'one', x5c: ['MIIB'], key_ops: ['verify'], note: 'a note' };
    const { client_id } = await create([...BY_KEYS, '--jwks-file', '-'], setOf(jwk));
    const { kty, crv, x, y } = publicKey('ES256');
    expect((await stored(client_id)).jwks).toEqual({ keys: [{ kty, crv, x, y, kid: 'one' }] });
  });

  it('gets others in their place', async () => {
    const { client_id } = await create([...BY_KEYS, '--jwks-file', '-'], setOf(publicKey('ES256')));
    await run(['update', client_id, '--jwks-file', '-'], setOf(publicKey('Ed25519')));
    expect((await stored(client_id)).jwks?.keys).toEqual([publicKey('Ed25519')]);
  });

  it('cannot be given a secret beside them, only in their place', async () => {
    const { client_id } = await create([...BY_KEYS, '--jwks-file', '-'], setOf(publicKey('ES256')));
    for (const verb of ['rotate', 'regenerate']) await expect(run([verb, client_id])).rejects.toThrow(CommandFailed);
    const changed = await json(['update', client_id, '--auth-method', 'client_secret_basic']);
    expect(changed).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic', secrets: [] });
    expect(changed).not.toHaveProperty('jwks');
    expect((await json(['rotate', client_id])).client_secret).toMatch(/^[\w-]{43}$/);
  });

  it('that had a secret has it no more', async () => {
    const { client_id } = await create([]);
    expect((await stored(client_id)).secrets).toHaveLength(1);
    await run(['update', client_id, ...BY_KEYS, '--jwks-file', '-'], setOf(publicKey('ES256')));
    expect((await stored(client_id)).secrets).toEqual([]);
  });
});

describe('a client with a certificate', () => {
  it('is registered with it, or with several, and has no secret', async () => {
    const pem = [await makeSelfSigned('one'), await makeSelfSigned('two')].join('\n');
    const shown = await create([...BY_CERTIFICATE, '--certificate-file', await fileOf(pem), '--mtls-bound']);
    expect(shown).toMatchObject({
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      tls_client_certificate_bound_access_tokens: true,
      secrets: [],
    });
    expect(shown).not.toHaveProperty('client_secret');
    const [first] = (await stored(shown.client_id)).jwks?.keys ?? [];
    expect(first?.x5c?.[0]).toBe(new X509Certificate(pem).raw.toString('base64'));
    expect((await run(['show', shown.client_id])).printed).toMatch(/^bound tokens +only \(TLS certificate\)$/m);
  });

  it.each<[what: string, pem: () => Promise<string>]>([
    ['nothing', () => Promise.resolve('')],
    ['a certificate that is none', () => Promise.resolve(asPem('AAAA'))],
    ['a JWK Set', () => Promise.resolve(setOf(publicKey('ES256')))],
    ['a small key', () => makeSelfSigned('small', ['-newkey', 'rsa:1024', '-nodes'])],
    ['one that has expired', async () => dated(await makeSelfSigned('old'), '240101', '240102')],
    ['a private key beside it', async () => `${await makeSelfSigned('a')}\n-----BEGIN PRIVATE KEY-----`],
  ])('is not registered with %s', async (_what, pem) => {
    const refused = create([...BY_CERTIFICATE, '--certificate-file', '-'], await pem());
    await expect(refused).rejects.toThrow(/^--certificate-file (?:should|has) /);
  });

  it.each<[args: string[], why: RegExp]>([
    [BY_CERTIFICATE, /--certificate-file is needed/],
    [[...BY_CERTIFICATE, '--jwks-file', '-'], /--certificate-file is needed/],
    [[...BY_CERTIFICATE, '--jwks-file', '-', '--certificate-file', '-'], /--certificate-file/],
    [['--dpop', '--mtls-bound'], /--dpop or --mtls-bound/],
  ])('is not registered with %j', async (args, why) => {
    await expect(create(args, setOf(publicKey('ES256')))).rejects.toThrow(why);
  });
});

describe('what cannot be is refused, and said', () => {
  const es256 = () => publicKey('ES256');
  it.each<[string, () => string]>([
    ['a private key', () => setOf(keys['ES256']?.secret)],
    ['a private key among public ones', () => setOf(es256(), keys['RS256']?.secret)],
    ['a symmetric key', () => setOf({ kty: 'oct', k: 'c2VjcmV0' })],
    ['a curve that is not used', () => setOf(publicKey('ES384'))],
    ['a point that is not on the curve', () => setOf({ ...es256(), x: es256().y })],
    ['a key without its parts', () => setOf({ kty: 'EC', crv: 'P-256' })],
    ['a type of key that nobody knows', () => setOf({ kty: '__proto__' })],
    ['another alg than the key has', () => setOf({ ...es256(), alg: 'RS256' })],
    ['HS256', () => setOf({ ...es256(), alg: 'HS256' })],
    ['a key for encryption', () => setOf({ ...es256(), use: 'enc' })],
    ['a kid that is a number', () => setOf({ ...es256(), kid: 7 })],
    ['one kid for two keys', () => setOf({ ...es256(), kid: 'a' }, { ...publicKey('RS256'), kid: 'a' })],
    ['no key', () => setOf()],
    ['too many keys', () => setOf(...Array.from({ length: 21 }, es256))],
    ['a key alone', () => JSON.stringify(es256())],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['no JSON', () => '-----BEGIN PUBLIC KEY-----'],
    ['nothing', () => ''],
  ])('%s', async (_what, text) => {
    const refused = create([...BY_KEYS, '--jwks-file', await fileOf(text())]);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/^--jwks-file (?:should|has) /);
  });

  it('a small RSA key', async () => {
    const { publicKey: small } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    const { n = '', ...rest } = await exportJWK(small);
    const half = Buffer.from(n, 'base64url').subarray(0, 128).toString('base64url');
    await expect(create([...BY_KEYS, '--jwks-file', '-'], setOf({ ...rest, n: half }))).rejects.toThrow('2048 bits');
  });

  it('a file that is not there', async () => {
    const refused = create([...BY_KEYS, '--jwks-file', join(cli.folder, 'no.json')]);
    await expect(refused).rejects.toThrow(/^--jwks-file cannot be read/);
  });

  it.each<[args: string[], why: RegExp]>([
    [BY_KEYS, /--jwks-file is needed/],
    [['--jwks-file', '-'], /--jwks-file goes with --auth-method/],
    [['--auth-method', 'client_secret_jwt'], /--auth-method should be one of/],
    [['--auth-method', 'none'], /--auth-method should be one of/],
    [['--dpop', '--no-dpop'], /--dpop/],
    [[...BY_KEYS, '--jwks-file', '-', '--secret-stdin'], /standard input/],
    [[...BY_KEYS, '--jwks-file', '-', '--lrs-username', 'a', '--lrs-password-stdin'], /standard input/],
  ])('%j', async (args, why) => {
    const refused = create(args, setOf(publicKey('ES256')));
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(why);
  });

  it('a secret, or no authentication at all, beside keys', async () => {
    const file = ['--jwks-file', await fileOf(setOf(publicKey('ES256')))];
    await expect(create([...BY_KEYS, ...file, '--secret-stdin'], 'a secret')).rejects.toThrow(/--secret-stdin/);
    const isPublic = ['--public', '--grant-type', 'authorization_code', '--redirect-uri', 'https://tool.example.org/a'];
    await expect(create([...BY_KEYS, ...file, ...isPublic])).rejects.toThrow(/--public/);
  });
});

describe('a client whose tokens are bound', () => {
  it('is registered so, and shown so', async () => {
    const shown = await create(['--dpop']);
    expect(shown).toMatchObject({ dpop_bound_access_tokens: true });
    expect((await run(['show', shown.client_id])).printed).toMatch(/^bound tokens +only \(DPoP\)$/m);
    expect(await json(['update', shown.client_id, '--no-dpop'])).not.toHaveProperty('dpop_bound_access_tokens');
  });

  it('loses the tokens that anybody could use, once, when it becomes one', async () => {
    const { client_id } = await create([]);
    const generation = async () => (await stored(client_id)).generation;
    const before = await generation();
    await run(['update', client_id, '--dpop']);
    expect(await generation()).toBe(before + 1);
    await run(['update', client_id, '--dpop', '--name', 'Another name']);
    expect(await generation()).toBe(before + 1);
  });
});
