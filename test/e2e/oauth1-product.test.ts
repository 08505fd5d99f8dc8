/**
 * A client of ADL LRS at the product as an operator starts it: registered by the command line, made with requests-oauthlib,
 * told the LRS's URL, a key and a secret and nothing else. @see https://github.com/adlnet/ADL_LRS/wiki/Using-OAuth
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { openBrowser, walk } from '../support/people-flow.ts';
import { runProcess } from '../support/run-process.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const CLIENT = fileURLToPath(new URL('oauth1-walk.py', import.meta.url));
const CALLBACK = 'https://tool.example.com/oauth?course=7';
const EMAIL = 'ann@example.org';
const PASSWORD = 'a password of seven words for tests';
const SCOPE = 'statements/write statements/read/mine';

let folder: TempFolder;
let service: RunningService;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('oauth1-product');
  env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  service = await startHallpass('all', { ...env, HALLPASS_OAUTH1: 'on' });
  const user = ['user', 'create', '--email', EMAIL, '--name', 'Ann', '--permissions', SCOPE, '--password-stdin'];
  const created = await runHallpass(user, { env, input: PASSWORD });
  if (created.code !== 0) throw new Error(created.stderr);
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await folder?.remove();
});

interface Registration {
  client_id: string;
  oauth1_secret: string;
}

interface Begun {
  url: string;
  token: Record<string, string>;
}

const register = (...more: string[]) => {
  const said = ['--name', 'A player of 2016', '--scope', 'all', '--grant-type', 'authorization_code', '--oauth1'];
  return printedBy<Registration>(['client', 'create', ...said, '--redirect-uri', CALLBACK, ...more], { env });
};

async function clientDoes<T>(step: 'begin' | 'finish', each: object[]): Promise<T[]> {
  const input = JSON.stringify({ step, lrs: `${service.url}/xapi/`, each });
  const python = runProcess('/usr/bin/python3', [CLIENT], { input, env: { OAUTHLIB_INSECURE_TRANSPORT: '1' } });
  expect([(await python.exited).code, python.stderr]).toEqual([0, '']);
  return JSON.parse(python.stdout) as T[];
}

/** What the person brings back: the URL of the callback, or the number that the page shows. */
async function answered(url: string): Promise<string> {
  const browser = openBrowser({ issuer: service.url, url: service.url });
  const { href } = await walk(browser, url, { identifier: EMAIL, password: PASSWORD });
  return href.startsWith(service.url) ? (/\b\d{10}\b/.exec((await browser.get(href)).text)?.[0] ?? '') : href;
}

it('begins, is come back to, and stores statements for the person, whichever way it signs', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyFile = join(folder.path, 'player.pem');
  await writeFile(keyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  const { client_id: client_key, oauth1_secret } = await register('--oauth1-rsa-key-file', keyFile);
  const rsa_key = privateKey.export({ type: 'pkcs1', format: 'pem' });
  const ways = ['HMAC-SHA1', 'HMAC-SHA256', 'RSA-SHA1'].flatMap((signature_method) =>
    ['AUTH_HEADER', 'QUERY', 'BODY'].map((signature_type, n) => ({
      keys: {
        ...{ client_key, signature_method, signature_type },
        ...(signature_method === 'RSA-SHA1' ? { rsa_key } : { client_secret: oauth1_secret }),
      },
      callback: n === 0 ? 'oob' : CALLBACK,
      form: signature_type === 'BODY',
    })),
  );
  const begun = await clientDoes<Begun>(
    'begin',
    ways.map((way) => ({ ...way, scope: SCOPE })),
  );
  const each = [];
  for (const [n, { keys, form }] of ways.entries()) {
    const { url = '', token } = begun[n] ?? {};
    expect(url.split('=')[0]).toBe(`${service.url}/xapi/OAuth/authorize?oauth_token`);
    expect(token?.oauth_callback_confirmed).toBe('true');
    each.push({ keys, form, token, answer: await answered(url) });
  }
  const { sub } = await printedBy<{ sub: string }>(['user', 'show', EMAIL], { env });
  const agent = (homePage: string, name: string) => ({ objectType: 'Agent', account: { homePage, name } });
  const member = [agent(`${service.url}/oauth2/token`, client_key), agent(service.url, sub)];
  for (const outcome of await clientDoes('finish', each))
    expect(outcome).toEqual({
      authority: { objectType: 'Group', member },
      'beyond its scope': 403,
      'temporary credentials in their place': 401,
      'them at the token endpoint': 401,
      'as a bearer token': 401,
    });
}, 60_000);
