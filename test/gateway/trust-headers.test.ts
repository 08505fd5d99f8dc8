/**
 * An LRS that is told who is calling in headers, and goes by the assertion that vouches for them: the verifier that its
 * authors are given, behind a real gateway, with the keys that the token service publishes.
 */
import express from 'express';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requireAssertion } from '../../services/assertion/require-assertion.ts';
import type { Assertion } from '../../services/assertion/verify-assertion.ts';
import type { LrsRegistration } from '../../services/shared/organization.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { askPort, LRS_AUTHORIZATION, VERSION_1, type Headers } from './support.ts';

const ISSUER = 'https://lrs.example.org';
const AUDIENCE = 'https://lrs.internal/xapi';
const TOKEN_ENDPOINT = `${ISSUER}/oauth2/token`;

interface Seen {
  hallpass: Assertion;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  url: string;
}

let lrs: Server;
let gateway: RunningGateway;
/** How often the LRS was. */
let asked = 0;

async function start(registration: Partial<LrsRegistration> = {}, isAuthor = true): Promise<void> {
  const app = express();
  asked = 0;
  app.use((req, res, next) => {
    asked += 1;
    const jwksUri = `${gateway.url}/oauth2/jwks`;
    if (!isAuthor) return next();
    void requireAssertion({ issuer: ISSUER, audience: AUDIENCE, jwksUri })(req, res, next);
  });
  app.use((req, res) => {
    const { hallpass } = req as { hallpass?: Assertion };
    res.set('X-Experience-API-Version', '1.0.3');
    res.json({ hallpass, headers: req.headers, rawHeaders: req.rawHeaders, url: req.url });
  });
  await new Promise<void>((resolve) => (lrs = app.listen(0, '127.0.0.1', () => resolve())));
  gateway = await startTestGateway({
    lrsUrl: `http://127.0.0.1:${(lrs.address() as AddressInfo).port}/xapi`,
    lrsRegistration: { auth: 'headers', audience: AUDIENCE, authority: 'kept', ...registration },
  });
}

afterEach(async () => {
  await gateway.close();
  lrs.closeAllConnections();
  lrs.close();
});

const ask = (methodAndTarget: string, headers: Headers = {}, body?: string) =>
  askPort(gateway.port, methodAndTarget, { ...VERSION_1, ...headers }, body);

async function seen(bearer: string, headers: Headers = {}): Promise<Seen> {
  const answer = await ask('GET /xapi/statements?statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730bee', {
    Authorization: bearer,
    ...headers,
  });
  expect([answer.status, answer.body]).toEqual([200, expect.any(String)]);
  return JSON.parse(answer.body) as Seen;
}

const valuesOf = ({ rawHeaders }: Seen, name: RegExp) =>
  rawHeaders.filter((_value, at) => at % 2 === 1 && name.test(rawHeaders[at - 1] ?? ''));

