/** Organizations: each with its LRS and its clients, by path (Watershed's URLs) and by caller. */
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import type { LrsRegistration, Organization } from '../../services/shared/organization.ts';
import { LRS_PASSWORD_CONTEXT } from '../../services/shared/organization.ts';
import { createOrganizationRegister, type OrganizationRegister } from '../../services/store/organizations.ts';
import { startEchoLrs, type EchoLrs, type RecordedRequest } from '../support/echo-lrs.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { rawRequest } from '../support/raw-request.ts';
import { askPort, JSON_TYPE, refusalOf, VERSION_1, VERSION_2, type Headers } from './support.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

function organization(org: string, url: string, lrs: Partial<LrsRegistration> = {}): Organization {
  const password = TEST_SEAL.seal(`password-of-${org}`, LRS_PASSWORD_CONTEXT);
  return {
    org,
    name: org,
    isolate_state: false,
    created_at: 0,
    updated_at: 0,
    lrs: { url, auth: 'basic', username: org, password, authority: 'shared', jwt_profile: 'generic', ...lrs },
  };
}

const basicOf = (org: string) => `Basic ${Buffer.from(`${org}:password-of-${org}`).toString('base64')}`;
const as = (bearer: string): Headers => ({ ...VERSION_1, Authorization: bearer });

