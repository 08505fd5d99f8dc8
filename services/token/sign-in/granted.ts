/** `/sign-in/granted`: a person sees what they let clients do, and withdraws it. Whoever is not signed in does that first. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../../shared/client.ts';
import { awaitsContinue } from '../../shared/expect.ts';
import type { Log } from '../../shared/log.ts';
import type { Person } from '../../shared/person.ts';
import type { PersonRegister } from '../../store/people.ts';
import type { Reader } from '../../store/records.ts';
import { keyOf, type Store } from '../../store/store.ts';
import type { BrowserSessions } from '../browser-sessions.ts';
import { createConsents } from '../consents.ts';
import { readForm } from '../form.ts';
import { GRANTED } from '../routes.ts';
import { signedIn } from '../signed-in.ts';
import type { Browsers } from './browser.ts';
import type { SignInByPassword } from './by-password.ts';
import type { Elsewhere, Place } from './elsewhere/elsewhere.ts';
import type { IdentityProvider } from './elsewhere/identity-provider.ts';
import { grantedPage, type Granted } from './granted-page.ts';
import { chooseLanguage } from './language.ts';
import { loginPage, type LoginFault } from './login-page.ts';
import { wordsIn, type Words } from './messages.ts';
import type { Page } from './page.ts';
import { notAllowed, Stop } from './stop.ts';
import { refuseForeign, textIn, type FormFields } from './visit.ts';
import { continuePage } from './way-back.ts';

export interface GrantedOptions {
  sessions: Pick<BrowserSessions, 'find' | 'begin'>;
  clients: Reader<Client>;
  people: Pick<PersonRegister, 'find'>;
  store: Store;
  browsers: Browsers;
  signInByPassword: SignInByPassword;
  providers: readonly IdentityProvider[];
  elsewhere: Pick<Elsewhere, 'leave' | 'arrive'>;
  log: Log;
  addressOf: (req: IncomingMessage) => string | undefined;
}

interface Visit {
  req: IncomingMessage;
  res: ServerResponse;
  person: Person | undefined;
  words: Words;
  browser: string;
  token: string;
}

/** In the place of a flow's, which is not under way. */
const UID = 'granted';

const STEPS: Readonly<Record<string, readonly string[]>> = {
  [GRANTED]: ['GET', 'HEAD'],
  [`${GRANTED}/login`]: ['POST'],
  [`${GRANTED}/elsewhere`]: ['GET', 'POST'],
  [`${GRANTED}/withdraw`]: ['POST'],
};

/** @returns `undefined` where it is another page that was asked for. */
export type AnswerGranted = (req: IncomingMessage, res: ServerResponse) => Promise<Page | undefined>;

export function createGranted(options: GrantedOptions): AnswerGranted {
  const { sessions, clients, people, store, browsers, signInByPassword, providers, elsewhere, log, addressOf } =
    options;
  const consents = createConsents(store);

  async function visitOf(req: IncomingMessage, res: ServerResponse): Promise<Visit & { purpose: string[] }> {
    const person = await signedIn(people, await sessions.find(req, res));
    const uiLocales = new URL(req.url ?? '', 'http://localhost').searchParams.get('ui_locales')?.split(' ') ?? [];
    const acceptLanguage = req.headers['accept-language'];
    const words = wordsIn(chooseLanguage({ uiLocales, locale: person?.locale, acceptLanguage }));
    const browser = browsers.secretOf(req, res);
    const purpose = ['granted', person?.person_id ?? ''];
    return { req, res, person, words, browser, token: browsers.formToken(browser, purpose), purpose };
  }

  const login = ({ words, token }: Visit, identifier = '', fault?: LoginFault) =>
    loginPage({ interaction: { uid: UID }, words, providers, token, identifier, fault });

  async function list({ words, person, token }: Visit & { person: Person }, withdrawn?: Client): Promise<Page> {
    const all = await Promise.all((await consents.list(person.person_id)).map(known));
    const granted = all.filter((one) => one !== undefined).sort((one, other) => other.since - one.since);
    return grantedPage({ words, person, granted, token, withdrawn });
  }

  type Known = Awaited<ReturnType<typeof consents.list>>[number];

  /** What was let do something, where no other is registered by its id since. It may say something else of itself now. */
  async function known({ client_id, client_since, granted, since }: Known): Promise<Granted | undefined> {
    const client = await clients.read(keyOf(client_id));
    const { created_at = 0, known_since = created_at } = client ?? {};
    return client && created_at <= client_since && client_since <= known_since
      ? { client, scopes: granted, since }
      : undefined;
  }

  function signIn(visit: Visit, form: FormFields): Promise<Page> {
    const again = (identifier: string, fault: LoginFault) => login(visit, identifier, fault);
    return signInByPassword({ ...visit, again, signIn: (person) => begin(visit, person) }, form);
  }

  async function begin({ req, res, words }: Visit, person: Person): Promise<Page> {
    await sessions.begin(req, res, person);
    /* So that to load the page again asks for it, and sends no password. */
    return { ...continuePage(GRANTED, words), status: 303, headers: { Location: GRANTED } };
  }

  /** Whose organization's people come here is not known before they have signed in. */
  function placeIn(visit: Visit): Place {
    const wishes = { ui_locales: visit.words.language };
    return { ...visit, uid: UID, wishes, signIn: (person) => begin(visit, person) };
  }

  async function withdraw(visit: Visit, form: FormFields): Promise<Page> {
    const { req, person } = visit;
    if (!person) throw new Stop(403, 'expired');
    const clientId = textIn(form, 'client_id');
    const client = await clients.read(keyOf(clientId));
    await consents.withdraw(person.person_id, clientId);
    const who = { client: client?.client_id, person: person.person_id, address: addressOf(req) };
    log.info({ audit: 'withdrawal', ...who }, 'consent withdrawn');
    return list({ ...visit, person }, client);
  }

  return async (req, res) => {
    const path = req.url?.split('?')[0] ?? '';
    const methods = Object.hasOwn(STEPS, path) ? STEPS[path] : undefined;
    if (!methods) return undefined;
    if (!methods.includes(req.method ?? '')) throw notAllowed(res, methods);
    if (req.method === 'POST' && awaitsContinue(req)) res.writeContinue();
    const form = req.method === 'POST' ? (await readForm(req)).parameters : undefined;
    const visit = await visitOf(req, res);
    const { person } = visit;
    if (path === `${GRANTED}/elsewhere` && !form) return elsewhere.arrive(placeIn(visit));
    if (!form) return person ? list({ ...visit, person }) : login(visit);
    refuseForeign(req, form, { ...visit, browsers });
    if (path === `${GRANTED}/elsewhere`) return elsewhere.leave(placeIn(visit), form);
    return path === `${GRANTED}/login` ? signIn(visit, form) : withdraw(visit, form);
  };
}