describe('an LRS that is told in headers', () => {
  it('is told the client, its scopes, its authority and the gateway that says so', async () => {
    await start();
    const { bearer, client } = await gateway.mint('all/read statements/write');
    const { headers, hallpass } = await seen(bearer);
    const authority = { objectType: 'Agent', account: { homePage: TOKEN_ENDPOINT, name: client.client_id } };
    expect(headers['x-hallpass-client']).toBe(client.client_id);
    expect(headers['x-hallpass-subject']).toBe(client.client_id);
    expect(headers['x-hallpass-scope']).toBe('all/read statements/write');
    expect(JSON.parse(headers['x-hallpass-authority'] as string)).toEqual(authority);
    expect(hallpass).toEqual({
      client: client.client_id,
      subject: client.client_id,
      scopes: ['all/read', 'statements/write'],
      authority,
      organization: 'default',
    });
    expect(headers.authorization).toBe(LRS_AUTHORIZATION);
  });

  it('is told the person it is for, and an authority of both', async () => {
    await start();
    const { bearer, client } = await gateway.mint('all', {}, { sub: 'ann' });
    const { headers, hallpass } = await seen(bearer);
    expect([headers['x-hallpass-subject'], hallpass.subject]).toEqual(['ann', 'ann']);
    expect(hallpass.authority).toEqual({
      objectType: 'Group',
      member: [
        { objectType: 'Agent', account: { homePage: TOKEN_ENDPOINT, name: client.client_id } },
        { objectType: 'Agent', account: { homePage: ISSUER, name: 'ann' } },
      ],
    });
  });

  it('is told in the words and with the prefix of its realm', async () => {
    await start({ scope_prefix: 'lrs:' });
    const { bearer } = await gateway.mint('state/read introspect');
    const answer = await ask('GET /xapi/about', { Authorization: bearer });
    const { headers, hallpass } = JSON.parse(answer.body) as Seen;
    expect([headers['x-hallpass-scope'], hallpass.scopes]).toEqual(['lrs:state/read', ['lrs:state/read']]);
  });

  it('is sent no HTTP Basic where none is configured, and never the token of the caller', async () => {
    await start();
    await gateway.close();
    gateway = await startTestGateway({
      lrsUrl: `http://127.0.0.1:${(lrs.address() as AddressInfo).port}/xapi`,
      lrsRegistration: { auth: 'headers', audience: AUDIENCE, username: undefined, password: undefined } as never,
    });
    const { bearer, token } = await gateway.mint('all');
    const { headers, rawHeaders } = await seen(bearer);
    expect(headers.authorization).toBeUndefined();
    expect(rawHeaders.join(' ')).not.toContain(token);
  });

  it.each([
    ['Zoë', 'Zo%C3%AB'],
    ['100%, "or" more', '100%25%2C%20"or"%20more'],
    ['a\r\nX-Hallpass-Scope: all', 'a%0D%0AX-Hallpass-Scope:%20all'],
    ['学生 ✓ \u0000', '%E5%AD%A6%E7%94%9F%20%E2%9C%93%20%00'],
    ['https://tools.example/?a=b#c', 'https://tools.example/?a=b#c'],
  ])('is told of %j in a header that is valid', async (name, encoded) => {
    await start();
    const { bearer } = await gateway.mint('all', { client_id: name }, { sub: name });
    const { headers, hallpass } = await seen(bearer);
    expect([headers['x-hallpass-client'], headers['x-hallpass-subject']]).toEqual([encoded, encoded]);
    expect(decodeURIComponent(encoded)).toBe(name);
    expect([hallpass.client, hallpass.subject]).toEqual([name, name]);
  });

  it('is told of any authority in one line of ASCII', async () => {
    await start();
    const authority = { objectType: 'Agent' as const, name: 'Zoë\n学 \u007f', mbox: 'mailto:zoe@example.org' };
    const { bearer } = await gateway.mint('all', { authority });
    const { headers, hallpass } = await seen(bearer);
    expect(headers['x-hallpass-authority']).toMatch(/^[ -~]+$/);
    expect(JSON.parse(headers['x-hallpass-authority'] as string)).toEqual(authority);
    expect(hallpass.authority).toEqual(authority);
  });

  it('is told what the client brings in no spelling, but only what the gateway says', async () => {
    await start();
    const { bearer, client } = await gateway.mint('all/read');
    const names = [
      'X-Hallpass-Client',
      'X-Hallpass-Subject',
      'X-Hallpass-Scope',
      'X-Hallpass-Authority',
      'X-Hallpass-Assertion',
    ];
    const spellings = (name: string) => [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name.replaceAll('-', '_'),
      name.replace('-', '_'),
      name.replaceAll('-', '.'),
      name.replaceAll('-', '~'),
      `${name}-Too`,
    ];
    const forged = Object.fromEntries(names.flatMap(spellings).map((name) => [name, 'forged']));
    const told = await seen(bearer, { ...forged, Connection: 'close, X-Hallpass-Client, X-Hallpass-Assertion' });
    expect(told.rawHeaders).not.toContain('forged');
    expect(valuesOf(told, /hallpass/i)).toHaveLength(names.length);
    expect(told.headers['x-hallpass-client']).toBe(client.client_id);
  });

  it('is not asked where a form of the alternate request syntax says who is calling', async () => {
    await start();
    const { bearer } = await gateway.mint('all/read');
    const form = new URLSearchParams({
      Authorization: bearer,
      'X-Experience-API-Version': '1.0.3',
      'X-Hallpass-Client': 'forged',
      'X-Hallpass-Assertion': 'forged',
    });
    const answer = await askPort(
      gateway.port,
      'POST /xapi/statements?method=GET',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      form.toString(),
    );
    expect([answer.status, asked]).toEqual([400, 0]);
  });

  it('is told nobody where nobody calls', async () => {
    await start({}, false);
    const { rawHeaders, headers } = JSON.parse((await ask('GET /xapi/about')).body) as Seen;
    expect(rawHeaders.join(' ')).not.toMatch(/hallpass/i);
    expect(headers.authorization).toBe(LRS_AUTHORIZATION);
  });

  it('lets nobody in who comes past the gateway', async () => {
    await start();
    const { port } = lrs.address() as AddressInfo;
    const forged = { 'X-Hallpass-Client': 'tool', 'X-Hallpass-Scope': 'all', Authorization: LRS_AUTHORIZATION };
    expect((await askPort(port, 'GET /xapi/statements', { ...VERSION_1, ...forged })).status).toBe(401);
  });

  it('is asked nothing where the authority cannot be made: not under another', async () => {
    await start({ authority_template: { account: { homePage: 'https://x.example', name: '{client_id} {subject}' } } });
    const { bearer } = await gateway.mint('all');
    expect((await ask('GET /xapi/statements', { Authorization: bearer })).status).toBe(500);
    expect(gateway.logged()).toContain('{subject}');
    expect((await seen((await gateway.mint('all', {}, { sub: 'ann' })).bearer)).hallpass.subject).toBe('ann');
  });
});
