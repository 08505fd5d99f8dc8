/** @see RFC 6749 §4.1; RFC 7636; RFC 9207; RFC 9700; OpenID Connect Core 1.0 §3.1 */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { decodeAccessToken } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import { newProof, openBrowser } from '../support/people-flow.ts';
import { personScene, REDIRECT_URI, type PersonScene } from './person-scene.ts';

let scene: PersonScene;
beforeAll(async () => {
  scene = await personScene();
});
afterAll(() => scene.close());

describe('a person who is asked by a client', () => {
  it('signs in, agrees, and comes back with a code, the state and the issuer', async () => {
    const { url, code } = await scene.authorize();
    expect(`${url.origin}${url.pathname}`).toBe('https://tool.example.com/callback');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      from: 'hallpass',
      code,
      state: 'a state',
      iss: scene.service.issuer,
    });
    expect(code.length).toBeGreaterThanOrEqual(43);
  });

  it('gives a token of theirs, which the store has under its digest with the person, both generations and the family', async () => {
    const tokens = await scene.tokens();
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect(tokens.scope.split(' ').sort()).toEqual(['offline_access', 'openid', 'state', 'statements/write']);
    const text = await scene.service.store.read('access-token', keyOf(tokens.access_token));
    expect(decodeAccessToken(text ?? '')).toMatchObject({
      client_id: scene.tool.client_id,
      generation: 0,
      org: 'default',
      sub: scene.person.person_id,
      person_generation: 0,
      grant: expect.any(String) as string,
    });
  });

  it('says no, and the client is told so', async () => {
    const { url } = await scene.authorize({ walk: { saysNo: true, identifier: (await scene.addPerson()).email } });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'access_denied', state: 'a state' });
    expect(url.searchParams.has('code')).toBe(false);
  });

  it('takes a scope away, and the token is without it', async () => {
    const { email } = await scene.addPerson();
    const tokens = await scene.tokens({ walk: { identifier: email, without: ['statements/write'] } });
    expect(tokens.scope).not.toContain('statements/write');
    expect(tokens.scope).toContain('state');
  });
});

describe('consent', () => {
  it('is asked once, and again where more is asked for, or another prompt is wanted', async () => {
    const browser = openBrowser(scene.service);
    const { email } = await scene.addPerson();
    const pages = async (scope: string, more: Record<string, string> = {}) => {
      const before = scene.service.logged.filter((line) => line.includes('"audit":"consent"')).length;
      await scene.authorize({ browser, walk: { identifier: email }, with: { scope, ...more } });
      return scene.service.logged.filter((line) => line.includes('"audit":"consent"')).length - before;
    };
    expect(await pages('state profile')).toBe(1);
    expect(await pages('state profile')).toBe(0);
    expect(await pages('profile/read')).toBe(0);
    expect(await pages('state statements/read')).toBe(1);
    expect(await pages('state', { prompt: 'consent' })).toBe(1);
  });
});

describe('what a token may do', () => {
  it('is what the client asked for, may have, and the person has', async () => {
    const { email } = await scene.addPerson({ scope: 'state/read profile' });
    const tool = await scene.addTool({ scope: 'state statements/write' });
    const code = await scene.authorize({
      walk: { identifier: email },
      with: { client_id: tool.client_id, scope: 'state statements/write profile' },
    });
    const { scope } = (await scene.redeem(code, {}, tool).expect(200)).body as { scope: string };
    expect(scope.split(' ').filter((name) => name !== 'offline_access')).toEqual(['state/read']);
  });

  it('is nothing where the person has none of it: the client is told, with the reason', async () => {
    const { email } = await scene.addPerson({ scope: 'profile' });
    const { url } = await scene.authorize({ walk: { identifier: email }, with: { scope: 'state' } });
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(url.searchParams.get('error_description')).toContain('state');
  });

  it('is nothing where the client may have none of it', async () => {
    const tool = await scene.addTool({ scope: 'state' });
    const { url } = await scene.authorize({ with: { client_id: tool.client_id, scope: 'statements/write' } });
    expect(url.searchParams.get('error')).toBe('invalid_scope');
  });

  it('does not cross organizations', async () => {
    const { email } = await scene.addPerson({ org: 'berlin' });
    const { url } = await scene.authorize({ walk: { identifier: email } });
    expect(url.searchParams.get('error')).toBe('access_denied');
  });

  it('trap, one word for two things: `profile` beside `openid` is who the person is, and opens no documents', async () => {
    const tokens = await scene.tokens({ with: { scope: 'openid profile' } });
    expect(tokens.scope).toBe('openid profile');
    const record = decodeAccessToken(
      (await scene.service.store.read('access-token', keyOf(tokens.access_token))) ?? '',
    );
    expect(record.scope.split(' ')).not.toContain('profile');
  });
});

