/** The page where a person sees what they let clients do, and withdraws it. */
import type { Client } from '../../shared/client.ts';
import type { Person } from '../../shared/person.ts';
import { askingClient } from '../asking-client.ts';
import { apart, publicScope } from '../identity-scopes.ts';
import { GRANTED, ROUTES } from '../routes.ts';
import { clientFacts, nameOf, personName } from './client-facts.ts';
import { html, type Html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

/** One client that acts for the person. */
export interface Granted {
  client: Client;
  /** As they are called in here. */
  scopes: readonly string[];
  /** Unix seconds. */
  since: number;
}

export interface GrantedView {
  words: Words;
  person: Person;
  granted: readonly Granted[];
  /** Proof that a form came from this page. */
  token: string;
  /** Of whom it was withdrawn just now. */
  withdrawn?: Client | undefined;
}

export function grantedPage({ words, person, granted, token, withdrawn }: GrantedView): Page {
  const { say } = words;
  const isAny = granted.length > 0;
  return {
    status: 200,
    words,
    title: say('granted.title'),
    main: html`<h1>${say('granted.title')}</h1>
      ${
        withdrawn &&
        html`<p class="notice note" role="status">${say('granted.withdrawn', { client: nameOf(withdrawn) })}</p>`
      }
      <p>${say(isAny ? 'granted.text' : 'granted.none')}</p>
      ${granted.map((one) => section(one, words, token))}
      <div class="who">
        <p>${say('consent.person', { person: personName(person) })}</p>
        <form method="get" action="${ROUTES.end_session}">
          <input type="hidden" name="ui_locales" value="${words.language}" />
          <div class="actions"><button type="submit" class="second">${say('logout.yes')}</button></div>
        </form>
      </div>`,
  };
}

function section({ client, scopes, since }: Granted, words: Words, token: string): Html {
  const { say, sayDate } = words;
  const meanings = meaningsOf(scopes, words);
  return html`<section class="granted">
    <h2>${nameOf(client)}</h2>
    ${clientFacts(askingClient(client), words)}
    <p>${say('granted.may')}</p>
    <ul>
      ${meanings.map((meaning) => html`<li>${meaning}</li>`)}
    </ul>
    <p class="quiet">${say('granted.since', { date: sayDate(since) })}</p>
    <form method="post" action="${GRANTED}/withdraw">
      <input type="hidden" name="form_token" value="${token}" />
      <input type="hidden" name="client_id" value="${client.client_id}" />
      <div class="actions">
        <button type="submit" class="second">${say('granted.withdraw', { client: nameOf(client) })}</button>
      </div>
    </form>
  </section>`;
}

function meaningsOf(scopes: readonly string[], { sayScope, sayIdentity }: Words): Html[] {
  const { identity, ours } = apart(scopes.join(' '));
  return [...identity.map((scope) => sayIdentity(publicScope(scope))), ...ours.map(sayScope)];
}
