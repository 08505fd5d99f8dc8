/** The boxes of an LMS's form for its OAuth clients, and the scopes that each stands for. @see seed 001, General tab */
import { ACCESS, isAvailable, isTicked, withTicks, type AccessBox } from '../../services/shared/client-access.ts';
import { endpointsOf } from '../../services/shared/client-endpoints.ts';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { isScope } from '../../services/shared/scopes.ts';

const BOXES: AccessBox[] = ['own-statements', 'full-read', 'shared-events', 'scim'];
const NOTHING = { allow: [], disallow: [] };
const scopes = (text: string) => text.split(' ').filter(Boolean);
const ticked = (scope: string) => BOXES.filter((box) => isTicked(box, scopes(scope)));
const allow = (scope: string, ...boxes: AccessBox[]) => withTicks(scopes(scope), { ...NOTHING, allow: boxes });
const disallow = (scope: string, ...boxes: AccessBox[]) => withTicks(scopes(scope), { ...NOTHING, disallow: boxes });

describe('a box', () => {
  it.each<[AccessBox, string]>([
    ['own-statements', 'statements/write statements/read/mine'],
    ['full-read', 'statements/read'],
    ['shared-events', 'events'],
    ['scim', 'scim'],
  ])('%s stands for %s', (box, scope) => {
    expect(ACCESS[box].scopes).toEqual(scopes(scope));
    for (const one of ACCESS[box].scopes) expect(isScope(one)).toBe(true);
    expect(allow('', box)).toEqual(scopes(scope));
    expect(ticked(scope)).toEqual([box]);
    expect(disallow(scope, box)).toEqual([]);
  });

  it.each<[scope: string, on: AccessBox[]]>([
    ['', []],
    ['state profile define', []],
    ['statements/write', []],
    ['statements/read/mine', []],
    ['statements/write statements/read', ['own-statements', 'full-read']],
    ['all/read', ['full-read']],
    ['all', ['own-statements', 'full-read']],
    ['all events', ['own-statements', 'full-read', 'shared-events']],
    ['introspect super launch wsapi:all ext/events', []],
  ])('is on where the scopes give all that it stands for: %j', (scope, on) => {
    expect(ticked(scope)).toEqual(on);
  });

  it('is ticked and unticked without touching what no box stands for', () => {
    expect(allow('state ext/sync', 'full-read', 'shared-events')).toEqual(
      scopes('statements/read state events ext/sync'),
    );
    expect(disallow('state statements/read ext/sync', 'full-read')).toEqual(scopes('state ext/sync'));
    expect(withTicks(scopes('statements/read'), { allow: ['own-statements'], disallow: ['full-read'] })).toEqual(
      scopes('statements/write statements/read/mine'),
    );
    expect(allow('statements/read', 'full-read')).toEqual(['statements/read']);
  });

  it.each<[AccessBox, string]>([
    ['full-read', 'all'],
    ['full-read', 'all/read'],
    ['own-statements', 'all'],
  ])('%s is not called off beside %s, which gives as much', (box, wider) => {
    expect(() => disallow(`state ${wider}`, box)).toThrow(`${box} cannot be off beside ${wider}, which gives as much`);
  });

  it('own-statements is off once nothing writes, though full-read reads the same', () => {
    const left = disallow('statements/write statements/read', 'own-statements');
    expect(left).toEqual(['statements/read']);
    expect(ticked(left.join(' '))).toEqual(['full-read']);
  });
});

describe('an installation', () => {
  const resource = (name: string, scope: string): FurtherResource => ({
    name,
    path: `/${name}/v2`,
    upstream: 'http://127.0.0.1:9',
    methods: { GET: [scope] },
  });
  const issuer = 'https://lms.example.org';

  it('has shared events and SCIM only where a further resource needs their scopes', () => {
    const available = (resources: FurtherResource[]) => BOXES.filter((box) => isAvailable(box, resources));
    expect(available([])).toEqual(['own-statements', 'full-read']);
    expect(available([resource('events', 'events')])).toEqual(['own-statements', 'full-read', 'shared-events']);
    expect(available([resource('events', 'ext/events'), resource('people', 'scim')])).not.toContain('shared-events');
    expect(available([resource('people', 'scim')])).toContain('scim');
  });

  it('shows the three endpoints of a client, from its issuer', () => {
    const resources = [resource('events', 'events'), resource('people', 'scim')];
    expect(endpointsOf({ org: 'default' }, { issuer, resources })).toEqual({
      token_endpoint: `${issuer}/oauth2/token`,
      scim_endpoint: `${issuer}/people/v2`,
      xapi_endpoint: `${issuer}/xapi/`,
    });
    expect(endpointsOf({ org: 'default' }, { issuer, resources: [] })).not.toHaveProperty('scim_endpoint');
  });

  it('shows those of its organization, to which no further resource belongs', () => {
    expect(endpointsOf({ org: 'acme' }, { issuer, resources: [resource('people', 'scim')] })).toEqual({
      token_endpoint: `${issuer}/api/organizations/acme/oauth2/token`,
      xapi_endpoint: `${issuer}/api/organizations/acme/lrs/`,
    });
  });
});