describe('organizations, each with an LRS', () => {
  let lrss: Record<'default' | 'acme' | 'umbrella', EchoLrs>;
  let gateway: RunningGateway;
  let register: OrganizationRegister;
  let acme: string;
  beforeAll(async () => {
    lrss = {
      default: await startEchoLrs(),
      acme: await startEchoLrs({ basePath: '/acme/data/xAPI' }),
      umbrella: await startEchoLrs({ basePath: '' }),
    };
    gateway = await startTestGateway({ lrsUrl: lrss.default.url });
    register = createOrganizationRegister(gateway.store);
    await register.add(organization('acme', lrss.acme.url));
    await register.add(organization('umbrella', lrss.umbrella.url));
    acme = (await gateway.mint('all', { org: 'acme' })).bearer;
  });
  afterAll(async () => {
    await gateway.close();
    for (const lrs of Object.values(lrss)) await lrs.close();
  });

  const contacts = () => Object.values(lrss).reduce((sum, { requests }) => sum + requests.length, 0);
  /** What each LRS was asked because of it. */
  async function ask(line: string, headers: Headers = {}, body?: string) {
    const before = Object.values(lrss).map(({ requests }) => requests.length);
    const answer = await askPort(gateway.port, line, headers, body);
    const asked = Object.entries(lrss).flatMap(([org, { requests }], n) =>
      requests.slice(before[n]).map((request): [string, RecordedRequest] => [org, request]),
    );
    return { ...answer, asked };
  }

  describe('a call', () => {
    it.each<[org: string, line: string, lrs: string, url: string]>([
      ['default', 'GET /xapi/statements?limit=1', 'default', '/lrs/xapi/statements?limit=1'],
      ['acme', 'GET /xapi/statements?limit=1', 'acme', '/acme/data/xAPI/statements?limit=1'],
      ['umbrella', 'GET /xapi/agents?agent=%7B%7D', 'umbrella', '/agents?agent=%7B%7D'],
      ['default', 'GET /api/organizations/default/lrs/statements', 'default', '/lrs/xapi/statements'],
      ['acme', 'GET /api/organizations/acme/lrs/statements', 'acme', '/acme/data/xAPI/statements'],
      ['acme', 'HEAD /api/organizations/acme/lrs/statements', 'acme', '/acme/data/xAPI/statements'],
      ['acme', 'GET /api/organizations/acme/lrs/about', 'acme', '/acme/data/xAPI/about'],
      ['acme', 'GET /xapi/about', 'acme', '/acme/data/xAPI/about'],
      [
        'umbrella',
        'DELETE /api/organizations/umbrella/lrs/activities/state?activityId=a&agent=b',
        'umbrella',
        '/activities/state?activityId=a&agent=b',
      ],
    ])("of %s's client reaches the LRS of its own organization, and no other: %s", async (org, line, lrs, url) => {
      const { bearer } = await gateway.mint('all', { org });
      const answer = await ask(line, as(bearer));
      expect(answer.status).toBe(200);
      expect(answer.asked.map(([name, request]) => [name, request.url])).toEqual([[lrs, url]]);
    });

    it("shows each LRS its own credential, and never another's", async () => {
      for (const org of ['acme', 'umbrella']) {
        const { bearer } = await gateway.mint('all', { org });
        const [[, request] = []] = (await ask('GET /xapi/statements', as(bearer))).asked;
        expect(request?.headers.authorization).toBe(basicOf(org));
      }
    });

    it('by Basic is of the organization of its client', async () => {
      const { basic } = await gateway.register('all', { org: 'acme' });
      expect((await ask('GET /xapi/statements', as(basic))).asked.map(([org]) => org)).toEqual(['acme']);
    });

    it('without a token reads about: at /xapi/ of the default organization, at a path of the one it names', async () => {
      for (const [line, org] of [
        ['GET /xapi/about', 'default'],
        ['GET /api/organizations/acme/lrs/about', 'acme'],
      ]) {
        const answer = await ask(line ?? '');
        expect([answer.status, answer.asked.map(([name]) => name)]).toEqual([200, [org]]);
      }
    });

    it('in the alternate syntax goes as the plain one it stands for', async () => {
      const form = new URLSearchParams({ Authorization: acme, 'X-Experience-API-Version': '1.0.3', limit: '1' });
      const line = 'POST /api/organizations/acme/lrs/statements?method=GET';
      const { status, asked } = await ask(line, FORM, form.toString());
      expect(status).toBe(200);
      expect(asked).toMatchObject([['acme', { method: 'GET', url: '/acme/data/xAPI/statements?limit=1' }]]);
    });

    it('that is a preflight is answered here', async () => {
      const answer = await ask('OPTIONS /api/organizations/acme/lrs/statements', { Origin: 'https://a.example' });
      expect([answer.status, answer.asked]).toEqual([204, []]);
      expect(answer.header('Access-Control-Allow-Methods')).toContain('POST');
    });
  });

  describe("at another organization's path", () => {
    const PATHS = ['umbrella', 'default', 'there-is-none'];

    it.each(PATHS)('a client is refused, and learns nothing: %s', async (org) => {
      for (const line of ['GET', 'POST', 'HEAD']) {
        const answer = await ask(`${line} /api/organizations/${org}/lrs/statements`, as(acme));
        expect([answer.status, answer.asked]).toEqual([403, []]);
        expect(answer.header('X-Experience-API-Version')).toBe('1.0.3');
        expect(Date.parse(answer.header('X-Experience-API-Consistent-Through') ?? '')).toBeGreaterThan(0);
        expect(answer.headers.has('www-authenticate')).toBe(false);
      }
    });

    it('it is told the same whether there is such an organization or not', async () => {
      for (const authorization of [acme, 'Bearer never-issued', undefined])
        for (const line of [
          'GET statements',
          'PUT activities/state?activityId=a',
          'GET statements?x=1',
          'PATCH agents',
        ]) {
          const [method, rest] = line.split(' ');
          const told = async (org: string) => {
            const headers = { ...VERSION_1, ...(authorization !== undefined && { Authorization: authorization }) };
            const answer = await ask(`${method} /api/organizations/${org}/lrs/${rest}`, headers);
            expect(answer.asked).toEqual([]);
            const seen = [...answer.headers].filter(
              ([name]) => !['date', 'x-experience-api-consistent-through'].includes(name),
            );
            return JSON.stringify([answer.status, seen, answer.body]).replaceAll(org, 'ORG');
          };
          expect(await told('there-is-none')).toBe(await told('umbrella'));
        }
    });

    it('a client of the default organization is refused as well', async () => {
      const { bearer } = await gateway.mint('all');
      const answer = await ask('GET /api/organizations/acme/lrs/statements', as(bearer));
      expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'access_denied' });
      expect(answer.asked).toEqual([]);
    });

    it('a token of a client that has changed its organization since is good for neither', async () => {
      const { bearer, client } = await gateway.mint('all', { org: 'acme' });
      await gateway.clients.change(client.client_id, (now) => ({ ...now, org: 'umbrella' }));
      for (const path of ['/xapi', '/api/organizations/acme/lrs', '/api/organizations/umbrella/lrs']) {
        const answer = await ask(`GET ${path}/statements`, as(bearer));
        expect([answer.status, answer.asked]).toEqual([401, []]);
      }
    });
  });

  describe('an id that would escape, or be taken for another', () => {
    const LONG = 'a'.repeat(64);
    it.each([
      ['..', 404],
      ['.', 404],
      ['%2e%2e', 404],
      ['..%2f', 404],
      ['acme%2f..', 404],
      ['ACME', 404],
      ['Acme', 404],
      ['%61cme', 404],
      ['acme%00', 404],
      ['acme%20', 404],
      ['acme;a', 404],
      ['acme.', 404],
      ['-acme', 404],
      ['acme-', 404],
      ['acme/', 404],
      ['acme/..', 404],
      ['acme/../acme', 404],
      ['', 404],
      [LONG, 404],
      ['%EF%BD%81cme', 404],
      ['acm%C3%A9', 404],
      ['%d0%b0cme', 404],
      ['constructor', 403],
      ['__proto__', 404],
      ['a'.repeat(63), 403],
      ['\xef\xbd\x81cme', 400],
      ['acme\\', 400],
      ['acme\x00', 400],
      ['acme#', 400],
    ])('leads nowhere: %j', async (id, status) => {
      const before = contacts();
      for (const [method, resource] of [
        ['GET', 'statements'],
        ['POST', 'statements'],
        ['GET', 'about'],
      ]) {
        const head = `${method} /api/organizations/${id}/lrs/${resource} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n`;
        const answer = await rawRequest(gateway.port, `${head}Authorization: ${acme}\r\n\r\n`);
        expect([id, answer.status]).toEqual([id, status]);
      }
      expect(contacts()).toBe(before);
    });

    it.each(['..', '%2e%2e', 'ACME', 'acme%00', 'acme/', '', LONG, '%61cme', '%EF%BD%81cme', '.acme', 'acme;a'])(
      'has no token endpoint: %j',
      async (id) => {
        const answer = await askPort(gateway.port, `POST /api/organizations/${id}/oauth2/token`, FORM, 'a=b');
        expect(refusalOf(answer).status).toBe(404);
      },
    );
  });

  describe('the register', () => {
    it('counts at once when an organization is added, changed or removed', async () => {
      const { bearer } = await gateway.mint('all', { org: 'fresh' });
      const lrsOf = async () => (await ask('GET /xapi/statements', as(bearer))).asked.map(([org]) => org);
      expect(refusalOf(await ask('GET /xapi/statements', as(bearer)))).toMatchObject({ status: 404 });
      await register.add(organization('fresh', lrss.acme.url));
      expect(await lrsOf()).toEqual(['acme']);
      expect(await lrsOf()).toEqual(['acme']);
      await register.change('fresh', (now) => ({ ...now, lrs: { ...now.lrs, url: lrss.umbrella.url } }));
      expect(await lrsOf()).toEqual(['umbrella']);
      await register.remove('fresh');
      const answer = await ask('GET /api/organizations/fresh/lrs/statements', as(bearer));
      expect(refusalOf(answer)).toMatchObject({ status: 404, error: 'not_found' });
      expect(answer.asked).toEqual([]);
    });

    it("cannot put another LRS in the place of the default organization's", async () => {
      await register.add(organization('default', lrss.umbrella.url));
      const { bearer } = await gateway.mint('all');
      for (const path of ['/xapi', '/api/organizations/default/lrs'])
        expect((await ask(`GET ${path}/statements`, as(bearer))).asked.map(([org]) => org)).toEqual(['default']);
      await register.remove('default');
    });
  });

  it('a refusal at a path of statements has the version and the time that statements have', async () => {
    const { bearer } = await gateway.mint('state', { org: 'acme' });
    for (const [headers, version, status] of [
      [{ ...VERSION_1, Authorization: bearer }, '1.0.3', 403],
      [{ ...VERSION_2, Authorization: bearer }, '2.0.0', 403],
      [VERSION_2, '2.0.0', 401],
      [{}, '1.0.3', 401],
    ] as const) {
      const answer = await ask('GET /api/organizations/acme/lrs/statements', headers);
      expect(refusalOf(answer, version).status).toBe(status);
      expect(Date.parse(answer.header('X-Experience-API-Consistent-Through') ?? '')).toBeGreaterThan(0);
    }
    const state = await ask('GET /api/organizations/acme/lrs/agents?agent=a', as(bearer));
    expect([state.status, state.headers.has('x-experience-api-consistent-through')]).toEqual([403, false]);
  });
});

