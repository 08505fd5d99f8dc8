/** What a token leaves in the store. @see design §3.1 */
import { decodeAccessToken } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import { startRedisStore, type RedisStore } from '../support/redis-store.ts';
import { runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';

let kept: RedisStore;
let redis: RedisStore['redis'];
let lines: RedisStore['lines'];
let service: TokenService;
let credentials: Credentials;

beforeAll(async () => {
  kept = await startRedisStore();
  ({ redis, lines } = kept);
  service = await runTokenService({ store: kept.store });
  credentials = await service.addClient({ scope: 'statements/write state' });
});
afterAll(async () => {
  await service.close();
  await kept.close();
});

/** How often each command but PING was asked of Redis since the last reset. */
async function commands(): Promise<Record<string, number>> {
  const stats = await lines('INFO', 'commandstats');
  const counted = stats.flatMap((line) => {
    const [, name = '', calls = ''] = /^cmdstat_([^:]+):calls=(\d+)/.exec(line) ?? [];
    return name && !/^(ping|config|info|client|hello)/.test(name) ? [[name, Number(calls)] as const] : [];
  });
  return Object.fromEntries(counted);
}

describe('a token in Redis', () => {
  it('is one record under its digest, which ends when the token does', async () => {
    const { access_token } = await service.issue(credentials, { expire_seconds: '120' });
    const key = `hp:at:${keyOf(access_token)}`;
    const record = decodeAccessToken(await redis.command('--raw', 'GET', key));
    expect(record).toMatchObject({ client_id: credentials.client_id, scope: 'statements/write state', org: 'default' });
    expect(record.exp - record.iat).toBe(120);
    const seconds = Number(await redis.command('--raw', 'TTL', key));
    expect(seconds).toBeGreaterThan(115);
    expect(seconds).toBeLessThanOrEqual(121);
  });

  it('trap, tables that grow for ever: no token is without a time to live', async () => {
    await Promise.all(Array.from({ length: 20 }, () => service.issue(credentials)));
    const keys = await lines('KEYS', 'hp:at:*');
    expect(keys.length).toBeGreaterThanOrEqual(20);
    for (const key of keys) expect(Number(await redis.command('--raw', 'TTL', key))).toBeGreaterThan(0);
  });

  it('trap, a dump that lets somebody in: neither the token nor the secret is anywhere in it', async () => {
    const { access_token } = await service.issue(credentials);
    const dump: string[] = [];
    for (const key of await lines('KEYS', '*')) {
      const type = (await redis.command('--raw', 'TYPE', key)).trim();
      dump.push(key, ...(await lines(...(type === 'set' ? ['SMEMBERS', key] : ['GET', key]))));
    }
    const text = dump.join('\n');
    expect(text).toContain(keyOf(access_token));
    expect(text).toContain(credentials.client_id);
    for (const secret of [access_token, credentials.client_secret]) expect(text).not.toContain(secret);
  });

  it('costs one command, once its client is known, also for one resource and with restrictions', async () => {
    const narrow = {
      resource: `${service.issuer}/xapi`,
      authorization_details: JSON.stringify([{ type: 'xapi', 'no-void': true }]),
    };
    for (const form of [{}, narrow]) {
      await service.issue(credentials, form);
      await redis.command('CONFIG', 'RESETSTAT');
      await service.issue(credentials, form);
      expect(await commands()).toEqual({ set: 1 });
    }
  });

  it('has in its record what it is for and what it is restricted to, which a gateway reads there', async () => {
    const { access_token } = await service.issue(credentials, {
      scope: 'state',
      resource: service.issuer,
      authorization_details: JSON.stringify([{ type: 'xapi', registration: '6B3D7C2E-8F0B-4D07-9A62-4A4EE6E0C7A1' }]),
    });
    const text = await redis.command('--raw', 'GET', `hp:at:${keyOf(access_token)}`);
    expect(JSON.parse(text)).toEqual({
      client_id: credentials.client_id,
      scope: 'state',
      aud: `${service.issuer}/xapi`,
      authorization_details: [{ registration: '6b3d7c2e-8f0b-4d07-9a62-4a4ee6e0c7a1' }],
      iat: expect.any(Number) as number,
      exp: expect.any(Number) as number,
    });
  });

  it('is gone from it once it is revoked', async () => {
    const { access_token } = await service.issue(credentials);
    await service.post('/oauth2/revoke', credentials, { token: access_token }).expect(200);
    expect(await lines('EXISTS', `hp:at:${keyOf(access_token)}`)).toEqual(['0']);
  });
});
