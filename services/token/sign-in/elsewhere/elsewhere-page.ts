/** The page for a sign-in at another provider that came to nothing, with a way back. */
import { html, type Html } from '../html.ts';
import type { Words } from '../messages.ts';
import type { Page } from '../page.ts';
import type { IdentityProvider } from './identity-provider.ts';

/** What came in between, and the status that says so. */
const STATUS = { unavailable: 503, refused: 403, failed: 502, taken: 403, inactive: 403 } as const;

export type ElsewhereFault = keyof typeof STATUS;

/** @param uid of the flow, which goes on at its first page. */
export function elsewherePage(fault: ElsewhereFault, { name }: IdentityProvider, uid: string, words: Words): Page {
  const { say } = words;
  const provider = html`<bdi translate="no">${name}</bdi>`;
  const title = say('elsewhere.title', { provider });
  return {
    status: STATUS[fault],
    words,
    title: say('elsewhere.title', { provider: name }),
    main: html`<h1>${title}</h1>
      <p class="notice alert" role="alert">${say(`elsewhere.${fault}`, { provider })}</p>
      <p><a href="/sign-in/${uid}">${say('elsewhere.back')}</a></p>`,
  };
}

/** A button for each, in a form without a password. */
export function elsewhereForm(
  providers: readonly IdentityProvider[],
  { uid, token, words: { say } }: { uid: string; token: string; words: Words },
): Html | undefined {
  if (providers.length === 0) return undefined;
  return html`<form method="post" action="/sign-in/${uid}/elsewhere">
    <input type="hidden" name="form_token" value="${token}" />
    <div class="actions">
      ${providers.map(
        ({ id, name }) =>
          html`<button type="submit" class="second" name="provider" value="${id}">
            ${say('elsewhere.button', { provider: html`<bdi translate="no">${name}</bdi>` })}
          </button>`,
      )}
    </div>
  </form>`;
}
