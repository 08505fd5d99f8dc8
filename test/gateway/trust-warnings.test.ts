/** What is said at the start about the LRS of the settings, where something cannot be done in front of it. */
import type { LrsRegistration } from '../../services/shared/organization.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway } from '../support/gateway.ts';
import { askPort, refusalOf, VERSION_1 } from './support.ts';

const TEMPLATE = { account: { homePage: 'http://lrs', name: '{client_id}' } };
const CONSTANT = { mbox: 'mailto:all@example.org' };
const WARN = 40;

let lrs: EchoLrs;
beforeAll(async () => {
  lrs = await startEchoLrs();
});
afterAll(() => lrs.close());

async function warned(lrsRegistration: Partial<LrsRegistration>): Promise<string[]> {
  const gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration });
  const lines = gateway.logged().trim().split('\n');
  await gateway.close();
  return lines
    .map((line) => JSON.parse(line) as { level: number; msg: string; lrs?: string })
    .filter(({ level }) => level === WARN)
    .map(({ msg, lrs: url }) => {
      expect(url).toBe(lrs.url);
      return msg;
    });
}

describe('a gateway that starts', () => {
  it.each<[string, Partial<LrsRegistration>]>([
    ['keeps the authority it is sent', { authority: 'kept' }],
    ['keeps it, by a template for each client', { authority: 'kept', authority_template: TEMPLATE }],
    ['keeps it, and is told in headers', { authority: 'kept', auth: 'headers' }],
    ['is told by JWT, and keeps what it is sent', { authority: 'kept', auth: 'jwt' }],
    ['is SQL LRS', { authority: 'per-credential', auth: 'jwt', jwt_profile: 'lrsql' }],
    ['is Ralph', { authority: 'per-credential', auth: 'jwt', jwt_profile: 'ralph' }],
    ['has a credential for each client', { authority: 'per-credential', authority_template: TEMPLATE }],
    [
      'has an audience of its own',
      { authority: 'kept', auth: 'headers', audience: 'https://lrs.example.org.internal' },
    ],
  ])('says nothing of an LRS that %s', async (_what, registration) => {
    expect(await warned(registration)).toEqual([]);
  });

  it.each<[string, Partial<LrsRegistration>, ...RegExp[]]>([
    [
      'records one authority for all',
      { authority: 'shared' },
      /statements\/read\/mine is refused/,
      /HALLPASS_LRS_AUTHORITY=kept/,
      /per-credential/,
      /HALLPASS_LRS_AUTH=jwt/,
    ],
    [
      'is said to keep what SQL LRS overwrites',
      { authority: 'kept', auth: 'jwt', jwt_profile: 'lrsql' },
      /per-credential/,
    ],
    [
      'is said to keep what Ralph overwrites',
      { authority: 'kept', auth: 'jwt', jwt_profile: 'ralph' },
      /per-credential/,
    ],
    ['has credentials that nothing is known of', { authority: 'per-credential' }, /HALLPASS_LRS_AUTHORITY_TEMPLATE/],
    [
      'makes something unknown of a token',
      { authority: 'per-credential', auth: 'jwt' },
      /HALLPASS_LRS_AUTHORITY_TEMPLATE/,
      /HALLPASS_LRS_JWT_PROFILE/,
    ],
    ['is sent the same for all', { authority: 'kept', authority_template: CONSTANT }, /\{client_id\}/],
    [
      'is called as the gateway is',
      { authority: 'kept', auth: 'headers', audience: 'https://lrs.example.org/xapi' },
      /HALLPASS_LRS_AUDIENCE/,
    ],
  ])('says once, and with what to set, that an LRS %s', async (_what, registration, ...patterns) => {
    const [warning, ...others] = await warned(registration);
    expect(others).toEqual([]);
    for (const pattern of patterns) expect(warning).toMatch(pattern);
  });
});

describe('in front of an LRS that records one authority for all', () => {
  it('statements/read/mine is refused, with what would do, and the LRS is not asked', async () => {
    const gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration: { authority: 'shared' } });
    const { bearer } = await gateway.mint('statements/write statements/read/mine');
    const before = lrs.requests.length;
    const answer = await askPort(gateway.port, 'GET /xapi/statements', { ...VERSION_1, Authorization: bearer });
    expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'insufficient_scope' });
    expect(answer.header('WWW-Authenticate')).toMatch(/scope="[^"]*statements\/read[" ]/);
    expect(lrs.requests).toHaveLength(before);
    await gateway.close();
  });
});
