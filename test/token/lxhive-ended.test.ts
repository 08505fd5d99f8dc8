/** Temporary credentials of two token services at two gateways: what is deleted at one is gone at the other. */
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { eventually } from '../support/wait.ts';
import { lxHiveScene, queryOf, type LxHiveScene } from './lxhive-scene.ts';

const AT_ONCE = 12;

describe.each(DRIVERS)('in %s', (_driver, open) => {
  let shared: SharedStore;
  let scene: LxHiveScene;
  let other: LxHiveScene;
  beforeAll(async () => {
    shared = await open();
    scene = await lxHiveScene({ store: await shared.connect() });
    other = await lxHiveScene({ store: await shared.connect() });
  });
  afterAll(async () => {
    await other.close();
    await scene.close();
    await shared.close();
  });

  it('a credential is good at both, and of one that is deleted nothing is left at either', async () => {
    const pair = await scene.issue();
    for (const each of [scene, other]) expect((await each.use(pair)).status).toBe(200);
    expect((await scene.ask('DELETE', { query: queryOf(pair) })).status).toBe(204);
    expect((await scene.use(pair)).status).toBe(401);
    await eventually(async () => expect((await other.use(pair)).status).toBe(401));
    const asked = await other.ask('GET', { as: scene.lms, query: queryOf(pair) });
    expect(asked.status).toBe(404);
  });

  it('of many that delete one at once, at both, exactly one is told 204', async () => {
    for (let round = 0; round < 3; round++) {
      const pair = await scene.issue();
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, turn) =>
          (turn % 2 === 0 ? scene : other).ask('DELETE', { as: scene.lms, query: queryOf(pair) }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([
        204,
        ...Array.from({ length: AT_ONCE - 1 }, () => 404),
      ]);
    }
  });

  it('a call in the very moment of the deletion is let through or refused, and every later one refused', async () => {
    const pair = await scene.issue();
    const [deleted, ...calls] = await Promise.all([
      scene.ask('DELETE', { query: queryOf(pair) }),
      ...Array.from({ length: AT_ONCE }, () => scene.use(pair)),
    ]);
    expect(deleted.status).toBe(204);
    for (const { status } of calls) expect([200, 401]).toContain(status);
    expect((await scene.use(pair)).status).toBe(401);
  });

  it('one that expires is told of as expired at both', async () => {
    const { basic } = await scene.gateway.register('super all', { token_seconds: 1 });
    const pair = await scene.issue({}, basic);
    for (const each of [scene, other])
      await eventually(async () => {
        const { body } = await each.ask('GET', { as: basic, query: queryOf(pair) });
        expect(body).toMatchObject({ expired: true, expiresIn: 0, expiresAt: pair.expiresAt });
      });
    for (const each of [scene, other]) expect((await each.use(pair)).status).toBe(401);
  });

  it('one that has expired can be deleted, once', async () => {
    const { basic } = await scene.gateway.register('super all', { token_seconds: 1 });
    const pair = await scene.issue({}, basic);
    await eventually(async () => expect((await scene.use(pair)).status).toBe(401));
    const statuses = [];
    for (const each of [scene, other])
      statuses.push((await each.ask('DELETE', { as: basic, query: queryOf(pair) })).status);
    expect(statuses).toEqual([204, 404]);
  });
});
