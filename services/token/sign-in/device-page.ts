/** The pages where a person says what code their device shows, and that it is theirs. @see RFC 8628 §3.3, §5.4 */
import type { Interaction } from '../interactions.ts';
import type { Person } from '../../shared/person.ts';
import { clientFacts, nameOf, personName } from './client-facts.ts';
import { asked, meaning } from './consent-page.ts';
import { html, type Html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

const ACTION = '/sign-in/device';

export type CodeFault = 'malformed' | 'unknown' | 'expired' | 'used' | { retryAfterSeconds: number };

export interface CodeView {
  words: Words;
  /** Proof that the form came from this page. */
  token: string;
  /** What to put into the field. */
  typed: string;
  fault?: CodeFault | undefined;
}

export function codePage({ words, token, typed, fault }: CodeView): Page {
  const { say } = words;
  const isThrottled = typeof fault === 'object';
  const title = say('device.title');
  return {
    status: fault === undefined ? 200 : isThrottled ? 429 : 422,
    words,
    title,
    headers: isThrottled ? { 'Retry-After': String(fault.retryAfterSeconds) } : {},
    main: html`
      <h1>${title}</h1>
      <p class="quiet" id="hint">${say('device.hint')}</p>
      ${faultNotice(fault, words)}
      <form method="post" action="${ACTION}">
        <input type="hidden" name="form_token" value="${token}" />
        <label for="user_code">${say('device.code')}</label>
        <input
          type="text"
          id="user_code"
          name="user_code"
          value="${typed}"
          maxlength="32"
          autocomplete="off"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck="false"
          required
          autofocus
          ${fault === undefined ? html`aria-describedby="hint"` : html`aria-describedby="fault hint"`}
          ${fault === undefined || isThrottled ? undefined : html`aria-invalid="true"`}
        />
        <div class="actions"><button type="submit">${say('device.next')}</button></div>
      </form>
    `,
  };
}

function faultNotice(fault: CodeFault | undefined, { say, sayTime }: Words): Html | undefined {
  if (fault === undefined) return undefined;
  const text =
    typeof fault === 'object'
      ? say('device.throttled', { time: sayTime(fault.retryAfterSeconds) })
      : say(`device.fault.${fault}`);
  return html`<p class="notice alert" role="alert" id="fault">${text}</p>`;
}

export interface ConfirmView extends Pick<Interaction, 'client' | 'scopes' | 'identityScopes'> {
  words: Words;
  /** Proof that the form came from this page, for this code. */
  token: string;
  /** As the device shows it. */
  userCode: string;
  /** Whom the device would act for. */
  person: Person | undefined;
}

/**
 * "The authorization server SHOULD … inform the user that they are authorizing a device and … confirm that the device is in
 * their possession": remote phishing sends people a code that was made for the attacker's device.
 */
export function confirmPage(view: ConfirmView): Page {
  const { words, client, token, userCode, person } = view;
  const { say } = words;
  const scopes = asked(view);
  return {
    status: 200,
    words,
    title: say('device.confirm.title'),
    main: html`
      <h1>${say('device.confirm.title')}</h1>
      <p class="code"><code translate="no">${userCode}</code></p>
      <p class="notice note" id="warning">${say('device.confirm.warning')}</p>
      <p>${say('device.confirm.asks', { client: nameOf(client) })}</p>
      <ul>
        ${scopes.map((scope) => html`<li>${meaning(scope, view, words)}</li>`)}
      </ul>
      ${clientFacts(client, words)}
      <form method="post" action="${ACTION}" id="answer">
        <input type="hidden" name="form_token" value="${token}" />
        <input type="hidden" name="user_code" value="${userCode}" />
        <div class="actions">
          <button type="submit" name="answer" value="mine" aria-describedby="warning">
            ${say('device.confirm.mine')}
          </button>
          <button type="submit" name="answer" value="deny" class="second">${say('device.confirm.deny')}</button>
        </div>
      </form>
      ${person && accountOf(person, words)}
    `,
  };
}

function accountOf(person: Person, { say }: Words): Html {
  return html`<div class="who">
    <p>${say('consent.person', { person: personName(person) })}</p>
    <div class="actions">
      <button type="submit" form="answer" name="answer" value="another" class="second" aria-describedby="warning">
        ${say('consent.switch')}
      </button>
    </div>
  </div>`;
}

const OUTCOMES = ['allowed', 'denied', 'expired', 'used', 'failed'] as const;
type Outcome = (typeof OUTCOMES)[number];

export function isOutcome(name: string): name is Outcome {
  return OUTCOMES.some((known) => known === name);
}

export function outcomePage(outcome: Outcome, words: Words): Page {
  const title = words.say(`device.${outcome}.title`);
  return {
    status: 200,
    words,
    title,
    main: html`<h1>${title}</h1>
      <p>${words.say(`device.${outcome}.text`)}</p>`,
  };
}
