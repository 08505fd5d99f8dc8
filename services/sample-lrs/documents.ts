/**
 * What every Document Resource does: single documents, with optimistic concurrency and merging, and all of a context.
 *
 * @see xAPI 1.0.3 Part 3 §2.2
 */
import { Router, type Request, type RequestHandler } from 'express';
import { mediaTypeOf, parseJson, readBody } from './body.ts';
import type { Clock } from './clock.ts';
import { checkConflict, checkPreconditions, entityTagOf } from './concurrency.ts';
import { isObject } from './data-types.ts';
import {
  DOCUMENT_RESOURCES,
  namesOne,
  readAddress,
  readContext,
  readListing,
  type DocumentResource,
} from './document-resources.ts';
import { LrsError } from './lrs-error.ts';
import { methodNotAllowed } from './method-not-allowed.ts';

interface Content {
  bytes: Buffer;
  type: string;
}

interface StoredDocument extends Content {
  entityTag: string;
  updated: number;
}

export function documentResources(clock: Clock): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const resource of DOCUMENT_RESOURCES) {
    const { get, put, post, remove } = handlersOf(resource, clock);
    const refuse = methodNotAllowed('PUT', 'POST', 'GET', 'HEAD', 'DELETE');
    router.route(resource.path).get(get).put(put).post(post).delete(remove).all(refuse);
  }
  return router;
}

function handlersOf(
  resource: DocumentResource,
  clock: Clock,
): Record<'get' | 'put' | 'post' | 'remove', RequestHandler> {
  const contexts = new Map<string, Map<string, StoredDocument>>();
  const documentsOf = (context: string) => contexts.get(context) ?? new Map<string, StoredDocument>();

  function store(context: string, id: string, content: Content): void {
    const document = { ...content, entityTag: entityTagOf(content.bytes), updated: clock.tick() };
    contexts.set(context, documentsOf(context).set(id, document));
  }

  const getOne: RequestHandler = (req, res) => {
    const { context, id } = readAddress(resource, req);
    const document = documentsOf(context).get(id);
    if (!document) throw new LrsError(404, `there is no document with this ${resource.id}`);
    res.set({ ETag: document.entityTag, 'Last-Modified': httpDate(document.updated) });
    // set on the bare response: express would add a charset that the client did not send
    res.setHeader('Content-Type', document.type);
    res.send(document.bytes);
  };

  const list: RequestHandler = (req, res) => {
    const { context, since } = readListing(resource, req);
    const listed = [...documentsOf(context)].filter(([, { updated }]) => updated > since);
    const ids = listed.map(([id]) => id);
    if (listed.length > 0) res.set('Last-Modified', httpDate(Math.max(...listed.map(([, { updated }]) => updated))));
    res.set('ETag', entityTagOf(JSON.stringify(ids))).json(ids);
  };

  const get: RequestHandler = (req, res, next) => (namesOne(resource, req) ? getOne : list)(req, res, next);

  const put: RequestHandler = async (req, res) => {
    const { context, id } = readAddress(resource, req);
    const content = await readContent(req);
    if (isJson(content)) parseJson(content.bytes, 'the document');
    const current = documentsOf(context).get(id)?.entityTag;
    checkPreconditions(req, current);
    if (resource.isGuarded) checkConflict(req, current);
    store(context, id, content);
    res.status(204).end();
  };

  const post: RequestHandler = async (req, res) => {
    const { context, id } = readAddress(resource, req);
    const posted = await readContent(req);
    const existing = documentsOf(context).get(id);
    checkPreconditions(req, existing?.entityTag);
    store(context, id, merge(posted, existing));
    res.status(204).end();
  };

  const remove: RequestHandler = (req, res) => {
    if (resource.deletesAll && !namesOne(resource, req)) {
      contexts.delete(readContext(resource, req));
    } else {
      const { context, id } = readAddress(resource, req);
      const documents = documentsOf(context);
      checkPreconditions(req, documents.get(id)?.entityTag);
      documents.delete(id);
      if (documents.size === 0) contexts.delete(context);
    }
    res.status(204).end();
  };

  return { get, put, post, remove };
}

/**
 * "If the document being posted or any existing document does not have a Content-Type of application/json, or if either document
 * cannot be parsed as a JSON Object, the LRS MUST respond with 400". Where there is nothing to merge with, any type will do.
 */
function merge(posted: Content, existing: Content | undefined): Content {
  if (!existing && !isJson(posted)) return posted;
  const properties = jsonObjectOf(posted, 'the posted document');
  if (!existing) return posted;
  const merged = { ...jsonObjectOf(existing, 'the existing document'), ...properties };
  return { bytes: Buffer.from(JSON.stringify(merged)), type: existing.type };
}

function jsonObjectOf(content: Content, which: string): Record<string, unknown> {
  if (!isJson(content)) throw new LrsError(400, `${which} is not application/json: only JSON objects can be merged`);
  const value = parseJson(content.bytes, which);
  if (!isObject(value)) throw new LrsError(400, `${which} is not a JSON object: only JSON objects can be merged`);
  return value;
}

function isJson({ type }: Content): boolean {
  return mediaTypeOf(type) === 'application/json';
}

async function readContent(req: Request): Promise<Content> {
  return { bytes: await readBody(req), type: req.get('Content-Type') ?? 'application/octet-stream' };
}

function httpDate(microseconds: number): string {
  return new Date(microseconds / 1000).toUTCString();
}
