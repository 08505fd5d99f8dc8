import fc from 'fast-check';
import { createMoreScanner, mayHaveLink } from '../../services/gateway/more-scanner.ts';

/** `more` as the name of a member, in the spellings that JSON has for it, and names that only look like it. */
const NAMES = [
  '"more"',
  '"m\\u006fre"',
  '"\\u006dore"',
  '"More"',
  '"more "',
  '"m\\\\u006fre"',
  '"\\"more"',
  '"statements"',
];
const name = fc.constantFrom(...NAMES);
const space = fc.constantFrom('', ' ', '\n', '\t');
const scalar = fc.oneof(
  fc.constantFrom('""', '"more"', '"\\"more\\":\\"\\""', '"/xAPI/statements?page=2"', '"\\u0022"', 'null', '0'),
  fc.string().map((text) => JSON.stringify(text)),
);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, listOf(tie('value')), objectOf(tie('value'))),
}));

function listOf(each: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(each, { maxLength: 3 }).map((values) => `[${values.join(',')}]`);
}

function objectOf(each: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc
    .tuple(name, space, space, each)
    .map(([key, before, after, what]) => `${key}${before}:${after}${what}`);
  return fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(',')}}`);
}

describe('a page that is let by without being walked through', () => {
  it('has no link, however its members are spelt', () => {
    let [letBy, walked] = [0, 0];
    fc.assert(
      fc.property(objectOf(value), (json) => {
        const bytes = Buffer.from(json);
        if (mayHaveLink(bytes)) return void (walked += 1);
        letBy += 1;
        const { more = '' } = JSON.parse(json) as { more?: unknown };
        expect(typeof more === 'string' && more !== '').toBe(false);
        const scanner = createMoreScanner((link) => `replaced ${link}`);
        expect(scanner.write(bytes).toString()).toBe(json);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(letBy, walked)).toBeGreaterThan(500);
  });

  it.each([
    ['{"statements":[],"more":""}', false],
    ['{"statements":[{"result":{"extensions":{"http://a.example/more":"less"}}}],"more":""}', false],
    ['{"statements":[{"id":"more"}],"more":""}', true],
    ['{"statements":[],"more":"/xAPI/more/2"}', true],
    ['{"statements":[],"more" :""}', true],
    ['{"statements":[],"m\\u006fre":"/xAPI/more/2"}', true],
    ['{"more":"","more":"/xAPI/more/2"}', true],
  ])('of %s it is said that it may have one: %s', (json, may) => {
    expect(mayHaveLink(Buffer.from(json))).toBe(may);
  });
});
