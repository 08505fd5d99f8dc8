/** Statements about statements about statements: each may have to be looked up, and one call must not become a million. */
import { authorityFor } from '../reading-scene.ts';
import { gatewayScene, JSON_TYPE, refusalOf, VERSION_1, type Headers } from '../support.ts';

interface Ref {
  id: string;
  object: { objectType: string; id: string };
  authority: object;
}

describe('a list of what is about other statements', () => {
  const scene = gatewayScene({ lrsRegistration: { authority: 'kept' }, options: { maxInspectedBytes: 5_000_000 } });
  let headers: Headers;
  let authority: object;
  beforeAll(async () => {
    const { bearer, client } = await scene.gateway.mint('statements/read/mine');
    headers = { Authorization: bearer, ...VERSION_1 };
    authority = authorityFor(client.client_id);
  });

  const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const ref = (n: number, to: number): Ref => ({
    id: uuid(n),
    object: { objectType: 'StatementRef', id: uuid(to) },
    authority,
  });

  /** @param more of each page, by what it was asked for. */
  function answerWith(pages: (url: string) => { statements: Ref[]; more: string }, next: (n: number) => number): void {
    scene.lrs.respond(({ url }, res) => {
      const id = new URL(url, 'http://lrs').searchParams.get('statementId');
      const n = Number(id?.slice(-12));
      res.writeHead(200, JSON_TYPE).end(JSON.stringify(id === null ? pages(url) : ref(n, next(n))));
    });
  }

  const lookedUp = (upstream: readonly { url: string }[]) =>
    upstream.map(({ url }) => new URL(url, 'http://lrs').searchParams.get('statementId')).filter((id) => id !== null);

  it('looks each of a chain up once, however many lead into it', async () => {
    const statements = Array.from({ length: 100 }, (_, n) => ref(1000 + n, n));
    answerWith(
      () => ({ statements, more: '' }),
      (n) => Math.min(n + 1, 300),
    );
    const { status, body, upstream } = await scene.ask('GET /xapi/statements?verb=v:v', headers);
    expect([status, body]).toEqual([200, '{"statements":[],"more":""}']);
    const ids = lookedUp(upstream);
    expect([ids.length, new Set(ids).size]).toEqual([301, 301]);
  });

  it('passes over no more pages once it has looked up a thousand', async () => {
    let page = 0;
    answerWith(
      () => ({ statements: Array.from({ length: 400 }, (_, n) => ref(n, 400 * ++page + n)), more: '/lrs/more' }),
      (n) => n,
    );
    const { status, body, upstream } = await scene.ask('GET /xapi/statements?verb=v:v', headers);
    expect([status, JSON.parse(body)]).toMatchObject([
      200,
      { statements: [], more: expect.stringMatching(/^\/xapi\/statements\?more=/) as string },
    ]);
    expect(lookedUp(upstream).length).toBeLessThan(1500);
  });

  it('is refused where one page would need thousands, and says what to do', async () => {
    const statements = Array.from({ length: 6000 }, (_, n) => ref(n, 10_000 + n));
    answerWith(
      () => ({ statements, more: '' }),
      (n) => n,
    );
    const answer = await scene.ask('GET /xapi/statements?verb=v:v', headers, undefined, { timeoutMs: 60_000 });
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusalOf(answer).error_description).toMatch(/limit/);
    expect(lookedUp(answer.upstream).length).toBeLessThanOrEqual(5000);
  }, 90_000);
});
