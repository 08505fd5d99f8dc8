import { covers, narrow, readScopes, SCOPES } from '../../services/shared/scopes.ts';

const PROTOTYPE_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];

describe('readScopes', () => {
  it.each([
    'state profile',
    'state,profile',
    'state, profile',
    ' state  profile ',
    ',,state,,profile,',
    'profile state',
    'state\tprofile\n',
  ])('reads %j as state and profile, in one order', (text) => {
    expect(readScopes(text)).toEqual({ known: ['state', 'profile'], unknown: [] });
  });

  it.each(['', ' ', ',', ' , '])('reads %j as none', (text) => {
    expect(readScopes(text)).toEqual({ known: [], unknown: [] });
  });

  it('keeps what it does not know apart, once each', () => {
    expect(readScopes('all nonsense ALL nonsense')).toEqual({ known: ['all'], unknown: ['nonsense', 'ALL'] });
  });

  it('finds no scope on the prototype', () => {
    expect(readScopes(PROTOTYPE_NAMES.join(' '))).toEqual({ known: [], unknown: PROTOTYPE_NAMES });
  });

  it.each<[dialect: string, ours: string[]]>([
    ['xapi:read', ['all/read']],
    ['xapi:write', ['statements/write', 'state/write', 'profile/write']],
    ['xapi:all', ['all']],
    ['xapi/read', ['all/read']],
    ['xapi/all', ['all']],
  ])('translates %s', (dialect, ours) => {
    expect(readScopes(dialect)).toEqual({ known: ours, unknown: [] });
  });

  /** The LMS's SCIM and events, Watershed's own API, and what an operator names. */
  it('reads scopes of further resources, after those of the LRS, in one order', () => {
    expect(readScopes('ext/b wsapi:all ext/a events scim authority/write state ext/a')).toEqual({
      known: ['state', 'authority/write', 'scim', 'events', 'wsapi:all', 'ext/a', 'ext/b'],
      unknown: [],
    });
  });

  it.each(['ext/a', 'ext/9', 'ext/a.b_c-d', `ext/${'a'.repeat(64)}`])('reads %s as it is', (scope) => {
    expect(readScopes(scope)).toEqual({ known: [scope], unknown: [] });
  });

  it.each([
    'ext/',
    'ext',
    'EXT/a',
    'ext/A',
    'ext/-a',
    'ext/a/b',
    'ext/a:b',
    'ext/é',
    `ext/${'a'.repeat(65)}`,
    'ext/a*',
  ])('does not know %s', (scope) => {
    expect(readScopes(scope)).toEqual({ known: [], unknown: [scope] });
  });

  describe('of a realm that writes lrs: before each', () => {
    it.each<[text: string, known: string[]]>([
      ['lrs:statements/read', ['statements/read']],
      ['statements/read', ['statements/read']],
      ['lrs:all,lrs:state', ['all', 'state']],
      ['lrs:state state', ['state']],
      ['lrs:xapi:read', ['all/read']],
      ['lrs:ext/grades', ['ext/grades']],
    ])('reads %j as %j', (text, known) => {
      expect(readScopes(text, 'lrs:')).toEqual({ known, unknown: [] });
    });

    it.each(['lrs:', 'lrs:lrs:state', 'LRS:state', 'lrs:nonsense', 'lrs:__proto__'])('does not know %s', (scope) => {
      expect(readScopes(scope, 'lrs:')).toEqual({ known: [], unknown: [scope] });
    });

    it('takes no prefix off a scope that is known as it stands', () => {
      expect(readScopes('xapi:read xapi:state', 'xapi:')).toEqual({ known: ['all/read', 'state'], unknown: [] });
    });
  });

  it('never takes the separators of a name for its own: no scope has a space or a comma in it', () => {
    for (const scope of SCOPES) expect(scope).toMatch(/^[!#-+\--[\]-~]+$/);
  });
});

describe('covers', () => {
  it.each<[wide: string, slim: string]>([
    ['all', 'all/read'],
    ['all', 'statements/write'],
    ['all', 'define'],
    ['all', 'agents_profile'],
    ['all/read', 'statements/read'],
    ['all/read', 'statements/read/mine'],
    ['all/read', 'profile/read'],
    ['statements/read', 'statements/read/mine'],
    ['state', 'state/write'],
    ['profile', 'agents_profile'],
    ['introspect', 'introspect'],
    ['unknown', 'unknown'],
    ['ext/a', 'ext/a'],
  ])('%s covers %s', (wide, slim) => {
    expect(covers(wide, slim)).toBe(true);
  });

  it.each<[wide: string, slim: string]>([
    ['all/read', 'all'],
    ['all/read', 'state'],
    ['statements/read/mine', 'statements/read'],
    ['statements/write', 'statements/read/mine'],
    ['statements/write', 'define'],
    ['state', 'profile'],
    ['agents_profile', 'profile'],
    ['all', 'introspect'],
    ['all', 'authority/write'],
    ['all', 'scim'],
    ['all', 'events'],
    ['all', 'wsapi:all'],
    ['all', 'ext/a'],
    ['wsapi:all', 'all'],
    ['wsapi:all', 'scim'],
    ['authority/write', 'statements/write'],
    ['ext/a', 'ext/b'],
    ['ext/a', 'ext/a.b'],
    ['all', 'nonsense'],
    ['all', '__proto__'],
    ['constructor', 'define'],
    ['introspect', 'all'],
  ])('%s does not cover %s', (wide, slim) => {
    expect(covers(wide, slim)).toBe(false);
  });

  it('is an order: everything covers itself, and what covers what covers', () => {
    for (const a of SCOPES) {
      expect(covers(a, a)).toBe(true);
      for (const b of SCOPES)
        for (const c of SCOPES) if (covers(a, b) && covers(b, c)) expect([a, c, covers(a, c)]).toEqual([a, c, true]);
    }
  });
});

describe('narrow', () => {
  it.each<[asked: string[], held: string[], both: string[]]>([
    [['statements/write'], ['all'], ['statements/write']],
    [['all'], ['statements/write', 'state'], ['statements/write', 'state']],
    [['statements/read'], ['statements/read/mine'], ['statements/read/mine']],
    [['statements/read/mine'], ['statements/read'], ['statements/read/mine']],
    [['state'], ['profile'], []],
    [['all'], ['introspect'], []],
    [
      ['all', 'introspect'],
      ['all', 'introspect'],
      ['all', 'introspect'],
    ],
    [
      ['all', 'ext/b', 'ext/a', 'scim'],
      ['ext/a', 'scim', 'ext/b', 'state'],
      ['state', 'scim', 'ext/a', 'ext/b'],
    ],
    [['ext/a'], ['all', 'ext/b', 'wsapi:all'], []],
    [['all'], ['authority/write', 'ext/a'], []],
    [['nonsense'], ['all'], []],
    [['nonsense'], ['nonsense'], []],
    [['__proto__'], ['all'], []],
    [[], ['all'], []],
    [['all'], [], []],
  ])('of %j and %j is %j', (asked, held, both) => {
    expect(narrow(asked, held)).toEqual(both);
  });

  it('gives what two scopes share, though neither covers the other', () => {
    expect(narrow(['all/read'], ['state'])).toEqual(['state/read']);
    expect(narrow(['profile/read'], ['activities_profile', 'state/read'])).toEqual(['activities_profile/read']);
    expect(narrow(['all/read', 'introspect'], ['state', 'profile', 'statements/write'])).toEqual([
      'state/read',
      'profile/read',
    ]);
  });

  it('never gives more than was asked, nor more than is held, of any two scopes', () => {
    for (const asked of SCOPES)
      for (const held of SCOPES)
        for (const scope of narrow([asked], [held])) {
          expect([asked, scope, covers(asked, scope)]).toEqual([asked, scope, true]);
          expect([held, scope, covers(held, scope)]).toEqual([held, scope, true]);
        }
  });
});
