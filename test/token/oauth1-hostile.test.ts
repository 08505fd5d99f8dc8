/** What must not work by OAuth 1.0a: at the token service, over HTTP. */
import request from 'supertest';
import { clientSecretContext } from '../../services/shared/oauth1/secrets.ts';
import { keyOf } from '../../services/store/store.ts';
import { encoded, header, signed, type Pairs } from '../support/oauth1-signer.ts';
import { hiddenFields, offered, openBrowser, type Browser } from '../support/people-flow.ts';
import { ISSUER } from '../support/token-service.ts';
import { AUTHORIZE, CALLBACK, INITIATE, oauth1Scene, TOKEN, type OAuth1Scene, type Temporary } from './oauth1-scene.ts';

let scene: OAuth1Scene;
beforeAll(async () => {
  scene = await oauth1Scene();
});
afterAll(async () => {
  await scene?.close();
});

const problem = ({ status, form }: Awaited<ReturnType<OAuth1Scene['call']>>) => [status, form.oauth_problem];
/** After whoever was signed in has signed out. */
async function openedAnew(browser: Browser) {
  const page = await browser.get('/oauth2/logout');
  await browser.post('/oauth2/logout/confirm', { ...hiddenFields(page.text), logout: 'yes' });
  return browser.get('/sign-in/granted');
}
const asked = ({ token }: Temporary) => `${ISSUER}${AUTHORIZE}?oauth_token=${token}`;

/** Comes with temporary credentials, and signs in. @returns the path of the stop, which then asks. */
async function signedInAt(browser: Browser, temporary: Temporary, identifier: string): Promise<string> {
  const page = await browser.follow(asked(temporary));
  const at = new URL(page.at).pathname;
  const form = { ...hiddenFields(page.text), identifier, password: 'correct horse battery staple' };
  await browser.post(`${at}/login`, form);
  return at;
}

