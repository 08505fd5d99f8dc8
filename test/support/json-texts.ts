/** JSON as it can be written: spellings of numbers and strings that no serializer chooses, but that have to be kept. */
import fc from 'fast-check';

const SPACES = fc.constantFrom('', '', '', ' ', '\n', '\r\n\t', '  ');

/** Texts whose value, parsed and written anew, would be another text, or another number. */
const NUMBERS = fc.constantFrom(
  ...['0', '-0', '1.0', '1.10', '1e400', '-1E+400', '1E-5', '0.1e1', '12345678901234567890', '0.30000000000000000001'],
);

const STRINGS = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"\\u0061"',
    '"\\/"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\uD83D\\uDE00"',
    '"\u00e9"',
    '"e\u0301"',
    '"\\u0000"',
  ),
  fc.constantFrom('"\u2028"', '"\u007f"', '"😀"', '"authority"', '"{\\"authority\\":1}"', '"\\\\"', '"//"', '"--b"'),
);

/** No two of one object are equal, though some look alike: `a` with a combining accent and without, in another case. */
const KEYS = fc.uniqueArray(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 5 }).map((text) => JSON.stringify(text)),
    fc.constantFrom(
      '"\\u0061"',
      '"a"',
      '"A"',
      '"\\ud800"',
      '"\u00e9"',
      '"e\u0301"',
      '"__proto__"',
      '"constructor"',
      '""',
    ),
    fc.constantFrom('"https://example.org/x"', '"authority"', '"definition"', '"\\u0061uthority"', '"a\\u0000"'),
  ),
  { maxLength: 4, selector: (key) => JSON.parse(key) as string },
);

const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    NUMBERS,
    STRINGS,
    tie('array'),
    tie('object'),
  ),
  array: fc
    .tuple(SPACES, fc.array(tie('value'), { maxLength: 4 }))
    .map(([space, items]) => `[${space}${items.join(`${space},`)}${space}]`),
  object: fc.tuple(SPACES, KEYS, fc.array(tie('value'), { minLength: 4, maxLength: 4 })).map(([space, keys, values]) =>
    objectText(
      keys.map((key, at) => [key, values[at] ?? '0']),
      space,
    ),
  ),
}));

/** Any JSON text. */
export function jsonTexts(): fc.Arbitrary<string> {
  return fc.tuple(SPACES, value, SPACES).map((texts) => texts.join(''));
}

/** @param members each with its key as it is written, quotes included. */
export function objectText(members: readonly (readonly [key: string, value: string])[], space = ''): string {
  return `{${space}${members.map(([key, text]) => `${key}${space}:${text}`).join(`${space},${space}`)}${space}}`;
}
