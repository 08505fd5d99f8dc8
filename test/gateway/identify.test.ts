/** Who is calling: a bearer token, or a client's id and secret. @see RFC 6750 §2.1, §3.1; RFC 7617 */
import { randomBytes } from 'node:crypto';
import { encodeAccessToken, type AccessTokenRecord } from '../../services/shared/access-token.ts';
import { storeGenerated, storeImported } from '../../services/shared/secret.ts';
import { keyOf } from '../../services/store/store.ts';
import { eventually } from '../support/wait.ts';
import { gatewayScene, refusalOf, VERSION_1, type Asked } from './support.ts';

const STATE = '/xapi/activities/state?stateId=a';
const METADATA = 'https://lrs.example.org/.well-known/oauth-protected-resource/xapi';
const TOKEN_ENDPOINT = 'https://lrs.example.org/oauth2/token';

const scene = gatewayScene();
const nowSeconds = () => Math.floor(Date.now() / 1000);
const askAs = (authorization?: string, target = `GET ${STATE}`): Promise<Asked> =>
  scene.ask(target, { ...VERSION_1, ...(authorization !== undefined && { Authorization: authorization }) });
const basicOf = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

async function expectPasses(authorization: string): Promise<void> {
  const { status, upstream } = await askAs(authorization);
  expect([status, upstream.length]).toEqual([200, 1]);
}

async function expectInvalidToken(authorization: string): Promise<void> {
  const answer = await askAs(authorization);
  expect(answer.upstream).toEqual([]);
  expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_token' });
  expect(answer.header('WWW-Authenticate')).toMatch(
    /^Bearer realm="xapi", error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+"$/,
  );
  expect(refusalOf(answer).error_description).toContain(TOKEN_ENDPOINT);
}

async function expectUnknown(authorization: string | undefined): Promise<void> {
  const answer = await askAs(authorization);
  expect(answer.upstream).toEqual([]);
  expect(answer.status).toBe(401);
  expect(answer.header('WWW-Authenticate')).toBe(
    `Bearer realm="xapi", resource_metadata="${METADATA}", Basic realm="xapi", charset="UTF-8"`,
  );
}

/** A token whose record is like this. */
async function write(said: Partial<AccessTokenRecord>, ttlSeconds = 60): Promise<string> {
  const { client } = await scene.gateway.register('all');
  const token = randomBytes(32).toString('base64url');
  const record = {
    client_id: client.client_id,
    generation: 0,
    org: 'default',
    scope: 'all',
    iat: nowSeconds(),
    exp: nowSeconds() + 60,
  };
  await scene.gateway.store.write('access-token', keyOf(token), encodeAccessToken({ ...record, ...said }), ttlSeconds);
  return token;
}

describe('Authorization: Bearer', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('lets a token pass, the scheme written %j', async (scheme) => {
    await expectPasses(`${scheme} ${await write({})}`);
  });

  it('lets a token of the token service pass, asked for through the gateway', async () => {
    const { client, secret } = await scene.gateway.register('state');
    const response = await fetch(`${scene.gateway.url}/oauth2/token`, {
      method: 'POST',
      headers: { Authorization: basicOf(client.client_id, secret) },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token, scope } = (await response.json()) as { access_token: string; scope: string };
    expect(scope).toBe('state');
    await expectPasses(`Bearer ${access_token}`);
    expect((await askAs(`Bearer ${access_token}`, 'GET /xapi/statements')).status).toBe(403);
  });

  it.each(['never-issued', 'a', '__proto__', 'constructor', 'x'.repeat(5000), 'a.b.c', 'a='])(
    'says invalid_token and where to get one, for %s',
    (token) => expectInvalidToken(`Bearer ${token}`),
  );

  it('says invalid_token for the token with a character more, less or changed', async () => {
    const token = await write({});
    await expectInvalidToken(`Bearer ${token}A`);
    await expectInvalidToken(`Bearer ${token.slice(1)}`);
    await expectInvalidToken(`Bearer ${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`);
    await expectInvalidToken(`Bearer ${token}=`);
  });

  it('says invalid_token for the digest of a token, which is its key in the store', async () => {
    const token = await write({});
    await expectInvalidToken(`Bearer ${keyOf(token)}`);
  });

  it.each<[string, Partial<AccessTokenRecord>]>([
    ['it has expired, though the store still has it', { exp: nowSeconds() - 1 }],
    ['it was issued under another generation of its client', { generation: 1 }],
    ['its client is not registered', { client_id: 'nobody' }],
    ['its client belongs to another organization', { org: 'other' }],
  ])('says invalid_token where %s', async (_why, said) => {
    await expectInvalidToken(`Bearer ${await write(said)}`);
  });

  it('says invalid_token where its client is not active', async () => {
    const { bearer } = await scene.gateway.mint('all', { active: false });
    await expectInvalidToken(bearer);
  });

  it('lets a token pass until the second it expires, though it is in memory', async () => {
    const token = await write({ exp: nowSeconds() + 2 });
    await expectPasses(`Bearer ${token}`);
    await expectPasses(`Bearer ${token}`);
    await eventually(() => expectInvalidToken(`Bearer ${token}`));
  });

  it.each([
    ['Bearer', 'malformed'],
    ['Bearer ', 'malformed'],
    ['Bearer a b', 'malformed'],
    ['Bearer "a"', 'malformed'],
    ['Bearer a,b', 'malformed'],
    ['Bearer: a', 'without a colon'],
    ['bearer:a', 'without a colon'],
  ])('says invalid_request and how to write it, for %j', async (authorization, advice) => {
    const answer = await askAs(authorization);
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusalOf(answer).error_description).toContain(advice);
  });

  it('says that something went wrong, and lets nothing pass, where the record in the store is none', async () => {
    const token = randomBytes(32).toString('base64url');
    for (const record of ['', '{}', 'null', '[]', '{"client_id":"a","scope":"all","iat":"0","exp":"9999999999"}']) {
      await scene.gateway.store.write('access-token', keyOf(token), record, 60);
      const answer = await askAs(`Bearer ${token}`);
      expect([answer.status, answer.upstream]).toEqual([500, []]);
    }
  });
});