describe('a signature', () => {
  it.each([INITIATE, TOKEN])('is used once, at %s', async (path) => {
    const temporary = path === TOKEN ? await scene.begin() : undefined;
    const verifier = temporary && (await scene.verifierOf(temporary, { walk: { saysNo: true } }));
    const parameters = signed({
      method: 'POST',
      url: `${ISSUER}${path}`,
      consumerKey: scene.signer.client_id,
      clientSecret: scene.signer.secret,
      ...(temporary && { token: temporary.token, tokenSecret: temporary.secret }),
      oauth: temporary ? { oauth_verifier: verifier } : { oauth_callback: 'oob' },
    });
    const send = async () => {
      const { text } = await request(scene.service.url).post(path).set('Authorization', header(parameters));
      return new URLSearchParams(text).get('oauth_problem');
    };
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.filter((answer) => answer !== 'nonce_used')).toEqual([temporary ? 'permission_denied' : null]);
  });

  it.each<[string, Parameters<OAuth1Scene['call']>[2]]>([
    ['another scope', { form: [['scope', 'all']], signedAs: { form: [['scope', 'state']] } }],
    ['a scope that was not signed', { form: [['scope', 'all']], signedAs: { form: [] } }],
    ['another method', { signedAs: { method: 'GET' } }],
    ['another path', { signedAs: { url: `${ISSUER}${TOKEN}` } }],
    ['another query', { signedAs: { url: `${ISSUER}${INITIATE}?scope=state` } }],
    [
      'the host that the call says',
      { headers: { Host: 'evil.example' }, signedAs: { url: `https://evil.example${INITIATE}` } },
    ],
    ['plain http', { signedAs: { url: `http://lrs.example.org${INITIATE}` } }],
    ['no secret', { signedAs: { clientSecret: '' } }],
    ['a token that is none', { signedAs: { tokenSecret: 'a secret' } }],
  ])('is of what is asked, and not of %s', async (_case, said) => {
    expect(problem(await scene.initiate(scene.signer, said))).toEqual([401, 'signature_invalid']);
  });

  it('holds whatever the call says of its host', async () => {
    expect((await scene.initiate(scene.signer, { headers: { Host: 'evil.example' } })).status).toBe(200);
  });

  it('is of the callback that is used', async () => {
    const parameters = signed({
      method: 'POST',
      url: `${ISSUER}${INITIATE}`,
      consumerKey: scene.signer.client_id,
      clientSecret: scene.signer.secret,
      oauth: { oauth_callback: CALLBACK },
    }).map(([name, value]): [string, string] => [name, name === 'oauth_callback' ? 'oob' : value]);
    const { status } = await request(scene.service.url).post(INITIATE).set('Authorization', header(parameters));
    expect(status).toBe(401);
  });

  it.each([
    ['long ago', -301],
    ['to come', 330],
  ])('made %s counts no more', async (_case, seconds) => {
    const oauth = { oauth_timestamp: String(Math.floor(Date.now() / 1000) + seconds) };
    expect(problem(await scene.initiate(scene.signer, { oauth }))).toEqual([401, 'timestamp_refused']);
  });

  it.each<[string, Pairs]>([
    ['a parameter twice', [['oauth_nonce', 'another']]],
    ['another version', [['oauth_version', '2.0']]],
    ['a method that there is not', [['oauth_signature_method', 'none']]],
    ['a nonce of a megabyte', [['oauth_nonce', 'n'.repeat(10_000)]]],
    ['a time in milliseconds, spelt as a fraction', [['oauth_timestamp', '1.5']]],
  ])('with %s is refused as a request', async (_case, said) => {
    const usual = signed({
      method: 'POST',
      url: `${ISSUER}${INITIATE}`,
      consumerKey: scene.signer.client_id,
      clientSecret: scene.signer.secret,
      oauth: { oauth_callback: 'oob' },
    });
    const isTwice = _case === 'a parameter twice';
    const parameters = [...usual.filter(([name]) => isTwice || said[0]?.[0] !== name), ...said];
    const { status, text } = await request(scene.service.url).post(INITIATE).set('Authorization', header(parameters));
    expect([status, new URLSearchParams(text).get('oauth_problem')]).toEqual([400, 'parameter_rejected']);
  });

  it('in two places at once, or with a scope in the header, is refused as a request', async () => {
    const parameters = signed({
      method: 'GET',
      url: `${ISSUER}${INITIATE}`,
      consumerKey: scene.signer.client_id,
      clientSecret: scene.signer.secret,
      oauth: { oauth_callback: 'oob' },
    });
    const both = await request(scene.service.url)
      .get(`${INITIATE}?${encoded(parameters)}`)
      .set('Authorization', header(parameters));
    expect(both.status).toBe(400);
    const inHeader = header([...parameters, ['scope', 'all']]);
    const scoped = await request(scene.service.url).get(INITIATE).set('Authorization', inHeader);
    expect([scoped.status, scoped.text]).toEqual([400, expect.stringContaining('belongs%20in%20the%20query')]);
  });

  it('of a client whose secret is sealed for another, or that uses bound tokens only, is none', async () => {
    const [one, other] = [await scene.addSigner(), await scene.addSigner({ dpop_bound_access_tokens: true })];
    await scene.service.clients.change(one.client_id, (client) => ({
      ...client,
      oauth1: { secret: scene.service.seal.seal('a secret', clientSecretContext(other.client_id)) },
    }));
    expect((await scene.initiate({ ...one, secret: 'a secret' })).status).toBe(500);
    expect(problem(await scene.initiate(other))).toEqual([401, 'signature_invalid']);
    const plain = await scene.service.addClient({ grant_types: ['authorization_code'], redirect_uris: [CALLBACK] });
    expect((await scene.initiate({ client_id: plain.client_id, secret: plain.client_secret })).status).toBe(401);
  });

  it('trap, an oracle: the answer to a wrong one has neither the right one nor what is signed', async () => {
    const oauth = { oauth_callback: 'oob', oauth_nonce: 'n', oauth_timestamp: String(Math.floor(Date.now() / 1000)) };
    const { client_id: consumerKey, secret: clientSecret } = scene.signer;
    const right = signed({ method: 'POST', url: `${ISSUER}${INITIATE}`, consumerKey, clientSecret, oauth });
    const { form, headers, status } = await scene.initiate({ ...scene.signer, secret: 'wrong' }, { oauth });
    expect(status).toBe(401);
    const told = decodeURIComponent(JSON.stringify([form, headers]));
    expect(told).not.toContain(Object.fromEntries(right).oauth_signature);
    expect(told).not.toContain('POST&');
  });

  it('bodies that are no form, or too large, are 4xx', async () => {
    const post = (type: string, body: string) =>
      request(scene.service.url).post(INITIATE).set('Content-Type', type).send(body);
    expect((await post('application/json', '{}')).status).toBe(400);
    expect((await post('application/x-www-form-urlencoded', `scope=${'a'.repeat(70_000)}`)).status).toBe(413);
    expect((await post('application/x-www-form-urlencoded', 'oauth_nonce=%zz&oauth_signature=%00')).status).toBe(400);
  });
});

