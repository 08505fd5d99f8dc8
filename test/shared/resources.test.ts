/** What an operator may configure as a further resource. */
import { identifierOf, readResources, scopesAt, type FurtherResource } from '../../services/shared/resources.ts';

const SCIM: FurtherResource = {
  name: 'scim',
  path: '/scim/v2',
  upstream: 'https://scim.internal/v2',
  methods: { GET: ['scim'], POST: ['scim', 'ext/provisioning'] },
};
const EVENTS: FurtherResource = {
  name: 'events',
  path: '/events',
  upstream: 'http://127.0.0.1:9000',
  methods: { GET: ['events'] },
  username: 'hallpass',
  password: 'pass:word',
};

/** What is wrong with a list, or what was read. */
function faultOf(value: unknown): string {
  try {
    return `read as ${JSON.stringify(readResources(value))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('readResources', () => {
  it('gives what was configured', () => {
    expect(readResources([SCIM, EVENTS])).toEqual([SCIM, EVENTS]);
    expect(readResources([])).toEqual([]);
  });

  it.each<[upstream: string, read: string]>([
    ['https://scim.internal/', 'https://scim.internal'],
    ['https://scim.internal/v2/', 'https://scim.internal/v2'],
    ['HTTPS://SCIM.internal:443/v2', 'https://scim.internal/v2'],
    ['http://[::1]:8080/a/../b', 'http://[::1]:8080/b'],
  ])('reads the upstream %s as %s', (upstream, read) => {
    expect(readResources([{ ...SCIM, upstream }])[0]?.upstream).toBe(read);
  });

  it.each(['/scim', '/scim/v2', '/a.b_c~d-e/F', '/xapi2', '/well-known', '/api.v2', '/...', '/.hidden'])(
    'takes the path %s',
    (path) => {
      expect(readResources([{ ...SCIM, path }])[0]?.path).toBe(path);
    },
  );

  it.each([
    '',
    '/',
    'scim',
    '//scim',
    '/scim/',
    '/scim//v2',
    '/.',
    '/..',
    '/scim/..',
    '/scim/../xapi',
    '/scim/./v2',
    '/scim/%2e%2e',
    '/scim%2Fv2',
    '/scim?a',
    '/scim#a',
    '/scim;a',
    '/scim v2',
    '/scim\\v2',
    '/scim\n',
    '/ſcim',
    '/scim/*',
    '/:scim',
    null,
    7,
  ])('trap, a path that can be read in two ways: refuses %j', (path) => {
    expect(faultOf([{ ...SCIM, path }])).toMatch(/^should have for scim a path like /);
  });

  it.each([
    '/xapi',
    '/xapi/statements',
    '/XAPI',
    '/oauth2',
    '/oauth2/token',
    '/oauth',
    '/auth/tokens',
    '/api',
    '/api/organizations',
    '/sign-in',
    '/cmi5/fetch',
    '/healthz',
    '/readyz',
    '/metrics',
    '/.well-known',
    '/.Well-Known/oauth-protected-resource',
  ])('refuses %s, where something is served already', (path) => {
    expect(faultOf([{ ...SCIM, path }])).toMatch(/^should have for scim another path than .* is taken$/);
  });

  it.each([
    ['/scim/v2', '/scim/v2'],
    ['/scim/v2', '/scim'],
    ['/scim', '/scim/v2/Users'],
    ['/scim', '/SCIM/v2'],
  ])('refuses %s beside %s: which of them a call is for must not depend on their order', (one, other) => {
    const list = [
      { ...SCIM, path: one },
      { ...EVENTS, path: other },
    ];
    expect(faultOf(list)).toMatch(/^should have no resource within another: /);
  });

  it('takes paths that only begin alike', () => {
    expect(readResources([SCIM, { ...EVENTS, path: '/scim/v20' }])).toHaveLength(2);
  });

  it('refuses two of one name', () => {
    expect(faultOf([SCIM, { ...EVENTS, name: 'scim' }])).toMatch(/^should have a name of its own/);
  });

  it.each<[fields: Record<string, unknown>, sentence: RegExp]>([
    [{ name: undefined }, /^should have in resource 1 a name like scim/],
    [{ name: '' }, /^should have in resource 1 a name/],
    [{ name: 'Scim' }, /^should have in resource 1 a name/],
    [{ name: 'a b' }, /^should have in resource 1 a name/],
    [{ upstream: undefined }, /^should have for scim an upstream like /],
    [{ upstream: '/v2' }, /^should have for scim an upstream/],
    [{ upstream: 'ftp://scim.internal' }, /^should have for scim an upstream/],
    [{ upstream: 'javascript:alert(1)' }, /^should have for scim an upstream/],
    [{ upstream: 'https://scim.internal/?a=b' }, /without query or fragment/],
    [{ upstream: 'https://scim.internal/?' }, /without query or fragment/],
    [{ upstream: 'https://scim.internal/#' }, /without query or fragment/],
    [{ upstream: 'https:\\\\scim.internal' }, /^should have for scim an upstream/],
    [{ upstream: ' https://scim.internal' }, /^should have for scim an upstream/],
    [{ upstream: 'https://user:pass@scim.internal' }, /no credential in the upstream/],
    [{ methods: undefined }, /^should have for scim the scopes that each method needs/],
    [{ methods: {} }, /^should have for scim the scopes that each method needs/],
    [{ methods: ['GET'] }, /^should have for scim the scopes that each method needs/],
    [{ methods: { get: ['scim'] } }, /no method "get": there are GET, HEAD, POST/],
    [{ methods: { '*': ['scim'] } }, /no method "\*"/],
    [{ methods: { CONNECT: ['scim'] } }, /no method "CONNECT"/],
    [{ methods: { OPTIONS: ['scim'] } }, /no method "OPTIONS"/],
    [{ methods: { GET: [] } }, /scim GET an array of scopes/],
    [{ methods: { GET: 'scim' } }, /scim GET an array of scopes/],
    [{ methods: { GET: [null] } }, /scim GET an array of scopes/],
    [{ methods: { GET: ['scim', 'all'] } }, /no scope "all": scim, events, wsapi:all or ext\/NAME/],
    [{ methods: { GET: ['introspect'] } }, /no scope "introspect"/],
    [{ methods: { GET: ['authority/write'] } }, /no scope "authority\/write"/],
    [{ methods: { GET: ['ext/'] } }, /no scope "ext\/"/],
    [{ username: 'a' }, /both username and password or neither/],
    [{ password: 'a' }, /both username and password or neither/],
    [{ username: '', password: 'a' }, /both username and password/],
    [{ username: 'a:b', password: 'a' }, /no ":" in the username/],
    [{ username: 'a', password: 'a\nb' }, /both username and password/],
    [{ url: 'https://scim.internal' }, /^should have no field "url" in resource 1/],
    [{ prefix: '/scim' }, /^should have no field "prefix"/],
  ])('refuses one with %j', (fields, sentence) => {
    expect(faultOf([{ ...SCIM, ...fields }])).toMatch(sentence);
  });

  it('refuses a field or a method that is called as the prototype is', () => {
    expect(faultOf(JSON.parse('[{"name":"a","__proto__":{}}]'))).toMatch(/^should have no field "__proto__"/);
    const methods: unknown = JSON.parse('{"__proto__":["scim"]}');
    expect(faultOf([{ ...SCIM, methods }])).toMatch(/no method "__proto__"/);
  });

  it.each([null, undefined, {}, 'scim', 7, SCIM])('refuses %j, which is no array', (value) => {
    expect(faultOf(value)).toMatch(/^should be a JSON array/);
  });

  it.each([null, 'scim', [SCIM]])('refuses an array with %j in it', (value) => {
    expect(faultOf([SCIM, value])).toMatch(/^should have objects in its array: resource 2/);
  });
});

describe('a resource', () => {
  it('is known by its path under the issuer', () => {
    expect(identifierOf('https://lrs.example.org', SCIM)).toBe('https://lrs.example.org/scim/v2');
  });

  it('gives a meaning to the scopes that its methods name, and to no other', () => {
    expect(scopesAt(SCIM)).toEqual(['scim', 'ext/provisioning']);
  });
});
