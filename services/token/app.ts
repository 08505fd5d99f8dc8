/** What the token service answers over HTTP. Every path and method is in one table; the rest is 404 or 405. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { stringify } from 'node:querystring';
import { callerAddress } from '../shared/caller-address.ts';
import type { Log } from '../shared/log.ts';
import { awaitsContinue } from '../shared/expect.ts';
import { note } from '../shared/observing/call.ts';
import type { Store } from '../store/store.ts';
import { noteAlias } from './called-at.ts';
import { claimerOf } from './claim-issuer.ts';
import { dialectOf } from './dialects/token-dialect.ts';
import { endpointOf, type Endpoint, type Mounted } from './endpoints.ts';
import { readForm, replaceBody, type Form } from './form.ts';
import { hideJwt } from './jwt-access-tokens.ts';
import type { AnswerOrdinary } from './ordinary-grant.ts';
import type { ProviderHandler } from './provider.ts';
import { refuse, sendJson } from './refuse.ts';
import { ALIASES, LOGOUT, organizationIn, RESUME, ROUTES, SIGN_IN } from './routes.ts';
import { translateAsked, translateQuery, translateScopes } from './translate-scopes.ts';

export interface TokenAppOptions {
  issuer: string;
  provider: ProviderHandler;
  /** Absent: the provider answers everything. */
  ordinary: AnswerOrdinary | undefined;
  /** Answers whatever is under `/sign-in/`. */
  signIn: (req: IncomingMessage, res: ServerResponse) => Promise<void>;
  /** What is answered without oidc-provider. */
  ours: readonly Mounted[];
  store: Store;
  /** What this realm writes before each scope. */
  scopePrefix: string;
  log: Log;
}

/** Its parameters as they are called in here. */
interface TranslatedForm extends Form {
  isChanged: boolean;
}

/** Of what is only read. */
const READ = ['GET', 'HEAD'];
const FOR_PAGES: readonly string[] = [
  ROUTES.token,
  ROUTES.revocation,
  ROUTES.userinfo,
  ROUTES.pushed_authorization_request,
  ROUTES.device_authorization,
];
export function createTokenApp(options: TokenAppOptions): RequestListener {
  const { issuer, provider, ordinary, signIn, ours, store, scopePrefix, log } = options;
  const token: Endpoint = {
    methods: ['POST'],
    answer: async (req, res, org) => {
      const form = await translateForm(req, res, scopePrefix);
      if (await ordinary?.(req, res, form, org)) return;
      giveBack(req, form);
      await provider(req, res, org);
    },
  };
  const form: Endpoint = {
    methods: ['POST'],
    answer: async (req, res) => {
      giveBack(req, await translateForm(req, res, scopePrefix));
      await provider(req, res);
    },
  };
  /** What is asked of a person, where it does not come by their browser. */
  const asking: Endpoint = {
    methods: ['POST'],
    answer: async (req, res) => {
      giveBack(req, await translateForm(req, res, scopePrefix, translateAsked));
      await provider(req, res);
    },
  };
  const byGet = (path: string, answer: Endpoint['answer']): Endpoint => ({
    methods: ['GET', 'POST'],
    answer: (req, res) => (req.method === 'POST' ? sendAsGet(req, res, new URL(path, issuer)) : answer(req, res)),
  });
  const authorization = byGet(ROUTES.authorization, (req, res) => {
    req.url = translateQuery(req.url ?? '', scopePrefix);
    return provider(req, res);
  });
  const userinfo: Endpoint = {
    methods: ['GET', 'POST'],
    answer: async (req, res) => {
      if (req.method === 'POST') await readFormIfAny(req, res);
      await provider(req, res);
    },
  };
  const document: Endpoint = { methods: READ, answer: (req, res) => provider(req, res) };
  const endpoints: readonly Mounted[] = [
    { at: ROUTES.token, ...token },
    { at: ROUTES.introspection, ...form },
    { at: ROUTES.revocation, ...form },
    { at: ROUTES.device_authorization, ...asking },
    { at: ROUTES.pushed_authorization_request, ...asking },
    { at: ROUTES.authorization, ...authorization },
    { at: RESUME, called: '/oauth2/authorize/{id}', methods: ['GET'], answer: (req, res) => provider(req, res) },
    { at: ROUTES.userinfo, ...userinfo },
    { at: ROUTES.end_session, ...byGet(ROUTES.end_session, (req, res) => provider(req, res)) },
    { at: LOGOUT.confirm, ...userinfo, methods: ['POST'] },
    { at: LOGOUT.done, ...document },
    { at: ROUTES.jwks, ...document },
    { at: '/.well-known/oauth-authorization-server', ...document },
    { at: '/.well-known/openid-configuration', ...document },
    { at: '/healthz', methods: READ, answer: (req, res) => Promise.resolve(sendJson(req, res, 200, { status: 'ok' })) },
    {
      at: '/readyz',
      methods: READ,
      answer: async (req, res) => {
        await store.ping();
        sendJson(req, res, 200, { status: 'ready' });
      },
    },
    ...ours,
  ];
  const claimIssuer = claimerOf(issuer);

  return (req, res) => {
    note(req, { address: callerAddress(req), resource: SIGN_IN.test(req.url ?? '') ? '/sign-in' : undefined });
    neverStored(res);
    claimIssuer(req);
    Promise.try(() => {
      const org = takeOrganization(req);
      takeAlias(req);
      if (SIGN_IN.test(req.url ?? '')) return signIn(req, res);
      if (isPreflight(req)) return provider(req, res);
      return endpointOf(endpoints, req).answer(req, res, org);
    }).catch((error: unknown) => refuse(error, { req, res, log, issuer }));
  };
}

