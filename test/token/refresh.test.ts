/** @see RFC 6749 §6; RFC 9700 §4.14 */
import { GRACE_SECONDS } from '../../services/token/spendable.ts';
import { personScene, type PersonScene, type Tokens } from './person-scene.ts';

let scene: PersonScene;
beforeAll(async () => {
  scene = await personScene();
});
afterAll(() => scene.close());

interface Refreshable extends Tokens {
  refresh_token: string;
}

async function begin(...asked: Parameters<PersonScene['tokens']>): Promise<Refreshable> {
  const tokens = await scene.tokens(...asked);
  if (tokens.refresh_token === undefined) throw new Error('no refresh token');
  return tokens as Refreshable;
}

async function next(token: string): Promise<Refreshable> {
  return (await scene.refresh(token).expect(200)).body as Refreshable;
}

const isActive = async (token: string) => (await scene.introspect(token))['active'];

/** As if so many seconds had passed; the store counts them, too. */
async function later<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => now() + seconds * 1000;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

describe('a refresh token', () => {
  it('gives new tokens, and another refresh token in its place', async () => {
    const first = await begin();
    const second = await next(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.scope.split(' ').sort()).toEqual(first.scope.split(' ').sort());
    expect(second.id_token).toBeDefined();
    const third = await next(second.refresh_token);
    expect(await isActive(third.access_token)).toBe(true);
  });

  it('comes with offline_access only, where the client speaks OpenID Connect', async () => {
    expect(await scene.tokens({ with: { scope: 'openid state' } })).not.toHaveProperty('refresh_token');
  });

  it('comes with any token, where it does not and is registered for it; the person may take it away', async () => {
    expect(await scene.tokens({ with: { scope: 'state' } })).toHaveProperty('refresh_token');
    const { email } = await scene.addPerson();
    const walk = { identifier: email, without: ['offline_access'] };
    expect(await scene.tokens({ walk, with: { scope: 'state' } })).not.toHaveProperty('refresh_token');
  });

  it('does not come to a client that is not registered for it', async () => {
    const tool = await scene.addTool({ grant_types: ['authorization_code'] });
    const code = await scene.authorize({ with: { client_id: tool.client_id } });
    expect((await scene.redeem(code, {}, tool).expect(200)).body).not.toHaveProperty('refresh_token');
  });

  it('gives fewer scopes where fewer are asked for, and never more', async () => {
    const { refresh_token } = await begin();
    const fewer = (await scene.refresh(refresh_token, { scope: 'state' }).expect(200)).body as Refreshable;
    expect(fewer.scope).toBe('state');
    const more = await scene.refresh(fewer.refresh_token, { scope: 'all' }).expect(400);
    expect((more.body as { error: string }).error).toBe('invalid_scope');
    const { scope } = await next(fewer.refresh_token);
    expect(scope).toContain('statements/write');
  });

  it('gives what the person still has', async () => {
    const person = await scene.addPerson();
    const { refresh_token } = await begin({ walk: { identifier: person.email } });
    await scene.people.change(person.person_id, (now) => ({ ...now, scope: 'state/read' }));
    const { scope } = await next(refresh_token);
    expect(scope).toContain('state/read');
    expect(scope).not.toContain('statements/write');
  });

  it('is nobody else’s', async () => {
    const { refresh_token } = await begin();
    await scene.refresh(refresh_token, {}, await scene.addTool()).expect(400);
    await scene.refresh(refresh_token, {}, { client_id: scene.tool.client_id } as never).expect(401);
    await next(refresh_token);
  });

  it.each(['password', 'active'] as const)('ends when the person’s %s changes', async (what) => {
    const person = await scene.addPerson();
    const { refresh_token, access_token } = await begin({ walk: { identifier: person.email } });
    const change = what === 'active' ? { active: false } : { generation: person.generation + 1 };
    await scene.people.change(person.person_id, (now) => ({ ...now, ...change }));
    await scene.refresh(refresh_token).expect(400);
    expect(await isActive(access_token)).toBe(false);
  });

  it('is revoked with all of its family', async () => {
    const first = await begin();
    const second = await next(first.refresh_token);
    await scene.service.post('/oauth2/revoke', scene.tool, { token: second.refresh_token }).expect(200);
    await scene.refresh(second.refresh_token).expect(400);
    expect(await isActive(first.access_token)).toBe(false);
    expect(await isActive(second.access_token)).toBe(false);
  });

  it('is told of to its client', async () => {
    const { refresh_token } = await begin();
    expect(await scene.introspect(refresh_token)).toMatchObject({ active: true, sub: scene.person.person_id });
    await next(refresh_token);
    expect(await scene.introspect(refresh_token)).toEqual({ active: false });
  });
});

describe('a refresh token that was used', () => {
  it('gives the same answer once more to a client that lost it', async () => {
    const { refresh_token } = await begin();
    const answer = await next(refresh_token);
    expect(await next(refresh_token)).toEqual(answer);
    expect(await later(GRACE_SECONDS - 2, () => next(refresh_token))).toEqual(answer);
    expect(await isActive(answer.access_token)).toBe(true);
  });

  it('gives no answer to another wish', async () => {
    const { refresh_token } = await begin();
    const answer = await next(refresh_token);
    await scene.refresh(refresh_token, { scope: 'state' }).expect(400);
    expect(await isActive(answer.access_token)).toBe(true);
  });

  it('trap, a stolen token: later it ends the whole family', async () => {
    const { refresh_token } = await begin();
    const answer = await next(refresh_token);
    await later(GRACE_SECONDS + 2, () => scene.refresh(refresh_token).expect(400));
    expect(await isActive(answer.access_token)).toBe(false);
    await scene.refresh(answer.refresh_token).expect(400);
  });

  it('trap, a thief within the grace: once the answer was used, another use ends the whole family', async () => {
    const { refresh_token } = await begin();
    const second = await next(refresh_token);
    const third = await next(second.refresh_token);
    await scene.refresh(refresh_token).expect(400);
    expect(await isActive(third.access_token)).toBe(false);
    await scene.refresh(third.refresh_token).expect(400);
  });

  it('ends no family but its own', async () => {
    const [one, other] = [await begin(), await begin()];
    await next(one.refresh_token);
    await later(GRACE_SECONDS + 2, () => scene.refresh(one.refresh_token).expect(400));
    await next(other.refresh_token);
  });
});
