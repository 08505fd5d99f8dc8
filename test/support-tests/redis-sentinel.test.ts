import { startSentinel, type RedisSentinel } from '../support/redis-sentinel.ts';
import { eventually } from '../support/wait.ts';

describe('startSentinel', () => {
  let sentinel: RedisSentinel;
  beforeAll(async () => {
    sentinel = await startSentinel();
  });
  afterAll(() => sentinel.close());

  it('says where the primary is, and after a failover that it is the replica', async () => {
    expect(sentinel.url).toMatch(/^redis\+sentinel:\/\/127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\/mymaster$/);
    expect(await sentinel.primaryPort()).toBe(sentinel.primary.port);
    await sentinel.primary.command('SET', 'a', '1');
    await sentinel.primary.command('WAIT', '1', '1000');
    await sentinel.primary.kill();
    await eventually(async () => expect(await sentinel.primaryPort()).toBe(sentinel.replica.port), {
      timeoutMs: 20_000,
    });
    await eventually(async () => expect(await sentinel.replica.command('SET', 'b', '2')).toBe('OK'));
    expect(await sentinel.replica.command('GET', 'a')).toBe('1');
  });
});
