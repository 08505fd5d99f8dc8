/** One request to a page, with all that is known of who makes it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Person } from '../../shared/person.ts';
import type { PersonRegister } from '../../store/people.ts';
import type { Interaction, Interactions } from '../interactions.ts';
import type { Browsers } from './browser.ts';
import type { IdentityProvider } from './elsewhere/identity-provider.ts';
import { chooseLanguage } from './language.ts';
import { wordsIn, type Words } from './messages.ts';
import { Stop } from './stop.ts';

export interface Visit {
  req: IncomingMessage;
  res: ServerResponse;
  interaction: Interaction;
  /** Who is signed in. */
  person: Person | undefined;
  words: Words;
  /** Where the people of the client's organization may sign in, too. */
  providers: readonly IdentityProvider[];
  /** The browser's own secret. */
  browser: string;
  /** What the forms of this interaction carry. */
  token: string;
}

export type FormFields = Readonly<Record<string, unknown>>;

export interface VisitOptions {
  interactions: Pick<Interactions, 'find'>;
  people: Pick<PersonRegister, 'find'>;
  browsers: Browsers;
  providers: readonly IdentityProvider[];
}

/** @throws Stop where there is no such interaction in this browser. */
export async function visitOf(
  req: IncomingMessage,
  res: ServerResponse,
  { interactions, people, browsers, providers: all }: VisitOptions,
): Promise<Visit> {
  const interaction = await interactions.find(req, res);
  if (!interaction) throw new Stop(404, 'expired');
  const { uid, personId, uiLocales } = interaction;
  const found = personId === undefined ? undefined : await people.find(personId);
  const person = found?.active ? found : undefined;
  const wishes = { uiLocales, locale: person?.locale, acceptLanguage: req.headers['accept-language'] };
  const browser = browsers.secretOf(req, res);
  const token = browsers.formToken(browser, [uid, personId ?? '']);
  const providers = all.filter(({ org }) => org === interaction.client.org);
  return { req, res, interaction, person, words: wordsIn(chooseLanguage(wishes)), providers, browser, token };
}

/** Whether there is something to consent to, and somebody who can. */
export function isConsent(visit: Visit): visit is Visit & { person: Person } {
  return visit.interaction.prompt === 'consent' && visit.person !== undefined;
}

/**
 * Cross-site request forgery: another site's page can send a form here, but has no token, and a browser says that it is
 * another site.
 *
 * @throws Stop where the form is not from a page of ours, in this browser, for who is signed in now.
 */
export function refuseForged({ req, interaction, browser }: Visit, form: FormFields, browsers: Browsers): void {
  refuseForeign(req, form, { browsers, browser, purpose: [interaction.uid, interaction.personId ?? ''] });
}

/** @throws Stop where the form is not from a page of ours, in this browser, for this purpose. */
export function refuseForeign(
  req: IncomingMessage,
  form: FormFields,
  { browsers, browser, purpose }: { browsers: Browsers; browser: string; purpose: readonly string[] },
): void {
  const from = String(req.headers['sec-fetch-site'] ?? 'none');
  const isOurs = ['same-origin', 'none'].includes(from) && browsers.isFormToken(form.form_token, browser, purpose);
  if (!isOurs) throw new Stop(403, 'expired');
}

export function textIn(form: FormFields, name: string): string {
  const value = form[name];
  return typeof value === 'string' ? value : '';
}
