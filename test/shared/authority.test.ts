/**
 * Whose statements a caller's are.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.9, Part 3 §4.1
 */
import type { Agent, AuthorityGroup } from '../../services/shared/xapi/actor.ts';
import {
  fillAuthority,
  isSameAuthority,
  readAuthorityTemplate,
  tellsClientsApart,
  usualAuthority,
} from '../../services/shared/xapi/authority.ts';

const HOLDER = {
  tokenEndpoint: 'https://lrs.example.org/oauth2/token',
  issuer: 'https://lrs.example.org',
  clientId: 'tool',
};
const TOOL: Agent = {
  objectType: 'Agent',
  account: { homePage: 'https://lrs.example.org/oauth2/token', name: 'tool' },
};
const ANN: Agent = { objectType: 'Agent', account: { homePage: 'https://lrs.example.org', name: 'ann' } };
const BOTH: AuthorityGroup = { objectType: 'Group', member: [TOOL, ANN] };

const VALUES = {
  client_id: 'tool',
  client_name: 'A tool: "the" one',
  org: 'acme',
  issuer: 'https://lrs.example.org',
  token_endpoint: 'https://lrs.example.org/oauth2/token',
  lrs_username: 'tool-at-lrs',
};

describe('the usual authority', () => {
  it('of a client for itself is an Agent: its account at the token endpoint, named by its id', () => {
    expect(usualAuthority(HOLDER)).toEqual(TOOL);
    expect(usualAuthority({ ...HOLDER, subject: undefined })).toEqual(TOOL);
  });

  it('of a client for a person is an anonymous Group of exactly two, the client first', () => {
    expect(usualAuthority({ ...HOLDER, subject: 'ann' })).toEqual(BOTH);
  });

  it('is the same whenever it is asked for, and another for every client and person', () => {
    expect(usualAuthority(HOLDER)).toEqual(usualAuthority({ ...HOLDER }));
    const all = [
      usualAuthority(HOLDER),
      usualAuthority({ ...HOLDER, clientId: 'other' }),
      usualAuthority({ ...HOLDER, subject: 'ann' }),
      usualAuthority({ ...HOLDER, subject: 'bob' }),
      usualAuthority({ ...HOLDER, subject: 'tool' }),
    ];
    for (const [at, one] of all.entries())
      for (const [position, other] of all.entries()) expect(isSameAuthority(one, other)).toBe(at === position);
  });
});

