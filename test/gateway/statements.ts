/** Statements to write, as texts: what a test says of them is what crosses the wire. */
import { createHash } from 'node:crypto';

export const STATEMENT = {
  actor: { objectType: 'Agent', mbox: 'mailto:lea@example.org' },
  verb: { id: 'http://adlnet.gov/expapi/verbs/completed', display: { en: 'completed' } },
  object: { objectType: 'Activity', id: 'https://example.org/activities/a' },
};

export const ANOTHER_AUTHORITY = { mbox: 'mailto:somebody@example.org' };

export const MIXED = 'multipart/mixed; boundary=bnd';

/** A part as clients write it: its head's lines, and its content. */
export function part(headers: readonly string[], content: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(headers.map((line) => `${line}\r\n`).join('') + '\r\n'), Buffer.from(content)]);
}

export function jsonPart(json: string, ...headers: string[]): Buffer {
  return part(['Content-Type: application/json', ...headers], json);
}

export function attachmentPart(content: string | Buffer, ...headers: string[]): Buffer {
  const hash = `X-Experience-API-Hash: ${sha256(content)}`;
  return part(
    ['Content-Type: application/octet-stream', 'Content-Transfer-Encoding: binary', hash, ...headers],
    content,
  );
}

/** With the boundary of {@link MIXED}. */
export function mixed(...parts: Buffer[]): Buffer {
  const chunks = parts.flatMap((bytes) => [Buffer.from('--bnd\r\n'), bytes, Buffer.from('\r\n')]);
  return Buffer.concat([...chunks, Buffer.from('--bnd--\r\n')]);
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** As a statement declares it. */
export function attachment(content: string | Buffer, said: object = {}) {
  return {
    usageType: 'https://example.org/attachments/certificate',
    display: { en: 'a certificate' },
    contentType: 'application/octet-stream',
    length: Buffer.byteLength(content),
    sha2: sha256(content),
    ...said,
  };
}
