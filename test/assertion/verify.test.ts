/**
 * The verifier for whoever writes an LRS behind hallpass: with the keys of a running token service, fetched over HTTP.
 *
 * @see RFC 7519 §7.2; RFC 8725 §2 (what is tried against verifiers)
 */
import express from 'express';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { requireAssertion } from '../../services/assertion/require-assertion.ts';
import { KeysUnavailable, verifyAssertion, type Assertion } from '../../services/assertion/verify-assertion.ts';
import { freePort } from '../support/free-port.ts';
import { ISSUER, runTokenService, type TokenService } from '../support/token-service.ts';
import { AUDIENCE, CLAIMS, createSigner, type Forgery, type Signer } from './forgeries.ts';

let service: TokenService;
let signer: Signer;
let forgeries: Forgery[];
beforeAll(async () => {
  service = await runTokenService();
  signer = await createSigner(service);
  forgeries = await signer.forgeries();
});
afterAll(() => service.close());

const options = () => ({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${service.url}/oauth2/jwks` });

const SAID: Assertion = {
  client: 'tool-1',
  subject: 'ann',
  scopes: ['statements/write', 'statements/read/mine'],
  organization: 'default',
  authority: CLAIMS.authority,
};

describe('verifyAssertion', () => {
  it('gives who is calling, what they may do, and whose statements they are', async () => {
    expect(await verifyAssertion(await signer.sign(), options())).toEqual(SAID);
  });

  it('needs neither an organization nor an authority', async () => {
    const { authority: _, org: __, ...claims } = CLAIMS;
    const { authority, organization, ...said } = await verifyAssertion(await signer.sign(claims), options());
    expect([authority, organization]).toEqual([undefined, undefined]);
    expect(said).toEqual({ client: 'tool-1', subject: 'ann', scopes: ['statements/write', 'statements/read/mine'] });
  });

  it('keeps every character of an id', async () => {
    const subject = 'Zoë, 100 % "学"\n\u0000';
    expect((await verifyAssertion(await signer.sign({ ...CLAIMS, sub: subject }), options())).subject).toBe(subject);
  });

  it('refuses whatever is not signed by hallpass, for this LRS, now', async () => {
    const letThrough: string[] = [];
    for (const { what, token } of forgeries)
      await verifyAssertion(token, options()).then(
        () => letThrough.push(what),
        (error: Error) => expect([what, error.name]).toEqual([what, 'AssertionRefused']),
      );
    expect(letThrough).toEqual([]);
    expect(forgeries.length).toBeGreaterThan(30);
  });

  it('says that nobody can tell, where the keys cannot be read', async () => {
    const broken = createServer((_req, res) => res.writeHead(500).end());
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const unreadable = [
      `http://127.0.0.1:${await freePort()}/jwks`,
      `http://127.0.0.1:${(broken.address() as AddressInfo).port}/jwks`,
      `${service.url}/.well-known/openid-configuration`,
    ];
    for (const jwksUri of unreadable)
      await expect(verifyAssertion(await signer.sign(), { ...options(), jwksUri })).rejects.toThrow(KeysUnavailable);
    broken.close();
  });
});

describe('requireAssertion', () => {
  const app = express();
  beforeAll(() => {
    app.use(requireAssertion(options()));
    app.get('/xapi/statements', (req, res) => res.json((req as { hallpass?: Assertion }).hallpass));
  });
  const ask = (headers: Record<string, string>) => request(app).get('/xapi/statements').set(headers);

  it.each(['X-Hallpass-Assertion', 'Authorization'])('sets req.hallpass from %s', async (name) => {
    const scheme = name === 'Authorization' ? 'Bearer ' : '';
    const response = await ask({ [name]: `${scheme}${await signer.sign()}` }).expect(200);
    expect(response.body).toEqual(SAID);
  });

  it('goes by the assertion, where HTTP Basic comes with it', async () => {
    await ask({ 'X-Hallpass-Assertion': await signer.sign(), Authorization: 'Basic Zm9vOmJhcg==' }).expect(200);
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['another scheme', { Authorization: 'Basic Zm9vOmJhcg==' }],
    ['the plain headers alone', { 'X-Hallpass-Client': 'tool-1', 'X-Hallpass-Scope': 'all' }],
    ['an assertion that is none', { 'X-Hallpass-Assertion': 'a.b.c' }],
  ])('answers 401 as JSON to %s', async (_what, headers) => {
    const response = await ask(headers).expect(401);
    expect(response.headers['content-type']).toMatch(/^application\/json\b/);
    expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    const { error, error_description } = response.body as Record<string, string>;
    expect(error).toBe('invalid_token');
    expect(error_description).toMatch(/^the assertion is refused: ./);
  });

  it('answers 401 to every forgery, in either header', async () => {
    for (const { what, token } of forgeries) {
      const asserted = await ask({ 'X-Hallpass-Assertion': token });
      const bearer = await ask({ Authorization: `Bearer ${token}` });
      expect([what, asserted.status, bearer.status]).toEqual([what, 401, 401]);
    }
  });

  it('answers 503, and not 401, where the keys cannot be read', async () => {
    const lost = express();
    lost.use(requireAssertion({ ...options(), jwksUri: `http://127.0.0.1:${await freePort()}/` }));
    const response = await request(lost)
      .get('/')
      .set('X-Hallpass-Assertion', await signer.sign())
      .expect(503);
    expect(response.body).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it("is as good for a server of one's own, without express", async () => {
    const middleware = requireAssertion(options());
    const server = createServer((req, res) => void middleware(req, res, () => res.end('let through')));
    await request(server).get('/').expect(401);
    await request(server)
      .get('/')
      .set('X-Hallpass-Assertion', await signer.sign())
      .expect(200, 'let through');
  });
});
