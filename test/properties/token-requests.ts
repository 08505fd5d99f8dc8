/** Token requests of every kind, byte for byte: mostly ordinary, and each with little that is not. */
import { scryptSync } from 'node:crypto';
import fc from 'fast-check';
import type { Client } from '../../services/shared/client.ts';
import { digest } from '../../services/shared/digest.ts';
import { storeGenerated, type StoredSecret } from '../../services/shared/secret.ts';
import { newClient, nowSeconds } from '../support/token-service.ts';

/** What happens to the client before it asks. */
export const CHANGES = {
  'is active': (client: Client): Client => ({ ...client, active: true }),
  'is not active': (client: Client): Client => ({ ...client, active: false }),
  'is withdrawn': (client: Client): Client => ({ ...client, generation: client.generation + 1 }),
  'has less': (client: Client): Client => ({ ...client, scope: 'statements/write' }),
  'has more': (client: Client): Client => ({ ...client, scope: 'all' }),
} as const;

const CHANGE_NAMES = Object.keys(CHANGES) as (keyof typeof CHANGES)[];

export interface Asked {
  client: string;
  change: keyof typeof CHANGES | undefined;
  /** Of the store: what it cannot do meanwhile. */
  outage: 'writes' | 'all' | undefined;
  /** One character a byte. */
  text: string;
}

export function secretOf(name: string): string {
  return digest(`the secret of ${name}`);
}

/** Of RFC 7515 A.3. */
const PUBLIC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const;

/** By name, which is the id. What is registered by no command is there too: it may have been, once. */
const CAST: Readonly<Record<string, Partial<Client>>> = {
  plain: {},
  scoped: { scope: 'statements/write statements/read state' },
  usual: { default_scope: 'statements/read', max_token_seconds: 86_400 },
  brief: { token_seconds: 5, max_token_seconds: 10 },
  restricted: { restrictions: [{ activity: 'https://example.org/a*' }] },
  extended: { scope: 'all ext/own scim wsapi:all authority/write' },
  elsewhere: { org: 'elsewhere' },
  renewed: { generation: 7 },
  strict: { strict: true, scope: 'statements/read state' },
  code: { grant_types: ['client_credentials', 'authorization_code'], redirect_uris: ['https://tool.example.com/'] },
  capped: { token_seconds: 3600, max_token_seconds: 60 },
  wordless: { default_scope: 'super' },
  scopeless: { scope: '' },
  inactive: { active: false },
  public: { public: true },
  keyed: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [PUBLIC_KEY] } },
  bound: { dpop_bound_access_tokens: true },
  certified: { tls_client_certificate_bound_access_tokens: true },
  readable: { access_token_format: 'jwt' },
  personal: { grant_types: ['authorization_code'], redirect_uris: ['https://tool.example.com/'] },
  impossible: { grant_types: ['client_credentials', 'authorization_code'], redirect_uris: ['no URI'] },
  endless: { token_seconds: 0 },
  'odd id:+%41 é': {},
  'odd+id%41': {},
};
const NAMES = [...Object.keys(CAST), 'imported', 'mixed', 'expired', 'secretless'];
const ORDINARY = NAMES.slice(0, NAMES.indexOf('strict'));

/** To be registered wherever these requests are sent. */
export function castOfClients(): Client[] {
  const now = nowSeconds();
  const generated = (name: string) => storeGenerated(secretOf(name), now);
  const secrets: Record<string, Client['secrets']> = {
    imported: [imported('imported')],
    mixed: [generated('mixed'), imported('plain')],
    expired: [{ ...generated('expired'), expires_at: now - 10 }, generated('its new one')],
    secretless: [],
  };
  return NAMES.map(
    (name) => newClient({ client_id: name, secrets: secrets[name] ?? [generated(name)], ...CAST[name] }).client,
  );
}

/** As `storeImported` stores it, at a cost that thousands of requests can be compared at. */
function imported(name: string): StoredSecret {
  const cost = 16;
  const derived = scryptSync(secretOf(name), 'salt', 32, { N: cost }).toString('base64url');
  return { hash: `scrypt:${cost}:${Buffer.from('salt').toString('base64url')}:${derived}`, created_at: nowSeconds() };
}

