/**
 * The Statement Resource.
 *
 * @see xAPI 1.0.3 Part 3 §2.1
 */
import { randomUUID } from 'node:crypto';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { Actor } from './actor.ts';
import { sendWithAttachments } from './attachments.ts';
import { timestampOf, type Clock } from './clock.ts';
import type { Knowledge } from './knowledge.ts';
import { LrsError } from './lrs-error.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { moreId, readMoreId } from './more-link.ts';
import { versionOf } from './negotiate-version.ts';
import * as read from './parameters.ts';
import { formatStatement } from './statement-format.ts';
import { FILTERS, pageOf } from './statement-query.ts';
import type { StatementStore, StoredStatement, UnstoredStatement } from './statement-store.ts';
import type { Statement, SubmittedStatement } from './statement.ts';
import { readSubmission } from './submission.ts';

const PRESENTATION = { format: read.format, attachments: read.boolean };
const LIST = { ...FILTERS, ...PRESENTATION };
const SINGLE = { statementId: read.uuid, voidedStatementId: read.uuid, ...PRESENTATION };

type Presentation = read.Parameters<typeof PRESENTATION>;

export interface StatementResource {
  store: StatementStore;
  knowledge: Knowledge;
  /** Where the LRS is mounted: more links have the full path. */
  basePath: string;
  maxPageSize: number;
  authorityFor(req: Request, submitted: SubmittedStatement): Actor;
}

/**
 * "The LRS MUST include the header X-Experience-API-Consistent-Through ... on all responses to Statements Resource requests":
 * errors are responses too, so this stands before every step that may refuse.
 */
export function sayConsistentThrough(clock: Clock): RequestHandler {
  return (_req, res, next) => {
    res.set('X-Experience-API-Consistent-Through', timestampOf(clock.now()));
    next();
  };
}

export function statementResource(resource: StatementResource): Router {
  const { store, knowledge, basePath, maxPageSize } = resource;

  const put: RequestHandler = async (req, res) => {
    const { statementId } = read.readParameters(read.queryOf(req), { statementId: read.uuid }, ['statementId']);
    const { isBatch, statements, data } = await readSubmission(req);
    const [statement] = statements;
    if (isBatch || !statement) throw new LrsError(400, 'PUT stores one statement; use POST for an array');
    if ((statement.id ?? statementId).toLowerCase() !== statementId) {
      throw new LrsError(400, 'the id of the statement must be the same as the parameter "statementId"');
    }
    store.add([complete(req, { id: statementId, ...statement })], data);
    res.status(204).end();
  };

  const post: RequestHandler = async (req, res) => {
    read.readParameters(read.queryOf(req), {});
    const { statements, data } = await readSubmission(req);
    const completed = statements.map((one) => complete(req, one));
    store.add(completed, data);
    res.status(200).json(completed.map(({ id }) => id));
  };

  const get: RequestHandler = (req, res) => {
    const query = read.queryOf(req);
    if (query.has('statementId') || query.has('voidedStatementId')) sendOne(req, res, query);
    else sendPage(req, res, query);
  };

  const getMore: RequestHandler<{ id: string }> = (req, res) => {
    read.readParameters(read.queryOf(req), {});
    const { query, from } = readMoreId(req.params.id);
    sendPage(req, res, query, from);
  };

  /** @see xAPI 1.0.3 Part 2 §2.4: what the LRS sets where the client did not */
  function complete(req: Request, submitted: SubmittedStatement): UnstoredStatement {
    const version = versionOf(req.get('X-Experience-API-Version')) === '2.0.0' ? '2.0.0' : '1.0.0';
    const authority = resource.authorityFor(req, submitted);
    return { id: randomUUID(), version, ...submitted, authority };
  }

  function sendOne(req: Request, res: Response, query: URLSearchParams): void {
    const { statementId, voidedStatementId, ...presentation } = read.readParameters(query, SINGLE);
    if (statementId !== undefined && voidedStatementId !== undefined) {
      throw new LrsError(400, 'send statementId or voidedStatementId, not both');
    }
    const found = store.find(statementId ?? voidedStatementId ?? '');
    if (!found || store.isVoided(found.statement) !== (voidedStatementId !== undefined)) {
      throw new LrsError(404, `there is no ${voidedStatementId === undefined ? '' : 'voided '}statement with this id`);
    }
    res.set('Last-Modified', new Date(found.stored / 1000).toUTCString());
    const [statement] = presented(req, [found], presentation);
    send(res, statement, [found.statement], presentation);
  }

  function sendPage(req: Request, res: Response, query: URLSearchParams, from?: number): void {
    const { format, attachments, ...filters } = read.readParameters(query, LIST);
    const presentation = { ...(format && { format }), ...(attachments && { attachments }) };
    // "0 indicates return the maximum the server will allow"
    const size = Math.min(filters.limit || maxPageSize, maxPageSize);
    const page = pageOf(store, filters, size, from);
    const more = page.next === undefined ? '' : `${basePath}/statements/more/${moreId({ query, from: page.next })}`;
    const statements = page.statements.map(({ statement }) => statement);
    send(res, { statements: presented(req, page.statements, presentation), more }, statements, presentation);
  }

  function presented(req: Request, found: StoredStatement[], { format = 'exact' }: Presentation): Statement[] {
    const language = req.get('Accept-Language');
    return found.map(({ statement }) => formatStatement(statement, format, knowledge, language));
  }

  function send(res: Response, body: unknown, statements: Statement[], { attachments }: Presentation): void {
    if (attachments) sendWithAttachments(res, body, statements, store.attachments);
    else res.status(200).json(body);
  }

  const router = Router({ caseSensitive: true, strict: true });
  router
    .route('/statements')
    .put(put)
    .post(post)
    .get(get)
    .all(methodNotAllowed('PUT', 'POST', 'GET', 'HEAD'));
  router.route('/statements/more/:id').get(getMore).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}
