/**
 * Optimistic concurrency of documents, by entity tags.
 *
 * @see xAPI 1.0.3 Part 3 §3.1
 */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { LrsError } from './lrs-error.ts';

/** "a hexadecimal string of the SHA-1 digest of the contents", lower case, in quotes. */
export function entityTagOf(content: Uint8Array | string): string {
  return `"${createHash('sha1').update(content).digest('hex')}"`;
}

/**
 * Refuses a change that was decided on without knowing what is there now.
 *
 * @param current the entity tag of the document, if there is one
 */
export function checkPreconditions(req: Request, current: string | undefined): void {
  const ifMatch = req.get('If-Match');
  const ifNoneMatch = req.get('If-None-Match');
  if (ifMatch !== undefined && !names(ifMatch, current)) {
    throw new LrsError(412, 'the document is not the one that If-Match names: fetch it again for its current ETag');
  }
  if (ifNoneMatch !== undefined && names(ifNoneMatch, current)) {
    throw new LrsError(412, 'there is already a document, which If-None-Match excludes');
  }
}

/** "If a PUT request is received without either header for a resource that already exists, the LRS MUST return 409 Conflict". */
export function checkConflict(req: Request, current: string | undefined): void {
  if (current === undefined || req.get('If-Match') !== undefined || req.get('If-None-Match') !== undefined) return;
  throw new LrsError(
    409,
    'there is already a document: check its current state, then set the If-Match header to its current ETag to replace it',
  );
}

/** @see RFC 9110 §13.1.1: * is any document there is; a weak tag (W/"...") matches none */
function names(header: string, current: string | undefined): boolean {
  if (current === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim() === current);
}