/** Once in so many times another: the more there is to try, the more often. */
const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 200, arbitrary: fc.constant(usual) },
    { weight: Math.max(6, others.length), arbitrary: fc.constantFrom(...others) },
  );

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constant('/oauth2/token') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '/oauth2/access_token',
      '/api/oauth2/token',
      '/oauth/access_token',
      '/api/organizations/1/oauth2/token',
      '/api/organizations/default/oauth2/token',
      '/api/organizations/elsewhere/oauth2/token',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/oauth2/token?',
      '/oauth2/token?a=b',
      '/oauth2/token?client_secret=x',
      '/api/oauth2/token?scope=all',
      '/oauth2/TOKEN',
      '/oauth2/token/',
      '/oauth2//token',
      '/oauth2/%74oken',
      '/api/organizations/nowhere/oauth2/token',
      '/api/organizations/else%77here/oauth2/token',
      'http://lrs.example.org/oauth2/token',
    ),
  },
);

const SCOPES = [
  ...['all', 'all/read', 'statements/read', 'statements/write', 'statements/read/mine', 'state', 'profile', 'define'],
  ...['xapi:read', 'xapi:write', 'xapi:all', 'lrs:state', 'lrs:', 'authority/write', 'scim', 'wsapi:all', 'ext/own'],
  ...['ext/other', 'ext/', 'super', 'introspect', 'openid', 'offline_access', 'openid/profile', 'read', 'nonsense'],
];
const scope = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.array(fc.constantFrom(...SCOPES.slice(0, 12)), { maxLength: 3 }), mostly(' ', ',', ', ', '  ', '\t'))
      .map(([scopes, between]) => scopes.join(between)),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.constantFrom(...SCOPES, '', '"', '\\', 'é', '\u0000', '\u00a0', '__proto__'),
          fc.string({ maxLength: 3 }),
        ),
        { maxLength: 3 },
      )
      .map((scopes) => scopes.join(' ')),
  },
);

const lifeSeconds = mostly<string | undefined>(
  undefined,
  ...['', '0', '1', '60', '060', '7200', '1e3', '-1', '1.5', ' 60', '60 ', '+60', '٣', 'ten', '9'.repeat(30), '0x10'],
  `${'0'.repeat(3900)}60`,
  `${'0'.repeat(4200)}60`,
  `${'0'.repeat(57_500)}60`,
  '6'.repeat(66_000),
);

