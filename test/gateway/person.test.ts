/** A client that acts for a person: what the gateway lets it do, and until when. @see design §3 */
import type { AccessTokenRecord } from '../../services/shared/access-token.ts';
import type { Person } from '../../services/shared/person.ts';
import { newPerson } from '../support/people.ts';
import { gatewayScene, refusalOf, VERSION_1, type Headers } from './support.ts';

const scene = gatewayScene({ lrsRegistration: { authority: 'kept' } });
const STATE =
  'GET /xapi/activities/state?activityId=https%3A%2F%2Fa.example&agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.example%22%7D&stateId=s';
const STATEMENTS = 'GET /xapi/statements';

const as = (bearer: string): Headers => ({ ...VERSION_1, Authorization: bearer });

async function acting(said: Partial<Person>, scope: string, token: Partial<AccessTokenRecord> = {}, client = {}) {
  const person = newPerson(said);
  await scene.gateway.people.add(person);
  const minted = await scene.gateway.mint(scope, client, {
    sub: person.person_id,
    person_generation: person.generation,
    ...token,
  });
  return { person, ...minted };
}

describe('a token of a person', () => {
  it('lets through what token, client and person have in common, and no more', async () => {
    const { bearer } = await acting({ scope: 'state/read' }, 'openid state statements/read');
    expect((await scene.ask(STATE, as(bearer))).status).toBe(200);
    const refused = await scene.ask(STATEMENTS, as(bearer));
    expect(refusalOf(refused)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    expect(refused.upstream).toEqual([]);
    const write = await scene.ask(STATE.replace('GET', 'DELETE'), as(bearer));
    expect(write.status).toBe(403);
    expect(write.upstream).toEqual([]);
  });

  it('lets nothing through where the person has no permission, or the token only says who they are', async () => {
    for (const [has, scope] of [
      ['', 'all'],
      ['all', 'openid openid/profile email'],
    ] as const) {
      const { bearer } = await acting({ scope: has }, 'all', { scope });
      for (const call of [STATE, STATEMENTS, 'GET /xapi/activities/profile?activityId=https%3A%2F%2Fa.example']) {
        const answer = await scene.ask(call, as(bearer));
        expect(answer.status).toBe(403);
        expect(answer.upstream).toEqual([]);
      }
    }
  });

  it('writes as a Group of two: the client and the person', async () => {
    const { bearer, person } = await acting({}, 'statements/write');
    const statement = {
      actor: { mbox: 'mailto:a@b.example' },
      verb: { id: 'http://v.example' },
      object: { id: 'http://o.example' },
    };
    const answer = await scene.ask(
      'POST /xapi/statements',
      { ...as(bearer), 'Content-Type': 'application/json' },
      JSON.stringify(statement),
    );
    expect(answer.status).toBe(200);
    const written = JSON.parse(answer.upstream[0]?.body.toString() ?? '{}') as {
      authority: { objectType: string; member: unknown[] };
    };
    expect(written.authority.objectType).toBe('Group');
    expect(written.authority.member).toHaveLength(2);
    expect(JSON.stringify(written.authority)).toContain(person.person_id);
  });
});

describe('a token of a person ends at once', () => {
  it.each<[string, (person: Person) => Promise<unknown>]>([
    [
      'their password changes',
      ({ person_id }) => scene.gateway.people.change(person_id, (now) => ({ ...now, generation: now.generation + 1 })),
    ],
    [
      'they are deactivated',
      ({ person_id }) => scene.gateway.people.change(person_id, (now) => ({ ...now, active: false })),
    ],
    ['they are removed', ({ person_id }) => scene.gateway.people.remove(person_id)],
    [
      'they move to another organization',
      ({ person_id }) => scene.gateway.people.change(person_id, (now) => ({ ...now, org: 'berlin' })),
    ],
  ])('when %s', async (_when, change) => {
    const { bearer, person } = await acting({}, 'all');
    expect((await scene.ask(STATEMENTS, as(bearer))).status).toBe(200);
    await change(person);
    const refused = await scene.ask(STATEMENTS, as(bearer));
    expect(refusalOf(refused)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(refused.upstream).toEqual([]);
  });

  it('for a scope, when the person has it no more, and comes back with it', async () => {
    const { bearer, person } = await acting({}, 'statements/read');
    const now = async (scope: string) => {
      await scene.gateway.people.change(person.person_id, (before) => ({ ...before, scope }));
      return (await scene.ask(STATEMENTS, as(bearer))).status;
    };
    expect([await now('all'), await now('state'), await now('all/read')]).toEqual([200, 403, 200]);
  });

  it('when there never was such a person', async () => {
    const { bearer } = await scene.gateway.mint('all', {}, { sub: 'person:000000000000000000000000' });
    await scene.gateway.people.remove('person:000000000000000000000000');
    expect((await scene.ask(STATEMENTS, as(bearer))).status).toBe(401);
  });

  it('where it was issued under another generation', async () => {
    for (const person_generation of [undefined, 0, 2]) {
      const { bearer } = await acting({ generation: 1 }, 'all', { person_generation: person_generation as never });
      expect((await scene.ask(STATEMENTS, as(bearer))).status).toBe(401);
    }
  });
});

describe('Basic', () => {
  it('is nobody’s but a client’s that acts for itself', async () => {
    const { basic } = await scene.gateway.register('all', { grant_types: ['authorization_code', 'refresh_token'] });
    expect((await scene.ask(STATEMENTS, as(basic))).status).toBe(401);
    const { person } = await acting({}, 'all');
    const pair = `Basic ${Buffer.from(`${person.person_id}:x`).toString('base64')}`;
    expect((await scene.ask(STATEMENTS, as(pair))).status).toBe(401);
  });
});
