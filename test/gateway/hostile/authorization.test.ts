/** What stands in `Authorization`: each wrong form is told apart, and none lets anybody in. @see RFC 6750 §2.1, §3.1 */
import { expectRefused, head, hostileScene, STATE, VERSION } from './support.ts';

const scene = hostileScene();
const ask = (authorization: string) => scene.send(head(`GET ${STATE}`, VERSION, `Authorization: ${authorization}`));
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a bearer token', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'beArer'])('is read after %s', async (scheme) => {
    const { token } = await scene.gateway.mint('state');
    for (const gap of [' ', '   ']) expect((await ask(`${scheme}${gap}${token}`)).status).toBe(200);
    expect((await ask(`  ${scheme} ${token}  `)).status).toBe(200);
  });

  it.each(['Bearer: x', 'bearer:x', 'Bearer : x'])(
    '400 and what to leave out, where it is written %j',
    async (value) => {
      const refusal = expectRefused(await ask(value), 400);
      expect(refusal.error).toBe('invalid_request');
      if (!value.includes(' :')) expect(refusal.error_description).toContain('without a colon');
    },
  );

  it('400 and what to leave out, where a good token stands behind the colon', async () => {
    const { token } = await scene.gateway.mint('all');
    expect(expectRefused(await ask(`Bearer: ${token}`), 400).error_description).toContain('colon');
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer  x y',
    'Bearer x, Bearer y',
    'Bearer x,y',
    'Bearer "x"',
    'Bearer token="x"',
    'Bearer =',
    'Bearer x=y',
    'Bearer\tx',
    'Bearer x\ty',
    'Bearer caf\xe9',
    'Bearer \xff\xfe',
    'Bearer x%00',
    'Bearer <script>',
    'Bearer {"a":1}',
    "Bearer ' or 1=1 --",
    'Bearer $(id)',
  ])('400 where it is %j', async (value) => {
    expect(expectRefused(await ask(value), 400)).toMatchObject({ error: 'invalid_request' });
  });

  it.each([
    'x',
    '__proto__',
    'constructor',
    'toString',
    'undefined',
    'null',
    '..',
    '../../access-token',
    'access-token/x',
    'eyJhbGciOiJub25lIn0.eyJzY29wZSI6ImFsbCJ9.',
    'AAAA====',
    'a'.repeat(8 * 1024),
  ])('401 invalid_token where it is unknown: %.40j', async (token) => {
    const sent = await ask(`Bearer ${token}`);
    expect(expectRefused(sent, 401)).toMatchObject({ error: 'invalid_token' });
    expect(sent.headers.get('www-authenticate')).toEqual([
      expect.stringMatching(
        /^Bearer realm="xapi", error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+"$/,
      ),
    ]);
  });

  it('401 where it is a good one but for a letter, its case or what follows', async () => {
    const { token } = await scene.gateway.mint('all');
    const swapped = token.replace(/[a-z]/i, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
    for (const near of [swapped, token.slice(1), token.slice(0, -1), `${token}A`, `${token}=`, `.${token}`])
      expectRefused(await ask(`Bearer ${near}`), 401);
  });

  it('401 where it is a client’s secret, or its id', async () => {
    const { secret, client } = await scene.gateway.register('all');
    for (const other of [secret, client.client_id]) expectRefused(await ask(`Bearer ${other}`), 401);
  });
});

describe('a client’s id and secret', () => {
  it('401 in every form that is not theirs', async () => {
    const { secret, client, basic } = await scene.gateway.register('all');
    const { token } = await scene.gateway.mint('all');
    const id = client.client_id;
    expect((await ask(basic)).status).toBe(200);
    const wrong = [':', `${id}:`, `:${secret}`, id, `${id}:${secret}x`, `${id}: ${secret}`, `${id}:${secret}\0`];
    const mixed = [`${secret}:${id}`, `${id.toUpperCase()}:${secret}`, `${id}%00:${secret}`, `${id}:${token}`, token];
    for (const pair of [...wrong, ...mixed, '__proto__:x', 'constructor:x', `x:${'y'.repeat(2000)}`, '\0:\0', 'é:ü'])
      expect(expectRefused(await ask(`Basic ${base64(pair)}`), 401)).toMatchObject({ error: 'unauthenticated' });
  });

  it.each([
    'Basic',
    'Basic ',
    'Basic a:b',
    'Basic %%%',
    'Basic YTpi YTpi',
    'Basic YTpi,',
    'Basic YT=pi',
    'Basic \xe9',
    'Basic YTpi===',
    'Basic -_-_',
  ])('400 where it is %j', async (value) => {
    expect(expectRefused(await ask(value), 400)).toMatchObject({ error: 'invalid_request' });
  });

  it('401, offering both schemes, where there is nothing behind the colon: Basic Og==', async () => {
    const sent = await ask('Basic Og==');
    expectRefused(sent, 401);
    expect(sent.headers.get('www-authenticate')).toEqual([expect.stringMatching(/^Bearer .*, Basic realm="xapi"/)]);
  });
});

describe('a token that is bound to a key, which nobody has', () => {
  it.each(['DPoP x', 'dpop x'])('401, as any other that is unknown: %j', async (value) => {
    const sent = await ask(value);
    expect(expectRefused(sent, 401).error).toBe('invalid_token');
    expect(sent.headers.get('www-authenticate')).toEqual([expect.stringMatching(/error="invalid_token"/)]);
  });
});

describe('another scheme', () => {
  it.each([
    'Digest username="a", realm="b", nonce="c", uri="/xapi/statements", response="d"',
    'Negotiate YII=',
    'Token x',
    'OAuth oauth_consumer_key="x"',
    'AWS4-HMAC-SHA256 Credential=x',
    'Bearertoken',
    'BearerX x',
    'x',
    '',
    '\xe9',
    '__proto__ x',
  ])('401, saying which there are: %j', async (value) => {
    const sent = await ask(value);
    expect(expectRefused(sent, 401).error_description).toMatch(/Bearer.*Basic/);
    expect(sent.headers.get('www-authenticate')).toEqual([expect.stringMatching(/^Bearer realm="xapi"/)]);
  });
});

describe('a token in another place', () => {
  it.each([
    ['the query', (token: string) => head(`GET ${STATE}&access_token=${token}`, VERSION), 400],
    ['a cookie', (token: string) => head(`GET ${STATE}`, VERSION, `Cookie: access_token=${token}`), 401],
    ['the path', (token: string) => head(`GET /xapi/${token}/statements`, VERSION), 404],
    ['X-Authorization', (token: string) => head(`GET ${STATE}`, VERSION, `X-Authorization: Bearer ${token}`), 401],
    [
      'the body',
      (token: string) => {
        const body = `access_token=${token}`;
        const form = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
        return head('POST /xapi/statements', VERSION, ...form) + body;
      },
      401,
    ],
  ])('counts for nothing in %s', async (_name, text, status) => {
    const { token } = await scene.gateway.mint('all');
    const sent = await scene.send(text(token));
    expectRefused(sent, status);
    expect(sent.text).not.toContain(token);
  });
});
