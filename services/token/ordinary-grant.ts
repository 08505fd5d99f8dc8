/**
 * The ordinary request of a client for a token of its own, answered without oidc-provider: almost every token request is
 * one. Whatever is not ordinary in every way, and whatever would be refused, is left to the library, untouched. It is held
 * to the library's answers, records and audit lines by test/properties/ordinary-grant.property.test.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { canonicalPair } from '../caller/basic-token.ts';
import { toldHeader } from '../shared/client-certificate.ts';
import { hasSecrets, isBoundOnly, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { isScope } from '../shared/scopes.ts';
import { generateSecret, isGenerated, isOneOf } from '../shared/secret.ts';
import { StoreUnavailable, type Store } from '../store/store.ts';
import { writeOwnToken } from './access-tokens.ts';
import { amend, sayUnavailable } from './amend.ts';
import { audit } from './audit.ts';
import type { Form } from './form.ts';
import type { LibraryClients } from './library-clients.ts';
import { createOrdinaryAnswer, type OrdinaryAnswer } from './ordinary-answer.ts';
import { ROUTES } from './routes.ts';
import type { Targets } from './targets.ts';
import { grantRequest, tokenLifeSeconds } from './token-request.ts';

/**
 * Answers, if it is an ordinary request that is granted, or would be if the store could be asked.
 *
 * @param form as it is here, with every dialect translated.
 * @param org the only organization whose clients there are for this request; absent: all.
 * @returns whether it was answered. Where it was not, nothing has been done, written or counted.
 */
export type AnswerOrdinary = (
  req: IncomingMessage,
  res: ServerResponse,
  form: Form,
  org: string | undefined,
) => Promise<boolean>;

export interface OrdinaryGrantOptions<Model> {
  issuer: string;
  store: Store;
  library: LibraryClients<Model>;
  targets: Targets;
  log: Log;
}

/** What is left to the library it may find too long; every ordinary one fits many times over. */
const MAX_BODY_BYTES = 4096;
/** Any other could mean something. */
const PARAMETERS: ReadonlySet<string> = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'scope',
  'expire_seconds',
]);
/** Each asks for another kind of token, or to be authenticated or answered otherwise. */
const UNUSUAL_HEADERS = ['dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop', 'origin'];

/** What is true of an ordinary request. */
const OF_REQUEST: readonly ((req: IncomingMessage, form: Form) => boolean)[] = [
  ({ url }) => url === ROUTES.token,
  (_req, { bytes }) => bytes.length <= MAX_BODY_BYTES,
  (req) => toldHeader(req) === undefined && UNUSUAL_HEADERS.every((name) => req.headers[name] === undefined),
  (_req, { parameters }) => Object.keys(parameters).every((name) => PARAMETERS.has(name)),
  (_req, { parameters }) => parameters.grant_type === 'client_credentials',
  (_req, { parameters: { scope } }) => scope === undefined || String(scope).split(' ').every(isScope),
];

/** What is true of the client of one. Imported secrets can be guessed, so wrong ones are counted: see wrong-secrets.ts. */
const OF_CLIENT: readonly ((client: Client) => boolean)[] = [
  hasSecrets,
  ({ secrets }) => secrets.every(isGenerated),
  ({ grant_types }) => grant_types.includes('client_credentials'),
  (client) => !isBoundOnly(client),
  ({ access_token_format: format = 'opaque' }) => format === 'opaque',
];

export function createOrdinaryGrant<Model>(options: OrdinaryGrantOptions<Model>): AnswerOrdinary {
  const { issuer, store, library, targets, log } = options;

  /** The client that authenticates, where it is an ordinary one. */
  async function clientOf(req: IncomingMessage, form: Form, org: string | undefined): Promise<Client | undefined> {
    const credentials = credentialsIn(req, form);
    const model = credentials && (await library.find(credentials.id));
    const client = model && library.registrationOf(model);
    if (!client || (org !== undefined && client.org !== org)) return undefined;
    if (!OF_CLIENT.every((holds) => holds(client))) return undefined;
    return (await isOneOf(credentials.secret, client.secrets, nowSeconds())) ? client : undefined;
  }

  /** @returns whether there is a token now. */
  async function grant(answer: OrdinaryAnswer, form: Form, org: string | undefined): Promise<boolean> {
    const client = await clientOf(answer.req, form, org);
    const { scope: asked, expire_seconds: expireSeconds } = form.parameters as Record<string, string | undefined>;
    const granted = client && grantRequest(client, { scope: asked }, targets);
    const seconds = client && tokenLifeSeconds(client, expireSeconds);
    if (!granted || 'refused' in granted || !seconds) return false;
    const [token, scope, iat] = [generateSecret(), granted.scopes.join(' '), nowSeconds()];
    const { client_id, generation, org: ofClient } = client;
    const record = { client_id, generation, org: ofClient, scope, iat, exp: iat + seconds };
    await writeOwnToken(store, token, record, seconds);
    const told = { client: { clientId: client_id }, params: { grant_type: 'client_credentials', scope } };
    audit(log, { path: answer.path, req: answer.req, oidc: told }, { grant: granted });
    answer.status = 200;
    answer.body = { access_token: token, expires_in: seconds, scope, token_type: 'Bearer' };
    return true;
  }

  return async (req, res, form, org) => {
    if (!OF_REQUEST.every((holds) => holds(req, form))) return false;
    const answer = createOrdinaryAnswer(req, res);
    try {
      if (!(await grant(answer, form, org))) return false;
    } catch (error) {
      /* A registration that nobody can read, perhaps: the library comes upon it as well. */
      if (!(error instanceof StoreUnavailable)) return false;
      sayUnavailable(answer);
      log.error({ err: error, route: answer.path }, 'token service error');
    }
    amend(answer, issuer, targets.identifiers);
    answer.send();
    return true;
  };
}

interface Credentials {
  id: string;
  secret: string;
}

/** Letters that mean themselves, however they are encoded. */
const PAIR = /^(?<id>[A-Za-z0-9._~-]+):(?<secret>[A-Za-z0-9._~-]+)$/;
const BASIC = /^Basic (?<base64>[A-Za-z0-9+/]+={0,2})$/i;

/** "The client MUST NOT use more than one authentication method in each request" (RFC 6749 §2.3). */
function credentialsIn({ headers }: IncomingMessage, { parameters }: Form): Credentials | undefined {
  const { client_id: id, client_secret: secret } = parameters as Record<string, string | undefined>;
  if (headers.authorization === undefined) return id && secret ? { id, secret } : undefined;
  if (secret) return undefined;
  const pair = readBasic(headers.authorization);
  return pair && (!id || id === pair.id) ? pair : undefined;
}

function readBasic(authorization: string): Credentials | undefined {
  const base64 = BASIC.exec(authorization)?.groups?.base64;
  if (base64 === undefined || canonicalPair(base64) !== base64) return undefined;
  const { id, secret } = PAIR.exec(Buffer.from(base64, 'base64').toString('utf8'))?.groups ?? {};
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}
