/**
 * An error that a person comes upon: where there is nobody to send their browser back to, or nobody that it could safely
 * be sent to. A program is told the same in JSON.
 *
 * @see RFC 6749 §4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and MUST NOT
 * automatically redirect the user-agent to the invalid redirection URI"
 */
import type { IncomingMessage } from 'node:http';
import type { ErrorBody } from './advice.ts';
import { LOGOUT, RESUME, ROUTES } from './routes.ts';
import { errorPage, type ErrorReason } from './sign-in/error-page.ts';
import { chooseLanguage } from './sign-in/language.ts';
import { wordsIn } from './sign-in/messages.ts';
import { renderPage, type RenderedPage } from './sign-in/page.ts';
import { prefersPage } from './sign-in/preference.ts';

export interface ErrorAnswer {
  status: number;
  body: ErrorBody;
  issuer: string;
}

/** Where browsers are sent; other paths are called by programs only. */
const isForPeople = (path: string) => path === ROUTES.authorization || path === ROUTES.end_session || isWayOn(path);
/** With what a page of ours knew. */
const isWayOn = (path: string) => path === LOGOUT.confirm || RESUME.test(path);

/** @returns the page in the place of the JSON; `undefined` where JSON it is. */
export function errorInBrowser(req: IncomingMessage, { status, body, issuer }: ErrorAnswer): RenderedPage | undefined {
  const [path = '', ...query] = (req.url ?? '').split('?');
  if (!isForPeople(path) || !prefersPage(req.headers.accept)) return undefined;
  const uiLocales = new URLSearchParams(query.join('?')).get('ui_locales')?.split(' ').slice(0, MOST_LOCALES) ?? [];
  const words = wordsIn(chooseLanguage({ uiLocales, acceptLanguage: req.headers['accept-language'] }));
  const reason = reasonOf(status, isWayOn(path));
  const page = errorPage(status, reason, words, reason === 'request' ? detailOf(body) : undefined);
  return renderPage(new URL(issuer).host, { ...page, headers: { Vary: 'Accept, Accept-Language' } });
}

const MOST_LOCALES = 10;

/** Whoever comes back to what is over has asked for nothing wrong. */
function reasonOf(status: number, isOver: boolean): ErrorReason {
  if (status >= 500) return status === 503 ? 'unavailable' : 'fault';
  return isOver ? 'expired' : 'request';
}

function detailOf({ error, error_description: description }: ErrorBody): string {
  return description === undefined ? error : `${error}: ${description}`;
}

/** What of a Koa context is read and written. */
interface Answer {
  readonly req: IncomingMessage;
  status: number;
  body: unknown;
  set(headers: Readonly<Record<string, string>>): void;
}

/** Makes an error of the library's a page, where a person comes upon it. */
export function showInBrowser(ctx: Answer, issuer: string): void {
  if (typeof ctx.body !== 'object' || ctx.body === null || !('error' in ctx.body)) return;
  const page = errorInBrowser(ctx.req, { status: ctx.status, body: ctx.body as ErrorBody, issuer });
  if (!page) return;
  ctx.set(page.headers);
  ctx.body = page.body;
}
