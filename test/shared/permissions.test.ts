/**
 * Who may do what, written from xAPI 1.0.3 Part 3 §4.2 (the scopes) and §2 (the resources and their methods), not
 * from the tables that are tested.
 */
import {
  accessOf,
  decide,
  grants,
  methodsOf,
  resourceNamed,
  scopesThatGrant,
} from '../../services/shared/xapi/decide.ts';
import { LRS_SCOPES, RESOURCES, type Resource } from '../../services/shared/xapi/permissions.ts';

/**
 * R: may read; W: may write; M: may read what is its own; P: needs no scope; -: may not.
 *
 * The eight of §4.2 first; then the finer ones of SQL LRS, Ralph and xapi-lrs; then what must open nothing.
 */
const MAY = `
  scope                 about  statements  activities  agents  state  activity-profile  agent-profile
  all                   P      RW          R           R       RW     RW                RW
  all/read              P      R           R           R       R      R                 R
  statements/write      P      W           -           -       -      -                 -
  statements/read       P      R           -           -       -      -                 -
  statements/read/mine  P      M           -           -       -      -                 -
  state                 P      -           -           -       RW     -                 -
  profile               P      -           -           -       -      RW                RW
  define                P      -           -           -       -      -                 -
  state/read            P      -           -           -       R      -                 -
  state/write           P      -           -           -       W      -                 -
  profile/read          P      -           -           -       -      R                 R
  profile/write         P      -           -           -       -      W                 W
  activities_profile    P      -           -           -       -      RW                -
  agents_profile        P      -           -           -       -      -                 RW
  activities_profile/read  P   -           -           -       -      R                 -
  agents_profile/read   P      -           -           -       -      -                 R
  introspect            P      -           -           -       -      -                 -
  authority/write       P      -           -           -       -      -                 -
  scim                  P      -           -           -       -      -                 -
  events                P      -           -           -       -      -                 -
  wsapi:all             P      -           -           -       -      -                 -
  ext/grades            P      -           -           -       -      -                 -
  lrs:all               P      -           -           -       -      -                 -
  admin                 P      -           -           -       -      -                 -
  xapi:all              P      -           -           -       -      -                 -
  ALL                   P      -           -           -       -      -                 -
  statements            P      -           -           -       -      -                 -
  statements/           P      -           -           -       -      -                 -
  nonsense              P      -           -           -       -      -                 -
  constructor           P      -           -           -       -      -                 -
  __proto__             P      -           -           -       -      -                 -
  toString              P      -           -           -       -      -                 -
  hasOwnProperty        P      -           -           -       -      -                 -
`;

/** r: reads; w: writes; o: answered to anybody before anything is asked; -: there is no such method. */
const METHODS = `
  resource          GET  HEAD  OPTIONS  PUT  POST  DELETE  PATCH  TRACE  CONNECT  get  constructor  __proto__
  about             r    r     o        -    -     -       -      -      -        -    -            -
  statements        r    r     o        w    w     -       -      -      -        -    -            -
  activities        r    r     o        -    -     -       -      -      -        -    -            -
  agents            r    r     o        -    -     -       -      -      -        -    -            -
  state             r    r     o        w    w     w       -      -      -        -    -            -
  activity-profile  r    r     o        w    w     w       -      -      -        -    -            -
  agent-profile     r    r     o        w    w     w       -      -      -        -    -            -
`;

const PATHS: Record<string, Resource> = {
  about: 'about',
  statements: 'statements',
  activities: 'activities',
  agents: 'agents',
  state: 'activities/state',
  'activity-profile': 'activities/profile',
  'agent-profile': 'agents/profile',
};

function cells(block: string): { row: string; column: string; cell: string }[] {
  const [head = [], ...rows] = block
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  const [, ...columns] = head;
  return rows.flatMap(([row = '', ...values]) =>
    values.map((cell, n) => ({ row, column: columns[n] ?? 'a column too many', cell })),
  );
}

type Outcome = 'allowed' | 'allowed, own statements only' | 'refused' | 'no such method' | 'answered to anybody';

/** What is due, by the two blocks above. */
function due(may: string, does: string): Outcome {
  if (does === '-') return 'no such method';
  if (does === 'o' || may === 'P') return 'answered to anybody';
  if (may.includes(does.toUpperCase())) return 'allowed';
  return may === 'M' && does === 'r' ? 'allowed, own statements only' : 'refused';
}

/** What the tables say. */
function outcome(scopes: string[], resource: Resource, method: string): Outcome {
  const access = accessOf(resource, method);
  if (access === undefined) return 'no such method';
  if (access === 'public' || access === 'preflight') return 'answered to anybody';
  const decision = decide(scopes, resource, access);
  if (!decision.allow) return 'refused';
  return decision.only === 'mine' ? 'allowed, own statements only' : 'allowed';
}

