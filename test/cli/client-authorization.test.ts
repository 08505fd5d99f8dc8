/** Clients that people let act for them: how they are registered. @see RFC 6749 §3.1.2, RFC 7591 §2, RFC 8252 §7, RFC 9700 §2.1 */
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import type { Client } from '../../services/shared/client.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { printedBy } from '../support/hallpass.ts';
import { openCliStore, type CliStore } from './cli-store.ts';
import { runCommand } from './command.ts';

let cli: CliStore;
let store: Store;
let env: Record<string, string>;
beforeAll(async () => {
  cli = await openCliStore('cli-authorization');
  ({ store, env } = cli);
});
afterAll(() => cli?.close());

interface Registration {
  client_id: string;
  client_secret?: string;
  [name: string]: unknown;
}

const CALLBACK = 'https://tool.example.org/callback';
const CODE = ['--grant-type', 'authorization_code'];

const run = (args: string[], input?: string) => runCommand(clientCommand, args, env, input);
const json = async (args: string[]) => JSON.parse((await run([...args, '--json'])).printed) as Registration;
const registering = ['create', '--name', 'A tool', '--scope', 'statements/read'];
const create = (...more: string[]) => json([...registering, ...more]);
const stored = async (id: string) => JSON.parse((await store.read('client', keyOf(id))) ?? 'null') as Client | null;