it('trap, PLAINTEXT where it can be read on the way: is refused, and said why', async () => {
  const clear = await oauth1Scene({ issuer: 'http://lrs.example.org' });
  try {
    expect(problem(await clear.initiate(clear.signer, { signatureMethod: 'PLAINTEXT' }))).toEqual([
      400,
      'signature_method_rejected',
    ]);
    expect((await clear.initiate()).status).toBe(200);
  } finally {
    await clear.close();
  }
});

describe('a callback', () => {
  it.each([
    'https://evil.example/callback',
    'https://tool.example.com/oauth',
    'https://tool.example.com/oauth?course=7&next=https://evil.example',
    'https://tool.example.com/oauth?course=7#fragment',
    'https://tool.example.com@evil.example/oauth?course=7',
    'https://tool.example.com/oauth/../evil?course=7',
    'HTTPS://TOOL.EXAMPLE.COM/oauth?course=7',
    'javascript:alert(document.domain)',
    'https://tool.example.com/oauth?course=7\r\nSet-Cookie: a=b',
    'OOB',
  ])('that is not registered is refused: %j', async (callback) => {
    const answer = await scene.initiate(scene.signer, { oauth: { oauth_callback: callback } });
    expect(problem(answer)).toEqual([400, 'parameter_rejected']);
  });

  it('of another client is refused, and so is none', async () => {
    const other = await scene.addSigner({ redirect_uris: ['https://other.example.com/'] });
    expect(problem(await scene.initiate(other))).toEqual([400, 'parameter_rejected']);
    const none = { oauth: { oauth_callback: undefined } };
    expect(problem(await scene.initiate(scene.signer, none))).toEqual([400, 'parameter_absent']);
  });

  it('that is registered no more is not gone back to', async () => {
    const by = await scene.addSigner();
    const temporary = await scene.begin({ by });
    await scene.service.clients.change(by.client_id, (client) => ({ ...client, redirect_uris: [] }));
    expect((await openBrowser(scene.service).get(asked(temporary))).status).toBe(404);
  });
});

describe('a verifier', () => {
  it('cannot be guessed: after five that are wrong, the right one is too late', async () => {
    const temporary = await scene.begin({ callback: 'oob' });
    const browser = openBrowser(scene.service);
    const { text } = await browser.get((await scene.authorize(temporary, { browser })).href);
    const verifier = /<code translate="no">(\d{10})<\/code>/.exec(text)?.[1] ?? '';
    const guesses = await Promise.all(Array.from({ length: 12 }, (_, n) => scene.redeem(temporary, `${n}`)));
    expect(guesses.filter(({ form }) => form.oauth_problem === 'verifier_invalid')).toHaveLength(5);
    expect(problem(await scene.redeem(temporary, verifier))).toEqual([401, 'token_rejected']);
  });

  it('is needed, and is not there before the person has answered', async () => {
    const temporary = await scene.begin();
    expect(problem(await scene.redeem(temporary, 'any'))).toEqual([401, 'permission_unknown']);
    const verifier = await scene.verifierOf(temporary);
    expect(problem(await scene.redeem(temporary, undefined))).toEqual([400, 'parameter_absent']);
    expect((await scene.redeem(temporary, verifier)).status).toBe(200);
  });

  it('is of no use to another client, though it has everything else', async () => {
    const other = await scene.addSigner();
    const temporary = await scene.begin();
    const verifier = await scene.verifierOf(temporary);
    expect(problem(await scene.redeem(temporary, verifier, other))).toEqual([401, 'token_rejected']);
    expect((await scene.redeem(temporary, verifier)).status).toBe(200);
  });

  it('is of no use without the temporary secret, nor with the secret of another', async () => {
    const [one, other] = [await scene.begin(), await scene.begin()];
    const verifier = await scene.verifierOf(one);
    for (const secret of ['', other.secret])
      expect(problem(await scene.redeem({ ...one, secret }, verifier))).toEqual([401, 'signature_invalid']);
    expect(problem(await scene.redeem(other, verifier))).toEqual([401, 'permission_unknown']);
  });

  it('is in the store in no readable form', async () => {
    const temporary = await scene.begin();
    const verifier = await scene.verifierOf(temporary);
    const kept = await scene.service.store.read('oauth1-answer', keyOf(`OAuth 1 answer ${temporary.token}`));
    expect(kept).toContain(scene.person.person_id);
    for (const secret of [verifier, temporary.token, temporary.secret]) expect(kept).not.toContain(secret);
  });
});

