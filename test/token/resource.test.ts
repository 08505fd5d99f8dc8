/** What a token is for: the LRS, a further resource, or whatever its scopes reach. @see RFC 8707; RFC 7662 §2.2 */
import type { Client } from '../../services/shared/client.ts';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { decodeAccessToken } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import {
  ISSUER,
  refusalOf,
  runTokenService,
  type Credentials,
  type Form,
  type TokenService,
} from '../support/token-service.ts';

const LRS = `${ISSUER}/xapi`;
const SCIM = `${ISSUER}/scim/v2`;
const EVENTS = `${ISSUER}/events`;
const RESOURCES: FurtherResource[] = [
  { name: 'scim', path: '/scim/v2', upstream: 'http://127.0.0.1:9', methods: { GET: ['scim'], POST: ['ext/hiring'] } },
  { name: 'events', path: '/events', upstream: 'http://127.0.0.1:9', methods: { GET: ['events'] } },
];

let service: TokenService;
beforeAll(async () => {
  service = await runTokenService({ resources: RESOURCES });
});
afterAll(() => service.close());

async function grantedTo(registration: Partial<Client>, form: Form) {
  const credentials = await service.addClient(registration);
  const { access_token, scope } = await service.issue(credentials, form);
  const { aud } = await service.introspect(credentials, access_token);
  const record = decodeAccessToken((await service.store.read('access-token', keyOf(access_token))) ?? '');
  return { scope, aud, recorded: record.resource };
}

async function refusalFor(registration: Partial<Client>, form: Form) {
  const credentials = await service.addClient(registration);
  return refusalOf(await service.askToken({ grant_type: 'client_credentials', ...credentials, ...form }));
}

const EVERYTHING = 'all introspect authority/write scim events wsapi:all ext/hiring ext/other';

