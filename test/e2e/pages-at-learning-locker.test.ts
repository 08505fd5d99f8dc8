/**
 * Paging through what is one's own at a real LRS whose `more` links lose the agent that was asked for: Learning Locker
 * writes `agent=[object Object]` into them.
 */
import { LRS_PASSWORD_CONTEXT } from '../../services/shared/organization.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { LEARNING_LOCKER_CLIENTS, startLearningLocker, type LearningLocker } from '../support/learning-locker.ts';
import { statement } from './product.ts';

interface Page {
  statements: { id: string }[];
  more: string;
}

const VERSION = { 'X-Experience-API-Version': '1.0.3' };
const LEARNER = JSON.stringify({ mbox: 'mailto:learner@example.org' });

let locker: LearningLocker;
let gateway: RunningGateway;
const vendors: { headers: Record<string, string>; ids: string[] }[] = [];

beforeAll(async () => {
  locker = await startLearningLocker(['gateway', 'vendor-a', 'vendor-b']);
  gateway = await startTestGateway({
    lrsUrl: locker.url,
    username: 'gateway',
    password: locker.password,
    lrsRegistration: {
      authority: 'per-credential',
      authority_template: { account: { homePage: LEARNING_LOCKER_CLIENTS, name: '{lrs_username}' } },
    },
  });
  for (const username of ['vendor-a', 'vendor-b']) {
    const password = TEST_SEAL.seal(locker.password, LRS_PASSWORD_CONTEXT);
    const { bearer } = await gateway.mint('statements/write statements/read/mine', {
      lrs_credential: { username, password },
    });
    vendors.push({ headers: { ...VERSION, Authorization: bearer }, ids: [] });
  }
  for (let n = 0; n < 14; n++) {
    const vendor = vendors[n % 3 === 0 ? 1 : 0];
    const response = await fetch(`${gateway.url}/xapi/statements`, {
      method: 'POST',
      headers: { ...vendor?.headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(statement()),
    });
    vendor?.ids.unshift(...((await response.json()) as string[]));
  }
}, 240_000);

afterAll(async () => {
  await gateway.close();
  await locker.close();
});

it.each([
  ['limit=2', false],
  ['limit=3&ascending=true', true],
  [`limit=2&agent=${encodeURIComponent(LEARNER)}`, false],
])('each vendor reads all of its own once, and nothing of the other: %s', async (query, ascending) => {
  for (const { headers, ids } of vendors) {
    const read: string[] = [];
    for (let path = `/xapi/statements?${query}`; path !== '';) {
      const response = await fetch(`${gateway.url}${path}`, { headers });
      expect(response.status).toBe(200);
      const { statements, more } = (await response.json()) as Page;
      read.push(...statements.map(({ id }) => id));
      path = more;
    }
    expect(read).toEqual(ascending ? ids.toReversed() : ids);
  }
});
