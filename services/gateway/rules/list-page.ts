/** One page of statements as the LRS answered it, JSON or multipart: what is kept of it, and what stands around that. */
import { streamOf } from '../../shared/body.ts';
import type { Answer } from '../call.ts';
import { valueOf } from '../headers.ts';
import { createMultipartReader, CRLF, MultipartFault, type MultipartEvent } from '../multipart-reader.ts';
import { boundaryOf, withoutLength } from '../multipart-scanner.ts';
import { passed } from '../reclaim.ts';
import { createStatementResultReader } from '../statement-result.ts';
import { hashOf, hashesIn } from './attachment-hashes.ts';
import type { Belongs } from './belongs.ts';

export interface ListPage {
  /** The statements that stay, in the bytes in which they came, some at a time; in the end the LRS's own `more`. */
  kept: AsyncGenerator<Buffer[], string>;
  /** What goes before the JSON; known once something is kept, or nothing is. */
  before: () => Buffer;
  /** What goes after it: the attachments of the statements that stay. */
  after: () => AsyncGenerator<Buffer>;
}

/** @throws Error, while it is read, for what is no list of statements. */
export function openListPage(answer: Answer, belongs: Belongs, maxBytes: number): ListPage {
  const boundary = boundaryOf(valueOf(answer.headers, 'content-type') ?? '');
  if (boundary !== undefined) return openMultipart(answer, boundary, belongs, maxBytes);
  return {
    kept: keptOf(streamOf(answer.body) as AsyncIterable<Buffer>, belongs, maxBytes),
    before: () => Buffer.alloc(0),
    after: nothing,
  };
}

function openMultipart({ body }: Answer, boundary: string, belongs: Belongs, maxBytes: number): ListPage {
  const events = eventsOf(streamOf(body) as AsyncIterable<Buffer>, boundary);
  const hashes = new Set<string>();
  let head = '';

  async function* kept(): AsyncGenerator<Buffer[], string> {
    const first = await events.next();
    if (first.done || !('head' in first.value)) throw new MultipartFault('the multipart body has no parts');
    head = withoutLength(first.value.head);
    return yield* keptOf(contentOf(events), belongs, maxBytes, (statement) => {
      for (const hash of hashesIn(statement)) hashes.add(hash);
    });
  }

  /** A part that no statement of the caller's declares is somebody else's attachment. */
  async function* after(): AsyncGenerator<Buffer> {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const partHead = 'head' in next.value ? next.value.head : '';
      const isKept = hashes.has(hashOf(partHead) ?? '');
      if (isKept) yield Buffer.from(`${CRLF}--${boundary}${CRLF}${partHead}${CRLF}${CRLF}`, 'latin1');
      for await (const content of contentOf(events)) if (isKept) yield content;
    }
    yield Buffer.from(`${CRLF}--${boundary}--${CRLF}`, 'latin1');
  }

  const before = () => Buffer.from(`--${boundary}${CRLF}${head && head + CRLF}${CRLF}`, 'latin1');
  return { kept: kept(), before, after };
}

async function* keptOf(
  pieces: AsyncIterable<Buffer>,
  belongs: Belongs,
  maxBytes: number,
  onKept: (statement: unknown) => void = () => undefined,
): AsyncGenerator<Buffer[], string> {
  const reader = createStatementResultReader(maxBytes);
  for await (const piece of pieces) {
    passed(piece);
    const kept: Buffer[] = [];
    for (const bytes of reader.write(piece)) {
      const statement = JSON.parse(bytes.toString('utf8')) as unknown;
      const verdict = belongs(statement);
      if (!(typeof verdict === 'boolean' ? verdict : await verdict)) continue;
      kept.push(bytes);
      onKept(statement);
    }
    if (kept.length > 0) yield kept;
  }
  return reader.end();
}

async function* eventsOf(body: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<MultipartEvent, void> {
  const reader = createMultipartReader(boundary);
  for await (const piece of body) yield* reader.write(piece);
  reader.end();
}

/** Of the part whose head was the last event. Leaves `events` where the part ended. */
async function* contentOf(events: AsyncGenerator<MultipartEvent, void>): AsyncGenerator<Buffer> {
  for (let next = await events.next(); !next.done && 'content' in next.value; next = await events.next())
    yield next.value.content;
}

async function* nothing(): AsyncGenerator<Buffer> {
  /* JSON has nothing after it. */
}
