/** What an operator may configure as another provider to sign in with, and how long one is waited for. */
import {
  readIdentityProviders,
  type IdentityProvider,
} from '../../../services/token/sign-in/elsewhere/identity-provider.ts';
import { createOpenIdProvider } from '../../../services/token/sign-in/elsewhere/openid-provider.ts';
import { permissionsFor } from '../../../services/token/sign-in/elsewhere/permission-rules.ts';
import { startOtherProvider } from './other-provider.ts';

const SCHOOL = {
  id: 'school',
  name: 'Schülerportal',
  issuer: 'https://idp.example.org/realms/a',
  client_id: 'hallpass',
};

/** What is wrong with a list, or what was read. */
function faultOf(value: unknown): string {
  try {
    return `read as ${JSON.stringify(readIdentityProviders(value))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const [read] = readIdentityProviders([SCHOOL]);

describe('identity providers', () => {
  it('are read with what was not said at its default: no link by address, no permission touched', () => {
    expect(read).toEqual({ ...SCHOOL, scope: 'openid email profile', link_by_email: false, org: 'default' });
    const all = {
      ...{ ...SCHOOL, client_secret: 'a secret', scope: 'openid groups', link_by_email: true, org: 'acme' },
      permissions: [{ claim: 'groups', value: 'teachers', scopes: 'xapi:read, state' }, { scopes: 'statements/write' }],
    };
    expect(readIdentityProviders([all])[0]).toEqual({
      ...all,
      permissions: [
        { claim: ['groups'], value: 'teachers', scopes: ['all/read', 'state'] },
        { scopes: ['statements/write'] },
      ],
    });
    expect(readIdentityProviders([])).toEqual([]);
  });

  it.each<[fault: string, value: unknown]>([
    ['should be a JSON array', {}],
    ['should have objects in its array: provider 2 is none', [SCHOOL, 'x']],
    ['should have no field "secret" in provider 1', [{ ...SCHOOL, secret: 'hunter2' }]],
    ['should have in provider 1 an id like school', [{ ...SCHOOL, id: 'School' }]],
    ['should have in provider 1 an id like school', [{ ...SCHOOL, id: 'a/b' }]],
    ['should have for school a name', [{ ...SCHOOL, name: '' }]],
    ['should have for school the client_id', [{ ...SCHOOL, client_id: undefined }]],
    ['should have for school a client_secret in ASCII, or none', [{ ...SCHOOL, client_secret: '' }]],
    [
      'should have for school an issuer, which should be an https URL',
      [{ ...SCHOOL, issuer: 'http://idp.example.org' }],
    ],
    [
      'should have for school an issuer, which should be an https URL',
      [{ ...SCHOOL, issuer: 'https://idp.example/?a' }],
    ],
    [
      'should have for school an issuer, which should be an https URL',
      [{ ...SCHOOL, issuer: 'https://a:b@idp.example/' }],
    ],
    ['should have for school an issuer, which should be an https URL', [{ ...SCHOOL, issuer: 7 }]],
    ['with openid among them', [{ ...SCHOOL, scope: 'email' }]],
    ['should have for school link_by_email true or false', [{ ...SCHOOL, link_by_email: 'true' }]],
    ['should have for school the id of an organization', [{ ...SCHOOL, org: 'ACME' }]],
    ['"school" is there twice', [SCHOOL, { ...SCHOOL, issuer: 'https://other.example' }]],
    ['https://idp.example.org/realms/a/ is there twice', [SCHOOL, { ...SCHOOL, id: 'b', issuer: `${SCHOOL.issuer}/` }]],
  ])('are refused where it %s', (fault, value) => {
    expect(faultOf(value)).toContain(fault);
    expect(faultOf(value)).not.toContain('hunter2');
  });

  it.each<[fault: string, permissions: unknown]>([
    ['should have for school permissions like', 'all'],
    ['permission 1 of school is none', ['all']],
    ['should have no field "scope" in permission 1 of school', [{ scope: 'all' }]],
    ['should have in permission 1 of school scopes like', [{}]],
    ['scopes for people, not "everything"', [{ scopes: 'everything' }]],
    ['scopes for people, not ""', [{ scopes: '' }]],
    ['scopes for people, not "state introspect"', [{ scopes: 'state introspect' }]],
    ['scopes for people, not "authority/write"', [{ scopes: 'authority/write' }]],
    ['scopes for people, not "scim"', [{ scopes: 'scim' }]],
    ['scopes for people, not "ext/reports"', [{ scopes: 'ext/reports' }]],
    ['the value that the claim has', [{ claim: 'groups', scopes: 'all' }]],
    ['should have in permission 1 of school a claim like', [{ value: 'teachers', scopes: 'all' }]],
    ['should have in permission 1 of school a claim like', [{ claim: [], value: 'a', scopes: 'all' }]],
    ['the value that the claim has', [{ claim: 'groups', value: ['teachers'], scopes: 'all' }]],
  ])('are refused where their permissions are not data that can be read: %s', (fault, permissions) => {
    expect(faultOf([{ ...SCHOOL, permissions }])).toContain(fault);
  });
});

describe('permissions', () => {
  const rules = [
    { claim: ['realm_access', 'roles'], value: 'teacher', scopes: ['all/read'] },
    { claim: ['staff'], value: true, scopes: ['define'] },
    { scopes: ['statements/write'] },
  ];

  it.each([
    [{}, 'statements/write'],
    [{ realm_access: { roles: ['pupil', 'teacher'] }, staff: true }, 'statements/write define all/read'],
    [{ realm_access: { roles: 'teacher' } }, 'statements/write all/read'],
    [{ realm_access: ['roles', 'teacher'], staff: 'true' }, 'statements/write'],
    [{ 'realm_access.roles': ['teacher'], staff: 1 }, 'statements/write'],
    [{ realm_access: null }, 'statements/write'],
  ])('of %j are %s', (claims, scope) => {
    expect(permissionsFor(claims, rules).split(' ').sort()).toEqual(scope.split(' ').sort());
  });

  it('are nothing where a claim is only what every object has', () => {
    const inherited = [{ claim: ['constructor', 'name'], value: 'Object', scopes: ['all'] }];
    expect(permissionsFor({}, inherited)).toBe('');
  });
});

describe('a provider that is slow', () => {
  it.each(['', '{"issuer":'])('is not waited for, be it before or within its answer (%j)', async (begun) => {
    const slow = await startOtherProvider();
    try {
      slow.misbehave = (_req, res) => {
        res.writeHead(200, { 'Content-Type': 'application/json' });
        if (begun) res.write(begun);
        else res.flushHeaders();
        return true;
      };
      const provider = { ...(read as IdentityProvider), issuer: slow.issuer };
      const asked = createOpenIdProvider(provider, 'https://lrs.example.org/sign-in/callback/school', 1);
      const binding = { state: 'a', nonce: 'b', verifier: 'c'.repeat(43) };
      await expect(asked.begin(binding, {})).rejects.toMatchObject({ fault: 'unavailable' });
    } finally {
      await slow.close();
    }
  });
});
