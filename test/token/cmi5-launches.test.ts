/** Launching cmi5 content: what an LMS sends, who may, and what it is given. @see cmi5 §8.1, §9.2 */
import request from 'supertest';
import { launchUrl } from '../../services/token/dialects/cmi5/launch-url.ts';
import { readLaunchRequest } from '../../services/token/dialects/cmi5/launch-request.ts';
import { sessionRestrictions } from '../../services/token/dialects/cmi5/session-restrictions.ts';
import { narrowing, readRestriction } from '../../services/shared/xapi/restriction.ts';
import { addLms, askLaunch, endLaunch, fetched, launchBody, launched, LEARNER, LESSON } from '../support/cmi5.ts';
import { ISSUER, refusalOf, runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';

const REGISTRATION = '760e3480-ba55-4991-94b0-01820dbd23a2';

let service: TokenService;
let lms: Credentials;
beforeAll(async () => {
  service = await runTokenService();
  lms = await addLms(service);
});
afterAll(() => service?.close());

const nowSeconds = () => Math.floor(Date.now() / 1000);
const refusedFor = async (said: object) => refusalOf(await askLaunch(service, lms, said));
const post = (authorization: string, body: object = launchBody()) =>
  request(service.url).post('/cmi5/launches').set('Authorization', authorization).send(body);

describe('a launch', () => {
  it('gives the parameters, the whole URL, and until when', async () => {
    const before = nowSeconds();
    const url = 'https://au.example/start.html?lang=de&x=a%20b#top';
    const launch = await launched(service, lms, {
      registration: REGISTRATION,
      url,
      returnURL: 'https://lms.example.org/back?id=1',
      expires_in: 1200,
    });
    expect(launch).toMatchObject({
      endpoint: `${ISSUER}/xapi/`,
      actor: LEARNER,
      registration: REGISTRATION,
      activityId: LESSON,
      returnURL: 'https://lms.example.org/back?id=1',
      scope: 'all/read statements/write state profile',
      expires_in: 1200,
    });
    expect(launch.fetch).toMatch(/^https:\/\/lrs\.example\.org\/cmi5\/fetch\/[\w-]{43}$/);
    expect(launch.expires_at).toBeGreaterThanOrEqual(before + 1200);
    expect(launch.fetch_expires_at - launch.expires_at).toBe(600 - 1200);
    const whole = new URL(launch.launch_url ?? '');
    expect(launch.launch_url).toMatch(/^https:\/\/au\.example\/start\.html\?lang=de&x=a%20b&endpoint=.*#top$/);
    expect(Object.fromEntries(whole.searchParams)).toEqual({
      lang: 'de',
      x: 'a b',
      endpoint: launch.endpoint,
      fetch: launch.fetch,
      actor: JSON.stringify(launch.actor),
      registration: REGISTRATION,
      activityId: LESSON,
    });
  });

  it('says where it is, by an id from which nobody gets to the fetch URL', async () => {
    const response = await askLaunch(service, lms);
    const { id, fetch } = response.body as { id: string; fetch: string };
    expect(response.headers.location).toBe(`${ISSUER}/cmi5/launches/${id}`);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(fetch).not.toContain(id);
  });

  it('writes the registration as it was written, because state may be kept by it', async () => {
    const { registration } = await launched(service, lms, { registration: REGISTRATION.toUpperCase() });
    expect(registration).toBe(REGISTRATION.toUpperCase());
  });

  it('is at the LRS of the organization of its client', async () => {
    const other = await addLms(service, { org: 'acme' });
    expect((await launched(service, other)).endpoint).toBe(`${ISSUER}/api/organizations/acme/lrs/`);
  });

  it('lasts for eight hours, no longer than the client may ask for, and as its LMS says', async () => {
    expect((await launched(service, lms)).expires_in).toBe(8 * 3600);
    expect((await launched(service, lms, { expires_in: 30 })).expires_in).toBe(30);
    expect((await launched(service, lms, { expires_in: 1e9 })).expires_in).toBe(86_400);
    const brief = await launched(service, await addLms(service, { max_token_seconds: 300 }));
    expect([brief.expires_in, brief.fetch_expires_at]).toEqual([300, brief.expires_at]);
  });

  it('may not be asked for without all that is needed, nor with what is misread', async () => {
    const account = LEARNER.account;
    for (const [said, sentence] of [
      [{ actor: undefined }, /actor should be an Agent/],
      [{ actor: { mbox: 'mailto:ann@example.org' } }, /Agent with an account/],
      [{ actor: { account, mbox: 'mailto:ann@example.org' } }, /exactly one of/],
      [{ actor: { objectType: 'Group', account } }, /Agent: its objectType/],
      [{ actor: { objectType: 'Group', member: [LEARNER] } }, /which has no 'member'/],
      [{ actor: { account: { name: 'a' } } }, /homePage/],
      [{ actor: { account: { ...account, x: 1 } } }, /and nothing else/],
      [{ actor: JSON.stringify(LEARNER) }, /actor should be an Agent/],
      [{ actor: { account: { ...account, name: 'x'.repeat(2000) } } }, /2000 characters/],
      [{ activityId: `https://x.org/${'x'.repeat(2000)}` }, /activityId/],
      [{ activities: [`https://x.org/${'x'.repeat(2000)}`] }, /activities/],
      [{ activityId: undefined }, /activityId should be the IRI of one activity/],
      [{ activityId: `${LESSON}/*` }, /without a \*/],
      [{ activityId: 'https://*' }, /activityId/],
      [{ activityId: 'a lesson' }, /activityId/],
      [{ activityId: [LESSON] }, /activityId/],
      [{ registration: undefined }, /registration should be a UUID/],
      [{ registration: 'one' }, /registration should be a UUID/],
      [{ registration: `${REGISTRATION}\n` }, /registration should be a UUID/],
      [{ activities: 'https://x.org/*' }, /activities should be an array/],
      [{ activities: ['https://*'] }, /activities/],
      [{ activities: ['**'] }, /activities/],
      [{ activities: Array.from({ length: 21 }, (_, n) => `https://x.org/${n}`) }, /up to 20/],
      [{ url: 'javascript:alert(1)' }, /url should be the http or https URL/],
      [{ url: '/lesson' }, /url/],
      [{ url: 'https://me:secret@au.example/' }, /without a user name/],
      [{ url: 'https://me@au.example/' }, /without a user name/],
      [{ url: 'https://au.example/?fetch=https://evil.example/' }, /without the parameters of a launch/],
      [{ url: 'https://au.example/?a=1&%65ndpoint=x' }, /without the parameters of a launch/],
      [{ returnURL: 'javascript:alert(1)' }, /returnURL should be an http or https URL/],
      [{ returnURL: ' javascript:alert(1)' }, /returnURL/],
      [{ returnURL: 'data:text/html,x' }, /returnURL/],
      [{ returnURL: 'https://a:b@lms.example.org/' }, /returnURL/],
      [{ returnURL: null }, /returnURL/],
      [{ expires_in: 0 }, /expires_in should be a whole number of seconds/],
      [{ expires_in: -1 }, /expires_in/],
      [{ expires_in: 1.5 }, /expires_in/],
      [{ expires_in: '3600' }, /expires_in/],
      [{ expires_in: 1e300 }, /expires_in/],
      [{ expiresIn: 60 }, /no field 'expiresIn'/],
    ] as [object, RegExp][]) {
      const refusal = await refusedFor(said);
      expect([said, refusal.status, refusal.error]).toEqual([said, 400, 'invalid_request']);
      expect(refusal.error_description).toMatch(sentence);
    }
  });

  it.each([
    ['a key twice', '{"actor":{"account":{}},"actor":{}}', 'application/json', 400],
    ['an array', '[]', 'application/json', 400],
    ['no JSON', '{', 'application/json', 400],
    ['a form', 'actor=x', 'application/x-www-form-urlencoded', 415],
    ['a body of 100 kB', JSON.stringify({ actor: 'x'.repeat(100_000) }), 'application/json', 413],
    ['__proto__', '{"__proto__":{"activityId":"https://x.org"}}', 'application/json', 400],
  ])('is not asked for with %s', async (_what, body, type, status) => {
    const { client_id, client_secret } = lms;
    const response = await request(service.url)
      .post('/cmi5/launches')
      .auth(client_id, client_secret)
      .set('Content-Type', type)
      .send(body);
    expect(refusalOf(response).status).toBe(status);
  });
});

describe('who launches', () => {
  it('is a client with launch, by its id and secret or by a token', async () => {
    const { access_token } = await service.issue(lms);
    expect((await post(`Bearer ${access_token}`)).status).toBe(201);
    expect(
      (await post(`Basic ${Buffer.from(`${lms.client_id}:${lms.client_secret}`).toString('base64')}`)).status,
    ).toBe(201);
  });

  it('is nobody else: without launch, whatever else it holds, it is 403', async () => {
    const other = await service.addClient({ scope: 'all super' });
    const response = await askLaunch(service, other);
    expect(refusalOf(response)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    expect(response.headers['www-authenticate']).toContain('scope="launch"');
  });

  it('says who it is: 401, before anything it sent is read', async () => {
    for (const authorization of [undefined, 'Basic eDp5', 'Bearer unknown']) {
      const asked = request(service.url).post('/cmi5/launches').set('Content-Type', 'text/plain');
      const response = await (authorization ? asked.set('Authorization', authorization) : asked).send('x');
      expect(refusalOf(response).status).toBe(401);
      expect(response.headers['www-authenticate']).toMatch(/^(Bearer|Basic) /);
    }
  });

  it('hands on no more than its token has, and enough to work', async () => {
    const { access_token } = await service.issue(lms, { scope: 'launch' });
    const response = await post(`Bearer ${access_token}`);
    expect(refusalOf(response)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    expect(response.headers['www-authenticate']).toContain('scope="statements/write state/read agents_profile/read"');
    const narrow = await addLms(service, { scope: 'launch statements/write state/read agents_profile' });
    expect((await launched(service, narrow)).scope).toBe('statements/write state/read agents_profile');
    const wide = await addLms(service, { scope: 'launch all super authority/write' });
    expect((await launched(service, wide)).scope).toBe('all/read statements/write state define profile');
  });

  it('launches nothing outside what it is restricted to: that would look like a launch', async () => {
    const within = { registration: REGISTRATION };
    const held = await addLms(service, { restrictions: [{ activity: 'https://lms.example.org/au/*' }] });
    expect((await askLaunch(service, held, within)).status).toBe(201);
    const refusal = refusalOf(await askLaunch(service, held, { activityId: 'https://x.org/1' }));
    expect([refusal.status, refusal.error_description]).toEqual([
      403,
      'this launch is outside what this client is restricted to: another activity',
    ]);
    const { access_token } = await service.issue(lms, {
      authorization_details: JSON.stringify([{ type: 'xapi', registration: REGISTRATION }]),
    });
    /* A token with restrictions is for the LRS, where there is nothing to launch. */
    expect(refusalOf(await post(`Bearer ${access_token}`)).error).toBe('insufficient_scope');
  });

  it('has no token that is for something else, nor one that needs a key', async () => {
    const bound = await addLms(service, { dpop_bound_access_tokens: true });
    expect((await askLaunch(service, bound)).status).toBe(401);
    const { access_token } = await service.issue(lms, { resource: `${ISSUER}/xapi` });
    expect(refusalOf(await post(`Bearer ${access_token}`)).status).toBe(403);
  });
});

describe('the end of a launch', () => {
  it('is by the client that launched, and nobody else', async () => {
    const launch = await launched(service, lms);
    const others = [await addLms(service), await addLms(service, { org: 'acme' })];
    for (const other of others) expect(refusalOf(await endLaunch(service, other, launch.id)).status).toBe(404);
    expect(refusalOf(await service.send('delete', `/cmi5/launches/${launch.id}`)).status).toBe(401);
    expect(refusalOf(await endLaunch(service, await service.addClient(), launch.id)).status).toBe(403);
    expect(await fetched(service, launch)).toHaveProperty('auth-token');
    expect((await endLaunch(service, lms, launch.id)).status).toBe(204);
  });

  it('is nowhere under another path, and by no other method', async () => {
    const { id } = await launched(service, lms);
    for (const path of [`/cmi5/launches/${id}/`, `/cmi5/launches/${id}a`, '/cmi5/launches/', '/cmi5/launches/..'])
      expect((await service.send('delete', path)).status).toBe(404);
    for (const method of ['get', 'post', 'put', 'patch'] as const)
      expect((await service.send(method, `/cmi5/launches/${id}`)).status).toBe(405);
    expect((await service.send('get', '/cmi5/launches')).status).toBe(405);
  });
});

it('is in the audit: who launched, who was refused, and what was ended', async () => {
  const launch = await launched(service, lms, { registration: REGISTRATION });
  await endLaunch(service, lms, launch.id);
  await askLaunch(service, await service.addClient());
  const lines = service.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  const audited = lines.filter(({ audit }) => audit === 'cmi5');
  const own = { client: lms.client_id, launch: launch.id, granted: true };
  expect(audited).toContainEqual(expect.objectContaining({ ...own, registration: REGISTRATION, scope: launch.scope }));
  expect(audited).toContainEqual(expect.objectContaining({ ...own, ended: true }));
  expect(audited.at(-1)).toMatchObject({ granted: false, reason: 'insufficient_scope' });
});

describe('what a session is held to', () => {
  const restrictionsFor = (said: object) =>
    sessionRestrictions(readLaunchRequest({ actor: LEARNER, activityId: LESSON, registration: REGISTRATION, ...said }));

  it.each([
    {},
    { activities: ['https://x.org/*', '*'] },
    { activityId: 'urn:example:au' },
    { activityId: `${LESSON}/` },
  ])('is what an operator could write, with %j', (said) => {
    for (const restriction of restrictionsFor(said)) expect(readRestriction(restriction)).toEqual(restriction);
  });

  it('bars from voiding and names the registration wherever statements can be written', () => {
    for (const one of restrictionsFor({ activities: ['https://x.org/*', '*'] })) {
      expect(one.actor).toEqual(LEARNER);
      if (one.datatypes?.includes('statements'))
        expect(one).toMatchObject({ 'no-void': true, registration: REGISTRATION });
    }
  });

  it('is asked of the LRS as far as it can look for it', () => {
    expect(Object.fromEntries(narrowing([restrictionsFor({})]))).toEqual({
      agent: JSON.stringify(LEARNER),
      registration: REGISTRATION,
    });
  });

  it('is what is below the lesson, and never what only begins like it', () => {
    const idsFor = (activityId: string) => restrictionsFor({ activityId }).flatMap(({ activity }) => activity ?? []);
    expect(idsFor(LESSON)).toEqual([LESSON, `${LESSON}/*`, `${LESSON}#*`, `${LESSON}?*`]);
    expect(idsFor(`${LESSON}/`)).toEqual([`${LESSON}/`, `${LESSON}/*`]);
  });
});

it.each([
  ['https://au.example', 'https://au.example/?endpoint=E'],
  ['https://au.example/a?', 'https://au.example/a?endpoint=E'],
  ['https://au.example/a?b', 'https://au.example/a?b&endpoint=E'],
  ['https://au.example/a?b=%2B+%C3%A9&b=2#c?d', 'https://au.example/a?b=%2B+%C3%A9&b=2&endpoint=E'],
])('leaves the query of %s as it is', (content, expected) => {
  const url = launchUrl(content, {
    endpoint: 'E',
    fetch: 'F',
    actor: '{"a":"&#"}',
    registration: 'R',
    activityId: 'A+ ',
  });
  const [, hash] = content.split('#');
  expect(url).toBe(
    `${expected}&fetch=F&actor=%7B%22a%22%3A%22%26%23%22%7D&registration=R&activityId=A%2B%20${hash ? `#${hash}` : ''}`,
  );
});
