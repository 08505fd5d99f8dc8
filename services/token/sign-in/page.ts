/** A page: plain HTML that loads nothing and runs nothing, and the headers that hold it to that. */
import type { ServerResponse } from 'node:http';
import { html, markupOf, type Html } from './html.ts';
import type { Words } from './messages.ts';
import { STYLE_ELEMENT, STYLE_SOURCE } from './style.ts';

export interface Page {
  status: number;
  words: Words;
  title: Html;
  main: Html;
  /** For `<head>`. */
  head?: Html;
  headers?: Readonly<Record<string, string>>;
}

/**
 * `form-action 'self'`: what an attacker gets into a page cannot send the password elsewhere. Chromium also holds every
 * redirect after a form against it, which is why the way back to the client begins at a page (`way-back.ts`).
 * `frame-ancestors 'none'`: no page of others can be laid over the button that says "Allow".
 */
const POLICY = [
  "default-src 'none'",
  `style-src ${STYLE_SOURCE}`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** With `no-referrer` a browser would send its forms with `Origin: null`. */
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': POLICY,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  Vary: 'Accept-Language, Cookie',
};

export interface RenderedPage {
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** @param site the host that the person sees in the address bar. */
export function renderPage(site: string, page: Page): RenderedPage {
  const body = Buffer.from(markupOf(documentOf(site, page)));
  const own = { 'Content-Language': page.words.language, 'Content-Length': String(body.length) };
  return { headers: { ...HEADERS, ...own, ...page.headers }, body };
}

/** @param site the host that the person sees in the address bar. */
export function sendPage(res: ServerResponse, site: string, page: Page): void {
  const { headers, body } = renderPage(site, page);
  res.writeHead(page.status, headers).end(res.req.method === 'HEAD' ? undefined : body);
}

function documentOf(site: string, { words, title, main, head }: Page): Html {
  return html`<!doctype html>
    <html lang="${words.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${head}
        <title>${title} – ${site}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header><p translate="no">${site}</p></header>
        <main>${main}</main>
      </body>
    </html> `;
}
