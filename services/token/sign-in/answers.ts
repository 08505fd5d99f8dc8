/** What is shown at each step, and what each form does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../shared/log.ts';
import { addressOf, type Person } from '../../shared/person.ts';
import type { Interactions } from '../interactions.ts';
import type { SignInByPassword } from './by-password.ts';
import { consentPage, grantedIn } from './consent-page.ts';
import { loginPage, type LoginFault } from './login-page.ts';
import type { Page } from './page.ts';
import { Stop } from './stop.ts';
import { isConsent, type FormFields, type Visit } from './visit.ts';
import { continuePage, wayBack } from './way-back.ts';

export type Answer = (visit: Visit, form: FormFields) => Page | Promise<Page>;

/** By step; '' is the address that the flow sends a browser to. */
export type Answers = Readonly<Record<string, Answer>>;

export interface AnswerOptions {
  interactions: Interactions;
  signInByPassword: SignInByPassword;
  log: Log;
  addressOf: (req: IncomingMessage) => string | undefined;
}

export const PAGES: Answers = {
  '': (visit) => (isConsent(visit) ? consentPage(visit) : login(visit, knownAs(visit) ?? visit.interaction.hint)),
  /** For somebody else than who is signed in. */
  login: (visit) => login(visit, ''),
};

function knownAs({ person }: Visit): string | undefined {
  return person && (addressOf(person) ?? person.username);
}

function login(visit: Visit, identifier = '', fault?: LoginFault): Page {
  return loginPage({ ...visit, identifier, fault });
}

export function createForms({ interactions, signInByPassword, log, addressOf }: AnswerOptions): Answers {
  function audit(visit: Visit, granted: boolean, details: object): void {
    const client = visit.interaction.client.client_id;
    const record = { audit: 'consent', granted, client, address: addressOf(visit.req), ...details };
    log.info(record, `consent ${granted ? 'granted' : 'refused'}`);
  }

  return {
    login: (visit, form) => {
      const { req, browser, interaction } = visit;
      const again = (identifier: string, fault: LoginFault) => login(visit, identifier, fault);
      const signIn = (person: Person) => back(visit, (res) => interactions.signIn(req, res, person));
      return signInByPassword({ req, browser, client: interaction.client.client_id, again, signIn }, form);
    },

    consent: async (visit, form) => {
      if (!isConsent(visit)) throw new Stop(403, 'expired');
      const { req, interaction, person } = visit;
      const granted = grantedIn(interaction, form);
      if (granted.length === 0) return consentPage({ ...visit, isEmpty: true });
      audit(visit, true, { person: person.person_id, scope: granted.join(' ') });
      return back(visit, (res) => interactions.consent(req, res, granted));
    },

    deny: async (visit) => {
      audit(visit, false, { person: visit.person?.person_id });
      return back(visit, (res) => interactions.deny(visit.req, res));
    },
  };
}

/** Leads on into the flow, by a page. */
export async function back(
  { req, res, words }: Visit,
  redirect: (res: ServerResponse) => Promise<void>,
): Promise<Page> {
  const { location, cookies } = await wayBack(req, redirect);
  for (const cookie of cookies) res.appendHeader('Set-Cookie', cookie);
  return continuePage(location, words);
}