/** With what else of the form. */
const more = fc.oneof(
  { weight: 24, arbitrary: fc.constant<[string, string][]>([]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<[string, string][]>(
      [['resource', 'https://lrs.example.org/xapi']],
      [['resource', '']],
      [['authorization_details', '[{"type":"xapi","verbs":["https://example.org/v"]}]']],
      [['client_assertion', 'x']],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.tuple(
        fc.constantFrom(
          ...['resource', 'authorization_details', 'client_assertion', 'client_assertion_type', 'audience', 'code'],
          ...['grant_type', 'scope', 'client_id', 'client_secret', 'expire_seconds', 'refresh_token', 'nothing', ''],
          ...['__proto__', 'constructor', 'hasOwnProperty', 'SCOPE', 'token', 'dpop_jkt', 'request', 'a\u0000b'],
        ),
        fc.constantFrom(
          ...[
            '',
            'x',
            'client_credentials',
            'all',
            'https://lrs.example.org/xapi',
            'https://elsewhere.example/',
            'a\nb',
          ],
          ...['[]', '[{"type":"xapi"}]', '[{"type":"xapi","verbs":["https://example.org/v"]}]', '{', 'é', '\u0000'],
        ),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

const secret = fc.oneof(
  { weight: 20, arbitrary: fc.constant((right: string) => right) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['', 'wrong', 'é', secretOf('plain'), 'x'.repeat(1025), 'a b', 'a:b'].map((text) => () => text),
      ...['wrong', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map((text) => () => text),
      (right: string) => `${right} `,
      (right: string) => `${right}\u0000`,
      (right: string) => right.slice(0, -1),
      (right: string) => right.toUpperCase(),
    ),
  },
);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const encode = (text: string) => encodeURIComponent(text.toWellFormed());
/** Every way to write the header, right ones and wrong ones. */
const basic = mostly<(id: string, secret: string) => string>(
  (id, secret) => `Basic ${base64(`${id}:${secret}`)}`,
  (id, secret) => `basic ${base64(`${id}:${secret}`)}`,
  (id, secret) => `BASIC  ${base64(`${id}:${secret}`)}`,
  (id, secret) => `Basic ${base64(`${id}:${secret}`).replace(/=+$/, '')}`,
  (id, secret) => `Basic ${base64(`${id}:${secret}`)}=`,
  (id, secret) => `Basic ${base64(`${id}:${secret}`)} `,
  (id, secret) => `Basic ${base64(`${id}:${secret}`)} x`,
  (id, secret) => `Basic ${base64(`${id}:${secret}x`).replace(/.(=*)$/, 'B$1')}`,
  (id, secret) => `Basic ${base64(`${encode(id)}:${encode(secret)}`)}`,
  (id, secret) =>
    `Basic ${base64(`${id.replace(/./gu, (c) => `%${c.codePointAt(0)?.toString(16) ?? ''}`)}:${secret}`)}`,
  (id, secret) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64url')}`,
  (id) => `Basic ${base64(id)}`,
  (id) => `Basic ${base64(`${id}:`)}`,
  (_id, secret) => `Basic ${base64(`:${secret}`)}`,
  (id, secret) => `Bearer ${base64(`${id}:${secret}`)}`,
  (id, secret) => `Basic ${id}:${secret}`,
  () => 'Basic',
  () => '',
);

type By = 'form' | 'header' | 'both' | 'header and id' | 'header and another id' | 'id' | 'nothing';
const by = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom<By>('form', 'header') },
  { weight: 1, arbitrary: fc.constantFrom<By>('both', 'header and id', 'header and another id', 'id', 'nothing') },
);

/** How a pair of the form is written. */
const writing = mostly<(name: string, value: string) => string>(
  (name, value) => `${encode(name)}=${encode(value)}`,
  (name, value) => `${encode(name)}=${encode(value).replaceAll('%20', '+')}`,
  (name, value) => `${encode(name)}=${encode(value).toLowerCase()}`,
  (name, value) => `${name}=${value}`,
  (name, value) => `&&${encode(name)}=${encode(value)}&`,
  (name, value) => `${encode(name)}=${encode(value)}%`,
  (name, value) => `${encode(name)}=${encode(value)}%ff`,
  (name, value) => `${encode(name)}=${encode(value)}%00`,
  (name, value) => `${encode(name)}=${encode(value)};`,
  (name, value) =>
    `${encode(name)}=${[...value].map((c) => `%${Buffer.from(c).toString('hex').match(/../g)?.join('%') ?? ''}`).join('')}`,
  (name) => encode(name),
);
const padding = mostly(
  '',
  '&'.repeat(3900),
  '&'.repeat(4200),
  '&'.repeat(57_500),
  '&'.repeat(66_000),
  '&a=b'.repeat(60),
);

const headers = mostly<readonly string[]>(
  [],
  ...[
    ['DPoP: x'],
    ['DPoP: a.b.c'],
    ['Origin: https://page.example'],
    ['Origin: null'],
    ['Origin:'],
    ['X-Hallpass-Client-Cert: x'],
    ['Client-Cert: :AAAA:'],
    ['OAuth-Client-Attestation: x'],
    ['OAuth-Client-Attestation-PoP: x'],
    ['X-Hallpass-Address: 198.51.100.7'],
    ['X-Hallpass-Address: 2001:db8::1'],
    ['X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: http', 'Forwarded: host=evil.example'],
    ['Accept: text/html'],
    ['Accept-Encoding: gzip'],
    ['Connection: close'],
    ['Cookie: a=b'],
    ['If-None-Match: *'],
    ['Range: bytes=0-1'],
    ['Content-Encoding: gzip'],
    ['Expect: 100-continue'],
    ['Expect: something else'],
    ['Access-Control-Request-Method: POST'],
    ['Authorization: Basic eDp5'],
  ],
);
const contentType = mostly<string | undefined>(
  'application/x-www-form-urlencoded',
  ...['application/x-www-form-urlencoded; charset=utf-8', 'Application/X-WWW-Form-Urlencoded;charset=utf-16'],
  ...['application/json', 'text/plain', 'multipart/form-data; boundary=x', '', undefined],
);

export const asked: fc.Arbitrary<Asked> = fc
  .record({
    client: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...ORDINARY) },
      { weight: 1, arbitrary: fc.constantFrom(...NAMES, 'nobody', '', '__proto__') },
    ),
    change: mostly<Asked['change']>(undefined, ...CHANGE_NAMES, 'is active', 'is active', 'has more', 'has more'),
    outage: mostly<Asked['outage']>(undefined, 'writes', 'all'),
    method: mostly('POST', 'GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE'),
    version: mostly('1.1', '1.0'),
    isChunked: mostly(false, true),
    grantType: mostly<string | undefined>(
      'client_credentials',
      ...[
        '',
        'Client_Credentials',
        'client_credentials ',
        'password',
        'authorization_code',
        'refresh_token',
        'implicit',
      ],
      undefined,
    ),
    order: fc.boolean(),
    ...{ path, scope, lifeSeconds, more, secret, basic, by, writing, padding, headers, contentType },
  })
  .map((parts) => {
    const { client, change, outage, path, by, grantType, scope, lifeSeconds, more, writing, padding } = parts;
    const secret = parts.secret(secretOf(client));
    const pairs: [string, string | undefined][] = [
      ['grant_type', grantType],
      ['client_id', idSent(by, client)],
      ['client_secret', ['form', 'both'].includes(by) ? secret : undefined],
      ['scope', scope],
      ['expire_seconds', lifeSeconds],
      ...more,
    ];
    if (parts.order) pairs.reverse();
    const written = pairs.flatMap(([name, value]) => (value === undefined ? [] : [writing(name, value)]));
    const body = Buffer.from(`${written.join('&')}${padding}`.toWellFormed());
    const inHeader = ['both', 'header', 'header and id', 'header and another id'].includes(by);
    const head = [
      `${parts.method} ${path} HTTP/${parts.version}`,
      'Host: lrs.example.org',
      ...(parts.contentType === undefined ? [] : [`Content-Type: ${parts.contentType}`]),
      ...(inHeader ? [`Authorization: ${parts.basic(client, secret)}`] : []),
      ...parts.headers,
    ];
    return { client, change, outage, text: framed(head, body, parts.isChunked && parts.version === '1.1') };
  });

/** A secret, from an address that wrong ones are counted for. */
export function byAddress(client: string, secret: string): Asked {
  const body = `grant_type=client_credentials&client_id=${client}&client_secret=${secret}`;
  const type = 'Content-Type: application/x-www-form-urlencoded';
  const head = ['POST /oauth2/token HTTP/1.1', 'Host: lrs.example.org', type, 'X-Hallpass-Address: 198.51.100.9'];
  return { client, change: undefined, outage: undefined, text: framed(head, Buffer.from(body), false) };
}

function idSent(by: By, client: string): string | undefined {
  if (by === 'header and another id') return 'plain';
  return ['form', 'both', 'header and id', 'id'].includes(by) ? client : undefined;
}

function framed(head: readonly string[], body: Buffer, isChunked: boolean): string {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
  const chunk = [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')];
  const chunks = Buffer.concat([...(body.length > 0 ? chunk : []), Buffer.from('0\r\n\r\n')]);
  const lines = Buffer.from([...head, framing, '', ''].join('\r\n').replace(/[^\r\n\x20-\x7e]/g, '?'), 'latin1');
  return Buffer.concat([lines, isChunked ? chunks : body]).toString('latin1');
}
