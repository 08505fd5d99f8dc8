/**
 * Whose statements a caller's are at an LRS, and whether they can be told from everybody else's: without that, a read of
 * one's own would be one of others', or of nothing.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.9, Part 3 §4.1; yetanalytics/lrsql doc/authority.md; openfun/ralph api/auth/oidc.py
 */
import fc from 'fast-check';
import type { Caller } from '../../services/caller/caller.ts';
import type { Lrs } from '../../services/gateway/lrs.ts';
import { createTrust } from '../../services/gateway/trust.ts';
import type { Client } from '../../services/shared/client.ts';
import type { LrsRegistration } from '../../services/shared/organization.ts';
import { Refusal } from '../../services/shared/refusal.ts';
import type { Authority } from '../../services/shared/xapi/actor.ts';
import { isSameAuthority } from '../../services/shared/xapi/authority.ts';
import { newClient, newSeal } from '../support/token-service.ts';

const ISSUER = 'https://lrs.example.org';
const TOKEN_ENDPOINT = `${ISSUER}/oauth2/token`;

function lrsOf(registration: Partial<LrsRegistration>, org = 'default'): Lrs {
  const trust = createTrust({
    issuer: ISSUER,
    tokenEndpoint: TOKEN_ENDPOINT,
    seal: newSeal(),
    keys: () => Promise.reject(new Error('nothing is signed here')),
  });
  return trust({
    org,
    name: 'An organization',
    isolate_state: false,
    created_at: 0,
    updated_at: 0,
    lrs: { url: 'http://lrs/xapi', auth: 'basic', authority: 'kept', jwt_profile: 'generic', ...registration },
  });
}

function callerOf(client_id: string, subject?: string, said: Partial<Client> = {}): Caller {
  const { client } = newClient({ client_id, client_name: 'A tool', ...said });
  return {
    clientId: client_id,
    org: client.org,
    scopes: ['all'],
    subject,
    resource: undefined,
    restrictions: [],
    enforcesDefine: false,
    client,
  };
}

const account = (homePage: string, name: string) => ({ account: { homePage, name } });
const agent = (homePage: string, name: string) => ({ objectType: 'Agent', ...account(homePage, name) });
const group = (...member: object[]) => ({ objectType: 'Group', member });
const OWN = { lrs_credential: { username: 'key-1', password: 'sealed' } };
const BY_USERNAME = account('http://lrs', '{lrs_username}');
const BY_CLIENT = account('http://lrs', '{client_id}');
const BY_BOTH = group(account('http://lrs', '{client_id}'), account('http://people', '{subject}')) as Authority;
const CONSTANT: Authority = { mbox: 'mailto:all@example.org' };

type Row = [what: string, lrs: Partial<LrsRegistration>, caller: Caller, expected: object | undefined];

describe.each<Row>([
  ['usual', {}, callerOf('tool'), agent(TOKEN_ENDPOINT, 'tool')],
  ['usual, for a person', {}, callerOf('tool', 'ann'), group(agent(TOKEN_ENDPOINT, 'tool'), agent(ISSUER, 'ann'))],
  [
    "by the organization's template",
    { authority_template: BY_CLIENT },
    callerOf('tool'),
    account('http://lrs', 'tool'),
  ],
  [
    "by the client's own",
    { authority_template: BY_CLIENT },
    callerOf('tool', undefined, { authority: CONSTANT }),
    CONSTANT,
  ],
  [
    'by a template of both',
    { authority_template: BY_BOTH },
    callerOf('tool', 'ann'),
    group(account('http://lrs', 'tool'), account('http://people', 'ann')),
  ],
  [
    'by its name at the LRS',
    { authority_template: BY_USERNAME },
    callerOf('tool', undefined, OWN),
    account('http://lrs', 'key-1'),
  ],
])('an LRS that keeps the authority it is sent: %s', (_what, registration, caller, expected) => {
  it.each(['basic', 'jwt', 'headers'] as const)('has what is set, and only that, by %s', (auth) => {
    const lrs = lrsOf({ ...registration, auth });
    expect(lrs.authorityToSet(caller)).toEqual(expected);
    expect(lrs.authorityOf(caller)).toEqual(expected);
  });
});

