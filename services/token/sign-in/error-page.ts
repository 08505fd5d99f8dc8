/** The page for what cannot go on. */
import { html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

export type ErrorReason = 'expired' | 'form' | 'request' | 'nothing' | 'unavailable' | 'fault';

/** @param detail for whoever has to mend it, in English. */
export function errorPage(status: number, reason: ErrorReason, words: Words, detail?: string): Page {
  const title = words.say(`error.${reason}.title`);
  return {
    status,
    words,
    title,
    main: html`<h1>${title}</h1>
      <p>${words.say(`error.${reason}.text`)}</p>
      ${detail === undefined ? undefined : html`<p class="quiet" lang="en" translate="no"><code>${detail}</code></p>`}`,
  };
}
