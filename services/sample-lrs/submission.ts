/**
 * Statements as they arrive: from application/json or multipart/mixed to typed values, or a refusal of them all.
 *
 * @see xAPI 1.0.3 Part 3 §1.5
 */
import type { Request } from 'express';
import { checkAttachments, readAttachmentParts, type AttachmentData } from './attachments.ts';
import { mediaTypeOf, parseJson, readBody } from './body.ts';
import { LrsError } from './lrs-error.ts';
import { boundaryOf, parseMultipart } from './multipart.ts';
import { versionOf } from './negotiate-version.ts';
import { readStatement } from './statement-rules.ts';
import { isSubStatement, type Activity, type Claim, type SubmittedStatement } from './statement.ts';

export interface Submission {
  /** Whether they came as an array: POST takes one or many, PUT only one. */
  isBatch: boolean;
  statements: SubmittedStatement[];
  data: AttachmentData;
}

export async function readSubmission(req: Request): Promise<Submission> {
  const { json, data } = await readContent(req);
  const version = versionOf(req.get('X-Experience-API-Version')) ?? '1.0.3';
  const isBatch = Array.isArray(json);
  const submitted: unknown[] = Array.isArray(json) ? json : [json];
  const statements = submitted.map((one, index) =>
    withActivityArrays(readStatement(one, isBatch ? `statement[${index}]` : 'statement', version)),
  );
  checkDistinct(statements);
  checkAttachments(statements, data);
  return { isBatch, statements, data };
}

async function readContent(req: Request): Promise<{ json: unknown; data: AttachmentData }> {
  const contentType = req.get('Content-Type') ?? '';
  switch (mediaTypeOf(contentType)) {
    case 'application/json':
      return { json: parseJson(await readBody(req), 'the body'), data: new Map() };
    case 'multipart/mixed': {
      const boundary = boundaryOf(contentType);
      const [first, ...others] = parseMultipart(await readBody(req), boundary);
      if (!first || mediaTypeOf(first.headers.get('content-type')) !== 'application/json') {
        throw new LrsError(400, 'the first part must have the statements, with Content-Type application/json');
      }
      return { json: parseJson(first.content, 'the first part'), data: readAttachmentParts(others) };
    }
    default:
      throw new LrsError(400, 'the Content-Type must be application/json or multipart/mixed');
  }
}

function checkDistinct(statements: SubmittedStatement[]): void {
  const seen = new Set<string>();
  for (const { id } of statements) {
    if (id === undefined) continue;
    if (seen.has(id.toLowerCase())) throw new LrsError(400, `the batch has more than one statement with the id ${id}`);
    seen.add(id.toLowerCase());
  }
}

/**
 * "The LRS MUST return every value in the contextActivities Object as an array, even if it arrived as a single Activity Object."
 *
 * @see xAPI 1.0.3 Part 2 §2.4.6.2
 */
function withActivityArrays<C extends Claim>(claim: C): C {
  const object = isSubStatement(claim.object) ? withActivityArrays(claim.object) : claim.object;
  if (!claim.context?.contextActivities) return { ...claim, object };
  const kinds: [string, Activity | Activity[]][] = Object.entries(claim.context.contextActivities);
  const contextActivities = Object.fromEntries(
    kinds.map(([kind, value]) => [kind, Array.isArray(value) ? value : [value]]),
  );
  return { ...claim, object, context: { ...claim.context, contextActivities } };
}
