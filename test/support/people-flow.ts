/** A person's browser, at the token service or at the gateway in front of it: keeps cookies, follows us, and stops at clients. */
import { createHash, randomBytes } from 'node:crypto';
import request from 'supertest';
import { PASSWORD } from './people.ts';

/** Whom the browser believes to visit; where it really goes is `url`. */
export interface Site {
  issuer: string;
  url: string;
}

export interface Seen {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Where a redirect, or the page that stands for one, leads. */
  location: string | undefined;
}

export interface Browser {
  cookies: Map<string, string>;
  /** Every `Set-Cookie` as it came. */
  set: string[];
  get(target: string, headers?: Record<string, string>): Promise<Seen>;
  post(target: string, form: Record<string, string | string[]>, headers?: Record<string, string>): Promise<Seen>;
  /** Follows redirects as long as they stay with us. */
  follow(target: string): Promise<Seen & { at: string }>;
}

export function openBrowser({ issuer, url }: Site): Browser {
  const cookies = new Map<string, { value: string; path: string }>();
  const set: string[] = [];

  function keep(lines: string[]): void {
    set.push(...lines);
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(/; */);
      const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? '/';
      const isOver = attributes.some((text) => /^expires=Thu, 01 Jan 1970/i.test(text));
      if (isOver) cookies.delete(`${name} ${path}`);
      else cookies.set(`${name} ${path}`, { value, path });
    }
  }

  const headerFor = (path: string) =>
    [...cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');

  async function ask(
    method: 'get' | 'post',
    target: string,
    headers: Record<string, string>,
    form?: string,
  ): Promise<Seen> {
    const { pathname, search } = new URL(target, issuer);
    const test = request(url)
      [method](`${pathname}${search}`)
      .redirects(0)
      .set({ Accept: 'text/html', ...headers });
    const cookie = headerFor(pathname);
    if (cookie) test.set('Cookie', cookie);
    const response = await (form === undefined ? test : test.type('form').send(form));
    keep(([response.headers['set-cookie'] ?? []] as (string | string[])[]).flat());
    const refreshed = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(response.text ?? '')?.[1];
    const location = response.headers['location'] ?? refreshed?.replaceAll('&amp;', '&').replaceAll('&#x2F;', '/');
    return { status: response.status, headers: response.headers, text: response.text ?? '', location };
  }

  const browser: Browser = {
    get cookies() {
      return new Map([...cookies].map(([key, { value }]) => [key.split(' ')[0] ?? '', value]));
    },
    set,
    get: (target, headers = {}) => ask('get', target, headers),
    post: (target, form, headers = {}) => {
      const pairs = Object.entries(form).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
      const origin = new URL(issuer).origin;
      return ask(
        'post',
        target,
        { Origin: origin, 'Sec-Fetch-Site': 'same-origin', ...headers },
        new URLSearchParams(pairs as [string, string][]).toString(),
      );
    },
    follow: async (target) => {
      let at = target;
      for (let hop = 0; hop < 10; hop++) {
        const seen = await browser.get(at);
        if (seen.location === undefined) return { ...seen, at };
        at = new URL(seen.location, issuer).href;
        if (new URL(at).origin !== new URL(issuer).origin) return { ...seen, at };
      }
      throw new Error(`a redirect without an end, at ${at}`);
    },
  };
  return browser;
}

/** What a form of ours sends without the person's doing: hidden fields. */
export function hiddenFields(text: string): Record<string, string> {
  const fields = [...text.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
    /name="([^"]*)"/.exec(tag)?.[1] ?? '',
    /value="([^"]*)"/.exec(tag)?.[1] ?? '',
  ]);
  return Object.fromEntries(fields) as Record<string, string>;
}

/** The names of the boxes of a consent page, each of which ends in a scope. */
export function offered(text: string): string[] {
  return [...text.matchAll(/<input\b[^>]*type="checkbox"[^>]*>/g)].map(
    ([tag]) => /name="([^"]*)"/.exec(tag)?.[1] ?? '',
  );
}

export interface Walk {
  identifier: string;
  password?: string;
  /** What the person takes away of what is offered. */
  without?: string[];
  saysNo?: boolean;
  /** Signs in with another provider. */
  elsewhere?: Elsewhere;
}

export interface Elsewhere {
  provider: string;
  /** From where the person is sent to, to the callback. */
  signIn: (location: string) => Promise<string>;
}

/** From an authorization request to the client's redirect URI, through whatever pages come. */
export async function walk(
  browser: Browser,
  target: string,
  { identifier, password = PASSWORD, without = [], saysNo, elsewhere }: Walk,
): Promise<URL> {
  let seen = await browser.follow(target);
  /* One that leads on has left us: others may have such a path, too. */
  const isOurs = () => seen.location === undefined && /<form\b/.test(seen.text) && isQuestion(new URL(seen.at));
  for (let page = 0; page < 4 && isOurs(); page++) {
    const hidden = hiddenFields(seen.text);
    const at = new URL(seen.at).pathname.replace(/\/(login|consent|deny)$/, '');
    const isLogin = /type="password"/.test(seen.text);
    const left = offered(seen.text).filter((name) => !without.some((scope) => name.endsWith(scope)));
    if (isLogin && elsewhere) {
      const sent = await browser.post(`${at}/elsewhere`, { ...hidden, provider: elsewhere.provider });
      if (sent.location === undefined) throw new Error(`${sent.status} at ${at}: ${sent.text}`);
      seen = await browser.follow(await elsewhere.signIn(sent.location));
      if (seen.status >= 400) throw new Error(`${seen.status} at ${seen.at}: ${seen.text}`);
      continue;
    }
    const boxes = Object.fromEntries(left.map((name) => [name, 'yes']));
    const answer = isLogin
      ? await browser.post(`${at}/login`, { ...hidden, identifier, password })
      : await browser.post(`${at}/${saysNo ? 'deny' : 'consent'}`, { ...hidden, ...boxes });
    if (answer.location === undefined) throw new Error(`${answer.status} at ${at}: ${answer.text}`);
    seen = await browser.follow(answer.location);
  }
  return new URL(seen.at);
}

/** At `/sign-in/device` it is over: the person is told how. */
function isQuestion({ pathname }: URL): boolean {
  return pathname.startsWith('/sign-in/') && pathname !== '/sign-in/device';
}

export interface Proof {
  verifier: string;
  challenge: string;
}

/** @see RFC 7636 §4 */
export function newProof(): Proof {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
