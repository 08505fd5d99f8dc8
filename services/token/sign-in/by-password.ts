/** The form with the password, wherever it is shown: a flow's, or the person's own. */
import type { IncomingMessage } from 'node:http';
import type { Log } from '../../shared/log.ts';
import type { Person } from '../../shared/person.ts';
import type { createCredentialCheck } from './credential-check.ts';
import type { LoginFault } from './login-page.ts';
import type { Page } from './page.ts';
import { textIn, type FormFields, type Visit } from './visit.ts';

/** Where the form is. */
export interface PasswordPlace extends Pick<Visit, 'req' | 'browser'> {
  /** The client that they are on their way to. */
  client?: string;
  /** The form again, with what was wrong. */
  again: (identifier: string, fault: LoginFault) => Page;
  signIn: (person: Person) => Page | Promise<Page>;
}

export interface ByPasswordOptions {
  check: ReturnType<typeof createCredentialCheck>;
  log: Log;
  addressOf: (req: IncomingMessage) => string | undefined;
}

export type SignInByPassword = (place: PasswordPlace, form: FormFields) => Promise<Page>;

export function createSignInByPassword({ check, log, addressOf }: ByPasswordOptions): SignInByPassword {
  return async ({ req, browser, client, again, signIn }, form) => {
    const identifier = textIn(form, 'identifier').trim();
    const password = textIn(form, 'password');
    if (identifier === '' || password === '') return again(identifier, 'missing');
    const address = addressOf(req);
    const audit = (granted: boolean, details: object) =>
      log.info(
        { audit: 'sign-in', granted, client, address, ...details },
        `sign-in ${granted ? 'granted' : 'refused'}`,
      );
    const outcome = await check({ identifier, password, address, browser });
    if ('fault' in outcome) {
      const { fault, account } = outcome;
      audit(false, { person: account, reason: fault === 'failed' ? fault : 'throttled' });
      return again(identifier, fault);
    }
    audit(true, { person: outcome.person.person_id });
    return signIn(outcome.person);
  };
}
