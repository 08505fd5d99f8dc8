import { readRedisUrl, type RedisAddress } from '../../config/redis-url.ts';

const at = (host: string, port: number) => ({ host, port });
const STANDALONE = { topology: 'standalone', tls: false, db: 0 } as const;
const SENTINEL = { topology: 'sentinel', tls: false, db: 0, group: 'mymaster' } as const;
const CLUSTER = { topology: 'cluster', tls: false, db: 0 } as const;

describe('readRedisUrl', () => {
  it.each<[string, RedisAddress]>([
    ['redis://localhost', { ...STANDALONE, nodes: [at('localhost', 6379)] }],
    ['redis://10.0.0.1:7000', { ...STANDALONE, nodes: [at('10.0.0.1', 7000)] }],
    ['redis://localhost/', { ...STANDALONE, nodes: [at('localhost', 6379)] }],
    ['redis://localhost/3', { ...STANDALONE, nodes: [at('localhost', 6379)], db: 3 }],
    ['rediss://localhost:6380', { ...STANDALONE, tls: true, nodes: [at('localhost', 6380)] }],
    ['redis://[::1]:6380', { ...STANDALONE, nodes: [at('::1', 6380)] }],
    ['redis://[2001:db8::1]', { ...STANDALONE, nodes: [at('2001:db8::1', 6379)] }],
    ['redis://:secret@redis', { ...STANDALONE, nodes: [at('redis', 6379)], password: 'secret' }],
    ['redis://me:secret@redis', { ...STANDALONE, nodes: [at('redis', 6379)], username: 'me', password: 'secret' }],
    ['redis://me@redis', { ...STANDALONE, nodes: [at('redis', 6379)], username: 'me' }],
    [
      'redis://m%40e:a%20p%2Fa%3Ass%40@redis:6379/1',
      { ...STANDALONE, nodes: [at('redis', 6379)], username: 'm@e', password: 'a p/a:ss@', db: 1 },
    ],
    ['redis://:p:w@redis', { ...STANDALONE, nodes: [at('redis', 6379)], password: 'p:w' }],
    ['redis+sentinel://one:26379,two:26380/mymaster', { ...SENTINEL, nodes: [at('one', 26379), at('two', 26380)] }],
    ['redis+sentinel://one,two/mymaster', { ...SENTINEL, nodes: [at('one', 26379), at('two', 26379)] }],
    ['redis+sentinel://one/mymaster/2', { ...SENTINEL, nodes: [at('one', 26379)], db: 2 }],
    ['rediss+sentinel://one/my%20master', { ...SENTINEL, tls: true, group: 'my master', nodes: [at('one', 26379)] }],
    [
      'redis+sentinel://me:secret@one/mymaster?sentinelPassword=an%26other',
      {
        ...SENTINEL,
        nodes: [at('one', 26379)],
        username: 'me',
        password: 'secret',
        sentinelPassword: 'an&other',
      },
    ],
    ['redis+cluster://one:7000,two:7001', { ...CLUSTER, nodes: [at('one', 7000), at('two', 7001)] }],
    ['redis+cluster://one,[::1]:7001/', { ...CLUSTER, nodes: [at('one', 6379), at('::1', 7001)] }],
    ['rediss+cluster://:secret@one', { ...CLUSTER, tls: true, nodes: [at('one', 6379)], password: 'secret' }],
  ])('reads %s', (url, address) => {
    expect(readRedisUrl(url)).toEqual(address);
  });

  it.each([
    '',
    'localhost',
    'http://localhost',
    'redis:localhost',
    'redis://',
    'redis:///0',
    'redis://localhost:',
    'redis://localhost:0',
    'redis://localhost:65536',
    'redis://localhost:port',
    'redis://one,two',
    'redis://localhost/one',
    'redis://localhost/-1',
    'redis://localhost/1.5',
    'redis://localhost/0x1',
    'redis://localhost/1e1',
    'redis://localhost/0/1',
    'redis://::1:6379',
    'redis://[::1',
    'redis://a@b@c',
    'redis://%zz@localhost',
    'redis://me:%zz@localhost',
    'redis+sentinel://one',
    'redis+sentinel://one/',
    'redis+sentinel://one/%zz',
    'redis+sentinel://one,/mymaster',
    'redis+cluster://one/1',
    'redis+cluster://one,,two',
    'redis+mesh://one',
    'REDIS://localhost',
    ' redis://localhost',
  ])('knows that %j is none', (url) => {
    expect(readRedisUrl(url)).toBeUndefined();
  });
});