describe('two organizations in front of two LRSs, with tokens that they were given', () => {
  const ACTOR = { mbox: 'mailto:a@example.org' };
  const statement = (id: string) => ({
    id,
    actor: ACTOR,
    verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
    object: { id: 'http://example.org/activity' },
  });
  const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

  it('keep what is theirs, page after page, under the path that was used', async () => {
    const sample = (org: string) =>
      startSampleLrs({
        host: '127.0.0.1',
        port: 0,
        credentials: [{ username: org, password: `password-of-${org}` }],
        authority: 'credential',
        maxPageSize: 2,
      });
    const [one, other] = [await sample('acme'), await sample('umbrella')];
    const gateway = await startTestGateway({ lrsUrl: 'http://127.0.0.1:1/xapi' });
    const register = createOrganizationRegister(gateway.store);
    await register.add(organization('acme', one.url));
    await register.add(organization('umbrella', other.url));

    const tokenOf = async (org: string): Promise<string> => {
      const { basic } = await gateway.register('all', { org });
      const answer = await askPort(
        gateway.port,
        `POST /api/organizations/${org}/oauth2/token`,
        { ...FORM, Authorization: basic },
        'grant_type=client_credentials',
      );
      expect(answer.status).toBe(200);
      return `Bearer ${(JSON.parse(answer.body) as { access_token: string }).access_token}`;
    };
    const tokens = { acme: await tokenOf('acme'), umbrella: await tokenOf('umbrella') };

    for (const [org, first] of [
      ['acme', 1],
      ['umbrella', 101],
    ] as const) {
      const batch = JSON.stringify([0, 1, 2, 3, 4].map((n) => statement(uuid(first + n))));
      const line = `POST /api/organizations/${org}/lrs/statements`;
      expect((await askPort(gateway.port, line, { ...as(tokens[org]), ...JSON_TYPE }, batch)).status).toBe(200);
    }

    for (const [org, first] of [
      ['acme', 1],
      ['umbrella', 101],
    ] as const)
      for (const path of ['/xapi/', `/api/organizations/${org}/lrs/`]) {
        const seen: string[] = [];
        let next = `${path}statements`;
        while (next !== '') {
          const answer = await askPort(gateway.port, `GET ${next}`, as(tokens[org]));
          expect(answer.status).toBe(200);
          const page = JSON.parse(answer.body) as { statements: { id: string }[]; more?: string };
          seen.push(...page.statements.map(({ id }) => id));
          next = page.more ?? '';
          if (next === '') continue;
          expect(next.startsWith(`${path}statements?`)).toBe(true);
          const foreign = org === 'acme' ? tokens.umbrella : tokens.acme;
          const elsewhere = next.replace(path, '/xapi/');
          expect((await askPort(gateway.port, `GET ${elsewhere}`, as(foreign))).status).toBe(400);
        }
        expect(seen.sort()).toEqual([0, 1, 2, 3, 4].map((n) => uuid(first + n)));
      }

    const foreign = await gateway.register('all', { org: 'umbrella' });
    const refused = await askPort(
      gateway.port,
      'POST /api/organizations/acme/oauth2/token',
      { ...FORM, Authorization: foreign.basic },
      'grant_type=client_credentials',
    );
    expect([400, 401, 403]).toContain(refused.status);
    expect(refused.body).not.toContain('access_token');
    await gateway.close();
    await one.close();
    await other.close();
  });
});