describe('redirect URIs', () => {
  it.each([
    'https://tool.example.com/callback',
    'https://tool.example.com/callback?from=hallpass&more=1',
    'https://tool.example.com/callback/?from=hallpass',
    'https://tool.example.com.evil.example/callback?from=hallpass',
    'https://tool.example.com@evil.example/callback?from=hallpass',
    'http://tool.example.com/callback?from=hallpass',
    'https://TOOL.example.com/callback?from=hallpass',
    'https://tool.example.com:443/callback?from=hallpass',
    'https://tool.example.com/x/../callback?from=hallpass',
    'https://tool.example.com/callback?from=hallpass#',
    'javascript:alert(1)',
    '//evil.example',
  ])('trap, an open redirect: nobody is sent to %s', async (redirect_uri) => {
    const browser = openBrowser(scene.service);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: scene.tool.client_id,
      redirect_uri,
      code_challenge: newProof().challenge,
      code_challenge_method: 'S256',
    });
    const seen = await browser.get(`/oauth2/authorize?${query.toString()}`);
    expect(seen.status).toBe(400);
    expect(seen.location).toBeUndefined();
  });
});

describe('PKCE', () => {
  it.each([
    { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
  ])('trap, a downgrade: is not done without: %j', async (left) => {
    const { url } = await scene.authorize({ with: left });
    expect(url.searchParams.get('error')).toBe('invalid_request');
  });

  it('trap, an injected code: is worth nothing without its verifier', async () => {
    for (const form of [{ code_verifier: newProof().verifier }, { code_verifier: '' }]) {
      const response = await scene.redeem(await scene.authorize(), form);
      expect(response.status).toBe(400);
      expect((response.body as { error: string }).error).toBe('invalid_grant');
    }
  });

  it('is off for a confidential client that is registered so, and never for a public one', async () => {
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const old = await scene.addTool({ pkce: false });
    const code = await scene.authorize({ with: { ...without, client_id: old.client_id } });
    await scene.redeem({ ...code, verifier: '' }, {}, old).expect(200);
    const app = await scene.addTool({ pkce: false, public: true, secrets: [] });
    const { url } = await scene.authorize({ with: { ...without, client_id: app.client_id } });
    expect(url.searchParams.get('error')).toBe('invalid_request');
  });

  it('trap, a verifier nobody asked for: a code without challenge is not redeemed with one', async () => {
    const old = await scene.addTool({ pkce: false });
    const without = { code_challenge: undefined, code_challenge_method: undefined, client_id: old.client_id };
    await scene.redeem(await scene.authorize({ with: without }), {}, old).expect(400);
  });
});

describe('clients', () => {
  it('without a secret redeem codes by PKCE alone, and get no token for themselves', async () => {
    const { client_id } = await scene.addTool({
      public: true,
      secrets: [],
      grant_types: ['authorization_code', 'client_credentials'],
    });
    const code = await scene.authorize({ with: { client_id } });
    await scene.redeem(code, {}, { client_id } as never).expect(200);
    const itself = await scene.service.askToken({ grant_type: 'client_credentials', client_id });
    expect(itself.status).toBeGreaterThanOrEqual(400);
    expect(itself.body).not.toHaveProperty('access_token');
  });

  it('with a secret need it, and nobody redeems what is for another', async () => {
    const { client_id } = scene.tool;
    await scene.redeem(await scene.authorize(), {}, { client_id } as never).expect(401);
    const other = await scene.addTool();
    const response = await scene.redeem(await scene.authorize(), {}, other).expect(400);
    expect((response.body as { error: string }).error).toBe('invalid_grant');
  });

  it('that are not registered for it are told so', async () => {
    const machine = await scene.service.addClient({ redirect_uris: [REDIRECT_URI] });
    const seen = await openBrowser(scene.service).get(
      `/oauth2/authorize?response_type=code&client_id=${machine.client_id}&redirect_uri=${encodeURIComponent(REDIRECT_URI)}`,
    );
    expect(seen.status).toBe(400);
  });
});

describe('a code', () => {
  it('is redeemed once: the second time it ends all that came of it', async () => {
    const code = await scene.authorize();
    const first = (await scene.redeem(code).expect(200)).body as { access_token: string; refresh_token: string };
    expect(await scene.introspect(first.access_token)).toMatchObject({ active: true, sub: scene.person.person_id });
    const second = await scene.redeem(code).expect(400);
    expect((second.body as { error: string }).error).toBe('invalid_grant');
    expect(await scene.introspect(first.access_token)).toEqual({ active: false });
    await scene.refresh(first.refresh_token).expect(400);
  });

  it('that is replayed ends nothing of another authorization of the same person and client', async () => {
    const other = await scene.tokens();
    const code = await scene.authorize();
    await scene.redeem(code).expect(200);
    await scene.redeem(code).expect(400);
    expect(await scene.introspect(other.access_token)).toMatchObject({ active: true });
  });

  it('is worth nothing once the password, or the client’s secret, has changed', async () => {
    const person = await scene.addPerson();
    const code = await scene.authorize({ walk: { identifier: person.email } });
    await scene.people.change(person.person_id, (now) => ({ ...now, generation: now.generation + 1 }));
    await scene.redeem(code).expect(400);
    const tool = await scene.addTool();
    const another = await scene.authorize({ with: { client_id: tool.client_id } });
    await scene.service.clients.change(tool.client_id, (now) => ({ ...now, generation: now.generation + 1 }));
    await scene.redeem(another, {}, tool).expect(400);
  });

  it('is worth nothing with another redirect URI', async () => {
    await scene.redeem(await scene.authorize(), { redirect_uri: 'https://tool.example.com/callback' }).expect(400);
  });
});

describe('an id_token', () => {
  it('is signed by ES256, for the client, with the nonce, and says only who', async () => {
    const tokens = await scene.tokens({ with: { nonce: 'n-0S6_WzA2Mj' } });
    const jwks = createRemoteJWKSet(new URL(`${scene.service.url}/oauth2/jwks`));
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token ?? '', jwks, {
      issuer: scene.service.issuer,
      audience: scene.tool.client_id,
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: scene.person.person_id, nonce: 'n-0S6_WzA2Mj' });
    expect(payload).not.toHaveProperty('email');
  });

  it('is not made where openid was not asked for', async () => {
    expect(await scene.tokens({ with: { scope: 'state' } })).not.toHaveProperty('id_token');
  });
});

