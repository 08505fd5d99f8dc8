/** The page where a person says what a client may do. */
import type { Person } from '../../shared/person.ts';
import type { Interaction } from '../interactions.ts';
import { GRANTED } from '../routes.ts';
import { clientFacts, nameOf, personName } from './client-facts.ts';
import { html, type Html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

export interface ConsentView {
  interaction: Interaction;
  person: Person;
  words: Words;
  /** Proof that the form came from this page. */
  token: string;
  /** It was sent with nothing checked. */
  isEmpty?: boolean;
}

/** Without it nobody is signed in at the client: it goes with the rest, or the person does not allow anything. */
const ALWAYS = 'openid';
const FIELD = 'allow:';

type Asked = Pick<Interaction, 'scopes' | 'identityScopes'>;

/** All that a person can be asked to grant, each once: a name of both vocabularies, `profile`, is one choice. */
export function asked({ scopes, identityScopes }: Asked): string[] {
  return [...new Set([...identityScopes, ...scopes])];
}

/**
 * What was left checked, of what was asked for: nothing else can be granted, whatever the form has. To keep the access is
 * nothing where there is none.
 */
export function grantedIn(interaction: Interaction, form: Readonly<Record<string, unknown>>): string[] {
  const granted = asked(interaction).filter((scope) => scope === ALWAYS || form[FIELD + scope] === 'yes');
  return granted.every((scope) => scope === 'offline_access') ? [] : granted;
}

export function consentPage(view: ConsentView): Page {
  const { interaction, person, words, token, isEmpty = false } = view;
  const { say } = words;
  const { client, uid } = interaction;
  const choices = asked(interaction).filter((scope) => scope !== ALWAYS);
  const isPossible = asked(interaction).length > 0;
  return {
    status: isEmpty ? 422 : 200,
    words,
    title: say('consent.title'),
    main: html`
      <h1>${say('consent.heading', { client: nameOf(client) })}</h1>
      ${clientFacts(client, words)}
      ${isEmpty ? html`<p class="notice alert" role="alert" id="fault">${say('consent.none')}</p>` : undefined}
      <form method="post" action="/sign-in/${uid}/consent">
        <input type="hidden" name="form_token" value="${token}" />
        ${alwaysGranted(interaction, words)} ${choices.length > 0 ? choicesOf(choices, view) : undefined}
        ${isPossible ? undefined : html`<p class="notice note">${say('consent.impossible')}</p>`}
        <div class="actions">
          ${isPossible ? html`<button type="submit">${say('consent.allow')}</button>` : undefined}
          <button type="submit" class="second" formaction="/sign-in/${uid}/deny">${say('consent.deny')}</button>
        </div>
      </form>
      ${isPossible ? html`<p class="after quiet">${say('consent.withdraw', { page: grantedLink(words) })}</p>` : undefined}
      <div class="who">
        <p>${say('consent.person', { person: personName(person) })}</p>
        <a href="/sign-in/${uid}/login">${say('consent.switch')}</a>
      </div>
    `,
  };
}

/** In a window of its own: who looks there has not answered here yet. */
function grantedLink({ say }: Words): Html {
  return html`<a href="${GRANTED}" rel="noopener" target="_blank">${say('granted.title')}</a>`;
}

function alwaysGranted({ identityScopes }: Interaction, { say }: Words): Html | undefined {
  if (!identityScopes.includes(ALWAYS)) return undefined;
  return html`<p>${say('consent.always')}</p>`;
}

function choicesOf(choices: readonly string[], { interaction, words, isEmpty = false }: ConsentView): Html {
  const { say } = words;
  return html`<fieldset ${isEmpty ? html`aria-describedby="fault hint"` : html`aria-describedby="hint"`}>
    <legend>${say('consent.legend')}</legend>
    <p id="hint">${say('consent.hint')}</p>
    <ul class="choices">
      ${choices.map(
        (scope) =>
          html`<li>
            <label>
              <input type="checkbox" name="${FIELD + scope}" value="yes" ${isEmpty ? undefined : html`checked`} />
              <span>${meaning(scope, interaction, words)}</span>
            </label>
          </li>`,
      )}
    </ul>
  </fieldset>`;
}

export function meaning(scope: string, { scopes, identityScopes }: Asked, { sayScope, sayIdentity }: Words): Html {
  if (!identityScopes.includes(scope)) return sayScope(scope);
  return scopes.includes(scope) ? html`${sayIdentity(scope)}; ${sayScope(scope)}` : sayIdentity(scope);
}
