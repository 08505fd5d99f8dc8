/** @see xAPI 1.0.3 Part 2 §2.5, Part 3 §2.1.3 */
import { createClient, statement, VERB, type Client, type StatementResult } from './support.ts';

const page = async (xapi: Client, path: string, query = {}) =>
  (await xapi.get(path, query).expect(200)).body as StatementResult;

const stored = async (xapi: Client, count: number, change = {}) =>
  (
    await xapi
      .post('/statements')
      .send(Array.from({ length: count }, () => statement(change)))
      .expect(200)
  ).body as string[];

/** Follows more to the end. */
async function everything(xapi: Client, query: Record<string, string>, between = () => Promise.resolve()) {
  const pages: string[][] = [];
  for (let next = await page(xapi, '/statements', query); ; next = await page(xapi, next.more)) {
    pages.push(next.statements.map(({ id }) => id));
    if (next.more === '') return pages;
    await between();
  }
}

describe('limit', () => {
  it('bounds the page', async () => {
    const xapi = createClient();
    const ids = await stored(xapi, 3);
    expect(await xapi.idsOf({ limit: '2' })).toEqual([ids[2], ids[1]]);
  });

  it.each(['0', '4', '1000'])('of %s gives at most what the server allows', async (limit) => {
    const xapi = createClient({ maxPageSize: 3 });
    await stored(xapi, 5);
    expect(await xapi.idsOf({ limit })).toHaveLength(3);
  });

  it('is 100 at most where nothing else is said', async () => {
    const xapi = createClient();
    await stored(xapi, 101);
    expect(await xapi.idsOf({})).toHaveLength(100);
  });
});

describe('more', () => {
  it('is a relative IRL with the full path', async () => {
    const xapi = createClient({ basePath: '/data/xAPI', maxPageSize: 1 });
    await stored(xapi, 2);
    expect((await page(xapi, '/statements')).more).toMatch(/^\/data\/xAPI\/statements\/more\/[\w-]+$/);
  });

  it('is empty where the page ends exactly with the last statement', async () => {
    const xapi = createClient();
    await stored(xapi, 2);
    expect((await page(xapi, '/statements', { limit: '2' })).more).toBe('');
  });

  it.each([{}, { ascending: 'true' }])('leads to every statement once, in order: %j', async (order) => {
    const xapi = createClient();
    const ids = await stored(xapi, 7);
    const inOrder = 'ascending' in order ? ids : ids.toReversed();
    expect(await everything(xapi, { limit: '3', ...order })).toEqual([
      inOrder.slice(0, 3),
      inOrder.slice(3, 6),
      inOrder.slice(6),
    ]);
  });

  it('neither loses nor repeats a statement while new ones arrive', async () => {
    const xapi = createClient();
    const ids = await stored(xapi, 6);
    const pages = await everything(xapi, { limit: '2' }, async () => void (await stored(xapi, 3)));
    expect(pages.flat()).toEqual(ids.toReversed());
  });

  it('keeps the filters of the query', async () => {
    const xapi = createClient();
    const verb = { id: 'http://example.org/tried' };
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      ids.push(...(await stored(xapi, 1, { verb })), ...(await stored(xapi, 2)).slice(2));
    }
    expect((await everything(xapi, { verb: verb.id, limit: '1' })).flat()).toEqual(ids.toReversed());
  });

  it('keeps the format of the query', async () => {
    const xapi = createClient();
    await stored(xapi, 2);
    const { more } = await page(xapi, '/statements', { limit: '1', format: 'ids' });
    expect((await page(xapi, more)).statements[0]?.verb).toEqual({ id: VERB.id });
  });

  it('can be fetched again', async () => {
    const xapi = createClient();
    await stored(xapi, 2);
    const { more } = await page(xapi, '/statements', { limit: '1' });
    expect(await page(xapi, more)).toEqual(await page(xapi, more));
  });

  it('answers HEAD, and 405 to other methods', async () => {
    const xapi = createClient();
    await stored(xapi, 2);
    const { more } = await page(xapi, '/statements', { limit: '1' });
    await xapi.head(more).expect(200);
    await xapi.post(more).send(statement()).expect(405).expect('Allow', 'GET, HEAD');
  });

  it('needs a credential', async () => {
    const xapi = createClient();
    await stored(xapi, 2);
    const { more } = await page(xapi, '/statements', { limit: '1' });
    await xapi.get(more, {}, { Authorization: '' }).expect(401);
  });

  const forged = (link: object) => Buffer.from(JSON.stringify(link)).toString('base64url');
  it.each([
    ['nonsense', 'abc', 404],
    ['null', Buffer.from('null').toString('base64url'), 404],
    ['a place that is no number', forged({ query: '', from: 'x' }), 404],
    ['a query that is not allowed', forged({ query: 'foo=bar', from: 0 }), 400],
  ])('is refused when it is %s', async (_what, id, status) => {
    await createClient().get(`/statements/more/${id}`).expect(status);
  });

  it('takes no parameters of its own', async () => {
    const xapi = createClient();
    await stored(xapi, 2);
    const { more } = await page(xapi, '/statements', { limit: '1' });
    await xapi.get(more, { limit: '5' }).expect(400);
  });
});
