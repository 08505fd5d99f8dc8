/** Two clients, a gateway and a sample LRS; and what a correct LRS would hold, written from the specification. */
import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { Client } from '../../services/shared/client.ts';
import { LRS_PASSWORD_CONTEXT, type LrsRegistration } from '../../services/shared/organization.ts';
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import type { AccessTokenRecord } from '../../services/shared/access-token.ts';
import { SIGNING_KEYS } from '../../services/store/signing-keys.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { meets, type Filter } from './model.ts';
import { statementOf, VOIDED, type Recipe, type Statement } from './recipes.ts';

export type Situation = 'kept' | 'per-credential' | 'shared';

export interface Held {
  id: string;
  /** The number of the client that wrote it. */
  owner: number;
  statement: Statement;
  voided: boolean;
}

export interface Speaker {
  client: Client;
  bearer: string;
}

export interface World {
  situation: Situation;
  gateway: RunningGateway;
  speakers: Speaker[];
  /** In the order in which they were stored. */
  held: Held[];
  close: () => Promise<void>;
}

const HOME = 'http://sample-lrs.example';
const TOKEN_ENDPOINT = 'https://lrs.example.org/oauth2/token';
const CREDENTIALS = ['first', 'second', 'gateway-user'].map((username) => ({ username, password: 'gateway-password' }));
const PAGE_SIZE = 4;

export interface SpeakerSetup {
  scope: string;
  client?: Partial<Client>;
  token?: Partial<AccessTokenRecord>;
}

/** The same in every world: nothing here depends on which they are. */
let sealedKeys: string | undefined;

export async function createWorld(situation: Situation, setups: readonly SpeakerSetup[]): Promise<World> {
  const lrs = await startSampleLrs({
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    authority: situation === 'kept' ? 'kept' : 'credential',
    maxPageSize: PAGE_SIZE,
  });
  const gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration: registrationFor(situation), sealedKeys });
  sealedKeys ??= await gateway.store.read('keys', SIGNING_KEYS);
  const speakers: Speaker[] = [];
  for (const [number, { scope, client: said, token }] of setups.entries()) {
    const own = CREDENTIALS[number];
    const credential =
      situation === 'per-credential' && own
        ? {
            lrs_credential: {
              username: own.username,
              password: TEST_SEAL.seal(own.password, LRS_PASSWORD_CONTEXT),
            },
          }
        : {};
    const { client, bearer } = await gateway.mint(scope, { ...credential, ...said }, token);
    speakers.push({ client, bearer });
  }
  return {
    situation,
    gateway,
    speakers,
    held: [],
    close: async () => {
      await gateway.close();
      await lrs.close();
    },
  };
}

function registrationFor(situation: Situation): Partial<LrsRegistration> {
  if (situation !== 'per-credential') return { authority: situation };
  return { authority: situation, authority_template: { account: { homePage: HOME, name: '{lrs_username}' } } };
}

/** The agent that stands for a client, which anybody may name in a statement of his own. */
export function agentOf(world: World, number: number): Record<string, unknown> {
  const { situation } = world;
  const name =
    situation === 'per-credential' ? CREDENTIALS[number]?.username : world.speakers[number]?.client.client_id;
  return { account: { homePage: situation === 'per-credential' ? HOME : TOKEN_ENDPOINT, name } };
}

export function speakerOf(world: World, number: number): Speaker {
  const speaker = world.speakers[number];
  if (!speaker) throw new Error(`there is no client ${number}`);
  return speaker;
}

/** Statements as a client would send them: references are to what is held, in any order, or to nothing. */
export function statementsOf(world: World, recipes: readonly Recipe[]): Statement[] {
  const agents = world.speakers.map((_, number) => agentOf(world, number));
  return recipes.map((recipe) =>
    statementOf(
      recipe,
      agents,
      world.held.map(({ id }) => id),
    ),
  );
}

export function post(world: World, number: number, statements: readonly Statement[]): request.Test {
  return request(world.gateway.url)
    .post('/xapi/statements')
    .set({ Authorization: speakerOf(world, number).bearer, 'X-Experience-API-Version': '2.0.0' })
    .send(statements as Statement[]);
}

/** What the LRS then holds. @see xAPI 1.0.3 Part 2 §2.3.2: a voiding statement cannot itself be voided */
export function hold(world: World, owner: number, statements: readonly Statement[]): void {
  const authority = agentOf(world, owner);
  for (const statement of statements)
    world.held.push({ id: statement.id, owner, statement: { ...statement, authority }, voided: false });
  for (const { verb, object } of statements) {
    if (verb.id !== VOIDED || object.objectType !== 'StatementRef') continue;
    const target = world.held.find(({ id }) => id === object.id);
    if (target && target.statement.verb.id !== VOIDED) target.voided = true;
  }
}

export interface Pages {
  status: number;
  ids: string[];
  /** How many statements each page had. */
  sizes: number[];
  text: string;
}

export type Listing = Filter & { limit?: number; ascending?: boolean; attachments?: boolean; format?: 'ids' | 'exact' };

export function queryOf(listing: Listing): Record<string, string> {
  const entries = Object.entries(listing).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}

/** One page, and the way to the next. */
export async function page(
  world: World,
  number: number,
  from: Listing | string,
): Promise<{ status: number; statements: Statement[]; more: string; text: string }> {
  const target = typeof from === 'string' ? from : '/xapi/statements';
  const response = await request(world.gateway.url)
    .get(target)
    .query(typeof from === 'string' ? {} : queryOf(from))
    .set({ Authorization: speakerOf(world, number).bearer, 'X-Experience-API-Version': '2.0.0' })
    .buffer(true)
    .parse((stream, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => done(null, Buffer.concat(chunks).toString('utf8')));
    });
  const text = response.body as string;
  if (response.status !== 200) return { status: response.status, statements: [], more: '', text };
  const json = /^multipart/.test(response.headers['content-type'] ?? '') ? firstPart(text) : text;
  const { statements, more = '' } = JSON.parse(json) as { statements: Statement[]; more?: string };
  return { status: 200, statements, more, text };
}

function firstPart(text: string): string {
  const start = text.indexOf('\r\n\r\n') + 4;
  return text.slice(start, text.indexOf('\r\n--', start));
}

/** Every page to the end. */
export async function readAll(world: World, number: number, listing: Listing): Promise<Pages> {
  const pages: Pages = { status: 200, ids: [], sizes: [], text: '' };
  let from: Listing | string = listing;
  for (;;) {
    const { status, statements, more, text } = await page(world, number, from);
    pages.text += text;
    if (status !== 200) return { ...pages, status };
    pages.ids.push(...statements.map(({ id }) => id));
    pages.sizes.push(statements.length);
    if (more === '') return pages;
    if (pages.sizes.length > 500) throw new Error('the pages do not end');
    from = more;
  }
}

/** What a reader may see of what is held, in the order in which an LRS lists it. */
export function expectedIds(world: World, visible: (held: Held) => boolean, listing: Listing): string[] {
  const seen = world.held.filter(visible);
  const met = seen.filter((one) => !one.voided && meets(one, listing, seen));
  const ids = met.map(({ id }) => id);
  return listing.ascending ? ids : ids.reverse();
}

export function single(world: World, number: number, parameter: 'statementId' | 'voidedStatementId', id: string) {
  return request(world.gateway.url)
    .get('/xapi/statements')
    .query({ [parameter]: id })
    .set({ Authorization: speakerOf(world, number).bearer, 'X-Experience-API-Version': '2.0.0' });
}

export function absentId(): string {
  return randomUUID();
}
