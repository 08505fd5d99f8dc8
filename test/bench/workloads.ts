/** What is sent through a gateway. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { statement } from './statements.ts';

interface Message {
  method: string;
  target: string;
  type?: string;
  body?: Buffer;
}

const BOUNDARY = 'bench-boundary';

/** A statement with an attachment of 10 MB. @see xAPI 1.0.3 Part 3 §1.5.2 */
function withAttachment(): Buffer {
  const attachment = [
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: binary',
    `X-Experience-API-Hash: ${'a'.repeat(64)}`,
  ];
  const part = (head: readonly string[]) => Buffer.from(`--${BOUNDARY}\r\n${head.join('\r\n')}\r\n\r\n`);
  return Buffer.concat([
    part(['Content-Type: application/json']),
    Buffer.from(`${JSON.stringify(statement(0))}\r\n`),
    part(attachment),
    randomBytes(10_000_000),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

const get = (limit: number): Message => ({ method: 'GET', target: `/statements?limit=${limit}` });
const json = (value: unknown): Message => ({
  method: 'POST',
  target: '/statements',
  type: 'application/json',
  body: Buffer.from(JSON.stringify(value)),
});
const ONE = json(statement(0));

/** 0.8 KB each; a page of 1, 20 or 100 statements has 1, 19 or 95 KB. */
const MESSAGES = {
  'POST 3 : GET 1': [ONE, ONE, ONE, get(1)],
  'GET of 1 KB': [get(1)],
  'GET of 20 statements': [get(20)],
  'GET of 100 KB': [get(100)],
  'POST of 1 statement': [ONE],
  'POST of 10 MB': [
    { method: 'POST', target: '/statements', type: `multipart/mixed; boundary=${BOUNDARY}`, body: withAttachment() },
  ],
} satisfies Record<string, readonly Message[]>;

export type Workload = keyof typeof MESSAGES;

/** @returns for each workload the files that wrk sends in turn. */
export async function writeWorkloads(folder: string): Promise<Record<Workload, readonly string[]>> {
  const files = new Map<Message, string>();
  const fileOf = async (message: Message): Promise<string> => {
    const file = files.get(message) ?? join(folder, `${files.size}.http`);
    if (!files.has(message)) await writeFile(file, textOf(message));
    files.set(message, file);
    return file;
  };
  const written = {} as Record<Workload, string[]>;
  for (const name of Object.keys(MESSAGES) as Workload[]) {
    written[name] = [];
    for (const message of MESSAGES[name]) written[name].push(await fileOf(message));
  }
  return written;
}

function textOf({ method, target, type, body }: Message): Buffer {
  const typed = body ? `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n` : '';
  const head = `${method} /xapi${target} HTTP/1.1\r\nHost: lrs.example.org\r\nX-Experience-API-Version: 1.0.3\r\n@@${typed}\r\n`;
  return Buffer.concat([Buffer.from(head), body ?? Buffer.alloc(0)]);
}
