/** Which attachment belongs to which statement: only its hash says so. @see xAPI 1.0.3 Part 2 §2.4.11 */
import { isObject, propertyOf } from '../../shared/xapi/property.ts';

/** Of the attachments that a statement, or the SubStatement in it, declares; in lower case. */
export function hashesIn(statement: unknown): string[] {
  const object = propertyOf(statement, 'object');
  const isPart = propertyOf(object, 'objectType') === 'SubStatement';
  return [statement, ...(isPart ? [object] : [])].flatMap(declaredIn);
}

function declaredIn(statement: unknown): string[] {
  const attachments = propertyOf(statement, 'attachments');
  if (!Array.isArray(attachments)) return [];
  const hashes = attachments.filter(isObject).map((one) => one.sha2);
  return hashes.filter((hash) => typeof hash === 'string').map((hash) => hash.toLowerCase());
}

/** Of the data in a part; `undefined` where it has none, or two. */
export function hashOf(partHead: string): string | undefined {
  const found = [...partHead.matchAll(/^x-experience-api-hash[ \t]*:[ \t]*(\S+)[ \t]*$/gim)];
  return found.length === 1 ? found[0]?.[1]?.toLowerCase() : undefined;
}
