/** A token that is a Basic pair: the one record, by whichever header it comes. @see RFC 7617 §2 */
import { randomBytes } from 'node:crypto';
import { basicToken } from '../../services/caller/basic-token.ts';
import { encodeAccessToken, type AccessTokenRecord } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import { gatewayScene, refusalOf, VERSION_1, type Asked } from './support.ts';

const STATE = '/xapi/activities/state?stateId=a';
const KEY = 'aps8ULsOYw63pv5Yl7RNhwlsaqIGbshydyj3xd5Y';

const scene = gatewayScene();
const nowSeconds = () => Math.floor(Date.now() / 1000);
const newSecret = () => randomBytes(20).toString('hex');
const basic = (user: string, secret: string) => `Basic ${basicToken(user, secret)}`;
const askAs = (authorization: string, target = `GET ${STATE}`): Promise<Asked> =>
  scene.ask(target, { ...VERSION_1, Authorization: authorization });

/** A pair whose record is like this. */
async function write(user: string, secret: string, said: Partial<AccessTokenRecord> = {}, client = {}) {
  const registered = await scene.gateway.register('all', client);
  const { client_id, generation, org } = registered.client;
  const [iat, exp] = [nowSeconds(), nowSeconds() + 60];
  const record = { client_id, generation, org, scope: 'all', iat, exp, ...said };
  await scene.gateway.store.write('access-token', keyOf(basicToken(user, secret)), encodeAccessToken(record), 60);
  return registered.client;
}

async function expectRefused(authorization: string): Promise<string> {
  const answer = await askAs(authorization);
  expect([answer.status, answer.upstream]).toEqual([401, []]);
  return answer.body;
}

it.each(['', KEY])('lets a pair pass as Basic and as Bearer, with the user name %j', async (user) => {
  const secret = newSecret();
  await write(user, secret);
  expect((await askAs(basic(user, secret))).status).toBe(200);
  expect((await askAs(`Bearer ${basicToken(user, secret)}`)).status).toBe(200);
});

it('holds a pair to its scope', async () => {
  const secret = newSecret();
  await write(KEY, secret, { scope: 'state' });
  expect((await askAs(basic(KEY, secret))).status).toBe(200);
  const answer = await askAs(basic(KEY, secret), 'GET /xapi/statements');
  expect([answer.status, answer.upstream]).toEqual([403, []]);
});

it('takes every spelling of a pair in base64 for the same', async () => {
  /* So long that four bits of the last letter mean nothing. */
  const secret = newSecret().slice(2);
  await write(KEY, secret);
  const [, bits = '', last = ''] = /^(.*)(.)==$/.exec(basicToken(KEY, secret)) ?? [];
  const sameBits = String.fromCharCode(last.charCodeAt(0) + 1);
  for (const pair of [`${bits}${last}==`, `${bits}${last}`, `${bits}${last}=`, `${bits}${sameBits}==`])
    expect([pair, (await askAs(`Basic ${pair}`)).status]).toEqual([pair, 200]);
});

it('refuses in the same words what was never issued, what has expired, and what lacks a part of it', async () => {
  const [good, over] = [newSecret(), newSecret()];
  await write(KEY, good);
  await write(KEY, over, { exp: nowSeconds() - 1 });
  const wrong = await scene.gateway.register('all');
  const refused = [
    await expectRefused(basic(wrong.client.client_id, 'wrong')),
    await expectRefused(basic(KEY, newSecret())),
    await expectRefused(basic(KEY, over)),
    await expectRefused(basic(KEY, good.slice(1))),
    await expectRefused(basic(KEY, '')),
    await expectRefused(basic('', good)),
    await expectRefused(basic(KEY.toLowerCase(), good)),
    await expectRefused(basic('', '')),
  ];
  expect(new Set(refused).size).toBe(1);
});

it('refuses the key alone, and the secret alone, as a bearer token', async () => {
  const secret = newSecret();
  await write(KEY, secret);
  for (const token of [KEY, secret, `${KEY}${secret}`, keyOf(basicToken(KEY, secret))])
    expect(refusalOf(await askAs(`Bearer ${token}`))).toMatchObject({ status: 401, error: 'invalid_token' });
});

it('looks nobody up among the tokens who is called otherwise', async () => {
  for (const user of ['a', 'client-1', `${KEY}x`, KEY.slice(1), `${KEY.slice(1)}_`, `${KEY.slice(1)}é`]) {
    const secret = newSecret();
    await write(user, secret);
    await expectRefused(basic(user, secret));
  }
});

it('takes a client for itself where its id could be a key', async () => {
  const client_id = randomBytes(20).toString('hex');
  const secret = newSecret();
  await write(client_id, secret, {}, { client_id, scope: 'state' });
  await expectRefused(basic(client_id, secret));
});

it('refuses a pair whose record is bound, or whose client takes bound tokens only', async () => {
  const [bound, boundOnly] = [newSecret(), newSecret()];
  await write(KEY, bound, { cnf: { jkt: randomBytes(32).toString('base64url') } });
  await write(KEY, boundOnly, {}, { dpop_bound_access_tokens: true });
  await expectRefused(basic(KEY, bound));
  await expectRefused(basic(KEY, boundOnly));
});

it('is over with its client, as every token is', async () => {
  const secret = newSecret();
  const { client_id } = await write('', secret);
  expect((await askAs(basic('', secret))).status).toBe(200);
  await scene.gateway.clients.change(client_id, (client) => ({ ...client, active: false }));
  await expectRefused(basic('', secret));
});

it('is no client at the token endpoint', async () => {
  const secret = newSecret();
  await write(KEY, secret);
  const response = await fetch(`${scene.gateway.url}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: basic(KEY, secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  expect([response.status, await response.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_client' })]);
});
