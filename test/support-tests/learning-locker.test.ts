import { startLearningLocker, type LearningLocker } from '../support/learning-locker.ts';

const INSTALL_MS = 180_000;

interface Page {
  statements: Array<{ id: string; authority: unknown }>;
  more: string;
}

describe('startLearningLocker', () => {
  let lrs: LearningLocker;
  beforeAll(async () => {
    lrs = await startLearningLocker();
  }, INSTALL_MS);
  afterAll(() => lrs.close());

  const ask = (url: string, init: RequestInit = {}, password = lrs.password) =>
    fetch(url, {
      ...init,
      headers: {
        Authorization: `Basic ${Buffer.from(`${lrs.username}:${password}`).toString('base64')}`,
        'X-Experience-API-Version': '1.0.3',
        'Content-Type': 'application/json',
      },
    });
  const statement = (verb: string) => ({
    actor: { mbox: 'mailto:learner@example.org' },
    verb: { id: `https://example.org/verbs/${verb}` },
    object: { id: 'https://example.org/activity' },
  });

  it('stores a statement by PUT and returns it with its authority', async () => {
    const url = `${lrs.url}/statements?statementId=9b3ff8a4-5b7c-4f0c-9f0b-3d3f6a1c2e10`;
    const put = await ask(url, { method: 'PUT', body: JSON.stringify(statement('put')) });
    expect(put.status).toBe(204);
    const got = await ask(url);
    expect(got.status).toBe(200);
    expect(await got.json()).toMatchObject({
      ...statement('put'),
      authority: { account: { name: lrs.username } },
    });
  });

  it('stores statements by POST and pages through them by more', async () => {
    const statements = ['a', 'b', 'c'].map(() => statement('post'));
    const post = await ask(`${lrs.url}/statements`, { method: 'POST', body: JSON.stringify(statements) });
    expect(post.status).toBe(200);
    const ids = (await post.json()) as string[];

    const seen: string[] = [];
    let next = `${lrs.url}/statements?limit=2&verb=${encodeURIComponent(statement('post').verb.id)}`;
    while (next !== '') {
      const page = (await (await ask(next)).json()) as Page;
      seen.push(...page.statements.map(({ id }) => id));
      expect(page.more).toMatch(/^$|^\/xAPI\/statements\?.*cursor=/);
      next = page.more && new URL(page.more, lrs.url).href;
    }
    expect(seen.sort()).toEqual(ids.sort());
  });

  it('spoils the agent in its more links, and has a space in them: a gateway must bear that', async () => {
    const agent = encodeURIComponent(JSON.stringify(statement('any').actor));
    const page = (await (await ask(`${lrs.url}/statements?limit=1&agent=${agent}`)).json()) as Page;
    expect(page.more).toContain('agent=[object Object]&');
  });

  it('knows nobody else', async () => {
    expect((await ask(`${lrs.url}/statements`, {}, 'wrong')).status).toBe(401);
  });
});