describe('a session', () => {
  it('spares signing in again, until the password changes', async () => {
    const browser = openBrowser(scene.service);
    const person = await scene.addPerson();
    await scene.authorize({ browser, walk: { identifier: person.email } });
    const again = await scene.authorize({ browser, walk: { identifier: 'nobody@example.org' } });
    expect(again.code).not.toBe('');
    await scene.people.change(person.person_id, (now) => ({ ...now, generation: now.generation + 1 }));
    const seen = await browser.follow(
      `/oauth2/authorize?${new URLSearchParams({ response_type: 'code', client_id: scene.tool.client_id, redirect_uri: REDIRECT_URI, scope: 'state', code_challenge: newProof().challenge, code_challenge_method: 'S256' }).toString()}`,
    );
    expect(seen.text).toContain('type="password"');
    expect((await scene.authorize({ browser, walk: { identifier: person.email } })).code).not.toBe('');
  });

  it('has cookies that no script, other host or plain connection gets, signed', async () => {
    const browser = openBrowser(scene.service);
    await scene.authorize({ browser });
    const ours = browser.set.filter((line) => line.includes('hallpass_'));
    expect(ours.length).toBeGreaterThan(0);
    for (const line of ours) {
      expect(line).toMatch(/; *secure/i);
      expect(line).toMatch(/; *httponly/i);
      expect(line).toMatch(/; *samesite=(lax|strict)/i);
      expect(line).not.toMatch(/; *domain=/i);
    }
    expect(ours.some((line) => line.startsWith('__Host-hallpass_session=') && /; *path=\/;/i.test(line))).toBe(true);
    expect(ours.some((line) => line.startsWith('__Host-hallpass_session.sig='))).toBe(true);
  });

  it('trap, session fixation: has another id after signing in than before', async () => {
    const browser = openBrowser(scene.service);
    await scene.authorize({ browser });
    const before = browser.cookies.get('__Host-hallpass_session');
    const other = await scene.addPerson();
    await scene.authorize({ browser, walk: { identifier: other.email }, with: { prompt: 'login' } });
    const after = browser.cookies.get('__Host-hallpass_session');
    expect(before).toBeDefined();
    expect(after).not.toBe(before);
  });

  it('of one person does not become another’s: who signs in last is who is meant', async () => {
    const browser = openBrowser(scene.service);
    await scene.authorize({ browser });
    const other = await scene.addPerson();
    const code = await scene.authorize({ browser, walk: { identifier: other.email }, with: { prompt: 'login' } });
    const { access_token } = (await scene.redeem(code).expect(200)).body as { access_token: string };
    expect(await scene.introspect(access_token)).toMatchObject({ sub: other.person_id });
  });
});