describe('a client with a secret, for which people sign in', () => {
  it('is shown with what was said of it, and kept so', async () => {
    const said = ['--grant-type', 'refresh_token', ...CODE, '--redirect-uri', CALLBACK, '--owner', 'Ada University'];
    const { client_secret, ...shown } = await create(...said, '--client-uri', 'https://tool.example.org');
    expect(client_secret).toMatch(/^[\w-]{43}$/);
    expect(shown).toMatchObject({
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [CALLBACK],
      client_uri: 'https://tool.example.org/',
      owner: 'Ada University',
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(shown).not.toHaveProperty('pkce');
    expect(shown).not.toHaveProperty('public');
    expect(await json(['show', shown.client_id])).toEqual({ ...shown, client_secret_expires_at: undefined });
    const { printed } = await run(['show', shown.client_id]);
    expect(printed).toMatch(/^redirect_uri +https:\/\/tool\.example\.org\/callback$/m);
    expect(printed).toMatch(/^owner +Ada University$/m);
  });

  it('may have all three grants, and each once', async () => {
    const types = ['refresh_token', 'client_credentials', 'authorization_code', 'refresh_token'];
    const shown = await create(...types.flatMap((type) => ['--grant-type', type]), '--redirect-uri', CALLBACK);
    expect(shown['grant_types']).toEqual(['client_credentials', 'authorization_code', 'refresh_token']);
  });

  it('may serve devices, under the name that people type or the one of RFC 8628', async () => {
    const urn = 'urn:ietf:params:oauth:grant-type:device_code';
    for (const name of ['device_code', urn]) {
      const shown = await create('--grant-type', name, '--grant-type', 'refresh_token', '--public');
      expect(shown['grant_types']).toEqual(['refresh_token', urn]);
    }
  });

  it('can be held to pushed requests, and let off again', async () => {
    const { client_id, ...shown } = await create(...CODE, '--redirect-uri', CALLBACK, '--par');
    expect(shown).toMatchObject({ require_pushed_authorization_requests: true });
    expect((await run(['show', client_id])).printed).toMatch(/^pushed requests +only$/m);
    expect(await json(['update', client_id, '--no-par'])).not.toHaveProperty('require_pushed_authorization_requests');
    await expect(run(['update', client_id, '--par', '--no-par'])).rejects.toThrow(UsageError);
  });

  it('has client_credentials where no grant type is said, and is told that nobody will be sent to it', async () => {
    const { printed, noted } = await run([...registering, '--redirect-uri', CALLBACK]);
    expect(printed).toMatch(/^grant_types +client_credentials$/m);
    expect(noted).toContain('nobody is ever sent to its redirect URIs');
  });

  it('can do without a scope, where it only asks who somebody is', async () => {
    const asking = ['create', '--name', 'A tool', '--scope', '', ...CODE, '--redirect-uri', CALLBACK];
    const shown = await json(asking);
    expect(shown['scope']).toBe('');
    for (const more of [
      ['--grant-type', 'client_credentials'],
      ['--grant-type', 'client_credentials', '--grant-type', 'authorization_code'],
    ])
      await expect(run(['update', shown.client_id, ...more])).rejects.toThrow(
        '--scope should name at least one of all,',
      );
  });

  it.each([
    ['email profile read', 'email, read'],
    ['openid', 'openid'],
    ['state offline_access', 'offline_access'],
  ])('is not registered for what any client may ask a person for: %s', async (scope, named) => {
    const failed = run(['create', '--name', 'A tool', '--scope', scope, ...CODE, '--redirect-uri', CALLBACK]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(`any client may ask a person for ${named}, without being registered for it`);
  });

  it('can do without PKCE, and with it again', async () => {
    const shown = await create(...CODE, '--redirect-uri', CALLBACK, '--no-pkce');
    expect(shown['pkce']).toBe(false);
    expect((await run(['show', shown.client_id])).printed).toMatch(/^pkce +not needed$/m);
    expect(await json(['update', shown.client_id, '--pkce'])).not.toHaveProperty('pkce');
    expect(await stored(shown.client_id)).not.toHaveProperty('pkce');
  });

  it('has other redirect URIs by an update: those that were said, and no others', async () => {
    const { client_id } = await create(...CODE, '--redirect-uri', CALLBACK);
    const others = ['https://one.example.org/cb', 'https://two.example.org/cb', 'https://one.example.org/cb'];
    const updated = await json(['update', client_id, ...others.flatMap((uri) => ['--redirect-uri', uri])]);
    expect(updated['redirect_uris']).toEqual(others.slice(0, 2));
    const bare = ['--no-redirect-uris', '--no-client-uri', '--no-owner', '--grant-type', 'client_credentials'];
    expect(await json(['update', client_id, ...bare])).not.toHaveProperty('redirect_uris');
  });
});

describe('signing out', () => {
  const tool = [...CODE, '--redirect-uri', CALLBACK];
  const back = 'https://tool.example.org/signed-out';
  const told = 'https://tool.example.org/back-channel';

  it('leads back to, and is told at, what is registered for it, until that is taken back', async () => {
    const said = ['--post-logout-redirect-uri', back, '--backchannel-logout-uri', told, '--backchannel-logout-session'];
    const shown = await create(...tool, ...said);
    expect(shown).toMatchObject({
      post_logout_redirect_uris: [back],
      backchannel_logout_uri: told,
      backchannel_logout_session_required: true,
    });
    const { printed } = await run(['show', shown.client_id]);
    expect(printed).toMatch(/^after sign-out +https:\/\/tool\.example\.org\/signed-out$/m);
    expect(printed).toMatch(/^told of sign-out +https:\/\/tool\.example\.org\/back-channel$/m);
    const none = ['--no-post-logout-redirect-uris', '--no-backchannel-logout-uri', '--no-backchannel-logout-session'];
    const bare = await json(['update', shown.client_id, ...none]);
    for (const name of ['post_logout_redirect_uris', 'backchannel_logout_uri', 'backchannel_logout_session_required'])
      expect(bare).not.toHaveProperty(name);
  });

  it.each<[string, string[]]>([
    ['should be exact, without a wildcard', [...tool, '--post-logout-redirect-uri', 'https://tool.example.org/*']],
    ['should have no fragment', [...tool, '--post-logout-redirect-uri', `${back}#x`]],
    ['should be an absolute https URI', [...tool, '--post-logout-redirect-uri', 'http://tool.example.org/out']],
    ['with a scheme of its own is for apps', [...tool, '--post-logout-redirect-uri', 'org.example.app:/out']],
    ['is for clients that people sign in to', ['--post-logout-redirect-uri', back]],
    ['is for clients that people sign in to', ['--backchannel-logout-uri', told]],
    ['needs --backchannel-logout-uri', [...tool, '--backchannel-logout-session']],
    ['should be an https URI', [...tool, '--backchannel-logout-uri', 'http://10.0.0.1/latest']],
    ['should be an https URI', [...tool, '--backchannel-logout-uri', 'https://ann:secret@tool.example.org/']],
    ['should be an https URI', [...tool, '--backchannel-logout-uri', `${told}#x`]],
    ['should be an https URI', [...tool, '--backchannel-logout-uri', 'file:///etc/passwd']],
    ['not both', [...tool, '--backchannel-logout-uri', told, '--no-backchannel-logout-uri']],
  ])('trap, a URI that nobody should be sent to, or asked at: %s', async (said, args) => {
    const failed = run([...registering, ...args]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });
});

describe('a public client', () => {
  const pub = ['--public', ...CODE, '--redirect-uri', 'org.example.app:/callback'];

  it('has no secret, is shown none, and says so', async () => {
    const shown = await create(...pub, '--grant-type', 'refresh_token');
    expect(shown).toMatchObject({ token_endpoint_auth_method: 'none', secrets: [] });
    expect(shown).not.toHaveProperty('client_secret');
    expect(await stored(shown.client_id)).toMatchObject({ public: true, secrets: [] });
    expect((await run(['show', shown.client_id])).printed).toMatch(/^secrets +none: it is public$/m);
  });

  it('is given none later, either', async () => {
    const { client_id } = await create(...pub);
    for (const verb of ['rotate', 'regenerate']) {
      await expect(run([verb, client_id])).rejects.toThrow(CommandFailed);
      await expect(run([verb, client_id])).rejects.toThrow(`client ${client_id} is public: it has no secret`);
    }
    expect((await stored(client_id))?.secrets).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['cannot have client_credentials', ['--public']],
    ['cannot have client_credentials', [...pub, '--grant-type', 'client_credentials']],
    ['--no-pkce is for clients that have a secret', [...pub, '--no-pkce']],
    ['--public or --secret-stdin, not both', [...pub, '--secret-stdin']],
  ])('trap, a public client that anybody could be: %s', async (said, args) => {
    const failed = run([...registering, ...args], 'a-secret-of-its-own');
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });

  it.each<[string, string[]]>([
    ['cannot have client_credentials', ['--grant-type', 'client_credentials']],
    ['--no-pkce is for clients that have a secret', ['--no-pkce']],
    ["Unknown option '--public'", ['--public']],
  ])('does not become one by an update: %s', async (said, args) => {
    const { client_id } = await create(...pub);
    await expect(run(['update', client_id, ...args])).rejects.toThrow(said);
  });
});

describe('what does not go together', () => {
  it.each<[string, string[]]>([
    ['--redirect-uri is needed for --grant-type authorization_code', CODE],
    ['--grant-type refresh_token goes with authorization_code', ['--grant-type', 'refresh_token']],
    ['--redirect-uri or --no-redirect-uris, not both', ['--redirect-uri', CALLBACK, '--no-redirect-uris']],
    ['--pkce or --no-pkce, not both', ['--pkce', '--no-pkce']],
    ['--client-uri should be an http or https URL', ['--client-uri', 'javascript:alert(1)']],
    ['--client-uri should be an http or https URL', ['--client-uri', 'data:text/html,x']],
    ['--client-uri should be an http or https URL', ['--client-uri', 'tool.example.org']],
    ['--client-uri should be an http or https URL', ['--client-uri', 'https://user:pass@tool.example.org']],
    ['--owner should be one line', ['--owner', 'a\nb']],
    ['--grant-type should be one of', ['--grant-type', 'implicit']],
  ])('is refused: %s', async (said, args) => {
    const failed = run([...registering, ...args]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });

  it('is refused by an update, too, and what was so before can still be switched off', async () => {
    const { client_id } = await create(...CODE, '--redirect-uri', CALLBACK);
    await expect(run(['update', client_id, '--no-redirect-uris'])).rejects.toThrow('--redirect-uri is needed');
    expect(await stored(client_id)).toMatchObject({ redirect_uris: [CALLBACK] });
    const { redirect_uris: _uris, ...broken } = (await stored(client_id)) ?? {};
    await store.write('client', keyOf(client_id), JSON.stringify(broken));
    expect(await json(['update', client_id, '--inactive'])).toMatchObject({ active: false });
  });
});

describe('a redirect URI', () => {
  it.each([
    'https://tool.example.org',
    'https://tool.example.org/',
    'https://tool.example.org:8443/cb?tenant=a&x=%2F',
    'https://Tool.Example.org/CB',
    'https://tool.example.org/a~b/c.d;e=f/(g)',
    'https://xn--bcher-kva.example/cb',
    'https://192.0.2.1/cb',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:49152/cb',
    'http://[::1]:8000/cb',
    'http://localhost:3000/auth/callback',
    'org.example.app:/callback',
    'org.example.app://callback',
    'com.example-one.app:/oauth2/redirect?x=y',
  ])('is kept exactly as it was said: %s', async (uri) => {
    const shown = await create(...CODE, '--redirect-uri', uri);
    expect(shown['redirect_uris']).toEqual([uri]);
  });

  it.each<[string, string]>([
    ['http://tool.example.org/cb', 'should be an absolute https URI'],
    ['http://127.0.0.1.example.org/cb', 'should be an absolute https URI'],
    ['http://localhost.example.org/cb', 'should be an absolute https URI'],
    ['http://localhost@evil.example/cb', 'should be an absolute https URI'],
    ['http://127.0.0.2/cb', 'should be an absolute https URI'],
    ['http://0.0.0.0/cb', 'should be an absolute https URI'],
    ['https://user@tool.example.org/cb', 'should be an absolute https URI'],
    ['https://tool.example.org\\@evil.example/cb', 'should be an absolute https URI'],
    ['https:tool.example.org/cb', 'should be an absolute https URI'],
    ['https:/tool.example.org/cb', 'should be an absolute https URI'],
    ['https:///tool.example.org/cb', 'should be an absolute https URI'],
    ['//tool.example.org/cb', 'should be an absolute https URI'],
    ['/cb', 'should be an absolute https URI'],
    ['tool.example.org/cb', 'should be an absolute https URI'],
    ['', 'should be an absolute https URI'],
    [' https://tool.example.org/cb', 'should be an absolute https URI'],
    ['https://tool.example.org/cb\n', 'should be an absolute https URI'],
    ['https://tool.example.org/c b', 'should be an absolute https URI'],
    ['https://b\u00fccher.example/cb', 'should be an absolute https URI'],
    ['https://tool.example.org/<script>', 'should be an absolute https URI'],
    [`https://tool.example.org/${'x'.repeat(2000)}`, 'should be an absolute https URI'],
    ['javascript:alert(1)', 'should be an absolute https URI'],
    ['data:text/html,x', 'should be an absolute https URI'],
    ['app:/callback', 'should be an absolute https URI'],
    ['org.example.app:callback', 'should be an absolute https URI'],
    ['urn:ietf:wg:oauth:2.0:oob', 'should be an absolute https URI'],
    ['file:///etc/passwd', 'should be an absolute https URI'],
    ['https://tool.example.org/cb#', 'should have no fragment'],
    ['https://tool.example.org/cb#token', 'should have no fragment'],
    ['https://*.example.org/cb', 'should be exact, without a wildcard'],
    ['https://tool.example.org/*', 'should be exact, without a wildcard'],
    ['https://tool.example.org/{tenant}', 'should be exact, without a wildcard'],
    ['https://tool.example.org/a/../b', 'should have no . or .. in its path'],
    ['https://tool.example.org/a/%2e%2E/b', 'should have no . or .. in its path'],
    ['https://tool.example.org/a/..', 'should have no . or .. in its path'],
  ])('is refused: %j', async (uri, said) => {
    const failed = create(...CODE, '--redirect-uri', CALLBACK, '--redirect-uri', uri);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(`--redirect-uri ${said}`);
  });
});

describe('the process', () => {
  it('registers a public client as the contract writes it', async () => {
    const args = ['client', 'create', '--name', 'An app', '--scope', 'statements/write statements/read/mine', ...CODE];
    const more = ['--redirect-uri', CALLBACK, '--redirect-uri', 'http://127.0.0.1/cb', '--org', 'default', '--public'];
    const shown = await printedBy<Registration>([...args, ...more], { env });
    expect(shown).toMatchObject({
      redirect_uris: [CALLBACK, 'http://127.0.0.1/cb'],
      token_endpoint_auth_method: 'none',
    });
  });
});
