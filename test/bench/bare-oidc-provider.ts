/**
 * What hallpass is measured against: oidc-provider on node:http with the one-key Redis adapter, one static client, and
 * nothing else. Prints its port.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { Provider } from 'oidc-provider';

const [redisUrl = '', clientId = '', clientSecret = ''] = process.argv.slice(2);
const redis = new Redis(redisUrl);
const keyOf = (model: string, id: string) => `as:${model}:${createHash('sha256').update(id).digest('base64url')}`;

class OneKeyAdapter {
  readonly model: string;
  constructor(model: string) {
    this.model = model;
  }
  async upsert(id: string, { jti: _jti, ...payload }: Record<string, unknown>, expiresIn: number): Promise<void> {
    await redis.set(keyOf(this.model, id), JSON.stringify(payload), 'EX', expiresIn);
  }
  async find(id: string): Promise<Record<string, unknown> | undefined> {
    const text = await redis.get(keyOf(this.model, id));
    return text === null ? undefined : { ...(JSON.parse(text) as Record<string, unknown>), jti: id };
  }
}

const AUDIENCE = 'https://lrs.example.org/xapi';
const provider = new Provider('https://lrs.example.org', {
  adapter: OneKeyAdapter as never,
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      getResourceServerInfo: () => ({
        scope: 'statements/write statements/read',
        accessTokenFormat: 'opaque' as const,
      }),
    },
  },
  ttl: { ClientCredentials: 3600 },
  routes: { token: '/oauth2/token' },
});
provider.proxy = true;
const server = createServer(provider.callback() as never).listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
