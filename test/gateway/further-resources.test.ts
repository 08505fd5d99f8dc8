/** What else stands behind the same tokens: SCIM, events, an LRS's own API. @see RFC 7644 (SCIM), RFC 8707 */
import { createHash } from 'node:crypto';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FurtherResource } from '../../services/shared/resources.ts';
import {
  startEchoLrs,
  startRawUpstream,
  type EchoLrs,
  type RawUpstream,
  type RecordedRequest,
} from '../support/echo-lrs.ts';
import { freePort } from '../support/free-port.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { rawRequest } from '../support/raw-request.ts';
import { eventually } from '../support/wait.ts';
import { askPort, refusalOf, type Asked, type Headers } from './support.ts';

const ISSUER = 'https://lrs.example.org';
const SCIM_TYPE = { 'Content-Type': 'application/scim+json' };
const USER = '{"userName":"ada","emails":[{"value":"ada@example.org"}]}';

let upstream: EchoLrs;
let bare: RawUpstream;
/** What the bare one answers to anything. */
let words = '';
let lrs: EchoLrs;
let gateway: RunningGateway;
/** The same, but for how long it waits: a body of 100 MB may well pause for a second on a busy machine. */
let impatient: RunningGateway;
let scim: string;

beforeAll(async () => {
  upstream = await startEchoLrs({ basePath: '/internal/scim' });
  lrs = await startEchoLrs();
  bare = await startRawUpstream((socket) => void socket.once('data', () => socket.end(words, 'latin1')));
  const resources: FurtherResource[] = [
    {
      name: 'scim',
      path: '/scim/v2',
      upstream: upstream.url,
      methods: { GET: ['scim', 'ext/scim.read'], POST: ['scim'], PUT: ['scim'], PATCH: ['scim'], DELETE: ['scim'] },
      username: 'gateway',
      password: 'scim:password',
    },
    { name: 'events', path: '/events', upstream: `http://127.0.0.1:${upstream.port}`, methods: { POST: ['events'] } },
    { name: 'bare', path: '/bare', upstream: bare.url, methods: { GET: ['scim'], POST: ['scim'] } },
    { name: 'away', path: '/away', upstream: `http://127.0.0.1:${await freePort()}`, methods: { GET: ['scim'] } },
  ];
  const setup = { lrsUrl: lrs.url, options: { resources } };
  gateway = await startTestGateway({ ...setup, lrs: { responseSeconds: 60 } });
  impatient = await startTestGateway({ ...setup, lrs: { responseSeconds: 1 } });
  scim = (await gateway.mint('scim')).bearer;
});
afterAll(async () => {
  await gateway.close();
  await impatient.close();
  await upstream.close();
  await bare.close();
  await lrs.close();
});
afterEach(() => {
  upstream.respond((_request, res) => void res.writeHead(200, SCIM_TYPE).end('{}'));
  expect(lrs.requests).toEqual([]);
});

async function ask(line: string, headers: Headers = {}, body?: string): Promise<Asked> {
  const before = upstream.requests.length;
  const answer = await askPort(gateway.port, line, headers, body);
  return { ...answer, upstream: upstream.requests.slice(before) };
}

async function send(text: string): Promise<{ status: number | undefined; body: string; upstream: RecordedRequest[] }> {
  const before = upstream.requests.length;
  const { status, body } = await rawRequest(gateway.port, text);
  return { status, body, upstream: upstream.requests.slice(before) };
}

const as = (bearer: string): Headers => ({ Authorization: bearer });

