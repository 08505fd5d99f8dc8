/** What a person sees whose client cannot be reached from a browser: what to type there, or that there is nothing to. */
import type { Client } from '../../../shared/client.ts';
import { askingClient } from '../../asking-client.ts';
import { nameOf } from '../../sign-in/client-facts.ts';
import { html } from '../../sign-in/html.ts';
import type { Words } from '../../sign-in/messages.ts';
import type { Page } from '../../sign-in/page.ts';

export interface VerifierView {
  words: Words;
  client: Client;
  verifier: string;
}

/**
 * "The server … displays the verification code to the resource owner … to manually inform the client". Whoever began this
 * in another place, and sent a person the link, now only lacks this number: so it is said not to tell it.
 *
 * @see RFC 5849 §2.2, §4.1
 */
export function verifierPage({ words, client, verifier }: VerifierView): Page {
  const { say } = words;
  const title = say('oauth1.verifier.title');
  return {
    status: 200,
    words,
    title,
    main: html`<h1>${title}</h1>
      <p class="code"><code translate="no">${verifier}</code></p>
      <p>${say('oauth1.verifier.text', { client: nameOf(askingClient(client)) })}</p>
      <p class="notice note">${say('oauth1.verifier.warning')}</p>`,
  };
}

export function deniedPage(words: Words): Page {
  const title = words.say('oauth1.denied.title');
  return {
    status: 200,
    words,
    title,
    main: html`<h1>${title}</h1>
      <p>${words.say('oauth1.denied.text')}</p>`,
  };
}