describe('a token asked for with resource', () => {
  it.each(
    [LRS, `${LRS}/`, ISSUER, `${ISSUER}/`, `${ISSUER}/api/organizations/berlin/lrs`].concat(
      `${ISSUER}/api/organizations/berlin/lrs/`,
    ),
  )('is for the LRS where it is called %s', async (resource) => {
    expect(await grantedTo({ scope: EVERYTHING, org: 'berlin' }, { resource })).toEqual({
      scope: 'all authority/write',
      aud: LRS,
      recorded: LRS,
    });
  });

  it('is for a further resource, with those of its scopes that mean something there', async () => {
    expect(await grantedTo({ scope: EVERYTHING }, { resource: SCIM })).toEqual({
      scope: 'scim ext/hiring',
      aud: SCIM,
      recorded: SCIM,
    });
    expect(await grantedTo({ scope: EVERYTHING }, { resource: `${EVENTS}/` })).toEqual({
      scope: 'events',
      aud: EVENTS,
      recorded: EVENTS,
    });
  });

  it('is narrowed to what was asked, what the client has, and what means something there', async () => {
    const asked = { resource: SCIM, scope: 'all ext/hiring ext/other events' };
    expect((await grantedTo({ scope: EVERYTHING }, asked)).scope).toBe('ext/hiring');
    expect((await grantedTo({ scope: 'state scim' }, { resource: LRS, scope: 'all scim' })).scope).toBe('state');
  });

  it.each<[scope: string, form: Form, advice: string]>([
    ['all', { resource: SCIM }, `this client has no scope at ${SCIM}: an administrator can add some`],
    ['scim events', { resource: LRS }, `this client has no scope at ${LRS}`],
    ['introspect', { resource: LRS }, `this client has no scope at ${LRS}`],
    [EVERYTHING, { resource: SCIM, scope: 'all' }, `may not have all at ${SCIM}; it may ask for scim ext/hiring`],
    [EVERYTHING, { resource: LRS, scope: 'introspect' }, `may not have introspect at ${LRS}; it may ask for all`],
    [EVERYTHING, { resource: EVENTS, scope: 'ext/hiring scim' }, `may not have scim ext/hiring at ${EVENTS}`],
  ])('is invalid_scope, with advice, where nothing of "%s" is left for %j', async (scope, form, advice) => {
    const refusal = await refusalFor({ scope }, form);
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
    expect(refusal.error_description).toContain(advice);
  });

  it('is invalid_scope where what the client gets by default means nothing there, and says what to ask for', async () => {
    const registration = { scope: 'all scim', default_scope: 'statements/write' };
    const refusal = await refusalFor(registration, { resource: SCIM });
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
    expect(refusal.error_description).toContain('it may ask for scim');
    expect((await grantedTo(registration, { resource: SCIM, scope: 'scim' })).scope).toBe('scim');
  });

  it('is invalid_scope for a strict client that asks for a scope of elsewhere', async () => {
    const refusal = await refusalFor({ scope: 'all scim', strict: true }, { resource: SCIM, scope: 'scim state' });
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  it.each([
    'https://other.example.org/xapi',
    'http://lrs.example.org/xapi',
    'https://lrs.example.org:443/xapi',
    'https://LRS.example.org/xapi',
    'https://lrs.example.org.evil.example/xapi',
    'https://lrs.example.org@evil.example/xapi',
    `${LRS}//`,
    `${LRS}/statements`,
    `${LRS}?a`,
    `${LRS}#a`,
    `${LRS}/.`,
    `${LRS}/../scim/v2`,
    `${ISSUER}/XAPI`,
    `${ISSUER}/scim`,
    `${ISSUER}/scim/v2/Users`,
    `${ISSUER}/api/organizations/munich/lrs`,
    `${ISSUER}/api/organizations/BERLIN/lrs`,
    `${ISSUER}/api/organizations/default/../berlin/lrs`,
    `${ISSUER}/api/organizations//lrs`,
    'urn:hallpass:lrs',
    'not a URI',
    '/xapi',
    '__proto__',
  ])('trap, a resource past the scope rules: %j is invalid_target', async (resource) => {
    const refusal = await refusalFor({ scope: EVERYTHING, org: 'berlin' }, { resource });
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_target' });
    expect(refusal.error_description).toMatch(/^the resource should be|fragment/);
  });

  it('says which resources there are', async () => {
    const { error_description } = await refusalFor({}, { resource: `${ISSUER}/elsewhere` });
    for (const identifier of [LRS, SCIM, EVENTS]) expect(error_description).toContain(identifier);
  });

  it.each([
    [LRS, SCIM],
    [LRS, LRS],
    [LRS, 'https://other.example.org'],
    [LRS, ''],
  ])('is for one only: %j and %j are invalid_target', async (one, other) => {
    const credentials = await service.addClient({ scope: EVERYTHING });
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...credentials });
    form.append('resource', one);
    form.append('resource', other);
    const refusal = refusalOf(await service.send('post', '/oauth2/token').type('form').send(form.toString()));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_target' });
    expect(refusal.error_description).toMatch(/one resource/);
  });
});

describe('a token asked for without resource', () => {
  it.each<[scope: string, audience: string | string[]]>([
    ['all', LRS],
    ['all introspect wsapi:all', LRS],
    ['all scim', [LRS, SCIM]],
    ['all ext/hiring', [LRS, SCIM]],
    ['all events scim ext/hiring', [LRS, SCIM, EVENTS]],
  ])('with "%s" is for %j', async (scope, audience) => {
    expect(await grantedTo({ scope }, {})).toEqual({ scope, aud: audience, recorded: undefined });
    expect(await grantedTo({ scope }, { resource: '' })).toEqual({ scope, aud: audience, recorded: undefined });
  });

  it('is for no resource any more whose scope was withdrawn from the client', async () => {
    const credentials: Credentials = await service.addClient({ scope: 'all scim' });
    const { access_token } = await service.issue(credentials);
    await service.clients.change(credentials.client_id, (client) => ({ ...client, scope: 'all' }));
    expect(await service.introspect(credentials, access_token)).toMatchObject({ scope: 'all', aud: LRS });
  });
});
