/** @see RFC 7009 */
import { keyOf, type Withdrawal } from '../../services/store/store.ts';
import {
  refusalOf,
  runTokenService,
  tempStore,
  type Credentials,
  type TempStore,
  type TokenService,
} from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';

let opened: TempStore;
let service: TokenService;
let credentials: Credentials;
beforeAll(async () => {
  opened = await tempStore();
  service = await runTokenService({ store: opened.store });
  credentials = await service.addClient();
});
afterAll(async () => {
  await service.close();
  await opened.close();
});

const revoke = (by: Credentials, token: string, form = {}) => service.post('/oauth2/revoke', by, { token, ...form });

async function isActive(token: string, owner = credentials): Promise<boolean> {
  return (await service.introspect(owner, token)).active;
}

describe('POST /oauth2/revoke', () => {
  it('withdraws a token, and answers in JSON for clients that parse every body', async () => {
    const { access_token } = await service.issue(credentials);
    const response = await revoke(credentials, access_token).expect(200);
    expect(response.headers['content-type']).toMatch(/^application\/json\b/);
    expect(response.body).toEqual({});
    expect(await isActive(access_token)).toBe(false);
  });

  it('is an audit record, with the client and without the token', async () => {
    const { access_token } = await service.issue(credentials);
    await revoke(credentials, access_token).expect(200);
    const lines = service.logged.filter((line) => line.includes('"audit":"revocation"'));
    expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({ audit: 'revocation', client: credentials.client_id });
    expect(service.logged.join('')).not.toContain(access_token);
  });

  it('withdraws no other token of the client', async () => {
    const [one, other] = [await service.issue(credentials), await service.issue(credentials)];
    await revoke(credentials, one.access_token).expect(200);
    expect(await isActive(other.access_token)).toBe(true);
  });

  it.each(['access_token', 'refresh_token', 'nonsense', '__proto__'])(
    'withdraws it whatever the hint says: %s',
    async (token_type_hint) => {
      const { access_token } = await service.issue(credentials);
      await revoke(credentials, access_token, { token_type_hint }).expect(200, {});
      expect(await isActive(access_token)).toBe(false);
    },
  );

  it('answers 200 to what is no token, or no longer one: nothing is left to do', async () => {
    const { access_token } = await service.issue(credentials);
    await revoke(credentials, access_token).expect(200, {});
    for (const token of [access_token, 'nothing', 'a.b.c', '__proto__', '😀'])
      await revoke(credentials, token).expect(200, {});
  });

  it("refuses another client's token, says so, and leaves it alive", async () => {
    const { access_token } = await service.issue(credentials);
    const refusal = refusalOf(await revoke(await service.addClient(), access_token));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.error_description).toContain('another client');
    expect(await isActive(access_token)).toBe(true);
  });

  it('lets a holder of the scope `introspect` withdraw every token', async () => {
    const { access_token } = await service.issue(credentials);
    await revoke(await service.addClient({ scope: 'introspect' }), access_token).expect(200, {});
    expect(await isActive(access_token)).toBe(false);
  });

  it('withdraws a token for good while its client has none of its scopes', async () => {
    const changing = await service.addClient({ scope: 'state' });
    const { access_token } = await service.issue(changing);
    const become = (scope: string) => service.clients.change(changing.client_id, (client) => ({ ...client, scope }));
    await become('profile');
    await revoke(changing, access_token).expect(200, {});
    await become('state');
    expect(await isActive(access_token, changing)).toBe(false);
  });

  it('withdraws a token for good while its client is inactive', async () => {
    const paused = await service.addClient();
    const { access_token } = await service.issue(paused);
    const become = (active: boolean) => service.clients.change(paused.client_id, (client) => ({ ...client, active }));
    await become(false);
    await revoke(await service.addClient({ scope: 'introspect' }), access_token).expect(200, {});
    await become(true);
    expect(await isActive(access_token, paused)).toBe(false);
  });

  it('tells whoever follows the store, in this process and in others, before or soon after it answers', async () => {
    const { access_token } = await service.issue(credentials);
    const [here, there]: [Withdrawal[], Withdrawal[]] = [[], []];
    const [local, remote] = await Promise.all([
      opened.store.follow((withdrawal) => here.push(withdrawal)),
      opened.connect().follow((withdrawal) => there.push(withdrawal)),
    ]);
    await revoke(credentials, access_token).expect(200);
    const withdrawn = { kind: 'access-token', key: keyOf(access_token) };
    expect(here).toContainEqual(withdrawn);
    await eventually(() => {
      expect(remote.isCurrent()).toBe(true);
      expect(there).toContainEqual(withdrawn);
    });
    await Promise.all([local.close(), remote.close()]);
  });

  it('is noticed at once by another token service on the same store', async () => {
    const other = await runTokenService({ store: opened.connect(), seal: service.seal });
    const { access_token } = await service.issue(credentials);
    expect((await other.introspect(credentials, access_token)).active).toBe(true);
    await revoke(credentials, access_token).expect(200);
    expect((await other.introspect(credentials, access_token)).active).toBe(false);
    await other.close();
  });

  it('says 400 without a token and 401 without credentials', async () => {
    expect(refusalOf(await service.post('/oauth2/revoke', credentials, {}))).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
    expect(refusalOf(await service.send('post', '/oauth2/revoke').type('form').send({ token: 'x' }))).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
  });
});
