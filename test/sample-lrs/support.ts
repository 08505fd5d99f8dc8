/** A client of a sample LRS of its own, and statements to send with it. */
import { createHash, randomUUID } from 'node:crypto';
import request from 'supertest';
import { createSampleLrs, type SampleLrsOptions } from '../../services/sample-lrs/app.ts';

export const ALICE = { username: 'alice', password: 'wonder:land' };
export const BOB = { username: 'bob', password: 'b' };

export type Method = 'get' | 'head' | 'put' | 'post' | 'delete' | 'patch';

/** `xapi.get('/statements', { limit: '1' })`: with Alice's credentials and version 1.0.3, unless headers say otherwise. */
export function createClient(options: Partial<SampleLrsOptions> = {}) {
  const app = createSampleLrs({ credentials: [ALICE, BOB], ...options });
  const base = options.basePath ?? '/xapi';
  const send = (
    method: Method,
    path: string,
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) =>
    request(app)
      [method](path.startsWith(`${base}/`) ? path : `${base}${path}`)
      .query(query)
      .set({ Authorization: basic(ALICE), 'X-Experience-API-Version': '1.0.3', ...headers });
  const method = (name: Method) => (path: string, query?: Record<string, string>, headers?: Record<string, string>) =>
    send(name, path, query, headers);
  return {
    app,
    get: method('get'),
    head: method('head'),
    put: method('put'),
    post: method('post'),
    delete: method('delete'),
    patch: method('patch'),
    /** Stores statements, each a POST of its own, and gives their ids back. */
    async store(...statements: object[]): Promise<string[]> {
      const ids: string[] = [];
      for (const one of statements) {
        const body: unknown = (await send('post', '/statements').send(one).expect(200)).body;
        ids.push(...(body as string[]));
      }
      return ids;
    },
    /** The ids of the statements that a query returns, in their order. */
    async idsOf(query: Record<string, string>): Promise<string[]> {
      const body: unknown = (await send('get', '/statements', query).expect(200)).body;
      return (body as StatementResult).statements.map(({ id }) => id);
    },
  };
}

export type Client = ReturnType<typeof createClient>;

export interface StatementResult {
  statements: ({ id: string; stored: string } & Record<string, unknown>)[];
  more: string;
}

export function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export const LEARNER = { objectType: 'Agent', name: 'Lea', mbox: 'mailto:lea@example.org' };
export const VERB = { id: 'http://adlnet.gov/expapi/verbs/completed', display: { 'en-US': 'completed' } };
export const COURSE = { objectType: 'Activity', id: 'http://example.org/course/1' };

export function statement(change: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: randomUUID(), actor: LEARNER, verb: VERB, object: COURSE, ...change };
}

export function voiding(id: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return statement({
    actor: { mbox: 'mailto:admin@example.org' },
    verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
    object: { objectType: 'StatementRef', id },
    ...change,
  });
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

export function attachment(content: Buffer | string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    usageType: 'http://example.org/attachment/certificate',
    display: { en: 'a certificate' },
    contentType: 'application/octet-stream',
    length: Buffer.byteLength(content),
    sha2: sha256(content),
    ...change,
  };
}

/** A multipart/mixed body as in the example of xAPI 1.0.3 Part 3 §1.5.2; each part is its header lines and its content. */
export function multipart(boundary: string, ...parts: [string[], Buffer | string][]): Buffer {
  const chunks = parts.flatMap(([headers, content]) => [
    Buffer.from(`\r\n--${boundary}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`),
    Buffer.from(content),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`\r\n--${boundary}--`)]);
}