describe('a person is asked', () => {
  it.each([
    ['unknown', `oauth_token=${'a'.repeat(43)}`],
    ['missing', ''],
    ['sent twice', 'oauth_token=a&oauth_token=b'],
    ['a megabyte', `oauth_token=${'a'.repeat(10_000)}`],
    ['markup', 'oauth_token=%3Cscript%3Ealert(1)%3C/script%3E'],
    ['binary', 'oauth_token=%00%ff'],
  ])('about nothing where the oauth_token is %s: a page says so', async (_case, query) => {
    const { status, headers, text } = await openBrowser(scene.service).get(`${AUTHORIZE}?${query}`);
    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(text).toContain('Please start again');
    expect(text).not.toContain('<script');
    expect(headers['x-frame-options']).toBe('DENY');
  });

  it('once: neither after an answer nor after the credentials were redeemed', async () => {
    const temporary = await scene.begin();
    const verifier = await scene.verifierOf(temporary);
    expect((await openBrowser(scene.service).get(asked(temporary))).status).toBe(404);
    await scene.redeem(temporary, verifier);
    expect((await openBrowser(scene.service).get(asked(temporary))).status).toBe(404);
  });

  it('in time: ten minutes after it began nobody can answer any more, whatever page they have', async () => {
    const temporary = await scene.begin();
    const browser = openBrowser(scene.service);
    await scene.authorize(await scene.begin(), { browser });
    const page = await browser.follow(asked(temporary));
    const { store } = scene.service;
    const key = keyOf(`OAuth 1 temporary ${temporary.token}`);
    const kept = JSON.parse((await store.readOnce('oauth1-temporary', key))?.value ?? '{}') as { exp: number };
    expect(kept.exp - Math.floor(Date.now() / 1000)).toBeGreaterThan(500);
    await store.write('oauth1-temporary', key, JSON.stringify({ ...kept, exp: kept.exp - 601 }), 60);
    const said = { ...hiddenFields(page.text), 'allow:statements/write': 'yes' };
    expect((await browser.post(`${new URL(page.at).pathname}/consent`, said)).status).toBe(404);
    expect((await browser.get(asked(temporary))).status).toBe(404);
    expect(problem(await scene.redeem(temporary, 'any'))).toEqual([401, 'permission_unknown']);
  });

  it('and sees the number alone: not whoever uses the browser next', async () => {
    const [ann, ben] = [await scene.addPerson(), await scene.addPerson()];
    const temporary = await scene.begin({ callback: 'oob' });
    const browser = openBrowser(scene.service);
    const { href } = await scene.authorize(temporary, { browser, walk: { identifier: ann.email } });
    expect((await browser.get(href)).text).toMatch(/\d{10}<\/code>/);
    await browser.post('/sign-in/granted/login', {
      ...hiddenFields((await openedAnew(browser)).text),
      ...{ identifier: ben.email, password: 'correct horse battery staple' },
    });
    expect((await browser.get(href)).text).not.toMatch(/\d{10}<\/code>/);
  });

  it('by nothing that another site sends, or that is not from the page', async () => {
    const temporary = await scene.begin();
    const browser = openBrowser(scene.service);
    const at = await signedInAt(browser, temporary, scene.person.email);
    const consent = await browser.get(at);
    const said = { ...hiddenFields(consent.text), 'allow:statements/write': 'yes' };
    const elsewhere = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    expect((await browser.post(`${at}/consent`, said, elsewhere)).status).toBe(403);
    expect((await browser.post(`${at}/consent`, { ...said, form_token: 'a' })).status).toBe(403);
    const stranger = hiddenFields((await openBrowser(scene.service).follow(asked(temporary))).text);
    expect((await browser.post(`${at}/consent`, { ...said, ...stranger })).status).toBe(403);
    expect(problem(await scene.redeem(temporary, 'any'))).toEqual([401, 'permission_unknown']);
    expect((await browser.get(`${at}/consent?allow:statements/write=yes`)).status).toBe(405);
  });

  it('for no more than is on the page, whatever the form says', async () => {
    const temporary = await scene.begin({ scope: 'state' });
    const browser = openBrowser(scene.service);
    const at = await signedInAt(browser, temporary, scene.person.email);
    const consent = await browser.get(at);
    expect(offered(consent.text)).toEqual(['allow:state']);
    const said = { ...hiddenFields(consent.text), 'allow:state': 'yes', 'allow:all': 'yes' };
    const { location = '' } = await browser.post(`${at}/consent`, said);
    const back = await browser.follow(location);
    const verifier = new URL(back.at).searchParams.get('oauth_verifier') ?? '';
    const { form: given } = await scene.redeem(temporary, verifier);
    expect(await scene.service.store.read('oauth1-token', keyOf(given.oauth_token ?? ''))).toContain('"scope":"state"');
  });

  it('of another organization for nothing, and can only say no', async () => {
    const { email } = await scene.addPerson({ org: 'acme' });
    const temporary = await scene.begin();
    const browser = openBrowser(scene.service);
    const at = await signedInAt(browser, temporary, email);
    const consent = await browser.get(at);
    expect(offered(consent.text)).toEqual([]);
    expect(consent.text).toContain('You have none of the permissions');
    const said = { ...hiddenFields(consent.text), 'allow:statements/write': 'yes' };
    expect((await browser.post(`${at}/consent`, said)).status).toBe(422);
    expect(problem(await scene.redeem(temporary, 'any'))).toEqual([401, 'permission_unknown']);
  });

  it('sent twice, the form is one answer', async () => {
    const temporary = await scene.begin();
    const browser = openBrowser(scene.service);
    await scene.authorize(await scene.begin(), { browser });
    const page = await browser.follow(asked(temporary));
    const at = new URL(page.at).pathname;
    const said = { ...hiddenFields(page.text), 'allow:statements/write': 'yes' };
    const answers = await Promise.all([1, 2].map(() => browser.post(`${at}/consent`, said)));
    const ends = await Promise.all(answers.map(({ location = '' }) => browser.follow(location)));
    const [one, other] = ends.map(({ at: end }) => new URL(end).searchParams.get('oauth_verifier'));
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(other).toBe(one);
  });
});

