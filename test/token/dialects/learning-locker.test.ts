/**
 * A client that was written for Learning Locker's token endpoint, at its URLs.
 *
 * @see learninglocker.atlassian.net/wiki/spaces/DOCS/pages/125435905 (OAuth2 Token)
 * @see LearningLocker/learninglocker api/src/requestHandlers/auth/postOAuth2TokenRequest.js, api/src/auth/passport.js
 */
import { randomBytes } from 'node:crypto';
import { storeImported } from '../../../services/shared/secret.ts';
import { newProver } from '../../support/dpop.ts';
import {
  answerOf,
  nowSeconds,
  refusalOf,
  runTokenService,
  type Credentials,
  type Form,
  type TokenAnswer,
  type TokenService,
} from '../../support/token-service.ts';

let service: TokenService;
let client: Credentials;
beforeAll(async () => {
  service = await runTokenService();
  client = await service.addClient({ scope: 'statements/write statements/read' });
});
afterAll(() => service.close());

const GRANT = { grant_type: 'client_credentials' };

describe.each(['/api/oauth2/token', '/oauth/access_token'])('POST %s', (path) => {
  const send = (form: Form) => service.send('post', path).type('form').send(form);
  const scopeFor = async (credentials: Credentials, scope: string) =>
    answerOf<TokenAnswer>(await send({ ...GRANT, ...credentials, scope })).scope;

  it("answers the form of Learning Locker's own documentation, in the order that it has there", async () => {
    const { client_id, client_secret } = client;
    const form = `client_id=${client_id}&client_secret=${client_secret}&grant_type=client_credentials&scope=xapi:write`;
    const answer = await service.send('post', path).type('form').send(form).expect(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
    expect(answer.body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'bearer',
      expires_in: 3600,
      scope: 'statements/write statements/read',
    });
    const { access_token } = answer.body as TokenAnswer;
    expect(await service.introspect(client, access_token)).toMatchObject({ active: true });
  });

  it('takes a key and a secret of 40 hexadecimal digits, brought from there', async () => {
    const [client_id, client_secret] = [randomBytes(20).toString('hex'), randomBytes(20).toString('hex')];
    await service.addClient({ client_id, secrets: [await storeImported(client_secret, nowSeconds())] });
    await send({ ...GRANT, client_id, client_secret }).expect(200);
  });

  describe('the scope', () => {
    it('xapi:write, which every request there has, is whatever the client is registered for, and the answer says so', async () => {
      expect(await scopeFor(client, 'xapi:write')).toBe('statements/write statements/read');
      const reader = await service.addClient({ scope: 'statements/read' });
      expect(await scopeFor(reader, 'xapi:write')).toBe('statements/read');
    });

    it('escalation: xapi:write gives nothing that is granted by name', async () => {
      const mighty = await service.addClient({ scope: 'statements/read super introspect wsapi:all ext/grades' });
      expect(await scopeFor(mighty, 'xapi:write')).toBe('statements/read');
      const nameless = await service.addClient({ scope: 'super introspect' });
      const refusal = refusalOf(await send({ ...GRANT, ...nameless, scope: 'xapi:write' }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
    });

    it('xapi:write is more than a strict client may ask for, unless it has all', async () => {
      const strict = await service.addClient({ scope: 'statements/write', strict: true });
      const refusal = refusalOf(await send({ ...GRANT, ...strict, scope: 'xapi:write' }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
      expect(refusal.error_description).toContain('it may ask for statements/write');
    });

    it.each<[asked: string, granted: string]>([
      ['all', 'all'],
      ['all/read', 'all/read'],
      ['xapi/all', 'all'],
      ['xapi/read', 'all/read'],
      ['statements/read', 'statements/read'],
      ['statements/write', 'statements/write'],
      ['statements/read/mine', 'statements/read/mine'],
      ['state', 'state'],
      ['profile', 'profile'],
      ['statements/read statements/delete', 'statements/read'],
      ['xapi:write xapi:read', 'all/read statements/write state/write profile/write'],
    ])('%s, one of its names, is what the token is for', async (asked, granted) => {
      const all = await service.addClient({ scope: 'all' });
      expect((await scopeFor(all, asked)).split(' ').sort()).toEqual(granted.split(' ').sort());
    });

    it.each(['all', 'xapi/all', 'XAPI:WRITE all', 'statements/write xapi:all', 'xapi:write,all'])(
      'escalation by %j: is never more than the client has',
      async (asked) => {
        const writer = await service.addClient({ scope: 'statements/write' });
        expect(await scopeFor(writer, asked)).toBe('statements/write');
      },
    );

    it.each(['statements/delete', 'XAPI:WRITE', 'xapi:writeall', 'nonsense'])(
      'is nothing, and no token, for %j alone: nothing here deletes a statement',
      async (scope) => {
        const refusal = refusalOf(await send({ ...GRANT, ...client, scope }));
        expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
      },
    );

    it('is narrowed at every other URL, where xapi:write is to write', async () => {
      expect((await service.issue(client, { scope: 'xapi:write' })).scope).toBe('statements/write');
    });
  });

  describe('an error', () => {
    const { client_id, client_secret } = { client_id: 'nobody', client_secret: 'nothing' };

    it.each<[what: string, form: () => Form, error: string]>([
      ['a wrong secret', () => ({ ...GRANT, ...client, client_secret }), 'invalid_client'],
      ['a key that nobody has', () => ({ ...GRANT, ...client, client_id }), 'invalid_client'],
      ['no secret', () => ({ ...GRANT, client_id: client.client_id }), 'invalid_request'],
      ['no key', () => ({ ...GRANT, client_secret: client.client_secret }), 'invalid_request'],
      ['neither', () => GRANT, 'invalid_request'],
      ['no grant type', () => ({ ...client }), 'invalid_request'],
      ['another grant type', () => ({ ...client, grant_type: 'password' }), 'unsupported_grant_type'],
    ])('is 400 and %s says which, with the sentence that Learning Locker has not', async (_what, form, error) => {
      const answer = await send(form());
      expect(refusalOf(answer)).toMatchObject({ status: 400, error });
      expect(answer.headers).not.toHaveProperty('www-authenticate');
    });

    it.each(['client_id', 'client_secret'])('says what to send, where %s is not there', async (name) => {
      const { [name]: _left, ...form }: Form = { ...GRANT, ...client };
      expect(refusalOf(await send(form)).error_description).toContain('client_id and client_secret');
    });

    it('is 400 for a client that is switched off, as for one that is not trusted there', async () => {
      const off = await service.addClient({ active: false });
      expect(refusalOf(await send({ ...GRANT, ...off }))).toMatchObject({ status: 400, error: 'invalid_client' });
    });

    it('is 401 with a challenge, where the client came by the Authorization header (RFC 6749 §5.2: MUST)', async () => {
      const answer = await service.post(path, { ...client, client_secret }, GRANT);
      expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_client' });
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    });

    it('is 400 for a body of JSON, and says what to send', async () => {
      const refusal = refusalOf(await service.send('post', path).send({ ...GRANT, ...client }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
      expect(refusal.error_description).toContain('application/x-www-form-urlencoded');
    });

    it.each([
      'scope=xapi:write&scope=xapi:write',
      'scope[]=all&scope=%00',
      'scope=xapi:write%0a',
      'client_id=a&client_id=b',
      '__proto__=1&constructor=2',
      'grant_type',
      '',
      '&&&===',
      '%',
      'grant_type=client_credentials&client_id=%FF&client_secret=%FF',
      'grant_type=client_credentials&client_id=__proto__&client_secret=constructor',
    ])('is 400, and never 500, for the form %j', async (form) => {
      expect(refusalOf(await service.send('post', path).type('form').send(form)).status).toBe(400);
    });

    it('is 400 for a secret in the URL', async () => {
      const refusal = refusalOf(await service.send('post', `${path}?client_secret=x`).type('form').send(GRANT));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    });

    it.each(['get', 'put', 'delete'] as const)('is 405 for %s', async (method) => {
      expect(refusalOf(await service.send(method, path)).status).toBe(405);
    });
  });

  it('takes HTTP Basic too, which Learning Locker does not', async () => {
    expect((await service.post(path, client, GRANT).expect(200)).body).toMatchObject({ token_type: 'bearer' });
  });

  it('calls a token that is bound to a key by its own type, and a proof that is wrong 400', async () => {
    const key = await newProver();
    const ask = async (htu: string) => send({ ...GRANT, ...client }).set('DPoP', await key.prove('POST', htu));
    expect((await ask(`${service.issuer}${path}`)).body).toMatchObject({ token_type: 'DPoP' });
    expect(refusalOf(await ask(`${service.issuer}/elsewhere`))).toMatchObject({
      status: 400,
      error: 'invalid_dpop_proof',
    });
  });

  it.each(['/', '/x', '%2f', '?', '//'])(
    'is this path and no other: followed by %j there is no dialect',
    async (end) => {
      const answer = await service
        .send('post', `${path}${end}`)
        .type('form')
        .send({ ...GRANT, ...client });
      expect(answer.status).toBe(end === '?' ? 200 : 404);
    },
  );
});

it('is Learning Locker’s alone: elsewhere a wrong secret is 401, and the type of a token Bearer', async () => {
  const wrong = await service.askToken({ ...GRANT, ...client, client_secret: 'wrong' });
  expect(refusalOf(wrong)).toMatchObject({ status: 401, error: 'invalid_client' });
  expect((await service.issue(client)).token_type).toBe('Bearer');
});