describe('a template', () => {
  it.each<[string, object]>([
    ['an mbox', { mbox: 'mailto:{client_id}@example.org' }],
    ['an mbox_sha1sum', { mbox_sha1sum: '6168d27d1f76f1fd61099f4e24f911dbae8314dc' }],
    ['an openid', { objectType: 'Agent', openid: '{issuer}/clients/{client_id}', name: '{client_name}' }],
    ['an account', { account: { homePage: '{token_endpoint}', name: '{org}:{client_id}' } }],
    ['the account that an LRS makes of its credentials', { account: { homePage: 'http://x', name: '{lrs_username}' } }],
    [
      'a Group of two',
      { objectType: 'Group', member: [{ mbox: 'mailto:{client_id}@x.org' }, { openid: 'https://x/{subject}' }] },
    ],
  ])('can be %s, and is kept as it was written', (_what, template) => {
    expect(readAuthorityTemplate(structuredClone(template))).toEqual(template);
  });

  it.each<[string, unknown, RegExp]>([
    ['text', 'mailto:ann@example.org', /^should be an Agent/],
    ['nothing', undefined, /^should be an Agent/],
    ['an array', [TOOL], /^should be an Agent/],
    ['nobody', {}, /^should be .*exactly one of mbox, mbox_sha1sum, openid, account/],
    ['two identifiers', { mbox: 'mailto:a@b.org', openid: 'https://a.org' }, /^should be .*exactly one/],
    ['an unknown property', { mbox: 'mailto:a@b.org', email: 'x' }, /^should be .*no "email"/],
    ['an mbox without mailto:', { mbox: 'ann@example.org' }, /^should be .*mbox is like mailto:/],
    ['a digest that is none', { mbox_sha1sum: '{client_id}' }, /^should be .*40 hexadecimal/],
    ['an openid without a scheme', { openid: 'ann.example.org' }, /^should be .*openid is like https/],
    ['an account without a home', { account: { name: '{client_id}' } }, /^should be .*homePage/],
    [
      'an account with something else',
      { account: { homePage: 'http://x', name: 'y', z: 1 } },
      /^should be .*nothing else/,
    ],
    [
      'an unknown placeholder',
      { account: { homePage: 'http://x', name: '{client}' } },
      /^should have no placeholder but .*client_id.*\{client\}/,
    ],
    [
      'a placeholder of the prototype',
      { account: { homePage: 'http://x', name: '{constructor}' } },
      /^should have no placeholder/,
    ],
    ['another objectType', { objectType: 'Person', mbox: 'mailto:a@b.org' }, /^should be .*objectType/],
    ['a Group of one', { objectType: 'Group', member: [TOOL] }, /^should be .*exactly two members/],
    ['a Group of three', { objectType: 'Group', member: [TOOL, ANN, TOOL] }, /^should be .*exactly two members/],
    ['a Group of the same two', { objectType: 'Group', member: [TOOL, TOOL] }, /^should have two different members/],
    [
      'an identified Group',
      { objectType: 'Group', mbox: 'mailto:a@b.org', member: [TOOL, ANN] },
      /^should be .*no identifier/,
    ],
    ['a Group of Groups', { objectType: 'Group', member: [BOTH, ANN] }, /^should have two members, each an Agent/],
  ])('cannot be %s', (_what, template, sentence) => {
    expect(() => readAuthorityTemplate(template)).toThrow(sentence);
  });

  it('is filled in wherever it has a placeholder', () => {
    const template = readAuthorityTemplate({
      objectType: 'Group',
      member: [
        { name: '{client_name} of {org}', account: { homePage: '{token_endpoint}', name: '{client_id}' } },
        { openid: '{issuer}/people/{subject}' },
      ],
    });
    expect(fillAuthority(template, { ...VALUES, subject: 'ann' })).toEqual({
      objectType: 'Group',
      member: [
        {
          name: 'A tool: "the" one of acme',
          account: { homePage: 'https://lrs.example.org/oauth2/token', name: 'tool' },
        },
        { openid: 'https://lrs.example.org/people/ann' },
      ],
    });
  });

  it('stays an IRI whatever is filled in, and two values stay two', () => {
    const fill = (client_id: string) => fillAuthority({ openid: 'https://x.org/{client_id}/end' }, { client_id });
    expect(fill('a b/"c"#?')).toEqual({ openid: 'https://x.org/a%20b%2F%22c%22%23%3F/end' });
    expect(fill('%2F')).not.toEqual(fill('/'));
    expect(fillAuthority({ mbox: 'mailto:{client_id}@x.org' }, { client_id: 'a@b' })).toEqual({
      mbox: 'mailto:a%40b@x.org',
    });
  });

  it('does not fill in what was filled in', () => {
    const template: Agent = { account: { homePage: 'http://x', name: '{client_name}' } };
    expect(fillAuthority(template, { client_name: '{client_id}', client_id: 'tool' })).toEqual({
      account: { homePage: 'http://x', name: '{client_id}' },
    });
  });

  it('cannot be filled in where a value is missing: no caller gets half an authority', () => {
    expect(() => fillAuthority({ openid: 'https://x.org/{subject}' }, VALUES)).toThrow(
      /^should have a value for \{subject\}/,
    );
  });

  it.each<[boolean, AuthorityGroup | Agent]>([
    [true, { account: { homePage: 'http://x', name: '{client_id}' } }],
    [true, { account: { homePage: 'http://x/{lrs_username}', name: 'x' } }],
    [true, { objectType: 'Group', member: [{ mbox: 'mailto:{client_id}@x.org' }, { openid: 'https://x/{subject}' }] }],
    [false, { account: { homePage: '{issuer}', name: '{org}' } }],
    [false, { account: { homePage: '{issuer}', name: '{client_name}' } }],
    [false, { name: '{client_id}', mbox: 'mailto:lrs@x.org' }],
    [false, { objectType: 'Group', member: [{ mbox: 'mailto:lrs@x.org' }, { openid: 'https://x/{subject}' }] }],
  ])('tells clients apart: %s for %j', (isApart, template) => {
    expect(tellsClientsApart(template)).toBe(isApart);
  });
});

describe('a recorded authority', () => {
  it.each<[string, unknown]>([
    ['as it was sent', BOTH],
    ['with its members in the other order', { objectType: 'Group', member: [ANN, TOOL] }],
    ['with names', { objectType: 'Group', name: 'x', member: [{ ...TOOL, name: 'y' }, ANN] }],
    [
      'without the objectType of its members',
      { objectType: 'Group', member: [{ account: TOOL.account }, { account: ANN.account }] },
    ],
  ])('is the Group expected %s', (_how, recorded) => {
    expect(isSameAuthority(recorded, BOTH)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['the client alone', TOOL],
    ['the person alone', ANN],
    ['a Group of the client alone', { objectType: 'Group', member: [TOOL] }],
    ['a Group of the client twice', { objectType: 'Group', member: [TOOL, TOOL] }],
    ['a Group of the person twice', { objectType: 'Group', member: [ANN, ANN] }],
    ['a Group with a third', { objectType: 'Group', member: [TOOL, ANN, { mbox: 'mailto:a@b.org' }] }],
    ['a Group with nobody besides', { objectType: 'Group', member: [TOOL, ANN, null] }],
    ['an identified Group', { ...BOTH, mbox: 'mailto:a@b.org' }],
    ['no Group', { member: [TOOL, ANN] }],
    ['a Group without members', { objectType: 'Group' }],
    ['nothing', undefined],
  ])('is not the Group expected when it is %s', (_what, recorded) => {
    expect(isSameAuthority(recorded, BOTH)).toBe(false);
  });

  it('is not the Agent expected when it is a Group that has it', () => {
    expect(isSameAuthority(TOOL, TOOL)).toBe(true);
    expect(isSameAuthority({ name: 'A tool', account: TOOL.account }, TOOL)).toBe(true);
    for (const other of [
      BOTH,
      { objectType: 'Group', member: [TOOL] },
      { ...TOOL, objectType: 'Group' },
      ANN,
      undefined,
    ])
      expect(isSameAuthority(other, TOOL)).toBe(false);
  });
});
