/**
 * Attachments: the raw data that comes with statements, matched to them by SHA-2 and in no other way.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.11, Part 3 §1.5.2
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Response } from 'express';
import { LrsError } from './lrs-error.ts';
import { formatMultipart, type Part } from './multipart.ts';
import { isSubStatement, type Attachment, type Claim } from './statement.ts';

/** Raw data by SHA-2, in lower case. */
export type AttachmentData = Map<string, Buffer>;

/** The digest's length in hexadecimal says which SHA-2 it is. */
const ALGORITHMS: Record<number, string> = { 56: 'sha224', 64: 'sha256', 96: 'sha384', 128: 'sha512' };

export function attachmentsOf(statement: Claim): Attachment[] {
  const { object, attachments = [] } = statement;
  return isSubStatement(object) ? [...attachments, ...(object.attachments ?? [])] : attachments;
}

/** The first part has the statements, the others what they declare. */
export function readAttachmentParts(parts: Part[]): AttachmentData {
  return new Map(parts.map((part, index) => readAttachmentPart(part, `part ${index + 2}`)));
}

function readAttachmentPart({ headers, content }: Part, where: string): [string, Buffer] {
  const hash = headers.get('x-experience-api-hash')?.toLowerCase();
  if (hash === undefined) throw new LrsError(400, `${where} has no X-Experience-API-Hash header`);
  if (headers.get('content-transfer-encoding')?.toLowerCase() !== 'binary') {
    throw new LrsError(400, `${where} must have the header Content-Transfer-Encoding: binary`);
  }
  const algorithm = ALGORITHMS[hash.length];
  if (algorithm === undefined || createHash(algorithm).update(content).digest('hex') !== hash) {
    throw new LrsError(400, `the X-Experience-API-Hash of ${where} is not the SHA-2 of its content`);
  }
  return [hash, content];
}

/** "MUST reject batches of Statements having Attachments that neither contain a fileUrl nor match a received Attachment part". */
export function checkAttachments(statements: Claim[], received: AttachmentData): void {
  const declared = statements.flatMap(attachmentsOf);
  for (const { sha2, fileUrl } of declared) {
    if (fileUrl === undefined && !received.has(sha2.toLowerCase())) {
      throw new LrsError(
        400,
        `the attachment ${sha2} has no fileUrl and no part with its data in a multipart/mixed body`,
      );
    }
  }
  const hashes = new Set(declared.map(({ sha2 }) => sha2.toLowerCase()));
  for (const hash of received.keys()) {
    if (!hashes.has(hash)) throw new LrsError(400, `no statement declares the attachment ${hash}`);
  }
}

/** One copy of each attachment's data, however many of the statements declare it. */
export function sendWithAttachments(res: Response, body: unknown, statements: Claim[], data: AttachmentData): void {
  const declared = new Map(statements.flatMap(attachmentsOf).map((one) => [one.sha2.toLowerCase(), one]));
  const parts: Part[] = [{ headers: new Map([['Content-Type', 'application/json']]), content: jsonOf(body) }];
  for (const [hash, { contentType }] of declared) {
    const content = data.get(hash);
    if (content) parts.push({ headers: partHeaders(hash, contentType), content });
  }
  const boundary = randomUUID();
  const chunks = formatMultipart(parts, boundary);
  res.status(200).set({
    'Content-Type': `multipart/mixed; boundary=${boundary}`,
    'Content-Length': String(chunks.reduce((sum, chunk) => sum + chunk.length, 0)),
  });
  for (const chunk of chunks) res.write(chunk);
  res.end();
}

function jsonOf(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function partHeaders(hash: string, contentType: string): Map<string, string> {
  return new Map([
    ['Content-Type', contentType],
    ['Content-Transfer-Encoding', 'binary'],
    ['X-Experience-API-Hash', hash],
  ]);
}
