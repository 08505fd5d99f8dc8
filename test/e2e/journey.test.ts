/** The main job, with every part a real one: a client id and secret become a token, and the token stores a statement. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { startProduct, statement, type Product, type Upstream } from './product.ts';

const JSON_BODY = { 'Content-Type': 'application/json' };

interface StatementResult {
  statements: { id: string }[];
  more?: string;
}

describe.each<Upstream>(['the sample LRS', 'Learning Locker'])('hallpass in front of %s', (upstream) => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct(upstream);
  }, 180_000);
  afterAll(() => product.close());

  const post = (body: unknown) =>
    product.call('statements', { method: 'POST', headers: JSON_BODY, body: JSON.stringify(body) });

  it('stores a statement with a token, and gives it back', async () => {
    const stored = await post(statement());
    expect(stored.status).toBe(200);
    const [id] = (await stored.json()) as string[];
    const read = await product.call(`statements?statementId=${id}`);
    expect(read.status).toBe(200);
    expect(read.headers.get('X-Experience-API-Version')).toMatch(/^1\.0\./);
    expect(await read.json()).toMatchObject({ id, verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' } });
  });

  it('puts a statement under an id, once', async () => {
    const id = randomUUID();
    const put = (body: object) =>
      product.call(`statements?statementId=${id}`, { method: 'PUT', headers: JSON_BODY, body: JSON.stringify(body) });
    expect((await put(statement({ id }))).status).toBe(204);
    expect((await put(statement({ id, object: { id: 'https://example.org/activities/another' } }))).status).toBe(409);
  });

  it('follows more to the end: every statement once, and no path of the LRS in a link', async () => {
    const registration = randomUUID();
    const batch = Array.from({ length: 7 }, () => statement({ context: { registration } }));
    const stored = (await (await post(batch)).json()) as string[];
    const seen: string[] = [];
    let path = `statements?registration=${registration}&limit=2`;
    for (let pages = 0; path !== '' && pages < 10; pages++) {
      const page = (await (await product.call(path)).json()) as StatementResult;
      seen.push(...page.statements.map(({ id }) => id));
      if (page.more) expect(page.more).toMatch(/^\/xapi\/statements\?more=[A-Za-z0-9_-]+$/);
      path = page.more ? page.more.slice('/xapi/'.length) : '';
    }
    expect([...seen].sort()).toEqual([...stored].sort());
  });

  it('voids a statement', async () => {
    const [id] = (await (await post(statement())).json()) as string[];
    const voiding = {
      ...statement(),
      verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
      object: { objectType: 'StatementRef', id },
    };
    expect((await post(voiding)).status).toBe(200);
    expect((await product.call(`statements?statementId=${id}`)).status).toBe(404);
    expect((await product.call(`statements?voidedStatementId=${id}`)).status).toBe(200);
  });

  it('takes an attachment in and gives it back', async () => {
    const text = 'an attachment, in ASCII for both';
    const { boundary, body, id } = withAttachment(Buffer.from(text));
    const sent = await product.call('statements', {
      method: 'POST',
      headers: { 'Content-Type': `multipart/mixed; boundary=${boundary}` },
      body,
    });
    expect(sent.status).toBe(200);
    const back = await product.call(`statements?statementId=${id}&attachments=true`);
    expect(back.headers.get('Content-Type')).toMatch(/^multipart\/mixed/);
    expect(await back.text()).toContain(text);
  });

  it('lets a token do what it may, and says which scope would do for the rest', async () => {
    const authorization = `Bearer ${await product.token('statements/write')}`;
    const headers = { Authorization: authorization, 'X-Experience-API-Version': '1.0.3' };
    const read = await fetch(`${product.url}/xapi/statements`, { headers });
    expect(read.status).toBe(403);
    expect(read.headers.get('WWW-Authenticate')).toContain('statements/read');
    const body = JSON.stringify(statement());
    const init = { method: 'POST', headers: { ...headers, ...JSON_BODY }, body };
    expect((await fetch(`${product.url}/xapi/statements`, init)).status).toBe(200);
  });
});

describe('hallpass in front of the sample LRS', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct('the sample LRS');
  });
  afterAll(() => product.close());

  const agent = encodeURIComponent(JSON.stringify({ mbox: 'mailto:learner@example.org' }));
  const activityId = encodeURIComponent('https://example.org/activities/a-course');

  it.each([
    ['state', `activities/state?activityId=${activityId}&agent=${agent}&stateId=bookmark`],
    ['an activity profile', `activities/profile?activityId=${activityId}&profileId=settings`],
    ['an agent profile', `agents/profile?agent=${agent}&profileId=settings`],
  ])('keeps %s, with its ETag and every byte', async (_what, path) => {
    const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, n) => n)), randomBytes(1000)]);
    const put = (init: object) => product.call(path, { method: 'PUT', body: bytes, ...init });
    const type = { 'Content-Type': 'application/octet-stream' };
    expect((await put({ headers: { ...type, 'If-None-Match': '*' } })).status).toBe(204);
    const read = await product.call(path);
    const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`;
    expect(read.headers.get('ETag')).toBe(etag);
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await put({ headers: { ...type, 'If-Match': '"0000"' } })).status).toBe(412);
    expect((await put({ headers: { ...type, 'If-Match': etag } })).status).toBe(204);
    expect((await product.call(path, { method: 'DELETE' })).status).toBe(204);
    expect((await product.call(path)).status).toBe(404);
  });

  it('gives an attachment back with every byte', async () => {
    const bytes = randomBytes(50_000);
    const { boundary, body, id } = withAttachment(bytes);
    const headers = { 'Content-Type': `multipart/mixed; boundary=${boundary}` };
    expect((await product.call('statements', { method: 'POST', headers, body })).status).toBe(200);
    const back = await product.call(`statements?statementId=${id}&attachments=true`);
    expect(Buffer.from(await back.arrayBuffer()).includes(bytes)).toBe(true);
  });

  it('tells about itself to anybody', async () => {
    const response = await fetch(`${product.url}/xapi/about`);
    expect(response.status).toBe(200);
    expect(((await response.json()) as { version: string[] }).version).toContain('1.0.3');
  });

  it('takes the id and the secret by Basic too', async () => {
    const pair = Buffer.from(`${product.clientId}:${product.clientSecret}`).toString('base64');
    const headers = { Authorization: `Basic ${pair}`, 'X-Experience-API-Version': '1.0.3' };
    expect((await fetch(`${product.url}/xapi/statements?limit=1`, { headers })).status).toBe(200);
  });
});

/** @see xAPI 1.0.3 Part 3 §1.5.2: part 1 the statement, then the attachment with its hash */
function withAttachment(bytes: Buffer): { boundary: string; body: Buffer; id: string } {
  const [boundary, id] = [`boundary-${randomUUID()}`, randomUUID()];
  const sha2 = createHash('sha256').update(bytes).digest('hex');
  const attachment = {
    usageType: 'https://example.org/attachments/proof',
    display: { en: 'Proof' },
    contentType: 'application/octet-stream',
    length: bytes.length,
    sha2,
  };
  const json = JSON.stringify(statement({ id, attachments: [attachment] }));
  const head = [
    `--${boundary}`,
    'Content-Type: application/json',
    '',
    json,
    `--${boundary}`,
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: binary',
    `X-Experience-API-Hash: ${sha2}`,
    '',
    '',
  ].join('\r\n');
  return { boundary, id, body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]) };
}
