/** What a registration, and a JWT that was revoked, leave in the store. @see design §3.1 */
import { createRegistrationTokens } from '../../services/store/registration-tokens.ts';
import { keyOf } from '../../services/store/store.ts';
import { dumpOf, immortalIn } from '../store/whole-redis.ts';
import { startRedisStore, type RedisStore } from '../support/redis-store.ts';
import { nowSeconds, runTokenService, type TokenService } from '../support/token-service.ts';

let kept: RedisStore;
let service: TokenService;
beforeAll(async () => {
  kept = await startRedisStore();
  service = await runTokenService({ store: kept.store });
});
afterAll(async () => {
  await service.close();
  await kept.close();
});

interface Registered {
  client_id: string;
  client_secret: string;
  registration_access_token: string;
}

it('trap, a dump that lets somebody in: has no token of either kind, no secret, and expires but for the registration', async () => {
  const tokens = createRegistrationTokens(kept.store);
  const allowance = { org: 'default', scope: 'state', grant_types: ['client_credentials' as const] };
  const { token } = await tokens.create({ ...allowance, uses: 2, exp: nowSeconds() + 600 });
  const { token: unused } = await tokens.create({ ...allowance, uses: 1, exp: nowSeconds() + 600 });
  const answer = await service
    .send('post', '/oauth2/register')
    .set('Authorization', `Bearer ${token}`)
    .send({ client_name: 'A stored tool' })
    .expect(201);
  const { client_id, client_secret, registration_access_token } = answer.body as Registered;
  await service.clients.change(client_id, (client) => ({ ...client, access_token_format: 'jwt' }));
  const credentials = { client_id, client_secret };
  const [live, revoked] = [await service.issue(credentials), await service.issue(credentials)];
  await service.post('/oauth2/revoke', credentials, { token: revoked.access_token }).expect(200);

  const text = await dumpOf((...args) => kept.redis.command(...args));
  expect(text).toContain(client_id);
  const signatures = [live, revoked].map(({ access_token }) => access_token.split('.')[2]);
  for (const secret of [token, unused, client_secret, registration_access_token, ...signatures]) {
    expect(secret?.length).toBeGreaterThan(20);
    expect(text).not.toContain(secret);
  }
  const immortal = await immortalIn((...args) => kept.redis.command(...args));
  expect(immortal.filter((key) => !/^hp:(?:cl|ks|ix):/.test(key))).toEqual([]);
  expect(immortal).toContain(`hp:cl:${keyOf(client_id)}`);
});
