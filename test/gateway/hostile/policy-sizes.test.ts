/** What is small where it arrives must not become large, or take long, because it is looked into. */
import type { Restriction } from '../../../services/shared/xapi/restriction.ts';
import { STATEMENT } from '../statements.ts';
import { gatewayScene, JSON_TYPE, refusalOf, VERSION_1, type Headers } from '../support.ts';

const SLOW = { timeoutMs: 50_000 };

describe('statements to write', () => {
  const scene = gatewayScene({
    lrsRegistration: { authority: 'kept' },
    options: { maxInspectedBytes: 5_000_000 },
  });
  let headers: Headers;
  beforeAll(async () => {
    const { bearer } = await scene.gateway.mint('statements/write', { enforce_define: true });
    headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
  });
  const write = (body: string) => scene.ask('POST /xapi/statements', headers, body);

  it('that are none, and would become fifty times as much by their authorities, are refused', async () => {
    const answer = await write(`[${'{},'.repeat(100_000)}{}]`);
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(answer.upstream).toEqual([]);
  });

  it('that are as short as statements can be are taken by the thousand', async () => {
    const shortest = '{"actor":{"mbox":"mailto:a@b"},"verb":{"id":"a:b"},"object":{"id":"a:b"}}';
    const { status, upstream } = await write(`[${`${shortest},`.repeat(5000)}${shortest}]`);
    expect([status, upstream.length]).toEqual([200, 1]);
  });

  it.each<[what: string, parent: unknown]>([
    ['a list', { parent: Array.from({ length: 150_000 }, () => ({ definition: {} })) }],
    ['kinds', Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [n, { definition: {} }]))],
  ])('with 150,000 activities in %s of their context lose every definition', async (_what, contextActivities) => {
    const body = JSON.stringify({ ...STATEMENT, context: { contextActivities } });
    const { status, upstream } = await write(body);
    expect([status, upstream[0]?.complete]).toEqual([200, true]);
    expect(upstream[0]?.bodyLength).toBeLessThan(body.length - 150_000 * '"definition":{}'.length + 1000);
  });

  it('in a large batch, by a client with many restrictions, are each judged, and go on as they came', async () => {
    const elsewhere = { actor: STATEMENT.actor, activity: 'https://example.org/elsewhere' } as Restriction;
    const restrictions = [...Array<Restriction>(19).fill(elsewhere), { activity: STATEMENT.object.id }];
    const { bearer } = await scene.gateway.mint('statements/write', { restrictions });
    const other = { ...STATEMENT, object: { id: 'https://example.org/another' } };
    const batch = (last: object) =>
      `[${[...Array<string>(4999).fill(JSON.stringify(STATEMENT)), JSON.stringify(last)].join(',')}]`;
    const post = (body: string) =>
      scene.ask('POST /xapi/statements', { ...headers, Authorization: bearer }, body, SLOW);
    const allowed = await post(batch(STATEMENT));
    expect([allowed.status, allowed.upstream.length]).toEqual([200, 1]);
    const refused = await post(batch(other));
    expect(refusalOf(refused)).toMatchObject({ status: 403, error: 'access_denied' });
    expect(refused.body).toContain('statement [4999]');
    expect(refused.upstream).toEqual([]);
  }, 60_000);
});

describe('the form of an alternate request', () => {
  const scene = gatewayScene({ options: { maxInspectedBytes: 5_000_000 } });

  it.each<[what: string, form: string]>([
    ['different fields', Array.from({ length: 500_000 }, (_, n) => `a${n}=`).join('&')],
    ['equal fields', 'a=&'.repeat(1_000_000)],
  ])('with a million %s is refused before anyone else waits for it', async (_what, form) => {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await scene.ask('POST /xapi/statements?method=GET', { ...VERSION_1, ...type }, form, SLOW);
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});