describe('Authorization: Basic', () => {
  it('lets a client pass with its id and secret, and holds it to its scope', async () => {
    const { basic } = await scene.gateway.register('state');
    await expectPasses(basic);
    await expectPasses(basic.replace('Basic', 'bAsIc '));
    const answer = await askAs(basic, 'GET /xapi/statements');
    expect([answer.status, answer.upstream]).toEqual([403, []]);
    expect(answer.header('WWW-Authenticate')).toContain('error="insufficient_scope"');
  });

  it.each(['chosen-by-a-person', 'with:colons:in:it', '!#$%&()*+,-./;<=>?@[]^_{|}~'])(
    'lets a client pass with an imported secret: %s',
    async (secret) => {
      const { client } = await scene.gateway.register('all', { secrets: [await storeImported(secret, nowSeconds())] });
      await expectPasses(basicOf(client.client_id, secret));
      await expectPasses(basicOf(client.client_id, secret));
      await expectUnknown(basicOf(client.client_id, `${secret}x`));
    },
  );

  it('lets both secrets pass while they overlap, and only the newer afterwards', async () => {
    const now = nowSeconds();
    const older = { ...storeGenerated('the older', now), expires_at: now + 60 };
    const ended = { ...storeGenerated('the oldest', now), expires_at: now - 1 };
    const { client } = await scene.gateway.register('all', {
      secrets: [storeGenerated('the newer', now), older, ended],
    });
    await expectPasses(basicOf(client.client_id, 'the newer'));
    await expectPasses(basicOf(client.client_id, 'the older'));
    await expectUnknown(basicOf(client.client_id, 'the oldest'));
  });

  it('asks again, without saying what was wrong, for everything that is not an id and its secret', async () => {
    const { client, secret } = await scene.gateway.register('all');
    const inactive = await scene.gateway.register('all', { active: false });
    const without = await scene.gateway.register('all', { grant_types: [] });
    const nothing = await scene.gateway.register('all', { secrets: [] });
    for (const authorization of [
      basicOf(client.client_id, `${secret}x`),
      basicOf(client.client_id, secret.slice(0, -1)),
      basicOf(client.client_id, ''),
      basicOf('', secret),
      basicOf('', ''),
      basicOf('nobody', secret),
      basicOf('__proto__', secret),
      basicOf(client.client_id.toUpperCase(), secret),
      basicOf(client.client_id, client.secrets[0]?.hash ?? ''),
      `Basic ${Buffer.from(client.client_id).toString('base64')}`,
      inactive.basic,
      without.basic,
      basicOf(nothing.client.client_id, ''),
      basicOf(nothing.client.client_id, 'undefined'),
    ])
      await expectUnknown(authorization);
  });

  it('lets no token pass as a secret, and no secret as a token', async () => {
    const { client, secret } = await scene.gateway.register('all');
    await expectUnknown(basicOf(client.client_id, await write({})));
    await expectInvalidToken(`Bearer ${secret}`);
  });
});

describe('anything else', () => {
  it.each([undefined, 'Digest username="a"', 'OAuth oauth_token="a"', 'Token a', 'Negotiate YII='])(
    'is asked for a token or a secret, without an error: %s',
    (authorization) => expectUnknown(authorization),
  );
});
