/**
 * The three Document Resources as a table; they differ in what is in it, and in nothing else.
 *
 * @see xAPI 1.0.3 Part 3 §2.3, §2.6, §2.7
 */
import type { Request } from 'express';
import { identityOf } from './actor.ts';
import * as read from './parameters.ts';

export interface DocumentResource {
  path: string;
  /** The parameters that say whose documents these are, each read to the same text where it means the same. */
  context: Readonly<Record<string, read.Reader<string>>>;
  needed: readonly string[];
  id: 'stateId' | 'profileId';
  /** Whether PUT over an existing document needs If-Match or If-None-Match. */
  isGuarded: boolean;
  /** Whether DELETE without an id deletes every document of the context. */
  deletesAll: boolean;
}

const agent: read.Reader<string> = (text, where) => identityOf(read.agent(text, where)) ?? '';

export const DOCUMENT_RESOURCES: readonly DocumentResource[] = [
  {
    path: '/activities/state',
    context: { activityId: read.iri, agent, registration: read.uuid },
    needed: ['activityId', 'agent'],
    id: 'stateId',
    // "The State Resource will permit PUT, POST and DELETE requests without concurrency headers" (§3.1)
    isGuarded: false,
    deletesAll: true,
  },
  {
    path: '/activities/profile',
    context: { activityId: read.iri },
    needed: ['activityId'],
    id: 'profileId',
    isGuarded: true,
    deletesAll: false,
  },
  {
    path: '/agents/profile',
    context: { agent },
    needed: ['agent'],
    id: 'profileId',
    isGuarded: true,
    deletesAll: false,
  },
];

/** Whether a request is about one document, which it then names, or about all of a context. */
export function namesOne(resource: DocumentResource, req: Request): boolean {
  return read.queryOf(req).has(resource.id);
}

export function readAddress(resource: DocumentResource, req: Request): { context: string; id: string } {
  const found = readText(req, { ...resource.context, [resource.id]: read.id }, [...resource.needed, resource.id]);
  return { context: contextOf(resource, found), id: found[resource.id] ?? '' };
}

export function readListing(resource: DocumentResource, req: Request): { context: string; since: number } {
  const since: read.Reader<string> = (text, where) => String(read.timestamp(text, where));
  const found = readText(req, { ...resource.context, since }, resource.needed);
  return { context: contextOf(resource, found), since: Number(found.since ?? -Infinity) };
}

export function readContext(resource: DocumentResource, req: Request): string {
  return contextOf(resource, readText(req, resource.context, resource.needed));
}

type Text = Record<string, string | undefined>;

function readText(req: Request, readers: DocumentResource['context'], needed: readonly string[]): Text {
  return read.readParameters(read.queryOf(req), readers, needed);
}

function contextOf(resource: DocumentResource, found: Text): string {
  return JSON.stringify(Object.keys(resource.context).map((name) => found[name] ?? null));
}
