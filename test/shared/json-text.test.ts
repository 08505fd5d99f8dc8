/** JSON with the places of its parts, and changes to it that leave every other character alone. */
import fc from 'fast-check';
import { asciiJson, edited, removingMember, settingMember, type Edit } from '../../services/shared/json-edit.ts';
import { JsonTextFault, readJsonText, type JsonPart } from '../../services/shared/json-text.ts';
import { jsonTexts } from '../support/json-texts.ts';

function faultOf(text: string): string {
  try {
    readJsonText(text);
  } catch (error) {
    expect(error).toBeInstanceOf(JsonTextFault);
    return (error as Error).message;
  }
  throw new Error(`${text} was read`);
}

function every(part: JsonPart): JsonPart[] {
  return [part, ...[...(part.members?.values() ?? []), ...(part.items ?? [])].flatMap(every)];
}

function at(text: string, ...path: (string | number)[]): JsonPart {
  let part: JsonPart | undefined = readJsonText(text).root;
  for (const step of path) part = typeof step === 'number' ? part?.items?.[step] : part?.members?.get(step);
  if (!part) throw new Error(`there is no ${path.join('.')}`);
  return part;
}

describe('reading JSON', () => {
  it('says where each part is', () => {
    const text = ' { "a" : [1, {"b":"\\u0061"}],\n"c":-0.0 }\t';
    const textOf = (part: JsonPart) => text.slice(part.start, part.end);
    expect(textOf(at(text))).toBe('{ "a" : [1, {"b":"\\u0061"}],\n"c":-0.0 }');
    expect(textOf(at(text, 'a'))).toBe('[1, {"b":"\\u0061"}]');
    expect(textOf(at(text, 'a', 1, 'b'))).toBe('"\\u0061"');
    expect(at(text, 'a', 1, 'b').value).toBe('a');
    expect(textOf(at(text, 'c'))).toBe('-0.0');
    expect(text.slice(at(text, 'c').keyStart, at(text, 'c').end)).toBe('"c":-0.0');
  });

  it('finds in every text the value that JSON.parse finds, and each part where it is', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const { root } = readJsonText(text);
        expect(root.value).toEqual(JSON.parse(text));
        for (const part of every(root)) expect(JSON.parse(text.slice(part.start, part.end))).toEqual(part.value);
      }),
    );
  });

  it('finds a member by its key, however its escapes are written, and none of the prototype', () => {
    expect(at('{"\\u0061uthority":1}', 'authority').value).toBe(1);
    expect(at('{"__proto__":{"a":1}}', '__proto__', 'a').value).toBe(1);
    expect(readJsonText('{}').root.members?.get('constructor')).toBeUndefined();
  });

  it('reads what is 100,000 deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(readJsonText(deep).root.end).toBe(200_000);
  });

  it.each([
    ['the same key', '{"a":1,"a":2}'],
    ['the same key, written in two ways', '{"a":1,"\\u0061":2}'],
    ['the same key, apart from one another', '{"a":{},"b":[],"a":null}'],
    ['the same key within', '[{"b":{"c":[{"a":1,"a":1}]}}]'],
    ['the same key, in a value that is dropped', '{"x":{"a":1},"x":"y"}'],
    ['the key __proto__', '{"__proto__":1,"__proto__":2}'],
    ['an empty key', '{"":1,"":2}'],
  ])('refuses %s twice', (_what, text) => {
    expect(faultOf(text)).toMatch(/has the key ".*" twice in one object/);
  });

  it('takes the same key in two objects', () => {
    expect(readJsonText('[{"a":1},{"a":{"a":2}}]').root.value).toEqual([{ a: 1 }, { a: { a: 2 } }]);
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '{"a":1}{"a":2}',
    '{"a":1}\n{"a":2}',
    '{} //',
    '/* c */ {}',
    '{"a":/**/1}',
    '01',
    '+1',
    '1.',
    '.5',
    '1e',
    'NaN',
    'Infinity',
    'undefined',
    '"\\x41"',
    '"\\u12"',
    '"a\nb"',
    '"a\tb"',
    '"\u0000"',
    '{"a":1}\u0000',
    '{\u00a0"a":1}',
    '{\u000b"a":1}',
  ])('refuses %j', (text) => {
    expect(faultOf(text)).toBe('is not JSON');
  });

  it('refuses more values than it could hold', () => {
    expect(faultOf(`[${'0,'.repeat(500_000)}0]`)).toMatch(/more than 500000 values/);
  });

  it('refuses a byte order mark, and says so', () => {
    expect(faultOf('\uFEFF{}')).toBe('begins with a byte order mark');
  });
});

describe('a change to JSON', () => {
  const changed = (text: string, edit: Edit | undefined) => edited(text, edit ? [edit] : []);

  it.each([
    ['{}', '{"k":9}'],
    ['{ }', '{"k":9 }'],
    ['{"a":1.0}', '{"a":1.0,"k":9}'],
    ['{"a":"b"\n}', '{"a":"b","k":9\n}'],
    ['{"k":1}', '{"k":9}'],
    ['{"a":1,"k" : {"k":[1]} , "b":2}', '{"a":1,"k" : 9 , "b":2}'],
    ['{"\\u006b":1}', '{"\\u006b":9}'],
    ['{"a":{"k":1}}', '{"a":{"k":1},"k":9}'],
  ])('of a member makes %s into %s', (text, expected) => {
    expect(changed(text, settingMember(readJsonText(text).root, 'k', '9'))).toBe(expected);
  });

  it.each([
    ['{"k":1}', '{}'],
    ['{ "k" : [1,2] }', '{  }'],
    ['{"k":1,"a":2}', '{"a":2}'],
    ['{ "k":1 ,\n "a":2}', '{ "a":2}'],
    ['{"a":1,"k":2}', '{"a":1}'],
    ['{"a":1 , "k":2 , "b":3}', '{"a":1 , "b":3}'],
    ['{"a":{"k":1}}', '{"a":{"k":1}}'],
    ['{}', '{}'],
  ])('takes the member out of %s: %s', (text, expected) => {
    expect(changed(text, removingMember(readJsonText(text).root, 'k'))).toBe(expected);
  });

  it('leaves out a member and nothing else, in every object', () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(objects, fc.nat(), fc.constantFrom(undefined, 1, '\t'), (object, pick, space) => {
        const text = JSON.stringify(object, null, space);
        const key = Object.keys(object)[pick % Object.keys(object).length] ?? '';
        const rest = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        delete rest[key];
        expect(JSON.parse(changed(text, removingMember(readJsonText(text).root, key)))).toEqual(rest);
      }),
    );
  });

  it('makes several at once, in whatever order they are named', () => {
    const text = '[{"a":1},{"a":2},{"a":3}]';
    const edits = [2, 0, 1].map((n) => settingMember(at(text, n), 'a', `"${n}"`));
    expect(edited(text, edits)).toBe('[{"a":"0"},{"a":"1"},{"a":"2"}]');
  });

  it('is written in ASCII', () => {
    expect(asciiJson({ name: 'Zoë \u{1F600}\u007f' })).toBe('{"name":"Zo\\u00eb \\ud83d\\ude00\\u007f"}');
  });
});