describe('other ways to ask', () => {
  it('Open edX’s paths', async () => {
    const code = await scene.authorize({ path: '/oauth2/authorize/' });
    const form = {
      grant_type: 'authorization_code',
      code: code.code,
      code_verifier: code.verifier,
      redirect_uri: REDIRECT_URI,
    };
    const tokens = (await scene.service.post('/oauth2/access_token', scene.tool, form).expect(200)).body as {
      access_token: string;
    };
    await scene.service.post('/oauth2/revoke_token', scene.tool, { token: tokens.access_token }).expect(200);
    expect(await scene.introspect(tokens.access_token)).toEqual({ active: false });
  });

  it('a form, which comes to the same as a link', async () => {
    const form = {
      response_type: 'code',
      client_id: scene.tool.client_id,
      redirect_uri: REDIRECT_URI,
      scope: 'state profile',
    };
    const seen = await openBrowser(scene.service).post('/oauth2/authorize', form);
    expect(seen.status).toBe(303);
    const location = new URL(seen.location ?? '');
    expect(location.origin + location.pathname).toBe(`${scene.service.issuer}/oauth2/authorize`);
    expect(Object.fromEntries(location.searchParams)).toEqual(form);
  });

  it('prompt=none, which asks nobody', async () => {
    const { url } = await scene.authorize({ with: { prompt: 'none' } });
    expect(url.searchParams.get('error')).toBe('login_required');
  });

  it('for one resource: the token is for no other, and not for userinfo', async () => {
    const tokens = await scene.tokens({ with: { resource: `${scene.service.issuer}/xapi` } });
    expect(await scene.introspect(tokens.access_token)).toMatchObject({ aud: `${scene.service.issuer}/xapi` });
    await scene.userinfo(tokens.access_token).expect(403);
    for (const path of ['?', `?resource=${encodeURIComponent(`${scene.service.issuer}/xapi`)}&`]) {
      const asked = { path: `/oauth2/authorize${path}`, with: { resource: 'https://elsewhere.example/xapi' } };
      expect((await scene.authorize(asked)).url.searchParams.get('error')).toBe('invalid_target');
    }
  });

  it('with restrictions, which the token has', async () => {
    const details = JSON.stringify([{ type: 'xapi', activity: 'https://example.org/course/*' }]);
    const tokens = await scene.tokens({ with: { authorization_details: details, scope: 'state' } });
    expect(await scene.introspect(tokens.access_token)).toMatchObject({
      authorization_details: JSON.parse(details) as object,
    });
    const { url } = await scene.authorize({ with: { authorization_details: '[{"type":"xapi","verbs":7}]' } });
    expect(url.searchParams.get('error')).toBe('invalid_authorization_details');
  });
});