describe('an authority that is not of one caller alone is set, and shows nothing', () => {
  it.each<Row>([
    ['the same for all clients', { authority_template: CONSTANT }, callerOf('tool'), CONSTANT],
    [
      'one by a name that is not unique',
      { authority_template: account('http://lrs', '{client_name}') },
      callerOf('tool'),
      account('http://lrs', 'A tool'),
    ],
    [
      'one by the organization',
      { authority_template: account('http://lrs', '{org}') },
      callerOf('tool'),
      account('http://lrs', 'default'),
    ],
    [
      'one that says who in the name to show only',
      { authority_template: { ...CONSTANT, name: '{client_id} {subject}' } },
      callerOf('tool', 'ann'),
      { ...CONSTANT, name: 'tool ann' },
    ],
    [
      "one by the organization's own name at the LRS",
      { authority_template: BY_USERNAME, username: 'us' },
      callerOf('tool'),
      account('http://lrs', 'us'),
    ],
    [
      'one without the person',
      { authority_template: BY_CLIENT },
      callerOf('tool', 'ann'),
      account('http://lrs', 'tool'),
    ],
    ["the client's own, without the person", {}, callerOf('tool', 'ann', { authority: CONSTANT }), CONSTANT],
  ])('%s', (_what, registration, caller, set) => {
    const lrs = lrsOf(registration);
    expect(lrs.authorityToSet(caller)).toEqual(set);
    expect(lrs.authorityOf(caller)).toBeUndefined();
  });
});

describe('an authority that cannot be made', () => {
  it.each<[string, Partial<LrsRegistration>, Caller]>([
    ['for want of a person', { authority_template: BY_BOTH }, callerOf('tool')],
    ['for want of a name at the LRS', { authority_template: BY_USERNAME }, callerOf('tool')],
    [
      'because it has an unknown placeholder',
      { authority_template: account('http://lrs', '{client_id}{secret}') },
      callerOf('tool'),
    ],
  ])('%s, is an error to write with, and shows nothing', (_what, registration, caller) => {
    const lrs = lrsOf(registration);
    expect(() => lrs.authorityToSet(caller)).toThrow(Refusal);
    expect(lrs.authorityOf(caller)).toBeUndefined();
  });
});

