/**
 * The way back into the flow, from a page rather than by a redirect. Chromium holds `form-action` against every redirect
 * that follows a form, so after a 303 a client could be reached only if its origin, and each that it goes on to from
 * there, were let in; from a page of its own the way is as free as from a link.
 */
import { ServerResponse, type IncomingMessage } from 'node:http';
import { StoreUnavailable } from '../../store/store.ts';
import { html } from './html.ts';
import type { Words } from './messages.ts';
import type { Page } from './page.ts';

export interface WayBack {
  location: string;
  cookies: string[];
}

/** @param redirect ends the response that it is given with a redirect, which is kept from the browser and read. */
export async function wayBack(
  req: IncomingMessage,
  redirect: (res: ServerResponse) => Promise<void>,
): Promise<WayBack> {
  const unsent = new ServerResponse(req);
  await redirect(unsent);
  if (unsent.statusCode === 503) throw new StoreUnavailable(undefined);
  const location = unsent.getHeader('location');
  if (typeof location !== 'string') throw new Error(`no way back into the flow: ${unsent.statusCode}`);
  return { location, cookies: [unsent.getHeader('set-cookie') ?? []].flat().map(String) };
}

export function continuePage(location: string, words: Words): Page {
  const { say } = words;
  return {
    status: 200,
    words,
    title: say('continue.title'),
    head: html`<meta http-equiv="refresh" content="0; url=${location}" />`,
    main: html`<h1>${say('continue.title')}</h1>
      <p>${say('continue.text')}</p>
      <p><a href="${location}">${say('continue.link')}</a></p>`,
  };
}
