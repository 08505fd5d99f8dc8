/** Signing out at `/oauth2/logout`, as the library asks for its pages and as they are answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../shared/client.ts';
import { personStands, type Person } from '../shared/person.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import { LOGOUT, ROUTES } from './routes.ts';
import { chooseLanguage } from './sign-in/language.ts';
import { logoutPage, signedOutPage } from './sign-in/logout-page.ts';
import { wordsIn, type Words } from './sign-in/messages.ts';
import { renderPage, type Page } from './sign-in/page.ts';
import { continuePage } from './sign-in/way-back.ts';

/** The library's session, as far as signing out goes. */
export interface EndingSession {
  accountId?: string | undefined;
  state?: { secret?: string; postLogoutRedirectUri?: string | undefined; state?: string | undefined } | undefined;
  destroy(): Promise<void>;
}

/** What of the library's context is read, and what is written there. */
export interface LogoutContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: Readonly<Record<string, unknown>>;
  status: number;
  body: unknown;
  readonly response: { get(name: string): string };
  set(headers: Readonly<Record<string, string>>): void;
  redirect(url: string): void;
  readonly oidc: {
    readonly client?: { readonly clientId: string } | undefined;
    readonly params?: Readonly<Record<string, unknown>> | undefined;
    readonly body?: Readonly<Record<string, unknown>> | undefined;
    readonly session?: EndingSession | undefined;
  };
}

export interface LogoutPages {
  logoutSource(ctx: LogoutContext): Promise<void>;
  postLogoutSuccessSource(ctx: LogoutContext): Promise<void>;
}

export interface LogoutOptions {
  issuer: string;
  clients: Reader<Client>;
  people: Reader<Person>;
  sessions: Pick<BrowserSessions, 'find' | 'forget'>;
}

export function createLogout({ issuer, clients, people, sessions }: LogoutOptions) {
  const site = new URL(issuer).host;
  const done = new URL(LOGOUT.done, issuer).href;

  function show(ctx: LogoutContext, page: Page): void {
    const { headers, body } = renderPage(site, page);
    ctx.status = page.status;
    ctx.set(headers);
    ctx.body = body;
  }

  const personOf = async (personId: string | undefined) =>
    personId === undefined ? undefined : people.read(keyOf(personId));

  const logoutPages: LogoutPages = {
    /** Somebody is signed in, and is asked: "the OP MUST ask the End-User this question if an id_token_hint was not provided". */
    logoutSource: async (ctx) => {
      const { client: model, session, params } = ctx.oidc;
      const person = await personOf(session?.accountId);
      const client = model && (await clients.read(keyOf(model.clientId)));
      const uiLocales = wishedIn(params?.ui_locales);
      const words = wordsFor(ctx, uiLocales, person?.locale);
      show(ctx, logoutPage({ words, person, client, xsrf: session?.state?.secret ?? '', uiLocales }));
    },
    postLogoutSuccessSource: async (ctx) => {
      const session = await sessions.find(ctx.req, ctx.res);
      const found = await personOf(session?.accountId);
      const person = found && personStands(found, session?.generation ?? -1) ? found : undefined;
      show(ctx, signedOutPage(wordsFor(ctx, wishedIn(ctx.query.ui_locales), person?.locale), person));
    },
  };

  /**
   * Nobody is signed in: there is nothing to ask, and what began with the question ends with it. The library would have a
   * script send a form.
   */
  async function goOnWithoutAsking(ctx: LogoutContext, session: EndingSession): Promise<void> {
    const { postLogoutRedirectUri: wanted, state } = session.state ?? {};
    await session.destroy();
    await sessions.forget(ctx.req, ctx.res);
    ctx.redirect(
      withParameters(wanted ?? done, { ...(wanted !== undefined && { state }), ...languageOf(ctx, wanted) }),
    );
    ctx.status = 303;
    ctx.body = '';
  }

  function languageOf(ctx: LogoutContext, location: string | undefined): { ui_locales?: string } {
    const uiLocales = wishedIn(ctx.oidc.params?.ui_locales ?? ctx.oidc.body?.ui_locales);
    return location === undefined && uiLocales.length > 0 ? { ui_locales: uiLocales.join(' ') } : {};
  }

  return {
    logoutPages,

    /** Makes the library's answer ours. */
    goOn: async (ctx: LogoutContext): Promise<void> => {
      const { session } = ctx.oidc;
      if (ctx.path === ROUTES.end_session && ctx.status === 200 && session && session.accountId === undefined)
        await goOnWithoutAsking(ctx, session);
      if (ctx.path !== LOGOUT.confirm || ctx.status !== 303) return;
      const location = ctx.response.get('location');
      const isOurs = location.split('?')[0] === done;
      if (isOurs) ctx.redirect(withParameters(location, languageOf(ctx, undefined)));
      else show(ctx, continuePage(location, wordsFor(ctx, wishedIn(ctx.oidc.body?.ui_locales))));
      ctx.status = isOurs ? 303 : 200;
    },
  };
}

/** Not read again and written anew: a client compares it with what it registered. */
function withParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  if (pairs.length === 0) return uri;
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams(pairs).toString()}`;
}

function wishedIn(uiLocales: unknown): string[] {
  return typeof uiLocales === 'string' ? uiLocales.split(' ').filter(Boolean) : [];
}

function wordsFor({ headers }: LogoutContext, uiLocales: readonly string[], locale?: string): Words {
  const acceptLanguage = headers['accept-language'];
  return wordsIn(chooseLanguage({ uiLocales, locale, acceptLanguage: [acceptLanguage].flat().join(',') }));
}
