/** Changes to a JSON text by position: numbers, escapes, order and white space of all the rest stay as they were written. */
import type { JsonPart } from './json-text.ts';

/** What is from `start` up to `end` becomes `json`. */
export interface Edit {
  start: number;
  end: number;
  json: string;
}

/** @param edits in any order; none overlaps another. */
export function edited(text: string, edits: readonly Edit[]): string {
  let out = '';
  let kept = 0;
  for (const { start, end, json } of [...edits].sort((one, other) => one.start - other.start)) {
    out += text.slice(kept, start) + json;
    kept = end;
  }
  return out + text.slice(kept);
}

/** Replaces a member of an object, or adds it after the last. */
export function settingMember(object: JsonPart, key: string, json: string): Edit {
  const present = object.members?.get(key);
  if (present) return { start: present.start, end: present.end, json };
  const last = [...(object.members?.values() ?? [])].at(-1);
  const at = last?.end ?? object.start + 1;
  return { start: at, end: at, json: `${last ? ',' : ''}${JSON.stringify(key)}:${json}` };
}

/** Takes a member out of an object, with the comma that it needed; nothing where it has none of that name. */
export function removingMember(object: JsonPart, key: string): Edit | undefined {
  const present = object.members?.get(key);
  if (!present) return undefined;
  const all = [...(object.members?.values() ?? [])];
  const at = all.indexOf(present);
  const [before, after] = [all[at - 1], all[at + 1]];
  const keyStart = present.keyStart ?? present.start;
  if (before) return { start: before.end, end: present.end, json: '' };
  return { start: keyStart, end: after?.keyStart ?? present.end, json: '' };
}

/** As JSON in ASCII only, so that it fits into a text whatever its transfer encoding is said to be. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
