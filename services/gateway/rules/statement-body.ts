/** The statements in the body of a write: taken out to be looked into, and sent on with only these bytes changed. */
import { isUtf8 } from 'node:buffer';
import { readAtMost, streamOf, type Body } from '../../shared/body.ts';
import { JsonTextFault, readJsonText, type JsonText } from '../../shared/json-text.ts';
import { Refusal } from '../../shared/refusal.ts';
import type { Call } from '../call.ts';
import { valueOf, without } from '../headers.ts';
import { boundaryIn, readMediaType, refuseOtherCharset, type MediaType } from './media-type.ts';
import { openMultipart } from './multipart-upload.ts';

export interface StatementBody {
  /** Parsed anew by each call: with the place of each part it is many times as large as its text, and not to be kept. */
  statements(): JsonText;
  /** The call with this JSON in the place of the statements, or with what came; every other byte of its body as it came. */
  carrying(json: string | undefined): Call;
  /** Why what followed the statements was refused while it was passing. */
  refusal(): Error | undefined;
  /** For a call that is not made: the rest of the body is read and thrown away. */
  drop(): void;
}

/** Encodings that leave the bytes as they are, by the header that names them. */
const PLAIN: ReadonlyMap<string, readonly string[]> = new Map([
  ['content-encoding', ['identity']],
  ['content-transfer-encoding', ['binary', '8bit', '7bit']],
]);

/** Of the bytes of the body: void once these have changed. */
const OF_THE_BYTES = ['content-md5', 'digest', 'content-digest', 'repr-digest'];

const BODY = 'the body';

/**
 * "application/json … or multipart/mixed": others are 400, as the conformance tests want it (XAPI-00127).
 *
 * @param maxBytes of the statements. @throws Refusal 400, 413, 415 for a body that the LRS might read differently.
 * @see xAPI 1.0.3 Part 3 §1.5
 */
export async function openStatementBody(call: Call, maxBytes: number): Promise<StatementBody> {
  refuseEncoded(call);
  const contentType = valueOf(call.headers, 'content-type');
  const media = readMediaType(contentType, BODY);
  refuseOtherCharset(media, BODY);
  /* One that looks for the word would read a part out of the JSON. */
  const isJson = media.type === 'application/json' && !/multipart/i.test(contentType ?? '');
  if (isJson) return openJson(call, maxBytes);
  if (media.type === 'multipart/mixed') return openMixed(call, media, maxBytes);
  throw new Refusal('invalid_request', 'the Content-Type should be application/json or multipart/mixed');
}

async function openJson(call: Call, maxBytes: number): Promise<StatementBody> {
  if ((call.contentLength ?? 0) > maxBytes)
    throw new Refusal('payload_too_large', `this body may have ${maxBytes} bytes at most`);
  const bytes = await readAtMost(call.openBody(), maxBytes);
  return {
    statements: () => readStatements(bytes, BODY),
    carrying: (json) => {
      const content = json === undefined ? bytes : Buffer.from(json, 'utf8');
      return withBody(call, content !== bytes, content.length - bytes.length, () => content);
    },
    refusal: () => undefined,
    drop: () => undefined,
  };
}

async function openMixed(call: Call, media: MediaType, maxBytes: number): Promise<StatementBody> {
  const boundary = boundaryIn(media);
  /* A caller that goes away while nobody reads is no reason for the process to end. */
  const source = streamOf(call.openBody()).on('error', () => undefined);
  let refusal: Error | undefined;
  try {
    const upload = await openMultipart(source, boundary, maxBytes);
    return {
      statements: () => readStatements(upload.json, 'the first part'),
      carrying: (json) => {
        const content = json === undefined ? upload.json : Buffer.from(json, 'utf8');
        const { grown, open } = upload.carrying(content);
        return withBody(call, content !== upload.json, grown, () => open((error) => (refusal = error)));
      },
      refusal: () => refusal,
      drop: () => void source.destroy(),
    };
  } catch (error) {
    source.destroy();
    throw error;
  }
}

function withBody(call: Call, isChanged: boolean, grown: number, openBody: () => Body): Call {
  return {
    ...call,
    headers: isChanged ? without(call.headers, ...OF_THE_BYTES) : call.headers,
    contentLength: call.contentLength === undefined ? undefined : call.contentLength + grown,
    openBody,
  };
}

/** To a server that maps `-` and `_` to the same variable, `Content_Encoding` is one, too. */
function refuseEncoded({ headers }: Call): void {
  for (const [name, value] of headers) {
    const plain = PLAIN.get(name.toLowerCase().replaceAll('_', '-'));
    if (plain && !plain.includes(value.trim().toLowerCase()))
      throw new Refusal('unsupported_media_type', `statements should be sent as they are, without ${name}`);
  }
}

/** "All strings MUST be encoded and interpreted as UTF-8." @see xAPI 1.0.3 Part 3 §1.4 */
function readStatements(bytes: Buffer, where: string): JsonText {
  if (!isUtf8(bytes)) throw new Refusal('invalid_request', `${where} is not UTF-8`);
  try {
    return readJsonText(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof JsonTextFault) throw new Refusal('invalid_request', `${where} ${error.message}`);
    throw error;
  }
}