describe('a call for a further resource', () => {
  it.each([
    ['GET', '/Users?filter=userName%20eq%20%22a;b%22&count=2', undefined],
    ['POST', '/Users', USER],
    ['PUT', '/Users/2819c223-7f76', USER],
    ['PATCH', '/Users/a%40b.example', USER],
    ['POST', '/Users', undefined],
    ['DELETE', '/Users/%E2%82%AC/', undefined],
    ['GET', '', undefined],
    ['GET', '?count=1', undefined],
    ['GET', '/', undefined],
  ])('goes to what serves it as it came, under the path that it has there: %s %s', async (method, rest, body) => {
    upstream.respond((_request, res) => void res.writeHead(299, { 'X-Of': 'scim', ETag: 'W/"1"' }).end('{"a": 1}'));
    const answer = await ask(`${method} /scim/v2${rest}`, { ...as(scim), ...SCIM_TYPE, 'If-Match': 'W/"0"' }, body);
    expect([answer.status, answer.body]).toEqual([299, '{"a": 1}']);
    expect([answer.header('X-Of'), answer.header('ETag')]).toEqual(['scim', 'W/"1"']);
    const [asked] = answer.upstream;
    expect(asked).toMatchObject({ method, url: `/internal/scim${rest}`, complete: true });
    expect(asked?.headers).toMatchObject({ 'if-match': 'W/"0"', 'content-type': SCIM_TYPE['Content-Type'] });
    expect(asked?.body.toString()).toBe(body ?? '');
    if (body !== undefined) expect(asked?.headers['content-length']).toBe(String(body.length));
  });

  it("shows the gateway's own credential and who calls, and nothing else of the caller's", async () => {
    const { bearer, client } = await gateway.mint('scim events', {}, { sub: 'ada, ☃' });
    const answer = await ask('GET /scim/v2/Users', { ...as(bearer), Cookie: 'a=b', 'X-Request-Id': 'kept' });
    const { headers = {} } = answer.upstream[0] ?? {};
    expect(headers).toEqual({
      host: `127.0.0.1:${upstream.port}`,
      connection: 'keep-alive',
      authorization: `Basic ${Buffer.from('gateway:scim:password').toString('base64')}`,
      'x-hallpass-client': client.client_id,
      'x-hallpass-subject': 'ada%2C%20%E2%98%83',
      'x-hallpass-scope': 'scim events',
      'x-request-id': 'kept',
    });
  });

  it('shows no credential where none is configured, and its id as the subject of a client that acts for itself', async () => {
    const { bearer, client } = await gateway.mint('events');
    const { headers = {} } = (await ask('POST /events/new', as(bearer), '{}')).upstream[0] ?? {};
    expect(headers.authorization).toBeUndefined();
    expect(headers['x-hallpass-subject']).toBe(client.client_id);
  });

  it('has nothing that the caller says of himself or of the connection, in any spelling', async () => {
    await ask('POST /scim/v2/Users', {
      ...as(scim),
      'X-Hallpass-Client': 'admin',
      X_Hallpass_Client: 'admin',
      'x-HALLPASS-subject': 'admin',
      'X.Hallpass.Scope': 'all',
      'X-Forwarded-For': '1.2.3.4',
      'X-Forwarded-User': 'admin',
      'Remote-User': 'admin',
      'X-HTTP-Method-Override': 'DELETE',
      'Proxy-Authorization': 'Basic YTpi',
      Connection: 'close, X-Named',
      'X-Named': 'a',
      TE: 'trailers',
      Trailer: 'X-Trailer',
      'Keep-Alive': 'timeout=1',
    });
    const names = Object.keys(upstream.requests.at(-1)?.headers ?? {}).sort();
    expect(names).toEqual([
      'authorization',
      'connection',
      'content-length',
      'host',
      'x-hallpass-client',
      'x-hallpass-scope',
      'x-hallpass-subject',
    ]);
    expect(upstream.requests.at(-1)?.headers['x-hallpass-client']).not.toContain('admin');
    expect(upstream.requests.at(-1)?.headers.connection).toBe('keep-alive');
  });

  it('has every other header, whatever it is called, and each value of it', async () => {
    const line = `GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${scim}\r\n`;
    const sent = await send(`${line}__proto__: a\r\nConstructor: b\r\nX-Two: c\r\nX-Two: d\r\nX-Empty:\r\n\r\n`);
    expect(sent.status).toBe(200);
    const { rawHeaders = [] } = sent.upstream[0] ?? {};
    const pairs = rawHeaders.flatMap((name, n) => (n % 2 === 0 ? [`${name.toLowerCase()}: ${rawHeaders[n + 1]}`] : []));
    expect(pairs).toEqual(
      expect.arrayContaining(['__proto__: a', 'constructor: b', 'x-two: c', 'x-two: d', 'x-empty: ']),
    );
  });

  it('passes by Basic as well: one identity, one policy', async () => {
    const { basic } = await gateway.register('scim');
    expect((await ask('GET /scim/v2/Users', as(basic))).status).toBe(200);
  });

  it('is asked with HEAD where it may be read', async () => {
    const answer = await ask('HEAD /scim/v2/Users', as(scim));
    expect([answer.status, answer.body, answer.upstream[0]?.method]).toEqual([200, '', 'HEAD']);
  });
});

