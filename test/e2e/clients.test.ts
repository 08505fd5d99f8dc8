/** Clients that others wrote, unchanged, by URL and credential alone. */
import xapiModule from '@xapi/xapi';
import { randomUUID } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import TinCan from 'tincanjs';
import { runProcess } from '../support/run-process.ts';
import { startProduct, statement, type Product } from './product.ts';

/** Its types say that the class is the module's `default`; Node hands the class itself. */
const XAPI = xapiModule as unknown as (typeof xapiModule)['default'];

let product: Product;
beforeAll(async () => {
  product = await startProduct('the sample LRS');
}, 60_000);
afterAll(() => product.close());

async function storeWith(token: string): Promise<number> {
  const headers = {
    Authorization: `Bearer ${token}`,
    'X-Experience-API-Version': '1.0.3',
    'Content-Type': 'application/json',
  };
  return (await fetch(`${product.url}/xapi/statements`, { method: 'POST', headers, body: JSON.stringify(statement()) }))
    .status;
}

describe('curl', () => {
  it('gets a token and stores a statement', async () => {
    const form = ['-d', 'grant_type=client_credentials'];
    const token = runProcess('curl', [
      '-sS',
      '-u',
      `${product.clientId}:${product.clientSecret}`,
      ...form,
      `${product.url}/oauth2/token`,
    ]);
    expect(await token.exited).toEqual({ code: 0, signal: null });
    const { access_token } = JSON.parse(token.stdout) as { access_token: string };
    const store = runProcess('curl', [
      '-sS',
      '-w',
      ' %{http_code}',
      '-H',
      `Authorization: Bearer ${access_token}`,
      '-H',
      'X-Experience-API-Version: 1.0.3',
      '-H',
      'Content-Type: application/json',
      '-d',
      JSON.stringify(statement()),
      `${product.url}/xapi/statements`,
    ]);
    expect(await store.exited).toEqual({ code: 0, signal: null });
    expect(store.stdout).toMatch(/^\["[0-9a-f-]{36}"\] 200$/);
  });
});

describe('openid-client', () => {
  it('discovers the server, gets a token that stores a statement, introspects and revokes it', async () => {
    const configuration = await oidc.discovery(
      new URL(product.url),
      product.clientId,
      product.clientSecret,
      undefined,
      {
        algorithm: 'oauth2',
        execute: [oidc.allowInsecureRequests],
      },
    );
    const { access_token } = await oidc.clientCredentialsGrant(configuration, { scope: 'statements/write' });
    expect(await storeWith(access_token)).toBe(200);
    expect(await oidc.tokenIntrospection(configuration, access_token)).toMatchObject({
      active: true,
      scope: 'statements/write',
    });
    await oidc.tokenRevocation(configuration, access_token);
    expect(await storeWith(access_token)).toBe(401);
  });
});

describe('oauth4webapi', () => {
  it('takes every answer for what the RFCs say it should be', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(product.url);
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, discovered);
    const client = { client_id: product.clientId };
    const authentication = oauth.ClientSecretPost(product.clientSecret);
    const granted = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      { scope: 'all' },
      insecure,
    );
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, granted);
    expect(await storeWith(access_token)).toBe(200);
    const revoked = await oauth.revocationRequest(server, client, authentication, access_token, insecure);
    await oauth.processRevocationResponse(revoked);
    expect(await storeWith(access_token)).toBe(401);
  });
});

describe('TinCanJS', () => {
  it('stores statements and reads them page by page', async () => {
    const lrs = new TinCan.LRS({
      endpoint: `${product.url}/xapi/`,
      auth: `Bearer ${await product.token()}`,
      version: '1.0.2',
      allowFail: false,
    });
    const registration = randomUUID();
    const statements = Array.from({ length: 3 }, () => new TinCan.Statement(statement({ context: { registration } })));
    await called((callback) => lrs.saveStatement(statements[0] ?? new TinCan.Statement({}), { callback }));
    await called((callback) => lrs.saveStatements(statements.slice(1), { callback }));
    const params = { registration, limit: 2 };
    const first = await called<Page>((callback) => lrs.queryStatements({ params, callback }));
    expect(first.statements).toHaveLength(2);
    const second = await called<Page>((callback) => lrs.moreStatements({ url: first.more, callback }));
    const seen = [...first.statements, ...second.statements].map(({ id }) => id);
    expect(new Set(seen)).toEqual(new Set(statements.map(({ id }) => id)));
  });
});

interface Page {
  statements: { id: string }[];
  more: string;
}

function called<T>(call: (callback: (error: unknown, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, result) => {
      if (error === null) resolve(result);
      else reject(new Error(`TinCanJS got ${JSON.stringify(error)}`));
    }),
  );
}

describe('@xapi/xapi', () => {
  it('stores, pages, voids, and keeps state', async () => {
    const xapi = new XAPI({
      endpoint: `${product.url}/xapi/`,
      auth: `Bearer ${await product.token()}`,
      version: '1.0.3',
      adapter: 'fetch',
    });
    const registration = randomUUID();
    const batch = Array.from({ length: 3 }, () => statement({ context: { registration } }));
    const { data: ids } = await xapi.sendStatements({ statements: batch as never });
    expect(ids).toHaveLength(3);
    const first = await xapi.getStatements({ registration, limit: 2 });
    const second = await xapi.getMoreStatements({ more: first.data.more ?? '' });
    const pages = [first.data, second.data as typeof first.data];
    expect(new Set(pages.flatMap((page) => page.statements.map(({ id }) => id)))).toEqual(new Set(ids));
    const actor = { objectType: 'Agent', mbox: 'mailto:learner@example.org' } as const;
    await xapi.voidStatement({ actor, statementId: ids[0] ?? '' });
    await expect(xapi.getStatement({ statementId: ids[0] ?? '' })).rejects.toBeDefined();
    const where = { agent: actor, activityId: 'https://example.org/activities/a-course', stateId: 'bookmark' };
    await xapi.setState({ ...where, state: { page: 7 } });
    expect((await xapi.getState(where)).data).toEqual({ page: 7 });
  });
});
