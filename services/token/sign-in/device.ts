/** The page at `/sign-in/device`, where people come with a code that a device shows them. @see RFC 8628 §3.3 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../shared/log.ts';
import { awaitsContinue } from '../../shared/expect.ts';
import { askingClient } from '../asking-client.ts';
import type { Person } from '../../shared/person.ts';
import type { PersonRegister } from '../../store/people.ts';
import type { BrowserSessions } from '../browser-sessions.ts';
import { readUserCode, showUserCode } from '../device-codes.ts';
import type { Devices, WaitingDevice } from '../devices.ts';
import { readForm } from '../form.ts';
import { apart, isIdentityScope, publicScope } from '../identity-scopes.ts';
import type { Interactions } from '../interactions.ts';
import { DEVICE_RESUME, ROUTES } from '../routes.ts';
import { signedIn } from '../signed-in.ts';
import type { Browsers } from './browser.ts';
import { codePage, confirmPage, isOutcome, outcomePage, type CodeFault } from './device-page.ts';
import type { createGuesses } from './guesses.ts';
import { chooseLanguage } from './language.ts';
import { wordsIn, type Words } from './messages.ts';
import type { Page } from './page.ts';
import { notAllowed } from './stop.ts';
import { refuseForeign, type FormFields } from './visit.ts';
import { continuePage, wayBack } from './way-back.ts';

export interface DevicePagesOptions {
  devices: Devices;
  interactions: Pick<Interactions, 'beginDevice' | 'resumeDevice'>;
  sessions: Pick<BrowserSessions, 'find'>;
  people: Pick<PersonRegister, 'find'>;
  browsers: Browsers;
  admit: ReturnType<typeof createGuesses>;
  log: Log;
  addressOf: (req: IncomingMessage) => string | undefined;
}

/** @throws Stop where there is no page. */
export type DevicePages = (req: IncomingMessage, res: ServerResponse) => Promise<Page>;

/** A form that was sent. */
interface Entry {
  req: IncomingMessage;
  res: ServerResponse;
  words: Words;
  form: FormFields;
  /** The browser's own secret. */
  browser: string;
  typed: string;
  /** Absent where what was typed can be no code. */
  userCode: string | undefined;
}

