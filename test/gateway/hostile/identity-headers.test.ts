/** Who is calling is the gateway's to say: no header of the caller's can say it to the LRS, in any spelling. */
import {
  expectRefused,
  FORGED,
  head,
  hostileScene,
  LRS_AUTHORIZATION,
  refusalOf,
  STATE,
  STATEMENTS,
  VERSION,
} from './support.ts';

const scene = hostileScene();

/** Of these, what may not come twice. */
const ONCE = 'Client-Cert';

/** Everything an application server or a plug-in has been seen to believe. */
const IDENTITY = [
  'X-Hallpass-Client',
  'X-Hallpass-Subject',
  'X-Hallpass-Scope',
  'X-Hallpass-Authority',
  'X-Hallpass-Assertion',
  'X-Hallpass-Anything-Else',
  'Cookie',
  'Cookie2',
  'X-Authorization',
  'CMI5Authorization',
  'Forwarded',
  'Via',
  'X-Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Access-Token',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Client-Cert',
  'X-Forwarded-Uri',
  'X-Real-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Originating-IP',
  'Fastly-Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Cf-Access-Jwt-Assertion',
  'Cf-Access-Authenticated-User-Email',
  'Remote-User',
  'Remote-Name',
  'Remote-Email',
  'Remote-Groups',
  'X-Remote-User',
  'X-Remote-Group',
  'X-Remote-Extra-Scope',
  'X-User',
  'X-User-Id',
  'X-User-Email',
  'X-Userinfo',
  'User',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Access-Token',
  'X-Auth-User',
  'X-Auth-Token',
  'X-Authenticated-User',
  'X-Authenticated-Userid',
  'X-Authenticated-Scope',
  'X-WebAuth-User',
  'X-Consumer-ID',
  'X-Consumer-Username',
  'X-Consumer-Custom-ID',
  'X-Credential-Identifier',
  'X-Anonymous-Consumer',
  'X-Access-Token',
  'X-ID-Token',
  'Client-Cert',
  'Client-Cert-Chain',
  'X-Client-Cert',
  'X-Client-Verify',
  'X-SSL-Client-Cert',
  'X-SSL-Client-S-DN',
  'SSL-Client-Verify',
  'OIDC-Claim-Sub',
  'OIDC-Access-Token',
  'X-Goog-Authenticated-User-Email',
  'X-Goog-Authenticated-User-ID',
  'X-Goog-IAP-JWT-Assertion',
  'X-Amzn-Oidc-Data',
  'X-Amzn-Oidc-Identity',
  'X-Amzn-Oidc-Accesstoken',
  'X-MS-Client-Principal',
  'X-MS-Client-Principal-Name',
  'X-MS-Token-AAD-Access-Token',
  'X-Envoy-External-Address',
  'X-Envoy-Original-Path',
  'X-Pomerium-Jwt-Assertion',
  'Tailscale-User-Login',
  'SM-User',
  'IV-User',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Original-URL',
  'X-Original-URI',
  'X-Original-Method',
  'X-Original-Host',
  'X-Rewrite-URL',
  'Proxy',
];

const SPELLINGS: [string, (name: string) => string][] = [
  ['as it is usually written', (name) => name],
  ['in lower case', (name) => name.toLowerCase()],
  ['in upper case with underscores, as CGI has it', (name) => name.toUpperCase().replaceAll('-', '_')],
  ['in lower case with underscores', (name) => name.toLowerCase().replaceAll('-', '_')],
  ['with dots', (name) => name.replaceAll('-', '.')],
  ['with one underscore, in mixed case', (name) => alternating(name).replace('-', '_')],
  ['with other punctuation', (name) => name.replace(/-/g, "'")],
];