const METHOD_CELLS = cells(METHODS);
const MATRIX = cells(MAY).flatMap(({ row: scope, column: resource, cell: may }) =>
  METHOD_CELLS.filter(({ row }) => row === resource).map(({ column: method, cell: does }) => ({
    scope,
    resource,
    method,
    expected: due(may, does),
  })),
);

describe('the permissions of xAPI 1.0.3', () => {
  it('are all in the matrix: 33 scopes, 7 resources, 12 methods', () => {
    expect(MATRIX).toHaveLength(33 * 7 * 12);
    expect(new Set(MATRIX.map(({ resource }) => PATHS[resource]))).toEqual(new Set(Object.keys(RESOURCES)));
    expect(MATRIX.map(({ scope }) => scope)).toEqual(expect.arrayContaining(Object.keys(LRS_SCOPES)));
  });

  describe.each([...new Set(MATRIX.map(({ scope }) => scope))])('%s', (scope) => {
    it.each(MATRIX.filter((cell) => cell.scope === scope))(
      '$method $resource: $expected',
      ({ resource, method, expected }) => {
        expect(outcome([scope], PATHS[resource] as Resource, method)).toBe(expected);
      },
    );
  });

  it('give nothing to no scope at all', () => {
    for (const { resource, method, expected } of MATRIX.filter(({ scope }) => scope === 'nonsense')) {
      expect(outcome([], PATHS[resource] as Resource, method)).toBe(expected);
      expect(outcome([''], PATHS[resource] as Resource, method)).toBe(expected);
    }
  });
});

describe('several scopes', () => {
  it('give what each of them gives, and no more', () => {
    const pair = ['statements/write', 'statements/read/mine'];
    expect(outcome(pair, 'statements', 'POST')).toBe('allowed');
    expect(outcome(pair, 'statements', 'GET')).toBe('allowed, own statements only');
    expect(outcome(pair, 'activities/state', 'GET')).toBe('refused');
  });

  it.each(['statements/read', 'all/read', 'all'])(
    'trap, the narrower wins: %s beside read/mine reads everything',
    (wider) => {
      expect(outcome(['statements/read/mine', wider], 'statements', 'GET')).toBe('allowed');
      expect(outcome([wider, 'statements/read/mine'], 'statements', 'GET')).toBe('allowed');
    },
  );

  it('are not spoilt by one that is unknown', () => {
    expect(outcome(['nonsense', '__proto__', 'state'], 'activities/state', 'PUT')).toBe('allowed');
  });
});

describe('a refusal', () => {
  it.each<[Resource, 'read' | 'write', string[]]>([
    ['statements', 'read', ['all', 'all/read', 'statements/read']],
    ['statements', 'write', ['all', 'statements/write']],
    ['activities', 'read', ['all', 'all/read']],
    ['agents', 'read', ['all', 'all/read']],
    ['activities/state', 'read', ['all', 'all/read', 'state', 'state/read']],
    ['activities/state', 'write', ['all', 'state', 'state/write']],
    ['activities/profile', 'write', ['all', 'profile', 'profile/write', 'activities_profile']],
    ['agents/profile', 'read', ['all', 'all/read', 'profile', 'profile/read', 'agents_profile', 'agents_profile/read']],
  ])('to do with %s, %s, names every scope that would do', (resource, access, needs) => {
    const decision = decide(['define'], resource, access);
    expect(decision).toEqual({ allow: false, needs: expect.any(Array) as unknown });
    expect(decision.allow ? [] : [...decision.needs].sort()).toEqual([...needs].sort());
    expect([...scopesThatGrant(resource, access)].sort()).toEqual([...needs].sort());
  });
});

describe('a resource', () => {
  it.each([
    'constructor',
    '__proto__',
    'toString',
    'Statements',
    'statements/',
    '/statements',
    '',
    'extensions/x',
    'activities/',
  ])('is not %j', (name) => {
    expect(resourceNamed(name)).toBeUndefined();
  });

  it('is named exactly as in the specification', () => {
    for (const name of Object.values(PATHS)) expect(resourceNamed(name)).toBe(name);
  });

  it('says its methods, for Allow', () => {
    expect(methodsOf('statements').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
    expect(methodsOf('about').sort()).toEqual(['GET', 'HEAD', 'OPTIONS']);
  });
});

describe('the scope `define`', () => {
  it('says how a write counts, for activities and agents, and so do `all` and no other', () => {
    for (const scope of Object.keys(LRS_SCOPES))
      expect([scope, grants(scope, 'activities', 'define')]).toEqual([scope, scope === 'define' || scope === 'all']);
  });
});