describe('an LRS that records its own authority for each credential', () => {
  it.each<Row>([
    [
      'basic, the credential of the client',
      { authority_template: BY_USERNAME },
      callerOf('tool', undefined, OWN),
      account('http://lrs', 'key-1'),
    ],
    ['basic, as registered on the client', {}, callerOf('tool', undefined, { ...OWN, authority: CONSTANT }), CONSTANT],
    ['basic, nothing known', {}, callerOf('tool', undefined, OWN), undefined],
    ['basic, no credential of its own', { authority_template: BY_CLIENT }, callerOf('tool'), undefined],
    [
      'basic, no credential of its own, with an authority',
      {},
      callerOf('tool', undefined, { authority: CONSTANT }),
      undefined,
    ],
    [
      'basic, a person, of whom a credential says nothing',
      { authority_template: BY_BOTH },
      callerOf('tool', 'ann', OWN),
      undefined,
    ],
    ['basic, one for all', { authority_template: CONSTANT }, callerOf('tool', undefined, OWN), undefined],

    [
      'SQL LRS',
      { auth: 'jwt', jwt_profile: 'lrsql' },
      callerOf('tool'),
      group(account(ISSUER, 'tool'), account(ISSUER, 'tool')),
    ],
    [
      'SQL LRS, a person',
      { auth: 'jwt', jwt_profile: 'lrsql' },
      callerOf('tool', 'ann'),
      group(account(ISSUER, 'tool'), account(ISSUER, 'ann')),
    ],
    [
      'SQL LRS, a person called as the client is',
      { auth: 'jwt', jwt_profile: 'lrsql' },
      callerOf('tool', 'tool'),
      undefined,
    ],
    [
      'SQL LRS, which writes ids as pages have them',
      { auth: 'jwt', jwt_profile: 'lrsql' },
      callerOf('a&b', `<o'neil "x">`),
      group(account(ISSUER, 'a&amp;b'), account(ISSUER, '&lt;o&#39;neil &quot;x&quot;&gt;')),
    ],
    [
      'SQL LRS, an id that it reads as JSON',
      { auth: 'jwt', jwt_profile: 'lrsql' },
      callerOf('tool', 'a\\u0062'),
      undefined,
    ],
    [
      'SQL LRS, its own template',
      { auth: 'jwt', jwt_profile: 'lrsql', authority_template: BY_BOTH },
      callerOf('tool'),
      group(account('http://lrs', 'tool'), account('http://people', 'tool')),
    ],
    [
      'SQL LRS, a template without the person',
      { auth: 'jwt', jwt_profile: 'lrsql', authority_template: BY_CLIENT },
      callerOf('tool', 'ann'),
      undefined,
    ],
    ['Ralph', { auth: 'jwt', jwt_profile: 'ralph' }, callerOf('tool'), { openid: `${ISSUER}/tool` }],
    [
      'Ralph, a person',
      { auth: 'jwt', jwt_profile: 'ralph' },
      callerOf('tool', 'ann'),
      { openid: `${ISSUER}/tool/ann` },
    ],
    ['any other, nothing known', { auth: 'jwt' }, callerOf('tool'), undefined],
    [
      'any other, by its template',
      { auth: 'jwt', authority_template: BY_CLIENT },
      callerOf('tool'),
      account('http://lrs', 'tool'),
    ],

    ['headers, the one that they say', { auth: 'headers' }, callerOf('tool'), agent(TOKEN_ENDPOINT, 'tool')],
    ['headers, one for all', { auth: 'headers', authority_template: CONSTANT }, callerOf('tool'), undefined],
  ])('%s', (_what, registration, caller, expected) => {
    expect(lrsOf({ ...registration, authority: 'per-credential' }).authorityOf(caller)).toEqual(expected);
  });
});

describe('an LRS that records one authority for everybody', () => {
  it.each(['basic', 'jwt', 'headers'] as const)('tells nobody apart, by %s, whatever is registered', (auth) => {
    const lrs = lrsOf({ auth, authority: 'shared', authority_template: BY_CLIENT, jwt_profile: 'lrsql' });
    for (const caller of [callerOf('tool', undefined, OWN), callerOf('tool', 'ann', { authority: CONSTANT })])
      expect(lrs.authorityOf(caller)).toBeUndefined();
  });
});

describe('two callers', () => {
  const id = (prefix: string) =>
    fc
      .array(fc.constantFrom('a', 'b', '/', '%', '2', 'F', ' ', 'ë', '"', '{', '}'), { minLength: 1, maxLength: 4 })
      .map((parts) => prefix + parts.join(''));
  /** A person is never called as a client is. @see RFC 9068 §5 */
  const holder = fc.record({ client: id(''), person: fc.option(id('@'), { nil: undefined }) });

  it.each<[string, Partial<LrsRegistration>]>([
    ['keeps the usual one', {}],
    ['keeps one by client and person', { authority_template: BY_BOTH }],
    ['is told in headers', { auth: 'headers', authority: 'per-credential' }],
    ['is SQL LRS', { auth: 'jwt', authority: 'per-credential', jwt_profile: 'lrsql' }],
    ['is Ralph', { auth: 'jwt', authority: 'per-credential', jwt_profile: 'ralph' }],
  ])('never have the same authority at an LRS that %s', (_what, registration) => {
    const lrs = lrsOf(registration);
    fc.assert(
      fc.property(holder, holder, (one, other) => {
        const [first, second] = [one, other].map(({ client, person }) => lrs.authorityOf(callerOf(client, person)));
        if (!first || !second) return true;
        const isSame = one.client === other.client && one.person === other.person;
        return isSameAuthority(first, second) === isSame;
      }),
      { numRuns: 3000 },
    );
  });
});
