/** What a person sees where a client asked wrongly, and nobody can be sent back to it. @see RFC 6749 §4.1.2.1 */
import request from 'supertest';
import { openBrowser, newProof } from '../support/people-flow.ts';
import { FORM, refusalOf } from '../support/token-service.ts';
import { personScene, REDIRECT_URI, type PersonScene } from './person-scene.ts';

let scene: PersonScene;
beforeAll(async () => {
  scene = await personScene();
});
afterAll(() => scene.close());

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

type Parameters = Record<string, string | undefined>;

function target(wrong: Parameters, path = '/oauth2/authorize'): string {
  const parameters: Parameters = {
    response_type: 'code',
    client_id: scene.tool.client_id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    state: 'a state',
    code_challenge: newProof().challenge,
    code_challenge_method: 'S256',
    ...wrong,
  };
  const said = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${path}?${new URLSearchParams(said).toString()}`;
}

const ask = (path: string, headers: Record<string, string> = { Accept: BROWSER }) =>
  request(scene.service.url).get(path).redirects(0).set(headers);

/** A page of ours: nothing in it loads, runs, or is in a frame of others. */
function expectPage(response: request.Response, status: number): string {
  expect(response.status).toBe(status);
  expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(response.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-/);
  expect(response.headers['x-frame-options']).toBe('DENY');
  expect(response.headers['cache-control']).toBe('no-store');
  expect(response.headers['vary']).toContain('Accept');
  expect(response.headers).not.toHaveProperty('location');
  expect(response.text).toMatch(/^<!doctype html>/);
  expect(response.text).not.toMatch(/http-equiv|<script|<form|href=/);
  return response.text;
}

const WRONG: [what: string, wrong: Parameters, code: string][] = [
  ['a client that nobody knows', { client_id: 'nobody' }, 'invalid_client'],
  ['no client', { client_id: undefined }, 'invalid_request'],
  ['a redirect URI that is not registered', { redirect_uri: 'https://evil.example/' }, 'invalid_redirect_uri'],
  ['a redirect URI that is none', { redirect_uri: 'javascript:alert(1)' }, 'invalid_redirect_uri'],
];

describe('an authorization request with', () => {
  it.each(WRONG)('%s is a page to a browser, and leads nowhere', async (_what, wrong, code) => {
    const text = expectPage(await ask(target(wrong)), 400);
    expect(text).toContain('<h1>This request cannot be answered</h1>');
    expect(text).toContain(`<code>${code}: `);
    expect(text).not.toContain('evil.example');
  });

  it.each(WRONG)('%s is JSON to a program', async (_what, wrong, code) => {
    for (const accept of [
      '*/*',
      'application/json',
      'application/json, text/html',
      'text/html;q=0',
      'text/html;q=0.5, application/json',
    ])
      expect(refusalOf(await ask(target(wrong), { Accept: accept }))).toMatchObject({ status: 400, error: code });
  });

  it('Open edX’s path is told the same', async () => {
    expectPage(await ask(target({ client_id: 'nobody' }, '/oauth2/authorize/')), 400);
  });

  it.each([
    ['fr', {}, 'fr-CH, fr;q=0.9, en;q=0.8'],
    ['de', { ui_locales: 'ja de' }, 'es'],
    ['es', {}, 'es'],
    ['en', { ui_locales: '__proto__ "><script>' }, ''],
  ])('a wish for %s is met', async (language, wish, acceptLanguage) => {
    const response = await ask(target({ client_id: 'nobody', ...wish }), {
      Accept: BROWSER,
      'Accept-Language': acceptLanguage,
    });
    expect(expectPage(response, 400)).toContain(`<html lang="${language}">`);
    expect(response.headers['content-language']).toBe(language);
  });

  it('trap, markup in what is asked: none of it is in the page', async () => {
    const nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    for (const name of ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'ui_locales', 'prompt', 'x'])
      for (const wrong of [{ client_id: 'nobody' }, { redirect_uri: 'https://evil.example/' }]) {
        const response = await ask(target({ ...wrong, [name]: nasty }));
        if (response.status === 303) continue;
        expect(expectPage(response, 400)).not.toMatch(/alert\(|onerror|&lt;script/);
      }
  });

  it('the client can be told of goes back to the client, as ever', async () => {
    const response = await ask(target({ response_type: 'token' }));
    expect([response.status, new URL(response.headers['location'] ?? '').origin]).toEqual([
      303,
      new URL(REDIRECT_URI).origin,
    ]);
  });
});

describe('elsewhere', () => {
  it('a browser that comes back to what is over is told to start again', async () => {
    const text = expectPage(await ask('/oauth2/authorize/no-such-stop'), 400);
    expect(text).toContain('<h1>Please start again</h1>');
    expect(refusalOf(await ask('/oauth2/authorize/no-such-stop', { Accept: '*/*' })).status).toBe(400);
  });

  it('a form that cannot be read, and a method that there is not, are pages as well', async () => {
    const { url } = scene.service;
    const form = request(url).post('/oauth2/authorize').set({ Accept: BROWSER, 'Content-Type': FORM });
    expect(expectPage(await form.send('client_id=a&client_id=b'), 400)).toContain('client_id');
    const head = await request(url)
      .head(target({ client_id: 'nobody' }))
      .set('Accept', BROWSER);
    expect([head.status, head.headers['content-type'], head.headers['allow']]).toEqual([
      405,
      'text/html; charset=utf-8',
      'GET, POST',
    ]);
    expect(head.text ?? '').toBe('');
  });

  it('endpoints that only programs call answer with JSON, whoever calls', async () => {
    const browser = openBrowser(scene.service);
    for (const path of ['/oauth2/userinfo', '/oauth2/nothing', '/oauth2/token'])
      expect((await browser.get(path)).headers['content-type']).toMatch(/^application\/json/);
  });

  it('is in the audit: who asked wrongly, and how', async () => {
    await ask(target({ redirect_uri: 'https://evil.example/' }));
    const line = scene.service.logged.map((text) => JSON.parse(text) as Record<string, unknown>).at(-1);
    expect(line).toMatchObject({ audit: 'token', granted: false, client: scene.tool.client_id });
  });
});
