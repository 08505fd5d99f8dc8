/** The pages at `/sign-in/{uid}`: a person signs in, and says what a client may do. Which page it is, is the flow's to say. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { awaitsContinue } from '../../shared/expect.ts';
import type { Log } from '../../shared/log.ts';
import type { PersonRegister } from '../../store/people.ts';
import type { Store } from '../../store/store.ts';
import type { Devices } from '../devices.ts';
import { readForm } from '../form.ts';
import type { Interactions } from '../interactions.ts';
import { createForms, PAGES, type Answers } from './answers.ts';
import { createBrowsers } from './browser.ts';
import { createSignInByPassword } from './by-password.ts';
import { createCredentialCheck } from './credential-check.ts';
import { createDevicePages, isDevicePath } from './device.ts';
import { createElsewhere } from './elsewhere/elsewhere.ts';
import type { IdentityProvider } from './elsewhere/identity-provider.ts';
import { errorPage } from './error-page.ts';
import { createGranted, type GrantedOptions } from './granted.ts';
import { createGuesses } from './guesses.ts';
import { chooseLanguage } from './language.ts';
import { wordsIn } from './messages.ts';
import { sendPage, type Page } from './page.ts';
import { notAllowed, Stop, stopOf } from './stop.ts';
import { refuseForged, visitOf } from './visit.ts';

export interface SignInOptions extends Pick<GrantedOptions, 'sessions' | 'clients'> {
  interactions: Interactions;
  devices: Devices;
  people: PersonRegister;
  store: Store;
  log: Log;
  issuer: string;
  /** Where people may sign in, too. */
  providers?: readonly IdentityProvider[];
  /** Pages of another way to a person's answer; `undefined` where it is not one of them that was asked for. */
  dialectPages?: (req: IncomingMessage, res: ServerResponse) => Promise<Page | undefined>;
  /** Where a request came from, for throttling and the audit; `undefined` where that cannot be known. */
  addressOf: (req: IncomingMessage) => string | undefined;
}

/** Answers every request at a path that begins with `/sign-in/`, whatever is wrong with it. */
export type SignIn = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

const PATH = /^\/sign-in\/[\w-]{1,64}(?:\/(?<step>login|consent|deny|elsewhere))?$/;

export function createSignIn(options: SignInOptions): SignIn {
  const { interactions, people, store, log, issuer, addressOf, providers = [], dialectPages } = options;
  const site = new URL(issuer).host;
  const browsers = createBrowsers(store, issuer);
  const check = createCredentialCheck({ people, store, browsers });
  const signInByPassword = createSignInByPassword({ check, log, addressOf });
  const elsewhere = createElsewhere({ ...options, providers, browsers });
  const granted = createGranted({ ...options, providers, elsewhere, browsers, signInByPassword });
  const answerDevice = createDevicePages({ ...options, browsers, admit: createGuesses(store) });
  const forms = { ...createForms({ interactions, signInByPassword, log, addressOf }), ...elsewhere.forms };
  const pages = { ...PAGES, ...elsewhere.pages };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<Page> {
    const page = (await granted(req, res)) ?? (await dialectPages?.(req, res));
    if (page) return page;
    if (isDevicePath(req)) return answerDevice(req, res);
    const isForm = req.method === 'POST';
    const chosen = answerAt(req, res, isForm ? forms : pages, { pages, forms });
    if (isForm && awaitsContinue(req)) res.writeContinue();
    const form = isForm ? (await readForm(req)).parameters : {};
    const visit = await visitOf(req, res, { interactions, people, browsers, providers });
    if (isForm) refuseForged(visit, form, browsers);
    return chosen(visit, form);
  }

  return async (req, res) => {
    try {
      if (await elsewhere.callback(req, res)) return;
      sendPage(res, site, await answer(req, res));
    } catch (error) {
      const { status, reason } = stopOf(error);
      if (status >= 500) log.error({ err: error, method: req.method }, 'sign-in error');
      if (res.headersSent) return void res.destroy();
      if (status === 503) res.setHeader('Retry-After', '1');
      if (!req.complete) res.setHeader('Connection', 'close');
      const words = wordsIn(chooseLanguage({ acceptLanguage: req.headers['accept-language'] }));
      sendPage(res, site, errorPage(status, reason, words));
    }
  };
}

/** @throws Stop 404 or 405. */
function answerAt(
  { method = '', url = '' }: IncomingMessage,
  res: ServerResponse,
  answers: Answers,
  { pages, forms }: { pages: Answers; forms: Answers },
) {
  const match = PATH.exec(url.split('?')[0] ?? '');
  if (!match) throw new Stop(404, 'nothing');
  const step = match.groups?.step ?? '';
  const chosen = Object.hasOwn(answers, step) ? answers[step] : undefined;
  if (chosen && ['GET', 'HEAD', 'POST'].includes(method)) return chosen;
  const allowed = [
    ...(Object.hasOwn(pages, step) ? ['GET', 'HEAD'] : []),
    ...(Object.hasOwn(forms, step) ? ['POST'] : []),
  ];
  throw notAllowed(res, allowed);
}
