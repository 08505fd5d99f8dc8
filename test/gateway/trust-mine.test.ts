/**
 * statements/read/mine in front of LRSs that make the authority themselves of the JWT they are shown, as SQL LRS and Ralph
 * do: here a door that does just that, in front of the sample LRS.
 *
 * @see yetanalytics/lrsql resources/lrsql/config/oidc_authority.json.template; openfun/ralph src/ralph/api/auth/oidc.py
 */
import express from 'express';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JwtProfile } from '../../services/shared/organization.ts';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { askPort, JSON_TYPE, VERSION_1 } from './support.ts';

const INSIDE = { username: 'door', password: 'door' };
const BASIC = `Basic ${Buffer.from('door:door').toString('base64')}`;

const account = (homePage: unknown, name: unknown) => ({ account: { homePage, name } });
const MADE: Partial<Record<JwtProfile, { alg: string; authority: (claims: JWTPayload) => object }>> = {
  lrsql: {
    alg: 'RS256',
    authority: ({ iss, sub, client_id }) => ({
      objectType: 'Group',
      member: [account(iss, client_id), account(iss, sub)],
    }),
  },
  ralph: { alg: 'ES256', authority: ({ iss, sub }) => ({ openid: `${iss}/${sub}` }) },
};

describe.each<JwtProfile>(['lrsql', 'ralph'])('an LRS of the profile %s', (profile) => {
  let sample: SampleLrs;
  let door: Server;
  let gateway: RunningGateway;
  const { alg, authority } = MADE[profile] ?? { alg: '', authority: () => ({}) };

  beforeAll(async () => {
    sample = await startSampleLrs({
      host: '127.0.0.1',
      port: 0,
      credentials: [INSIDE],
      authority: 'kept',
      maxPageSize: 3,
    });
    let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
    const app = express();
    app.use(express.json(), async (req, res) => {
      keys ??= createRemoteJWKSet(new URL(`${gateway.url}/oauth2/jwks`));
      const token = req.get('Authorization')?.replace(/^Bearer /, '') ?? '';
      const verified = await jwtVerify(token, keys, { algorithms: [alg] }).catch(() => undefined);
      if (!verified) return res.sendStatus(401);
      const answer = await fetch(new URL(req.url, sample.url), {
        method: req.method,
        headers: { ...VERSION_1, ...JSON_TYPE, Authorization: BASIC },
        ...(req.method === 'PUT' && {
          body: JSON.stringify({ ...(req.body as object), authority: authority(verified.payload) }),
        }),
      });
      const { headers } = answer;
      const kept = ['content-type', 'x-experience-api-version', 'x-experience-api-consistent-through'];
      for (const name of kept) if (headers.has(name)) res.set(name, headers.get(name) ?? '');
      res.status(answer.status).send(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => (door = app.listen(0, '127.0.0.1', () => resolve())));
    gateway = await startTestGateway({
      lrsUrl: `http://127.0.0.1:${(door.address() as AddressInfo).port}/xapi`,
      lrsRegistration: { auth: 'jwt', jwt_profile: profile, authority: 'per-credential' },
    });
  });
  afterAll(async () => {
    await gateway.close();
    door.closeAllConnections();
    door.close();
    await sample.close();
  });

  const ask = (methodAndTarget: string, bearer: string, body?: object) =>
    askPort(
      gateway.port,
      methodAndTarget,
      { ...VERSION_1, Authorization: bearer, ...(body && JSON_TYPE) },
      body && JSON.stringify(body),
    );

  async function write(bearer: string): Promise<string> {
    const id = randomUUID();
    const answer = await ask(`PUT /xapi/statements?statementId=${id}`, bearer, {
      id,
      actor: { mbox: 'mailto:learner@example.org' },
      verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
      object: { id: 'https://example.org/course' },
    });
    expect([answer.status, answer.body]).toEqual([204, '']);
    return id;
  }

  /** To the end of the pages. */
  async function readAll(bearer: string): Promise<string[]> {
    const ids: string[] = [];
    for (let more = '/xapi/statements'; more !== '';) {
      const answer = await ask(`GET ${more}`, bearer);
      expect([answer.status, answer.body]).toEqual([200, expect.any(String)]);
      const page = JSON.parse(answer.body) as { statements: { id: string }[]; more?: string };
      ids.push(...page.statements.map(({ id }) => id));
      more = page.more ?? '';
    }
    return ids;
  }

  it('shows each caller its own statements, all of them and no others', async () => {
    const scope = 'statements/write statements/read/mine';
    const callers = [
      await gateway.mint(scope),
      await gateway.mint(scope),
      await gateway.mint(scope, {}, { sub: 'ann' }),
      await gateway.mint(scope, {}, { sub: 'ann' }),
    ].map(({ bearer }) => ({ bearer, own: [] as string[] }));
    for (let round = 0; round < 5; round++) for (const { bearer, own } of callers) own.push(await write(bearer));
    for (const { bearer, own } of callers) expect((await readAll(bearer)).sort()).toEqual(own.sort());
    const [one, other] = callers;
    const answer = await ask(`GET /xapi/statements?statementId=${other?.own[0]}`, one?.bearer ?? '');
    expect(answer.status).toBe(404);
  });
});
