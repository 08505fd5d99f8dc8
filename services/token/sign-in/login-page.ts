/** The page where a person signs in. */
import type { Interaction } from '../interactions.ts';
import { clientFacts, nameOf } from './client-facts.ts';
import { elsewhereForm } from './elsewhere/elsewhere-page.ts';
import type { IdentityProvider } from './elsewhere/identity-provider.ts';
import { html, type Html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

export interface LoginView {
  /** Without a client it is for the person themselves. */
  interaction: Pick<Interaction, 'uid'> & Partial<Pick<Interaction, 'client'>>;
  words: Words;
  providers: readonly IdentityProvider[];
  /** Proof that the form came from this page. */
  token: string;
  /** What to put into the first field. */
  identifier: string;
  fault?: LoginFault | undefined;
}

/** What was wrong with the last attempt; it never says whether there is such an account. */
export type LoginFault = 'failed' | 'missing' | { retryAfterSeconds: number };

export function loginPage(view: LoginView): Page {
  const { interaction, words, identifier, fault } = view;
  const { say } = words;
  const { client } = interaction;
  const title = say('login.title');
  return {
    status: statusOf(fault),
    words,
    title,
    headers: typeof fault === 'object' ? { 'Retry-After': String(fault.retryAfterSeconds) } : {},
    main: html`
      <h1>${title}</h1>
      <p class="quiet">${client ? say('login.for', { client: nameOf(client) }) : say('granted.login')}</p>
      ${client && clientFacts(client, words)} ${faultNotice(fault, words)}
      <form method="post" action="/sign-in/${interaction.uid}/login">
        <input type="hidden" name="form_token" value="${view.token}" />
        <label for="identifier">${say('login.identifier')}</label>
        <input
          type="text"
          id="identifier"
          name="identifier"
          value="${identifier}"
          maxlength="320"
          autocomplete="username"
          autocapitalize="none"
          autocorrect="off"
          spellcheck="false"
          required
          ${describedBy(fault)}
          ${identifier === '' ? AUTOFOCUS : undefined}
        />
        <label for="password">${say('login.password')}</label>
        <input
          type="password"
          id="password"
          name="password"
          autocomplete="current-password"
          required
          ${describedBy(fault)}
          ${identifier === '' ? undefined : AUTOFOCUS}
        />
        <div class="actions"><button type="submit">${say('login.submit')}</button></div>
      </form>
      ${elsewhereForm(view.providers, { uid: interaction.uid, token: view.token, words })} ${client && denyForm(view)}
    `,
  };
}

function denyForm({ interaction, token, words: { say } }: LoginView): Html {
  return html`<form method="post" action="/sign-in/${interaction.uid}/deny">
    <input type="hidden" name="form_token" value="${token}" />
    <div class="actions"><button type="submit" class="second">${say('login.cancel')}</button></div>
  </form>`;
}

const AUTOFOCUS = html`autofocus`;

function statusOf(fault: LoginFault | undefined): number {
  if (fault === undefined) return 200;
  return typeof fault === 'object' ? 429 : 422;
}

/** The field that has the focus refers to it, because an alert that is there from the start is not read out everywhere. */
function faultNotice(fault: LoginFault | undefined, { say, sayTime }: Words): Html | undefined {
  if (fault === undefined) return undefined;
  const text =
    typeof fault === 'object'
      ? say('login.throttled', { time: sayTime(fault.retryAfterSeconds) })
      : say(`login.${fault}`);
  return html`<p class="notice alert" role="alert" id="fault">${text}</p>`;
}

function describedBy(fault: LoginFault | undefined): Html | undefined {
  if (fault === undefined) return undefined;
  return typeof fault === 'object'
    ? html`aria-describedby="fault"`
    : html`aria-describedby="fault" aria-invalid="true"`;
}