function alternating(name: string): string {
  return [...name].map((letter, at) => (at % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('');
}

describe.each(SPELLINGS)('identity headers %s', (_name, spell) => {
  const HANDED_ON = ['authorization', 'connection', 'host', 'x-experience-api-version'];

  it('do not reach the LRS, each by itself', async () => {
    for (const name of IDENTITY) {
      const sent = await scene.send(scene.head(`GET ${STATE}`, `${spell(name)}: ${FORGED}`));
      expect(sent.status).toBe(200);
      expect(sent.upstream.map(({ headers }) => Object.keys(headers).sort())).toEqual([HANDED_ON]);
    }
  });

  it('do not reach the LRS, all at once and twice, with a body', async () => {
    const again = IDENTITY.filter((name) => name !== ONCE);
    const lines = [...IDENTITY, ...again].map((name) => `${spell(name)}: ${FORGED}`);
    const sent = await scene.send(scene.head(`POST ${STATEMENTS}`, ...lines, 'Content-Length: 2') + '{}');
    expect(sent.status).toBe(200);
    expect(sent.upstream.map(({ headers }) => Object.keys(headers).sort())).toEqual([
      [...HANDED_ON, 'content-length'].sort(),
    ]);
  });

  it('are refused where there are two certificates: one may be a proxy’s, and the other its caller’s', async () => {
    const lines = [ONCE, ONCE].map((name) => `${spell(name)}: ${FORGED}`);
    expectRefused(await scene.send(scene.head(`GET ${STATE}`, ...lines)), 400);
  });

  it('do not reach the LRS where it needs no credential', async () => {
    const lines = IDENTITY.map((name) => `${spell(name)}: ${FORGED}`);
    const sent = await scene.send(head('GET /xapi/about', VERSION, ...lines));
    expect(sent.status).toBe(200);
    expect(sent.upstream.map(({ headers }) => Object.keys(headers).sort())).toEqual([HANDED_ON]);
  });

  it('let nobody in', async () => {
    const lines = IDENTITY.map((name) => `${spell(name)}: admin`);
    expectRefused(await scene.send(head(`GET ${STATE}`, VERSION, ...lines)), 401);
  });

  it('do not change what is asked', async () => {
    const reader = `Authorization: ${(await scene.gateway.mint('state/read')).bearer}`;
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Original-Method']) {
      const read = await scene.send(head(`GET ${STATE}`, VERSION, reader, `${spell(name)}: DELETE`));
      expect(read.upstream.map(({ method }) => method)).toEqual(['GET']);
      expectRefused(await scene.send(head(`DELETE ${STATE}`, VERSION, reader, `${spell(name)}: GET`)), 403);
    }
    for (const name of ['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI'])
      expectRefused(await scene.send(head(`GET ${STATEMENTS}`, VERSION, reader, `${spell(name)}: ${STATE}`)), 403);
  });
});

describe('headers that are about the message', () => {
  it('reach the LRS as they came', async () => {
    const lines = [
      'If-Match: "abc"',
      'If-None-Match: *',
      'if-modified-since: Sat, 29 Oct 1994 19:43:31 GMT',
      'Accept: application/json',
      'Accept-Language: de, en;q=0.5',
      'Accept-Encoding: gzip',
      'Content-Type: application/json; charset=utf-8',
      'Content-Language: de',
      'X-Experience-API-Hash: abc',
      'X-Request-ID: 1',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'User-Agent: a client/1.0',
      'X-Name: caf\xe9 \xff',
    ];
    const sent = await scene.send(scene.head(`PUT ${STATE}`, ...lines, 'Content-Length: 2') + '{}');
    const [request] = sent.upstream;
    const raw = request?.rawHeaders ?? [];
    expect(lines.filter((line) => !raw.some((name, at) => `${name}: ${raw[at + 1]}` === line))).toEqual([]);
  });
});

describe('Authorization', () => {
  it('of the caller is never the LRS’s to see, whether it is a bearer token or a client’s secret', async () => {
    const { token, bearer } = await scene.gateway.mint('all');
    const { basic, secret } = await scene.gateway.register('all');
    for (const credential of [bearer, basic]) {
      const sent = await scene.send(head(`GET ${STATE}`, VERSION, `Authorization: ${credential}`));
      expect(sent.upstream.map(({ headers }) => headers.authorization)).toEqual([LRS_AUTHORIZATION]);
      const seen = JSON.stringify(sent.upstream);
      for (const own of [token, secret, credential]) expect(seen).not.toContain(own);
    }
  });

  it.each([
    ['twice the same', (good: string) => [good, good]],
    ['good, then Basic', (good: string) => [good, 'Authorization: Basic Zm9yZ2VkOmE=']],
    ['Basic, then good', (good: string) => ['Authorization: Basic Zm9yZ2VkOmE=', good]],
    ['good, then in another case', (good: string) => [good, 'AUTHORIZATION: Bearer forged']],
    ['good, then empty', (good: string) => [good, 'Authorization:']],
    ['with others between', (good: string) => [good, 'X-A: b', 'X-B: c', 'authorization: Bearer forged']],
  ])('400 where it comes twice: %s', async (_name, lines) => {
    const sent = await scene.send(head(`GET ${STATE}`, VERSION, ...lines(scene.authorized)));
    expect(expectRefused(sent, 400).error_description).toMatch(/more than once/);
  });

  it.each([
    ['folded', () => scene.authorized.replace('Bearer ', 'Bearer\r\n ')],
    ['folded with a tab', () => scene.authorized.replace('Bearer ', 'Bearer\r\n\t')],
    ['followed by a folded line', () => `${scene.authorized}\r\n ${FORGED}`],
    ['with a space before the colon', () => scene.authorized.replace(':', ' :')],
    ['with a bare CR in it', () => scene.authorized.replace('Bearer ', 'Bearer\r')],
  ])('400 where it is %s', async (_name, line) => {
    const sent = await scene.send(head(`GET ${STATE}`, VERSION, line()));
    expectRefused(sent, 400);
    expect(sent.closed).toBe(true);
  });

  it('counts by its own name only', async () => {
    const { bearer } = await scene.gateway.mint('all');
    for (const name of ['Authorization_', 'X-Authorization', 'Proxy-Authorization', 'HTTP_AUTHORIZATION', 'Auth'])
      expect(refusalOf(await scene.send(head(`GET ${STATE}`, VERSION, `${name}: ${bearer}`))).status).toBe(401);
  });
});
