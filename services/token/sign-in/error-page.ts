/** The page for what cannot go on. */
import { html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

export type ErrorReason = 'expired' | 'form' | 'nothing' | 'unavailable' | 'fault';

export function errorPage(status: number, reason: ErrorReason, words: Words): Page {
  const title = words.say(`error.${reason}.title`);
  return {
    status,
    words,
    title,
    main: html`<h1>${title}</h1>
      <p>${words.say(`error.${reason}.text`)}</p>`,
  };
}