describe('a page that is a client', () => {
  const page = { Origin: 'https://tool.example.com' };
  const preflight = {
    ...page,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization',
  };

  it('may ask for tokens from where its people are sent back to, and other pages may not', async () => {
    const { client_id } = await scene.addTool({ public: true, secrets: [] });
    const paths = ['/oauth2/token', '/oauth2/revoke', '/oauth2/userinfo', '/oauth2/par', '/oauth2/device'];
    for (const path of paths) {
      const allowed = await scene.service.send('options', path).set(preflight).expect(204);
      expect(allowed.headers['access-control-allow-origin']).toBe(page.Origin);
    }
    const code = await scene.authorize({ with: { client_id } });
    const elsewhere = scene.redeem(code, {}, { client_id } as never).set('Origin', 'https://evil.example');
    expect((await elsewhere.expect(400)).headers).not.toHaveProperty('access-control-allow-origin');
    const answer = await scene.redeem(code, {}, { client_id } as never).set(page);
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(page.Origin);
  });

  it('may not where it has a secret, and not where it is registered with other origins', async () => {
    await scene
      .redeem(await scene.authorize())
      .set(page)
      .expect(400);
    const { client_id } = await scene.addTool({
      public: true,
      secrets: [],
      allowed_origins: ['https://app.example.com'],
    });
    const code = await scene.authorize({ with: { client_id } });
    await scene
      .redeem(code, {}, { client_id } as never)
      .set(page)
      .expect(400);
  });
});

describe('an app on the person’s own machine', () => {
  it('is sent back to its scheme, or to whatever port it listens at, and is asked about each time', async () => {
    for (const [registered, used] of [
      ['com.example.tool:/callback', 'com.example.tool:/callback'],
      ['http://127.0.0.1/callback', 'http://127.0.0.1:51234/callback'],
    ] as const) {
      const { client_id } = await scene.addTool({ public: true, secrets: [], redirect_uris: [registered] });
      const code = await scene.authorize({ with: { client_id, redirect_uri: used } });
      expect(code.url.href).toMatch(new RegExp(`^${used.split('?')[0]}`));
      await scene.redeem(code, { redirect_uri: used }, { client_id } as never).expect(200);
    }
  });

  it('trap, a port of somebody else: is what it is registered with for every other client', async () => {
    const { client_id } = await scene.addTool({ redirect_uris: ['http://127.0.0.1/callback'] });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: 'http://127.0.0.1:51234/callback',
    });
    expect((await openBrowser(scene.service).get(`/oauth2/authorize?${query.toString()}`)).status).toBe(400);
  });
});

describe('the log and the store', () => {
  it('have no code, token, secret or password', async () => {
    const code = await scene.authorize();
    const { access_token, refresh_token, id_token } = (await scene.redeem(code).expect(200)).body as Record<
      string,
      string
    >;
    const log = scene.service.logged.join('\n');
    expect(log).toContain(scene.person.person_id);
    expect(log).not.toContain(scene.person.email);
    for (const secret of [code.code, code.verifier, access_token, refresh_token, id_token, scene.tool.client_secret])
      expect(log).not.toContain(secret);
  });
});