function neverStored(res: ServerResponse): void {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Pragma', 'no-cache');
  res.setHeader('X-Content-Type-Options', 'nosniff');
}

/** Makes the token endpoint of an organization the token endpoint. The query stays: what must not be in it is refused. */
function takeOrganization(req: IncomingMessage): string | undefined {
  const [path = '', ...query] = (req.url ?? '').split('?');
  const org = organizationIn(path);
  if (org !== undefined) callAs(req, ROUTES.token, path, query);
  return org;
}

/** The library makes the way back of what it is asked at, so it is asked at its own path. */
function takeAlias(req: IncomingMessage): void {
  const [path = '', ...query] = (req.url ?? '').split('?');
  const plain = Object.hasOwn(ALIASES, path) ? ALIASES[path] : undefined;
  if (plain !== undefined) callAs(req, plain, path, query);
}

function callAs(req: IncomingMessage, plain: string, path: string, query: readonly string[]): void {
  noteAlias(req, path);
  req.url = [plain, ...query].join('?');
}

/** A page of a client without a secret asks before it asks; which pages may is said when they do. @see Fetch standard */
function isPreflight({ method, headers, url }: IncomingMessage): boolean {
  const isAsking = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  return isAsking && FOR_PAGES.includes(url?.split('?')[0] ?? '');
}

async function translateForm(
  req: IncomingMessage,
  res: ServerResponse,
  scopePrefix: string,
  translate = translateScopes,
): Promise<TranslatedForm> {
  if (awaitsContinue(req)) res.writeContinue();
  const { parameters, bytes } = await readForm(req);
  const changes = [dialectOf(req)?.read(parameters), translate(parameters, scopePrefix), hideJwt(parameters)];
  return { parameters, bytes, isChanged: changes.includes(true) };
}

function giveBack(req: IncomingMessage, { parameters, bytes, isChanged }: TranslatedForm): void {
  replaceBody(req, isChanged ? Buffer.from(stringify(parameters)) : bytes);
}

async function readFormIfAny(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (awaitsContinue(req)) res.writeContinue();
  replaceBody(req, req.headers['content-type'] === undefined ? Buffer.alloc(0) : (await readForm(req)).bytes);
}

/**
 * "The authorization server MUST support the use of the HTTP GET method … and MAY support the use of the POST method": by
 * a GET in its place, with which the browser also sends the cookies that a form of another site does not get.
 *
 * @see RFC 6749 §3.1, OpenID Connect RP-Initiated Logout 1.0 §2
 */
async function sendAsGet(req: IncomingMessage, res: ServerResponse, endpoint: URL): Promise<void> {
  if (awaitsContinue(req)) res.writeContinue();
  const { parameters } = await readForm(req);
  endpoint.search = stringify(parameters);
  res.writeHead(303, { Location: endpoint.href, 'Content-Length': 0 }).end();
}
