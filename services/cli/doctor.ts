/** `doctor`: checks store, keys, clock, token service and LRS from where it runs, and says what is wrong. */
import { createLog } from '../shared/log.ts';
import { openStore } from '../store/open-store.ts';
import { loadSigningKeys } from '../store/signing-keys.ts';
import type { Store } from '../store/store.ts';
import { CommandFailed, type Command } from './context.ts';
import { readOptions } from './options.ts';
import { sealOf } from './encryption-key.ts';
import { settingsOf, type Settings } from './settings-of.ts';
import { untilStoreAnswers } from './until-store-answers.ts';

interface Finding {
  check: string;
  ok: boolean;
  finding: string;
}

const PATIENCE_MS = 3000;
/** Tokens live for seconds at the least; more skew than this and they die early, or late. */
const TOLERATED_SKEW_SECONDS = 5;

export const doctor: Command = async (context) => {
  const { values } = readOptions(context.args, { json: { type: 'boolean' } });
  const settings = settingsOf(context, 'cli');
  const log = createLog('doctor', 'silent');
  const store = openStore(settings.HALLPASS_STORE, log);
  try {
    const findings = [
      await check('store', async () => {
        await untilStoreAnswers(store, log, PATIENCE_MS);
        return 'answers';
      }),
      await check('keys', () => keysFinding(store, settings)),
      ...(await lrsFindings(settings)),
      ...(await tokenServiceFindings(settings)),
    ];
    if (values.json) context.print(JSON.stringify(findings, null, 2));
    else
      for (const { check: name, ok, finding } of findings)
        context.print(`${ok ? 'ok   ' : 'WRONG'}  ${name}: ${finding}`);
    if (findings.some(({ ok }) => !ok)) throw new CommandFailed('something is wrong');
  } finally {
    await store.close();
  }
};

async function check(name: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { check: name, ok: true, finding: await work() };
  } catch (error) {
    const { message, cause } = error as Error;
    return { check: name, ok: false, finding: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
}

async function keysFinding(store: Store, settings: Settings): Promise<string> {
  const { jwks } = await loadSigningKeys(store, sealOf(settings));
  return `${jwks.length} signing key${jwks.length === 1 ? '' : 's'}, opened with the encryption key`;
}

async function lrsFindings(settings: Settings): Promise<Finding[]> {
  const { HALLPASS_LRS_URL: url, HALLPASS_LRS_USERNAME: username, HALLPASS_LRS_PASSWORD: password } = settings;
  if (url === undefined) return [{ check: 'lrs', ok: true, finding: 'HALLPASS_LRS_URL is not set: the sample LRS' }];
  const about = await check('lrs', async () => {
    const response = await ask(`${url}/about`);
    if (response.status >= 300) throw new Error(`${url}/about answers ${response.status}: is this the xAPI path?`);
    return `${url} answers`;
  });
  const credential = await check('lrs credential', async () => {
    const authorization = `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
    const response = await ask(`${url}/statements?limit=1`, authorization);
    if (response.status !== 200) throw new Error(`reading one statement answers ${response.status}`);
    return 'can read statements';
  });
  return [about, credential, await check('clock', async () => skewFinding(await ask(`${url}/about`), 'the LRS'))];
}

async function tokenServiceFindings(settings: Settings): Promise<Finding[]> {
  const { HALLPASS_TOKEN_URL: url } = settings;
  if (url === undefined) return [];
  const finding = await check('token service', async () => {
    const response = await ask(`${url}/readyz`);
    if (response.status !== 200) throw new Error(`${url}/readyz answers ${response.status}`);
    return skewFinding(response, 'the token service');
  });
  return [finding];
}

function ask(url: string, authorization?: string): Promise<Response> {
  const headers = { 'X-Experience-API-Version': '1.0.3', ...(authorization && { Authorization: authorization }) };
  return fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
}

function skewFinding(response: Response, whose: string): string {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return `${whose} answers, without a Date to compare clocks by`;
  const skewSeconds = Math.round((Date.now() - date) / 1000);
  if (Math.abs(skewSeconds) > TOLERATED_SKEW_SECONDS)
    throw new Error(`this machine's clock and that of ${whose} differ by ${skewSeconds} s`);
  return `agrees with ${whose}`;
}