/** The flaw of OAuth 1.0 that 1.0a mends: "session fixation", https://oauth.net/advisories/2009-1/ */
describe('trap, session fixation: Mallory begins, and sends Ann the link', () => {
  it('Ann’s answer is in Ann’s browser only: Mallory has no verifier, and sees none', async () => {
    const temporary = await scene.begin();
    const [ann, mallory] = [openBrowser(scene.service), openBrowser(scene.service)];
    const malloryAt = (await mallory.follow(asked(temporary))).at;
    const annAt = (await ann.follow(asked(temporary))).at;
    expect(new URL(annAt).pathname).not.toBe(new URL(malloryAt).pathname);
    const back = await scene.authorize(temporary, { browser: ann });
    expect(`${back.origin}${back.pathname}`).toBe('https://tool.example.com/oauth');
    const verifier = back.searchParams.get('oauth_verifier') ?? '';
    for (const at of [malloryAt, annAt]) {
      const seen = await mallory.get(at);
      expect([seen.status, seen.text.includes(verifier)]).toEqual([404, false]);
    }
    for (const guess of [undefined, '', temporary.token])
      expect((await scene.redeem(temporary, guess)).status).toBeGreaterThanOrEqual(400);
  });

  it('of two people who answer about the same, one does; the other is told that it is over', async () => {
    const [ann, mallory] = [await scene.addPerson(), await scene.addPerson()];
    const temporary = await scene.begin({ callback: 'oob' });
    const browsers = [openBrowser(scene.service), openBrowser(scene.service)];
    const pages = await Promise.all(
      [ann, mallory].map(async ({ email }, n) => {
        const browser = browsers[n] ?? openBrowser(scene.service);
        const at = await signedInAt(browser, temporary, email);
        return {
          browser,
          at,
          said: { ...hiddenFields((await browser.get(at)).text), 'allow:statements/write': 'yes' },
        };
      }),
    );
    const answers = await Promise.all(pages.map(({ browser, at, said }) => browser.post(`${at}/consent`, said)));
    expect(answers.map(({ status }) => status < 400).sort()).toEqual([false, true]);
    const shown = await Promise.all(pages.map(({ browser, at }) => browser.get(at)));
    expect(shown.map(({ text }) => /\d{10}<\/code>/.test(text)).sort()).toEqual([false, true]);
  });
});
