/** The pages where a person signs out: the question, and what came of it. */
import type { Client } from '../../shared/client.ts';
import type { Person } from '../../shared/person.ts';
import { GRANTED, LOGOUT } from '../routes.ts';
import { nameOf, personName } from './client-facts.ts';
import { html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

export interface LogoutView {
  words: Words;
  person: Person | undefined;
  /** Who sent the person here, where that is known. */
  client: Client | undefined;
  /** Proof that the form came from this page. */
  xsrf: string;
  uiLocales: readonly string[];
}

export function logoutPage({ words, person, client, xsrf, uiLocales }: LogoutView): Page {
  const { say } = words;
  return {
    status: 200,
    words,
    title: say('logout.title'),
    main: html`<h1>${say('logout.heading')}</h1>
      ${person && html`<p>${say('consent.person', { person: personName(person) })}</p>`}
      ${client && html`<p>${say('logout.from', { client: nameOf(client) })}</p>`}
      <p>${say('logout.text')}</p>
      <form method="post" action="${LOGOUT.confirm}">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        ${uiLocales.length > 0 ? html`<input type="hidden" name="ui_locales" value="${uiLocales.join(' ')}" />` : undefined}
        <div class="actions">
          <button type="submit" name="logout" value="yes">${say('logout.yes')}</button>
          <button type="submit" class="second">${say('logout.no')}</button>
        </div>
      </form>`,
  };
}

/** @param person who is signed in all the same. */
export function signedOutPage(words: Words, person: Person | undefined): Page {
  const { say } = words;
  const key = person ? 'logout.stayed' : 'logout.done';
  return {
    status: 200,
    words,
    title: say(`${key}.title`),
    main: html`<h1>${say(`${key}.title`)}</h1>
      <p>${say(`${key}.text`)}</p>
      ${person && html`<p><a href="${GRANTED}">${say('granted.link')}</a></p>`}`,
  };
}
