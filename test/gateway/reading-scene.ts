/** A gateway in front of the sample LRS, and statements of several clients that were stored there past it. */
import { randomUUID } from 'node:crypto';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import type { AccessTokenRecord } from '../../services/shared/access-token.ts';
import type { Client } from '../../services/shared/client.ts';
import { startTestGateway, type GatewaySetup, type RunningGateway } from '../support/gateway.ts';
import { VERSION_1, type Headers } from './support.ts';

export type Json = Record<string, unknown>;

export interface Listed {
  status: number;
  ids: string[];
  more: string;
  statements: Json[];
}

export interface Reader {
  clientId: string;
  headers: Headers;
  /** Stores a statement under this client's authority. @returns its id */
  store: (statement?: Json, boundaryAndParts?: { boundary: string; parts: string }) => Promise<string>;
  ask: (query: string, headers?: Headers, method?: string) => Promise<Response>;
  list: (query?: string, path?: string) => Promise<Listed>;
  /** Follows every `more`. @returns all ids, and how many pages it took. */
  toTheEnd: (query?: string) => Promise<{ ids: string[]; pages: number }>;
}

export interface ReadingScene {
  readonly lrs: SampleLrs;
  readonly gateway: RunningGateway;
  reader: (scope?: string, client?: Partial<Client>, token?: Partial<AccessTokenRecord>) => Promise<Reader>;
}

const CREDENTIAL = { username: 'gateway-user', password: 'gateway-password' };
export const DIRECT = {
  ...VERSION_1,
  Authorization: `Basic ${Buffer.from('gateway-user:gateway-password').toString('base64')}`,
};
const TOKEN_ENDPOINT = 'https://lrs.example.org/oauth2/token';

export const LEA = { objectType: 'Agent', mbox: 'mailto:lea@example.org' };
export const VERB = { id: 'http://example.org/verbs/did' };
export const ACTIVITY = { objectType: 'Activity', id: 'http://example.org/activities/a' };

export function refTo(id: string): Json {
  return { objectType: 'StatementRef', id };
}

export function voiding(id: string): Json {
  return { verb: { id: 'http://adlnet.gov/expapi/verbs/voided' }, object: refTo(id) };
}

export function query(parameters: Record<string, unknown>): string {
  const texts = Object.entries(parameters).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return new URLSearchParams(texts).toString();
}

/** Call at the top of a file, or of a describe. */
export function readingScene(maxPageSize = 100, setup: Partial<GatewaySetup> = {}): ReadingScene {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials: [CREDENTIAL], maxPageSize });
    gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration: { authority: 'kept' }, ...setup });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });
  return {
    get lrs() {
      return lrs;
    },
    get gateway() {
      return gateway;
    },
    reader: async (scope = 'statements/read/mine', said, token) => {
      const { bearer, client } = await gateway.mint(scope, said, token);
      return readerOf(gateway, lrs, client.client_id, { ...VERSION_1, Authorization: bearer }, token?.sub);
    },
  };
}

/** As xAPI 1.0.3 has it: Part 2 §2.4.9, Part 3 §4.1. */
export function authorityFor(clientId: string, subject?: string): Json {
  const consumer = { objectType: 'Agent', account: { homePage: TOKEN_ENDPOINT, name: clientId } };
  if (subject === undefined) return consumer;
  const person = { objectType: 'Agent', account: { homePage: 'https://lrs.example.org', name: subject } };
  return { objectType: 'Group', member: [consumer, person] };
}

function readerOf(
  gateway: RunningGateway,
  lrs: SampleLrs,
  clientId: string,
  headers: Headers,
  subject?: string,
): Reader {
  const ask: Reader['ask'] = (text, more = {}, method = 'GET') =>
    fetch(`${gateway.url}/xapi/statements?${text}`, { method, headers: { ...headers, ...more } });

  const list: Reader['list'] = async (text = '', path = `/xapi/statements?${text}`) => {
    const response = await fetch(`${gateway.url}${path}`, { headers });
    const body = (await response.json()) as { statements?: Json[]; more?: string };
    const statements = body.statements ?? [];
    return {
      status: response.status,
      ids: statements.map(({ id }) => id as string),
      more: body.more ?? '',
      statements,
    };
  };

  return {
    clientId,
    headers,
    ask,
    list,
    store: async (statement = {}, multipart) => {
      const id = (statement.id as string | undefined) ?? randomUUID();
      const whole = {
        id,
        actor: LEA,
        verb: VERB,
        object: ACTIVITY,
        authority: authorityFor(clientId, subject),
        ...statement,
      };
      const json = JSON.stringify(whole);
      const response = await fetch(`${lrs.url}/statements`, {
        method: 'POST',
        headers: {
          ...DIRECT,
          'Content-Type': multipart ? `multipart/mixed; boundary=${multipart.boundary}` : 'application/json',
        },
        body: multipart
          ? `--${multipart.boundary}\r\nContent-Type: application/json\r\n\r\n${json}${multipart.parts}\r\n--${multipart.boundary}--\r\n`
          : json,
      });
      if (response.status !== 200) throw new Error(await response.text());
      return id;
    },
    toTheEnd: async (text = '') => {
      const ids: string[] = [];
      let pages = 0;
      for (let path = `/xapi/statements?${text}`; path !== ''; pages++) {
        const page = await list('', path);
        expect(page.status).toBe(200);
        if (pages > 200) throw new Error('the pages do not end');
        ids.push(...page.ids);
        path = page.more;
      }
      return { ids, pages };
    },
  };
}