export function isDevicePath({ url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split('?');
  return path === ROUTES.code_verification || DEVICE_RESUME.test(path);
}

export function createDevicePages(options: DevicePagesOptions): DevicePages {
  const { devices, interactions, sessions, people, browsers, admit, log, addressOf } = options;

  const personAt = async ({ req, res }: Entry) => signedIn(people, await sessions.find(req, res));

  function audit(req: IncomingMessage, granted: boolean, details: object): void {
    const record = { audit: 'device', granted, address: addressOf(req), ...details };
    log.info(record, granted ? 'device confirmed' : 'device refused');
  }

  /** What is typed, as far as anybody waits for it. Whoever guesses is slowed down, and at last stopped. */
  async function look(req: IncomingMessage, browser: string, userCode: string): Promise<WaitingDevice | CodeFault> {
    const admission = await admit(browser, addressOf(req));
    if ('retryAfterSeconds' in admission) {
      audit(req, false, { reason: 'throttled' });
      return admission;
    }
    const found = await devices.find(userCode);
    if (found === 'unknown') audit(req, false, { reason: 'there is no such code' });
    else await admission.succeeded();
    return found;
  }

  const again = ({ words, browser, typed }: Entry, fault: CodeFault) =>
    codePage({ words, token: browsers.formToken(browser, FIELD), typed, fault });

  async function ask(entry: Entry): Promise<Page> {
    const { req, browser, userCode } = entry;
    refuseForeign(req, entry.form, { browsers, browser, purpose: FIELD });
    if (userCode === undefined) return again(entry, 'malformed');
    const found = await look(req, browser, userCode);
    if (typeof found === 'string' || 'retryAfterSeconds' in found) return again(entry, found);
    const person = await personAt(entry);
    const token = browsers.formToken(browser, purposeOf(userCode, person));
    return confirmPage({ ...confirmView(found, userCode, req, token), person });
  }

  /** What a person says is only taken from the page that warns, and only about the code and the account that it shows. */
  async function decide(entry: Entry): Promise<Page> {
    const { req, res, words, browser, userCode = '' } = entry;
    refuseForeign(req, entry.form, { browsers, browser, purpose: purposeOf(userCode, await personAt(entry)) });
    const found = await devices.find(userCode);
    if (typeof found === 'string') return again(entry, found);
    if (!(await devices.claim(found.device, browser))) return again(entry, 'used');
    const isAnother = entry.form.answer === 'another';
    const isMine = isAnother || entry.form.answer === 'mine';
    audit(req, isMine, { client: found.client.client_id });
    if (isMine) return redirected(req, res, words, (unsent) => interactions.beginDevice(req, unsent, found, isAnother));
    await devices.deny(found.device);
    const headers = { Location: `${ROUTES.code_verification}?outcome=denied` };
    return { ...outcomePage('denied', words), status: 303, headers };
  }

  async function answer(req: IncomingMessage, res: ServerResponse, words: Words): Promise<Page> {
    if (awaitsContinue(req)) res.writeContinue();
    const { parameters: form } = await readForm(req);
    const typed = typeof form.user_code === 'string' ? form.user_code : '';
    const browser = browsers.secretOf(req, res);
    const entry = { req, res, words, form, browser, typed, userCode: readUserCode(typed) };
    return form.answer === undefined ? ask(entry) : decide(entry);
  }

  return async (req, res) => {
    const { method = '', url = '' } = req;
    const [path = '', ...rest] = url.split('?');
    const words = wordsFor(req);
    const isWay = DEVICE_RESUME.test(path);
    if (method === 'POST' && !isWay) return answer(req, res, words);
    if (method !== 'GET' && (isWay || method !== 'HEAD'))
      throw notAllowed(res, isWay ? ['GET'] : ['GET', 'HEAD', 'POST']);
    if (isWay) return redirected(req, res, words, (unsent) => interactions.resumeDevice(req, unsent));
    const query = new URLSearchParams(rest.join('?'));
    const outcome = query.get('outcome') ?? '';
    if (isOutcome(outcome)) return outcomePage(outcome, words);
    const typed = readUserCode(query.get('user_code') ?? '');
    const token = browsers.formToken(browsers.secretOf(req, res), FIELD);
    return codePage({ words, token, typed: typed === undefined ? '' : showUserCode(typed) });
  };
}

/** What the form of the field is for. */
const FIELD = ['device'];

function purposeOf(userCode: string, person: Person | undefined): string[] {
  return ['device', userCode, person?.person_id ?? ''];
}

function wordsFor(req: IncomingMessage, uiLocales: readonly string[] = []): Words {
  return wordsIn(chooseLanguage({ uiLocales, acceptLanguage: req.headers['accept-language'] }));
}

function confirmView({ client, params }: WaitingDevice, userCode: string, req: IncomingMessage, token: string) {
  const [scope, locales] = [params.scope, params.ui_locales].map((said) => (typeof said === 'string' ? said : ''));
  const scopes = (scope ?? '').split(' ').filter(Boolean);
  return {
    words: wordsFor(req, (locales ?? '').split(' ').filter(Boolean)),
    client: askingClient(client),
    scopes: apart(scope).ours,
    identityScopes: scopes.filter(isIdentityScope).map(publicScope),
    userCode: showUserCode(userCode),
    token,
  };
}

/** To another page of ours: `form-action 'self'` lets a browser go there. */
async function redirected(
  req: IncomingMessage,
  res: ServerResponse,
  words: Words,
  redirect: (unsent: ServerResponse) => Promise<void>,
): Promise<Page> {
  const { location, cookies } = await wayBack(req, redirect);
  for (const cookie of cookies) res.appendHeader('Set-Cookie', cookie);
  return { ...continuePage(location, words), status: 303, headers: { Location: location } };
}
