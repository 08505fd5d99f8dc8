/** Authlib, as Python programs have it, at the URLs of every system that its users come from. */
import { join } from 'node:path';
import { runProcess } from '../support/run-process.ts';
import { startProduct, type Product } from './product.ts';

const PROGRAM = join(import.meta.dirname, 'authlib-client.py');

let product: Product;
beforeAll(async () => {
  product = await startProduct('the sample LRS');
});
afterAll(async () => {
  await product?.close();
});

describe('a program made with Authlib', () => {
  it('gets tokens at every token URL, launches content, and hands out a temporary credential', async () => {
    const { url, cli, clientId: key, clientSecret: secret } = product;
    await cli('client', 'update', key, '--scope', 'all super launch');
    const paths = [
      '/oauth2/token',
      '/api/organizations/default/oauth2/token',
      '/api/oauth2/token',
      '/oauth/access_token',
    ];
    const input = JSON.stringify({
      tokens: paths.flatMap((path) => [
        [url + path, 'client_secret_post'],
        [url + path, 'client_secret_basic'],
      ]),
      ...{ xapi: `${url}/xapi/`, launches: `${url}/cmi5/launches`, credentials: `${url}/auth/tokens`, key, secret },
    });
    const running = runProcess('/usr/bin/python3', [PROGRAM], { input, env: { AUTHLIB_INSECURE_TRANSPORT: '1' } });
    expect([await running.exited, running.stderr]).toEqual([{ code: 0, signal: null }, '']);
    expect(JSON.parse(running.stdout)).toEqual({
      statements: Array.from({ length: 2 * paths.length }, () => 200),
      launched: [201, 200, '1'],
      credential: [200, 200, 204, 401],
    });
  });
});