describe('who may', () => {
  const SCOPES = ['scim', 'ext/scim.read', 'events', 'all', 'introspect', 'wsapi:all', 'statements/write'];
  const CALLS: [line: string, enough: string[]][] = [
    ['GET /scim/v2/Users', ['scim', 'ext/scim.read']],
    ['HEAD /scim/v2/Users', ['scim', 'ext/scim.read']],
    ['POST /scim/v2/Users', ['scim']],
    ['PUT /scim/v2/Users/1', ['scim']],
    ['PATCH /scim/v2/Users/1', ['scim']],
    ['DELETE /scim/v2/Users/1', ['scim']],
    ['POST /events', ['events']],
  ];

  it.each(CALLS)('%s: who has one of %j, and no other', async (line, enough) => {
    for (const scope of SCOPES) {
      const answer = await ask(line, as((await gateway.mint(scope)).bearer));
      expect([scope, answer.status, answer.upstream.length]).toEqual(
        enough.includes(scope) ? [scope, 200, 1] : [scope, 403, 0],
      );
      if (enough.includes(scope)) continue;
      expect(answer.header('WWW-Authenticate')).toContain('error="insufficient_scope"');
      expect(answer.header('WWW-Authenticate')).toContain(`scope="${enough.join(' ')}"`);
      expect(answer.header('WWW-Authenticate')).toMatch(/resource_metadata="[^"]+\/(scim\/v2|events)"/);
    }
  });

  it('is somebody: 401 without a token and with a bad one, saying where to learn more', async () => {
    for (const headers of [{}, as('Bearer never-issued'), as('Basic YTpi')]) {
      const answer = await ask('GET /scim/v2/Users', headers);
      expect(refusalOf(answer).status).toBe(401);
      expect(answer.upstream).toEqual([]);
      expect(answer.header('WWW-Authenticate')).toContain('Bearer realm="scim"');
      expect(answer.header('WWW-Authenticate')).toContain(
        `resource_metadata="${ISSUER}/.well-known/oauth-protected-resource/scim/v2"`,
      );
    }
  });

  it('holds a token for it, or for nothing in particular: one for the LRS alone is refused, and the other way round', async () => {
    const forLrs = await gateway.mint('scim all', {}, { resource: `${ISSUER}/xapi` });
    const answer = await ask('GET /scim/v2/Users', as(forLrs.bearer));
    expect(refusalOf(answer)).toEqual({
      status: 401,
      error: 'invalid_token',
      error_description: `this token is for ${ISSUER}/xapi; ask for one with resource=${ISSUER}/scim/v2`,
    });
    expect(answer.upstream).toEqual([]);

    const forScim = await gateway.mint('scim all', {}, { resource: `${ISSUER}/scim/v2` });
    expect((await ask('GET /scim/v2/Users', as(forScim.bearer))).status).toBe(200);
    for (const line of ['GET /xapi/statements', 'POST /events'])
      expect(refusalOf(await ask(line, as(forScim.bearer)))).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it('is told of any resource in a header that can be sent', async () => {
    const { bearer } = await gateway.mint('scim', {}, { resource: 'https://a.example/☃"\\\r\n' });
    const answer = await ask('GET /scim/v2/Users', as(bearer));
    expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(answer.header('WWW-Authenticate')).toContain(
      `error_description="this token is for https://a.example/?'???; `,
    );
  });

  it('is no client that was held to less than its scopes: there is nothing here to hold it to', async () => {
    const restriction = { 'no-void': true } as const;
    const restricted = [
      await gateway.mint('scim', { restrictions: [restriction] }),
      await gateway.mint('scim', {}, { restrictions: [restriction] }),
    ];
    for (const { bearer } of restricted) {
      const answer = await ask('GET /scim/v2/Users', as(bearer));
      expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
      expect(answer.upstream).toEqual([]);
      expect(answer.headers.has('www-authenticate')).toBe(false);
    }
  });

  it('is no client of another organization', async () => {
    const { bearer } = await gateway.mint('scim', { org: 'acme' });
    const answer = await ask('GET /scim/v2/Users', as(bearer));
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
    expect(answer.upstream).toEqual([]);
  });

  it('is refused from the moment that the client has the scope no longer', async () => {
    const { bearer, client } = await gateway.mint('scim');
    expect((await ask('GET /scim/v2/Users', as(bearer))).status).toBe(200);
    await gateway.clients.change(client.client_id, (now) => ({ ...now, scope: 'events' }));
    expect((await ask('GET /scim/v2/Users', as(bearer))).status).toBe(403);
  });
});

describe('a method that is not configured', () => {
  it.each([
    ['PUT /events', 'POST, OPTIONS'],
    ['GET /events', 'POST, OPTIONS'],
    ['HEAD /events', 'POST, OPTIONS'],
    ['TRACE /scim/v2/Users', 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS'],
    ['PROPFIND /scim/v2/Users', 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS'],
  ])('is 405 with those that are: %s', async (line, allow) => {
    const answer = await ask(line, as((await gateway.mint('scim events')).bearer));
    expect([answer.status, answer.header('Allow'), answer.upstream]).toEqual([405, allow, []]);
  });
});

describe('a path that servers read in different ways', () => {
  it.each([
    '/scim/v2/../admin',
    '/scim/v2/..',
    '/scim/v2/.',
    '/scim/v2/./Users',
    '/scim/v2/%2e%2e/admin',
    '/scim/v2/.%2E/admin',
    '/scim/v2/Users%2f..%2f..%2fadmin',
    '/scim/v2/Users%5c..',
    '/scim/v2/Users\\..',
    '/scim/v2//Users',
    '/scim/v2//',
    '/scim/v2/..;/admin',
    '/scim/v2/Users;a=b',
    '/scim/v2/Users%3ba=b',
    '/scim/v2/%252e%252e/admin',
    '/scim/v2/%25',
    '/scim/v2/%c0%ae%c0%ae/admin',
    '/scim/v2/%ef%bc%8e%ef%bc%8e/admin',
    '/scim/v2/Users%ef%bc%8fadmin',
    '/scim/v2/%e2%80%a5/admin',
    '/scim/v2/..%20/admin',
    '/scim/v2/Users%00',
    '/scim/v2/Users%0d%0aX-A:%20b',
    '/scim/v2/Users%',
    '/scim/v2/Users%zz',
    '/scim/v2/Users#a',
    '/scim/v2/caf\xe9',
  ])('is refused, and nobody is asked: %j', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const sent = await send(
        `${method} ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${scim}\r\nConnection: close\r\n\r\n`,
      );
      expect([sent.status, sent.upstream]).toEqual([400, []]);
    }
  });

  it.each([
    '/SCIM/v2/Users',
    '/scim/V2/Users',
    '/scim/v2x/Users',
    '/scim/v2%2fUsers',
    '/scim%2fv2/Users',
    '/%73cim/v2/Users',
    '//scim/v2/Users',
    '/./scim/v2/Users',
    '/x/../scim/v2/Users',
    '/xapi/../scim/v2/Users',
    '/scim//v2/Users',
    '/scim',
    '/scim/',
    '/scim/v2;a/Users',
  ])('is nothing where it is another spelling of a resource: %s', async (path) => {
    const sent = await send(`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${scim}\r\nConnection: close\r\n\r\n`);
    expect([sent.status, sent.upstream]).toEqual([404, []]);
  });
});

describe('a head that two servers might read differently', () => {
  const good = () => `Host: a\r\nAuthorization: ${scim}\r\nConnection: close\r\n`;

  it('is refused with two of what decides, an upgrade, an absolute target, or a body that a GET has not', async () => {
    for (const text of [
      `GET /scim/v2/Users HTTP/1.1\r\n${good()}Authorization: Bearer x\r\n\r\n`,
      `GET /scim/v2/Users HTTP/1.1\r\n${good()}Content-Type: a/b\r\nContent_Type: c/d\r\n\r\n`,
      `GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\nAuthorization: ${scim}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      `GET /scim/v2/Users HTTP/1.1\r\n${good()}Content-Length: 1\r\n\r\na`,
      `POST /scim/v2/Users HTTP/1.1\r\n${good()}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ]) {
      const sent = await send(text);
      expect([text, sent.status, sent.upstream]).toEqual([text, 400, []]);
    }
    /* Again, now that calls have been passed on: a proxy that takes upgrades takes them from its first call on. */
    expect((await ask('GET /scim/v2/Users', as(scim))).status).toBe(200);
    const upgrade = `GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await send(upgrade)).toMatchObject({ status: 400, upstream: [] });
  });

  it.each(['GET /scim/v2/Users', 'DELETE /scim/v2/Users/1', 'POST /scim/v2/Users'])(
    'with a Trailer header ends no process: %s',
    async (line) => {
      const sent = await send(`${line} HTTP/1.1\r\n${good()}Trailer: X\r\n\r\n`);
      expect([sent.status, sent.upstream.length]).toEqual([200, 1]);
      expect(sent.upstream[0]?.headers).not.toHaveProperty('trailer');
    },
  );

  it('that waits for 100 Continue gets it once the call is permitted, and not before', async () => {
    const expecting = { Expect: '100-continue', ...SCIM_TYPE };
    const passed = await ask('POST /scim/v2/Users', { ...as(scim), ...expecting }, USER);
    expect([passed.status, passed.upstream[0]?.body.toString()]).toEqual([200, USER]);
    expect(passed.upstream[0]?.headers).not.toHaveProperty('expect');
    const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`;
    const refused = await rawRequest(gateway.port, head);
    expect([refused.status, refused.text.includes('100 Continue'), refused.closed]).toEqual([401, false, true]);
  });
});

describe('an answer', () => {
  it('loses what is about the connection, a session, or whom browsers may tell', async () => {
    upstream.respond(
      (_request, res) =>
        void res
          .writeHead(200, {
            'Set-Cookie': 'session=1',
            Connection: 'keep-alive, X-Named',
            'X-Named': 'a',
            'Proxy-Authenticate': 'Basic',
            'WWW-Authenticate': 'Basic',
            'Alt-Svc': 'h3=":443"',
            'Access-Control-Allow-Origin': 'https://evil.example',
            'X-Hallpass-Client': 'a',
            'X-Kept': 'b',
          })
          .end('{}'),
    );
    const answer = await ask('GET /scim/v2/Users', as(scim));
    expect([answer.status, answer.header('X-Kept')]).toEqual([200, 'b']);
    for (const name of [
      'set-cookie',
      'x-named',
      'proxy-authenticate',
      'www-authenticate',
      'alt-svc',
      'access-control-allow-origin',
      'x-hallpass-client',
    ])
      expect([name, answer.headers.has(name)]).toEqual([name, false]);
  });

  it.each([400, 403, 404, 409, 412, 429, 500, 503])('of %i is handed on as it is', async (status) => {
    upstream.respond((_request, res) => void res.writeHead(status, SCIM_TYPE).end('{"detail":"a"}'));
    const answer = await ask('POST /scim/v2/Users', { ...as(scim), ...SCIM_TYPE }, USER);
    expect([answer.status, answer.body]).toEqual([status, '{"detail":"a"}']);
  });

  it.each([401, 407])(
    'of %i is trouble of the gateway with its upstream, not of the caller with his token',
    async (status) => {
      upstream.respond((_request, res) => void res.writeHead(status, { 'WWW-Authenticate': 'Basic' }).end('secret'));
      const answer = await ask('GET /scim/v2/Users', as(scim));
      expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
      expect(answer.body).not.toContain('secret');
      expect(gateway.logged()).toContain(`${status} from the upstream of scim`);
    },
  );

  const there = () => `http://127.0.0.1:${upstream.port}`;
  it.each<[string, () => string, string | undefined]>([
    ['its own URL of it', () => `${there()}/internal/scim/Users/1?a=b`, `${ISSUER}/scim/v2/Users/1?a=b`],
    ['a path', () => '/internal/scim/Users/1', `${ISSUER}/scim/v2/Users/1`],
    ['a relative path', () => 'Users/1', `${ISSUER}/scim/v2/Users/1`],
    ['the public URL', () => `${ISSUER}/scim/v2/Users/1`, `${ISSUER}/scim/v2/Users/1`],
    ['the public path', () => '/scim/v2/Users/1', `${ISSUER}/scim/v2/Users/1`],
    ['somewhere that cannot be reached', () => `${there()}/internal/other`, undefined],
    ['a name that only begins so', () => `${there()}/internal/scimitar`, undefined],
    ['another server', () => 'https://files.example/1', 'https://files.example/1'],
  ])('says where a new thing is so that the caller can go there: %s', async (_what, location, seen) => {
    upstream.respond((_request, res) => void res.writeHead(201, { Location: location() }).end());
    const answer = await ask('POST /scim/v2/Users', { ...as(scim), ...SCIM_TYPE }, USER);
    expect([answer.status, answer.header('Location')]).toEqual([201, seen]);
  });

  it('leads on within the resource, and nowhere else', async () => {
    upstream.respond((_request, res) => void res.writeHead(303, { Location: '/internal/scim/Me' }).end());
    const within = await ask('GET /scim/v2/Users', as(scim));
    expect([within.status, within.header('Location')]).toEqual([303, `${ISSUER}/scim/v2/Me`]);
    for (const location of ['/login', 'https://sso.example/login', 'http://[']) {
      upstream.respond((_request, res) => void res.writeHead(302, { Location: location }).end());
      expect(refusalOf(await ask('GET /scim/v2/Users', as(scim)))).toMatchObject({ status: 502, error: 'bad_gateway' });
    }
  });

  it('that breaks off is broken off, and never passed off as the whole', async () => {
    upstream.respond((_request, res) => {
      res.writeHead(200, { 'Content-Length': '1000' });
      res.write('a'.repeat(10));
      setTimeout(() => res.destroy(), 20);
    });
    const answer = await ask('GET /scim/v2/Users', as(scim));
    expect([answer.status, answer.complete, answer.upstream.length]).toEqual([200, false, 1]);
    await sleep(100);
    expect(upstream.requests.at(-1)).toBe(answer.upstream[0]);
  });

  it('that does not come is 504, and no answer at all 502', async () => {
    upstream.respond(() => undefined);
    const before = upstream.requests.length;
    const { bearer } = await impatient.mint('scim');
    expect(refusalOf(await askPort(impatient.port, 'GET /scim/v2/Users', as(bearer)))).toMatchObject({
      status: 504,
      error: 'gateway_timeout',
    });
    expect(upstream.requests).toHaveLength(before + 1);
    upstream.respond((_request, res) => void res.destroy());
    expect(refusalOf(await ask('GET /scim/v2/Users', as(scim)))).toMatchObject({ status: 502, error: 'bad_gateway' });
    expect(refusalOf(await ask('GET /away/Users', as(scim)))).toMatchObject({ status: 502, error: 'bad_gateway' });
  });

  it('is asked for again where a connection was closed that lay idle, but only to read', async () => {
    let cut = 0;
    const cutting = (request: RecordedRequest, res: ServerResponse) => {
      cut += 1;
      if (cut === 1) res.destroy();
      else res.writeHead(200).end(request.url);
    };
    upstream.respond(cutting);
    const read = await ask('GET /scim/v2/Users?count=1', as(scim));
    expect([read.status, read.body, cut]).toEqual([200, '/internal/scim/Users?count=1', 2]);
    cut = 0;
    const written = await ask('POST /scim/v2/Users', { ...as(scim), ...SCIM_TYPE }, USER);
    expect([written.status, cut]).toEqual([502, 1]);
  });

  it.each([
    ['a GET', 'GET', '\r\n'],
    ['half a POST', 'POST', 'Content-Length: 9\r\n\r\na'],
  ])('is waited for no longer than the caller waits: %s', async (_what, method, rest) => {
    let isAsked = false;
    let isGivenUp = false;
    upstream.respond(
      (_request, res) => {
        isAsked = true;
        res.once('close', () => (isGivenUp = true));
      },
      { at: 'headers' },
    );
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`${method} /scim/v2/Users HTTP/1.1\r\nHost: a\r\nAuthorization: ${scim}\r\n${rest}`);
    await eventually(() => expect(isAsked).toBe(true));
    socket.destroy();
    await eventually(() => expect(isGivenUp).toBe(true));
  });

  it('that comes before the body was sent is the answer', async () => {
    upstream.respond((_request, res) => void res.writeHead(413).end('too large'), {
      at: 'headers',
    });
    const answer = await ask('POST /scim/v2/Users', { ...as(scim), ...SCIM_TYPE }, 'a'.repeat(2_000_000));
    expect([answer.status, answer.body]).toEqual([413, 'too large']);
  });
});

describe('an upstream that does not speak as it should', () => {
  it.each<[what: string, words: string]>([
    ['nothing', ''],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi',
    ],
    ['a head without end', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a control character', 'HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 2\r\n\r\n{}'],
  ])('is answered for with 502, and ends no process: %s', async (_what, said) => {
    words = said;
    for (const line of ['GET /bare', 'POST /bare', 'HEAD /bare/x']) {
      const answer = await ask(line, as(scim), line.startsWith('POST') ? USER : undefined);
      expect([line, answer.status]).toEqual([line, 502]);
      if (!line.startsWith('HEAD')) expect(refusalOf(answer).error).toBe('bad_gateway');
    }
  });

  it('and says something before its answer is listened to until the answer comes', async () => {
    words =
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(2) + 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
    const answer = await ask('GET /bare', as(scim));
    expect([answer.status, answer.body, answer.headers.has('link')]).toEqual([200, '{}', false]);
  });
});

describe('a large body', () => {
  const BYTES = 100 * 1024 * 1024;
  const piece = Buffer.alloc(1024 * 1024, 'hallpass');
  const pieces = () => Readable.from(Array.from({ length: BYTES / piece.length }, () => piece));
  const digest = createHash('sha256');
  for (let n = 0; n < BYTES / piece.length; n++) digest.update(piece);
  const sha256 = digest.digest('hex');

  const exchange = async (method: string, headers: Headers, body?: Readable): Promise<[number | undefined, string]> => {
    const hash = createHash('sha256');
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { port: gateway.port, method, path: '/scim/v2/Bulk', headers: { ...as(scim), ...headers } };
      const req = request(options, resolve).on('error', reject);
      if (body) pipeline(body, req).catch(reject);
      else req.end();
    });
    for await (const chunk of response) hash.update(chunk as Buffer);
    return [response.statusCode, hash.digest('hex')];
  };

  it.each<[string, Headers]>([
    ['with its length', { 'Content-Length': String(BYTES) }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('streams up, %s', async (_how, headers) => {
    expect((await exchange('POST', headers, pieces()))[0]).toBe(200);
    expect(upstream.requests.at(-1)).toMatchObject({ bodyLength: BYTES, bodySha256: sha256, complete: true });
  });

  it('streams down', async () => {
    upstream.respond((_request, res) => void pieces().pipe(res.writeHead(200)));
    expect(await exchange('GET', {})).toEqual([200, sha256]);
  });
});

describe('a page of another origin', () => {
  const PAGE = { Origin: 'https://content.example' };

  it('is told before what it may ask, without a token', async () => {
    const answer = await ask('OPTIONS /scim/v2/Users', { ...PAGE, 'Access-Control-Request-Method': 'PATCH' });
    expect([answer.status, answer.upstream]).toEqual([204, []]);
    expect(answer.header('Access-Control-Allow-Origin')).toBe('*');
    expect(answer.header('Access-Control-Allow-Methods')).toBe('GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS');
    expect(answer.header('Access-Control-Allow-Headers')).toMatch(/Authorization.*, \*$/);
  });

  it('may read answers and refusals, unless its client is registered for others', async () => {
    const answer = await ask('GET /scim/v2/Users', { ...as(scim), ...PAGE });
    expect([answer.status, answer.header('Access-Control-Allow-Origin')]).toEqual([200, '*']);
    expect(answer.header('Access-Control-Expose-Headers')).toMatch(/Location.*, \*$/);
    const refused = await ask('GET /scim/v2/Users', PAGE);
    expect([refused.status, refused.header('Access-Control-Allow-Origin')]).toEqual([401, '*']);

    const { bearer } = await gateway.mint('scim', { allowed_origins: ['https://other.example'] });
    const foreign = await ask('DELETE /scim/v2/Users/1', { ...as(bearer), ...PAGE });
    expect([foreign.status, foreign.upstream]).toEqual([403, []]);
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
  });
});
