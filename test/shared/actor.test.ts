/**
 * Who is meant by an Agent or a Group, in whatever spelling; and by none that two servers would read differently.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.2.3 (Inverse Functional Identifiers), §2.4.2.4 (account)
 */
import fc from 'fast-check';
import { hasSameIdentity, identityOf, isSameAgent } from '../../services/shared/xapi/actor.ts';

/** As `printf mailto:ann@example.org | sha1sum` says. */
const SHA1 = '6168d27d1f76f1fd61099f4e24f911dbae8314dc';

const ANN = {
  mbox: { mbox: 'mailto:ann@example.org' },
  mbox_sha1sum: { mbox_sha1sum: SHA1 },
  openid: { openid: 'https://ann.example.org/' },
  account: { account: { homePage: 'https://example.org', name: 'ann' } },
};
const BOB = {
  mbox: { mbox: 'mailto:bob@example.org' },
  mbox_sha1sum: { mbox_sha1sum: '0'.repeat(40) },
  openid: { openid: 'https://bob.example.org/' },
  account: { account: { homePage: 'https://example.org', name: 'bob' } },
};
const MANY = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, n]));
const KINDS = Object.keys(ANN) as (keyof typeof ANN)[];

describe('two Agents', () => {
  describe.each(KINDS)('known by %s', (kind) => {
    const ann = ANN[kind];

    it.each([
      ['as it is', ann],
      ['with its objectType', { objectType: 'Agent', ...ann }],
      ['with a name', { name: 'Ann', ...ann }],
      ['with another name', { ...ann, name: 'Bob' }],
      ['among a thousand other properties', { ...MANY, ...ann }],
      ['parsed from JSON with escapes', JSON.parse(JSON.stringify(ann).replaceAll('a', '\\u0061')) as unknown],
    ])('are the same %s', (_how, spelled) => {
      expect(isSameAgent(ann, spelled)).toBe(true);
      expect(isSameAgent(spelled, ann)).toBe(true);
      expect(identityOf(spelled)).toBe(identityOf(ann));
    });

    it.each([
      ['somebody else', BOB[kind]],
      ['a Group with the same identifier', { objectType: 'Group', ...ann }],
      ['a Group that has it as its only member', { objectType: 'Group', member: [ann] }],
      ['an Agent with members', { ...ann, member: [BOB[kind]] }],
      ['an unknown objectType', { objectType: 'Person', ...ann }],
      ['an objectType in another case', { objectType: 'agent', ...ann }],
      ['objectType: null', { objectType: null, ...ann }],
      ['a second objectType in another case', { ...ann, ObjectType: 'Group' }],
      ['one in another case among a thousand other properties', { ...ann, ...MANY, ObjectType: 'Group' }],
      [
        'its identifier in another case among a thousand other properties',
        { ...ann, ...MANY, [kind.toUpperCase()]: 1 },
      ],
      ['its identifier in an array', { [kind]: [Object.values(ann)[0]] }],
      ['an empty identifier', { [kind]: '' }],
      ['a number', { [kind]: 7 }],
      ['null', { [kind]: null }],
      ['the Agent in an array', [ann]],
      ['its JSON as text', JSON.stringify(ann)],
      ['nobody', {}],
      ['nothing', undefined],
      ['null itself', null],
    ])('are not the same when one is %s', (_what, other) => {
      expect(isSameAgent(ann, other)).toBe(false);
      expect(isSameAgent(other, ann)).toBe(false);
    });

    it.each(KINDS.filter((other) => other !== kind))('are nobody, with a %s besides', (other) => {
      for (const second of [ANN[other], BOB[other], { [other]: null }]) {
        expect(identityOf({ ...ann, ...second })).toBeUndefined();
        expect(isSameAgent({ ...ann, ...second }, ann)).toBe(false);
        expect(isSameAgent({ ...second, ...ann }, { ...second, ...ann })).toBe(false);
      }
    });

    it.each([
      ['upper case', kind.toUpperCase()],
      ['a capital letter', kind[0]?.toUpperCase() + kind.slice(1)],
      ['a letter that Go takes for an s', kind.replace('s', 'ſ')],
    ])('are nobody, with a second one in %s, which some LRS would read instead', (_how, name) => {
      if (name === kind) return expect(kind).not.toContain('s');
      expect(identityOf({ ...ann, [name]: BOB[kind][kind as never] })).toBeUndefined();
      return expect(isSameAgent({ ...ann, [name]: BOB[kind][kind as never] }, ann)).toBe(false);
    });
  });

  it('are the same by an mbox and its own mbox_sha1sum, and by no other digest', () => {
    expect(isSameAgent(ANN.mbox, ANN.mbox_sha1sum)).toBe(true);
    expect(isSameAgent(ANN.mbox_sha1sum, ANN.mbox)).toBe(true);
    expect(isSameAgent(BOB.mbox, ANN.mbox_sha1sum)).toBe(false);
    expect(isSameAgent(ANN.mbox_sha1sum, BOB.mbox)).toBe(false);
    expect(isSameAgent({ openid: 'mailto:ann@example.org' }, ANN.mbox_sha1sum)).toBe(false);
  });

  it('are the same whatever the case of the digest, which is a number', () => {
    expect(isSameAgent({ mbox_sha1sum: SHA1.toUpperCase() }, ANN.mbox_sha1sum)).toBe(true);
    expect(isSameAgent({ mbox_sha1sum: SHA1.toUpperCase() }, ANN.mbox)).toBe(true);
  });

  it.each([
    ['an mbox', ANN.mbox, { mbox: 'mailto:Ann@example.org' }],
    ['an openid', ANN.openid, { openid: 'https://ann.example.org' }],
    ['an account name', ANN.account, { account: { homePage: 'https://example.org', name: 'Ann' } }],
    ['a homePage', ANN.account, { account: { homePage: 'https://example.org/', name: 'ann' } }],
  ])('are two where %s differs in as much as a letter', (_what, one, other) => {
    expect(isSameAgent(one, other)).toBe(false);
  });

  it.each([
    ['without a name', { homePage: 'https://example.org' }],
    ['without a homePage', { name: 'ann' }],
    ['with a name that is a number', { homePage: 'https://example.org', name: 1 }],
    ['with a second name in another case', { homePage: 'https://example.org', name: 'ann', Name: 'bob' }],
    ['that is text', 'ann'],
  ])('are nobody with an account %s', (_what, account) => {
    expect(identityOf({ account })).toBeUndefined();
  });

  it('are not confused by what stands between the parts of an account', () => {
    fc.assert(
      fc.property(fc.tuple(fc.string(), fc.string()), fc.tuple(fc.string(), fc.string()), (one, other) => {
        const [first, second] = [one, other].map(([homePage, name]) => ({ account: { homePage, name } }));
        expect(isSameAgent(first, second)).toBe(one[0] === other[0] && one[1] === other[1]);
      }),
    );
  });

  it('do not get an identity from the prototype of objects', () => {
    expect(identityOf(Object.create(ANN.mbox))).toBeUndefined();
    expect(identityOf(JSON.parse('{"__proto__":{"mbox":"mailto:ann@example.org"}}'))).toBeUndefined();
  });
});

describe('a Group', () => {
  it('has the identity of its one identifier', () => {
    for (const kind of KINDS) {
      const group = { objectType: 'Group', name: 'Us', member: [BOB.mbox], ...ANN[kind] };
      expect(identityOf(group)).toBe(identityOf({ objectType: 'Group', ...ANN[kind] }));
      expect(hasSameIdentity(group, ANN[kind])).toBe(true);
      expect(hasSameIdentity(group, BOB[kind])).toBe(false);
    }
  });

  it('has none where it is anonymous, and is then like no other, not even itself', () => {
    const group = { objectType: 'Group', member: [ANN.mbox] };
    expect(identityOf(group)).toBeUndefined();
    expect(hasSameIdentity(group, group)).toBe(false);
  });

  it('is never an Agent', () => {
    const group = { objectType: 'Group', ...ANN.mbox };
    expect(isSameAgent(group, group)).toBe(false);
  });
});
