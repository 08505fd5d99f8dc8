/** The page at `/sign-in/device`, where people come with a code that a device shows them. @see RFC 8628 §3.3 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../shared/log.ts';
import { awaitsContinue } from '../../shared/expect.ts';
import { askingClient } from '../asking-client.ts';
import { readUserCode, showUserCode } from '../device-codes.ts';
import type { Devices, WaitingDevice } from '../devices.ts';
import { readForm } from '../form.ts';
import { apart, isIdentityScope, publicScope } from '../identity-scopes.ts';
import type { Interactions } from '../interactions.ts';
import { DEVICE_RESUME, ROUTES } from '../routes.ts';
import type { Browsers } from './browser.ts';
import { codePage, confirmPage, isOutcome, outcomePage, type CodeFault } from './device-page.ts';
import type { createGuesses } from './guesses.ts';
import { chooseLanguage } from './language.ts';
import { wordsIn, type Words } from './messages.ts';
import type { Page } from './page.ts';
import { Stop } from './stop.ts';
import { continuePage, wayBack } from './way-back.ts';

export interface DevicePagesOptions {
  devices: Devices;
  interactions: Pick<Interactions, 'beginDevice' | 'resumeDevice'>;
  browsers: Browsers;
  admit: ReturnType<typeof createGuesses>;
  log: Log;
  addressOf: (req: IncomingMessage) => string | undefined;
}

/** @throws Stop where there is no page. */
export type DevicePages = (req: IncomingMessage, res: ServerResponse) => Promise<Page>;

export function isDevicePath({ url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split('?');
  return path === ROUTES.code_verification || DEVICE_RESUME.test(path);
}

export function createDevicePages(options: DevicePagesOptions): DevicePages {
  const { devices, interactions, browsers, admit, log, addressOf } = options;

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

  async function answer(req: IncomingMessage, res: ServerResponse, words: Words): Promise<Page> {
    if (awaitsContinue(req)) res.writeContinue();
    const { parameters: form } = await readForm(req);
    const browser = browsers.secretOf(req, res);
    const typed = typeof form.user_code === 'string' ? form.user_code : '';
    const userCode = readUserCode(typed);
    const isAnswer = form.answer !== undefined;
    /* A form that says "mine" is only on the page that warns, and only for the code that the page shows. */
    refuseForged(req, browsers, {
      token: form.form_token,
      browser,
      purpose: purposeOf(isAnswer ? userCode : undefined),
    });
    const again = (fault: CodeFault) =>
      codePage({ words, token: browsers.formToken(browser, purposeOf(undefined)), typed, fault });
    if (userCode === undefined) return again('malformed');
    const found = await (isAnswer ? devices.find(userCode) : look(req, browser, userCode));
    if (typeof found === 'string' || 'retryAfterSeconds' in found) return again(found);
    if (!isAnswer)
      return confirmPage(confirmView(found, userCode, req, browsers.formToken(browser, purposeOf(userCode))));
    if (!(await devices.claim(found.device, browser))) return again('used');
    const isMine = form.answer === 'mine';
    audit(req, isMine, { client: found.client.client_id });
    if (isMine) return redirected(req, res, words, (unsent) => interactions.beginDevice(req, unsent, found));
    await devices.deny(found.device);
    return {
      ...outcomePage('denied', words),
      status: 303,
      headers: { Location: `${ROUTES.code_verification}?outcome=denied` },
    };
  }

  return async (req, res) => {
    const { method = '', url = '' } = req;
    const [path = '', ...rest] = url.split('?');
    const words = wordsFor(req);
    const isWay = DEVICE_RESUME.test(path);
    if (method === 'POST' && !isWay) return answer(req, res, words);
    if (method !== 'GET' && (isWay || method !== 'HEAD')) {
      res.setHeader('Allow', isWay ? 'GET' : 'GET, HEAD, POST');
      throw new Stop(405, 'nothing');
    }
    if (isWay) return redirected(req, res, words, (unsent) => interactions.resumeDevice(req, unsent));
    const query = new URLSearchParams(rest.join('?'));
    const outcome = query.get('outcome') ?? '';
    if (isOutcome(outcome)) return outcomePage(outcome, words);
    const typed = readUserCode(query.get('user_code') ?? '');
    const token = browsers.formToken(browsers.secretOf(req, res), purposeOf(undefined));
    return codePage({ words, token, typed: typed === undefined ? '' : showUserCode(typed) });
  };
}

function purposeOf(userCode: string | undefined): string[] {
  return userCode === undefined ? ['device'] : ['device', userCode];
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

/** @throws Stop: another site's form has no token of this browser. */
function refuseForged(
  req: IncomingMessage,
  browsers: Browsers,
  { token, browser, purpose }: { token: unknown; browser: string; purpose: string[] },
): void {
  const from = String(req.headers['sec-fetch-site'] ?? 'none');
  if (!['same-origin', 'none'].includes(from) || !browsers.isFormToken(token, browser, purpose))
    throw new Stop(403, 'expired');
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
