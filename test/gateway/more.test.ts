/**
 * `more` links: public, sealed for one client, and nothing else of the answer is touched.
 *
 * @see xAPI 1.0.3 Part 2 §2.5, Part 3 §2.1.3
 */
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startEchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { startLearningLocker, type LearningLocker } from '../support/learning-locker.ts';
import { gatewayScene, refusalOf, VERSION_1, type Asked, type Headers } from './support.ts';

const PUBLIC_LINK = /^\/xapi\/statements\?more=[A-Za-z0-9_-]{40,}$/;

const scene = gatewayScene();
const { ask } = scene;
let caller: Headers;
beforeAll(async () => {
  const { bearer } = await scene.gateway.mint('statements/read');
  caller = { Authorization: bearer, ...VERSION_1 };
});

const JSON_ANSWER = { 'Content-Type': 'application/json' };

function answerWith(text: string | Buffer, headers: Record<string, string> = JSON_ANSWER): void {
  scene.lrs.respond((_request, res) => void res.writeHead(200, headers).end(text));
}

/** The `more` of what the gateway answers when the LRS answers with this link. */
async function published(link: string, as = caller): Promise<string> {
  answerWith(JSON.stringify({ statements: [], more: link }));
  const { body } = await ask('GET /xapi/statements', as);
  return (JSON.parse(body) as { more: string }).more;
}

/** What the LRS is asked when a caller follows it. */
async function followed(link: string, as = caller): Promise<string | undefined> {
  answerWith('{"statements":[],"more":""}');
  const { status, upstream } = await ask(`GET ${link}`, as);
  expect(status).toBe(200);
  return upstream[0]?.url;
}

describe('the link that a caller is given', () => {
  it.each([
    ['a path', '/lrs/xapi/statements/more/abc', '/lrs/xapi/statements/more/abc'],
    ['a path elsewhere, as ADL LRS has it', '/XAPI/statements/more/abc', '/XAPI/statements/more/abc'],
    ['a query, as Learning Locker has it', '/data/xAPI/statements?cursor=a_b&limit=2', undefined],
    [
      'every percent-encoding',
      '/x/statements?agent=%7B%22mbox%22%3A%22a%2540b%22%7d&since=2026-01-01T00%3A00%3a00Z',
      undefined,
    ],
    ['a path without a slash', 'more/abc', '/lrs/xapi/more/abc'],
    ['a query alone', '?cursor=abc', '/lrs/xapi/statements?cursor=abc'],
    ['a URL of the LRS', 'http://127.0.0.1/lrs/xapi/statements?cursor=1', '/lrs/xapi/statements?cursor=1'],
    ['a URL with another scheme', 'https://lrs.internal:8443/statements/more/1?a=b', '/statements/more/1?a=b'],
    ['a host without a scheme', '//lrs.internal/statements/more/1', '/statements/more/1'],
    ['a name and a password', 'http://user:pass@lrs.internal/statements/more/1', '/statements/more/1'],
    ['a fragment', '/lrs/xapi/statements/more/abc#page2', '/lrs/xapi/statements/more/abc'],
    [
      'a space and braces, as Learning Locker has it',
      '/x?agent=[object Object]&cursor=a',
      '/x?agent=[object%20Object]&cursor=a',
    ],
    ['letters beyond ASCII', '/x?activity=http://a.example/é', '/x?activity=http://a.example/%C3%A9'],
  ])('is sealed, and leads the LRS to its own page, where that is %s', async (_what, link, asked = link) => {
    const more = await published(link);
    expect(more).toMatch(PUBLIC_LINK);
    expect(await followed(more)).toBe(asked);
  });

  it.each(['http://[', '//', 'http://a b/', 'https://:80/', '/x?a=\\ud800'])(
    'does not cut the answer short, where it is no link at all: %s',
    async (link) => {
      answerWith(`{"statements":[{"id":"a"}],"more":"${link}"}`);
      const answer = await ask('GET /xapi/statements', caller);
      expect(answer).toMatchObject({ status: 200, complete: true });
      const { more } = JSON.parse(answer.body) as { more: string };
      expect(more).toMatch(PUBLIC_LINK);
      scene.lrs.respond((_request, res) => void res.writeHead(404).end());
      expect(await ask(`GET ${more}`, caller)).toMatchObject({ status: 404, upstream: [{ method: 'GET' }] });
    },
  );

  it('asks the configured LRS, whatever host the LRS wrote', async () => {
    const other = await startEchoLrs();
    expect(await followed(await published(`${other.url}/statements/more/1`))).toBe('/lrs/xapi/statements/more/1');
    expect(other.connections).toBe(0);
    await other.close();
  });

  it('is followed with the credential of the gateway and the headers of the caller', async () => {
    const more = await published('/lrs/xapi/statements/more/1');
    answerWith('{"statements":[],"more":""}');
    const { upstream } = await ask(`GET ${more}`, { ...caller, 'Accept-Language': 'fi' });
    expect(upstream[0]).toMatchObject({
      method: 'GET',
      headers: {
        'accept-language': 'fi',
        'x-experience-api-version': '1.0.3',
        authorization: expect.stringMatching(/^Basic /) as string,
      },
    });
  });

  it('says nothing of the path at the LRS', async () => {
    const more = await published('/very-secret-path/statements?cursor=very-secret-cursor');
    const sealed = Buffer.from(more.split('=')[1] ?? '', 'base64url').toString('latin1');
    expect(more + sealed).not.toMatch(/secret|statements\/|cursor/);
  });

  it('is the same for the same page every time, and another for another page', async () => {
    const [one, again, other] = [await published('/x?a=1'), await published('/x?a=1'), await published('/x?a=2')];
    expect(one).toBe(again);
    expect(other).not.toBe(one);
  });

  it('is another for another client, and the same for every way in that a client has', async () => {
    const { secret, client, basic } = await scene.gateway.register('all');
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: secret,
    });
    const response = await fetch(`${scene.gateway.url}/oauth2/token`, { method: 'POST', body: form });
    const { access_token } = (await response.json()) as { access_token: string };
    const byToken = await published('/x?a=1', { ...VERSION_1, Authorization: `Bearer ${access_token}` });
    expect(byToken).not.toBe(await published('/x?a=1'));
    expect(byToken).toBe(await published('/x?a=1', { ...VERSION_1, Authorization: basic }));
  });
});

describe('GET of another link', () => {
  const good = '/lrs/xapi/statements/more/1';

  async function refused(target: string, as = caller): Promise<string> {
    const answer = await ask(`GET ${target}`, as);
    expect(answer.upstream).toEqual([]);
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
    return refusalOf(answer).error_description;
  }

  it('says 400 to another client, and the LRS is not asked', async () => {
    const more = await published(good);
    const { bearer } = await scene.gateway.mint('all');
    expect(await refused(more, { ...caller, Authorization: bearer })).toContain('was not given to this client');
  });

  it('says 400 to a link that was changed anywhere', async () => {
    const more = await published(good);
    const start = more.indexOf('=') + 1;
    for (let at = start; at < more.length; at += 7) {
      const changed = `${more.slice(0, at)}${more[at] === 'A' ? 'B' : 'A'}${more.slice(at + 1)}`;
      await refused(changed);
    }
    await refused(more.slice(0, -4));
    await refused(`${more}AAAA`);
  });

  it.each(['', 'abc', '%2Flrs%2Fxapi%2Fstatements%2Fmore%2F1', '/lrs/xapi/statements/more/1', '..%2F..%2Fadmin'])(
    'says 400 to the made-up link %j',
    (value) => refused(`/xapi/statements?more=${value}`),
  );

  it.each([
    'limit=1',
    'statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730bee',
    'attachments=true',
    'format=ids',
    'agent={}',
  ])('says 400 to a link and %s', async (parameter) => {
    const more = await published(good);
    await refused(`${more}&${parameter}`);
    await refused(more.replace('?', `?${parameter}&`));
  });

  it('says 400 to two links', async () => {
    const more = await published(good);
    await refused(`${more}&${more.split('?')[1]}`);
  });

  it.each(['PUT', 'POST', 'DELETE'])('is nothing to %s', async (method) => {
    const more = await published(good);
    const { bearer } = await scene.gateway.mint('all');
    const answer = await ask(`${method} ${more}`, { ...caller, Authorization: bearer }, '{}');
    expect([400, 405]).toContain(answer.status);
    expect(answer.upstream).toEqual([]);
  });

  it('says 404 to the path at the LRS itself', async () => {
    const answer = await ask('GET /xapi/statements/more/1', caller);
    expect(refusalOf(answer).status).toBe(404);
    expect(answer.upstream).toEqual([]);
  });

  it('says 403 once the caller may no longer read, and 401 without a token', async () => {
    const { bearer, client } = await scene.gateway.mint('all/read');
    const as = { ...caller, Authorization: bearer };
    const more = await published(good, as);
    expect(await followed(more, as)).toBe(good);
    await scene.gateway.clients.change(client.client_id, (was) => ({ ...was, scope: 'statements/write' }));
    const forbidden = await ask(`GET ${more}`, as);
    expect(forbidden.status).toBe(403);
    const unauthenticated = await ask(`GET ${more}`, VERSION_1);
    expect(unauthenticated.status).toBe(401);
    expect([...forbidden.upstream, ...unauthenticated.upstream]).toEqual([]);
  });
});

/** The answer as the caller gets it, with the public link put back: it must be what the LRS wrote. */
function putBack(answer: Asked, original: string): string {
  return answer.body.replace(/"\/xapi\/statements\?more=[\w-]+"/, original);
}

describe('the rest of the answer', () => {
  const LINK = '"/lrs/xapi/statements/more/1"';

  it.each([
    ['more after the statements', `{"statements":[{"id":"a"}],"more":${LINK}}`],
    ['more before the statements', `{"more":${LINK},"statements":[{"id":"a"}]}`],
    ['spacing, tabs and newlines', `\r\n\t{ "statements" :\n[ ] ,\t"more"\n:\n${LINK}\n}\n`],
    [
      'numbers as they were written',
      `{"statements":[{"result":{"score":{"raw":1.50,"min":-0,"max":1E+2,"scaled":0.10000000000000000001}}}],"more":${LINK}}`,
    ],
    ['escapes as they were written', `{"statements":[{"a":"\\u00e4\\/\\"\\\\","b":"ä\u{1F600}"}],"more":${LINK}}`],
    ['an escaped key', `{"statements":[],"\\u006dore":${LINK}}`],
    ['an escaped link', `{"statements":[],"more":"\\/lrs\\/xapi\\/statements\\/m\\u006fre\\/1"}`],
    [
      'nested more keys, which are others',
      `{"statements":[{"more":"/a","context":{"extensions":{"http://a.example/x":{"more":"/b"}}}},["more","/c"]],"more":${LINK}}`,
    ],
    ['more as a value', `{"statements":["more"],"x":"more","more":${LINK}}`],
    ['brackets and quotes within strings', `{"statements":["}]{[,:\\"more\\":\\"/x\\""],"more":${LINK}}`],
    ['a key that ends like it', `{"nomore":"/a","more ":"/b","More":"/c","more":${LINK}}`],
    ['a byte order mark', `\ufeff{"statements":[],"more":${LINK}}`],
    ['more after other fields that the LRS has', `{"statements":[],"total":3,"more":${LINK},"took":1.0}`],
  ])('is as the LRS wrote it: %s', async (_what, text) => {
    answerWith(text);
    const answer = await ask('GET /xapi/statements', caller);
    const original = /"(?:more|\\u006dore)"\s*:\s*("\\?\/lrs[^"]*")/.exec(text)?.[1] ?? '';
    expect(answer.body).not.toContain(original);
    expect(putBack(answer, original)).toBe(text);
    expect(answer.complete).toBe(true);
    expect(await followed((JSON.parse(answer.body.replace('\ufeff', '')) as { more: string }).more)).toBe(
      '/lrs/xapi/statements/more/1',
    );
  });

  it.each([
    ['an empty more', '{"statements":[],"more":""}'],
    ['no more', '{"statements":[]}'],
    ['null', '{"statements":[],"more":null}'],
    ['no object at all', '[{"more":"/a"},"more","/b"]'],
    ['a single string', '"more"'],
    ['an empty body', ''],
    ['something that is not JSON', 'more: /x "more":"/y'],
  ])('is as the LRS wrote it where there is %s', async (_what, text) => {
    answerWith(text);
    const answer = await ask('GET /xapi/statements', caller);
    expect(answer).toMatchObject({ status: 200, body: text, complete: true });
  });

  it('is rewritten wherever its bytes are split', async () => {
    const text = `{"more":${LINK},"statements":[{"more":"/é\\"\\\\"}],"m\\u006fre2":"x"}`;
    const bytes = Buffer.from(text);
    for (let at = 1; at < bytes.length; at++) {
      scene.lrs.respond((_request, res) => void inPieces(res, [bytes.subarray(0, at), bytes.subarray(at)]));
      const answer = await ask('GET /xapi/statements', caller);
      expect(putBack(answer, LINK)).toBe(text);
    }
  });

  it('is rewritten where every byte comes alone', async () => {
    const text = `{"statements":[{"a":"\\u00e4ä\u{1F600}"}],"more":${LINK},"b":[]}`;
    scene.lrs.respond(
      (_request, res) =>
        void inPieces(
          res,
          [...Buffer.from(text)].map((byte) => Buffer.from([byte])),
        ),
    );
    const answer = await ask('GET /xapi/statements', caller);
    expect(putBack(answer, LINK)).toBe(text);
  });

  it('has no length or digest of the bytes before, and keeps every other header', async () => {
    const text = `{"statements":[],"more":${LINK}}`;
    answerWith(text, {
      ...JSON_ANSWER,
      'Content-Length': String(text.length),
      'Content-MD5': 'Q2hlY2sgSW50ZWdyaXR5IQ==',
      'X-Experience-API-Consistent-Through': '2026-01-01T00:00:00.000Z',
      'X-Experience-API-Version': '1.0.3',
      'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    });
    const { headers, header, body } = await ask('GET /xapi/statements', caller);
    expect(JSON.parse(body)).toMatchObject({ more: expect.stringMatching(PUBLIC_LINK) as string });
    expect(headers.has('content-md5')).toBe(false);
    expect(header('Content-Length') ?? body.length).toBe(body.length);
    expect(header('X-Experience-API-Consistent-Through')).toBe('2026-01-01T00:00:00.000Z');
    expect(header('Last-Modified')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });

  it('passes untouched with any other status', async () => {
    const text = `{"more":${LINK}}`;
    for (const status of [400, 404, 500]) {
      scene.lrs.respond((_request, res) => void res.writeHead(status, JSON_ANSWER).end(text));
      expect(await ask('GET /xapi/statements', caller)).toMatchObject({ status, body: text });
    }
  });

  it.each(['statementId', 'voidedStatementId'])('passes untouched where %s asks for one statement', async (name) => {
    const text = `{"id":"a","more":${LINK}}`;
    answerWith(text, { ...JSON_ANSWER, 'Content-Length': String(text.length) });
    const answer = await ask(`GET /xapi/statements?${name}=6690e6c9-3ef0-4ed3-8b37-7f3964730bee`, caller);
    expect(answer).toMatchObject({ status: 200, body: text });
    expect(answer.header('Content-Length')).toBe(String(text.length));
  });

  it.each(['statementId', 'voidedStatementId'])('is replaced where an empty %s asks for any', async (name) => {
    answerWith(`{"statements":[],"more":${LINK}}`);
    const { body } = await ask(`GET /xapi/statements?${name}=`, caller);
    expect(JSON.parse(body)).toMatchObject({ more: expect.stringMatching(PUBLIC_LINK) as string });
  });

  it('passes untouched from every other resource', async () => {
    const { bearer } = await scene.gateway.mint('all');
    const text = `{"more":${LINK}}`;
    for (const path of [
      'about',
      'activities?activityId=a',
      'agents?agent={}',
      'activities/state?activityId=a&agent={}&stateId=s',
    ]) {
      answerWith(text);
      expect(await ask(`GET /xapi/${path}`, { ...VERSION_1, Authorization: bearer })).toMatchObject({
        status: 200,
        body: text,
      });
    }
  });

  it('answers HEAD with the headers that GET has, and no body', async () => {
    answerWith('', { ...JSON_ANSWER, 'Content-Length': '4711', ETag: '"a"' });
    const { status, body, header, upstream } = await ask('HEAD /xapi/statements?limit=1', caller);
    expect([status, body, header('ETag'), upstream[0]?.method]).toEqual([200, '', '"a"', 'HEAD']);
    const more = await published('/lrs/xapi/statements/more/1');
    answerWith('', JSON_ANSWER);
    expect(await ask(`HEAD ${more}`, caller)).toMatchObject({
      status: 200,
      body: '',
      upstream: [{ method: 'HEAD', url: '/lrs/xapi/statements/more/1' }],
    });
  });
});

async function inPieces(res: ServerResponse, pieces: Buffer[], headers = JSON_ANSWER): Promise<void> {
  res.socket?.setNoDelay(true);
  res.writeHead(200, headers);
  for (const piece of pieces) {
    res.write(piece);
    await nextTurn();
  }
  res.end();
}

describe('an answer with attachments', () => {
  it('answers HEAD of statements with attachments, which has no part to look into', async () => {
    answerWith('', { 'Content-Type': 'multipart/mixed; boundary=b', 'Content-Length': '4711' });
    const answer = await ask('HEAD /xapi/statements?attachments=true', caller);
    expect(answer).toMatchObject({ status: 200, body: '', complete: true });
    expect(answer.header('Content-Type')).toBe('multipart/mixed; boundary=b');
  });

  const LINK = '"/lrs/xapi/statements/more/1"';
  const ATTACHMENT = Buffer.from([...Array(256).keys(), ...Buffer.from('{"more":"/never"}\r\n\r\n--b')]);

  function multipart(boundary: string, partHead: string, json: string, preamble = ''): Buffer {
    return Buffer.concat([
      Buffer.from(`${preamble}--${boundary}\r\n${partHead}\r\n\r\n${json}\r\n--${boundary}\r\n`),
      Buffer.from(
        'Content-Type: text/plain\r\nX-Experience-API-Hash: abc\r\nContent-Transfer-Encoding: binary\r\n\r\n',
      ),
      ATTACHMENT,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
  }

  const TYPE = 'multipart/mixed; boundary=bnd';

  it.each([
    ['a plain boundary', TYPE, multipart('bnd', 'Content-Type: application/json', `{"statements":[],"more":${LINK}}`)],
    [
      'a quoted boundary',
      'multipart/mixed; boundary="b n:d"',
      multipart('b n:d', 'Content-Type: application/json', `{"more":${LINK}}`),
    ],
    [
      'a parameter before it',
      'Multipart/Mixed; charset=UTF-8; Boundary=bnd',
      multipart('bnd', 'content-type:application/json', `{"more":${LINK}}`),
    ],
    ['a preamble', TYPE, multipart('bnd', 'Content-Type: application/json', `{"more":${LINK}}`, 'This is MIME.\r\n')],
  ])('has its link replaced in part 1, and every other byte is as it was: %s', async (_what, type, bytes) => {
    answerWith(bytes, { 'Content-Type': type });
    const answer = await ask('GET /xapi/statements?attachments=true', caller);
    expect(answer.header('Content-Type')).toBe(type);
    const text = answer.bytes.toString('latin1');
    const back = text.replace(/"\/xapi\/statements\?more=[\w-]+"/, LINK);
    expect(text).not.toContain(LINK);
    expect(Buffer.from(back, 'latin1').equals(bytes)).toBe(true);
  });

  it('leaves out the length of part 1, which has changed, and keeps those of the others', async () => {
    const json = `{"more":${LINK}}`;
    const bytes = multipart(
      'bnd',
      `Content-Type: application/json\r\nContent-Length: ${json.length}\r\nX-Other: 1`,
      json,
    );
    answerWith(bytes, { 'Content-Type': TYPE });
    const { body } = await ask('GET /xapi/statements?attachments=true', caller);
    expect(body.split('\r\n\r\n')[0]).toBe('--bnd\r\nContent-Type: application/json\r\nX-Other: 1');
  });

  it('is rewritten wherever its bytes are split', async () => {
    const bytes = multipart('bnd', 'Content-Type: application/json', `{"statements":[],"more":${LINK}}`);
    for (let at = 1; at < 130; at++) {
      scene.lrs.respond(
        (_request, res) => void inPieces(res, [bytes.subarray(0, at), bytes.subarray(at)], { 'Content-Type': TYPE }),
      );
      const answer = await ask('GET /xapi/statements?attachments=true', caller);
      const back = answer.bytes.toString('latin1').replace(/"\/xapi\/statements\?more=[\w-]+"/, LINK);
      expect(Buffer.from(back, 'latin1').equals(bytes)).toBe(true);
    }
  });

  it('passes as it is where the link is empty', async () => {
    const bytes = multipart('bnd', 'Content-Type: application/json', '{"statements":[],"more":""}');
    answerWith(bytes, { 'Content-Type': TYPE });
    const answer = await ask('GET /xapi/statements?attachments=true', caller);
    expect(answer.bytes.equals(bytes)).toBe(true);
  });
});

interface Page {
  statements: { id: string }[];
  more: string;
}

async function storeSome(gateway: RunningGateway, count: number): Promise<{ ids: string[]; headers: Headers }> {
  const { bearer } = await gateway.mint('all');
  const headers = { Authorization: bearer, ...VERSION_1, 'Content-Type': 'application/json' };
  const statements = Array.from({ length: count }, (_, n) => ({
    actor: { mbox: 'mailto:lea@example.org' },
    verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
    object: { id: `https://example.org/activities/${n}` },
  }));
  const response = await fetch(`${gateway.url}/xapi/statements`, {
    method: 'POST',
    headers,
    body: JSON.stringify(statements),
  });
  return { ids: (await response.json()) as string[], headers };
}

async function pageThrough(
  gateway: RunningGateway,
  query: string,
  headers: Headers,
): Promise<{ ids: string[]; links: string[] }> {
  const ids: string[] = [];
  const links: string[] = [];
  for (let next = `/xapi/statements?${query}`; next !== '' && links.length < 20;) {
    const response = await fetch(new URL(next, gateway.url), { headers });
    expect(response.status).toBe(200);
    const page = (await response.json()) as Page;
    ids.push(...page.statements.map(({ id }) => id));
    next = page.more;
    if (next !== '') links.push(next);
  }
  return { ids, links };
}

describe('following the links of the sample LRS to their end', () => {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    const credential = { username: 'gateway', password: 'a password' };
    lrs = await startSampleLrs({
      host: '127.0.0.1',
      port: 0,
      basePath: '/deep/inside/xAPI',
      credentials: [credential],
    });
    gateway = await startTestGateway({ lrsUrl: lrs.url, ...credential });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  it.each(['limit=3', 'limit=3&ascending=true', 'limit=4&agent=%7B%22mbox%22%3A%22mailto%3Alea%40example.org%22%7D'])(
    'returns every statement once for %s',
    async (query) => {
      const { ids, headers } = await storeSome(gateway, 10);
      const seen = await pageThrough(
        gateway,
        `${query}&since=${encodeURIComponent(await storedBefore(ids[0], headers))}`,
        headers,
      );
      expect([...seen.ids].sort()).toEqual([...ids].sort());
      for (const link of seen.links) expect(link).toMatch(PUBLIC_LINK);
    },
  );

  /** A time just before the first of these was stored. */
  async function storedBefore(id: string | undefined, headers: Headers): Promise<string> {
    const response = await fetch(`${gateway.url}/xapi/statements?statementId=${id}`, { headers });
    const { stored } = (await response.json()) as { stored: string };
    return new Date(Date.parse(stored) - 1).toISOString();
  }
});

describe('following the links of Learning Locker', () => {
  let lrs: LearningLocker;
  let gateway: RunningGateway;
  beforeAll(async () => {
    lrs = await startLearningLocker();
    gateway = await startTestGateway({ lrsUrl: lrs.url, username: lrs.username, password: lrs.password });
  }, 180_000);
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  it('returns every statement once', async () => {
    const { ids, headers } = await storeSome(gateway, 5);
    const seen = await pageThrough(gateway, 'limit=2', headers);
    expect([...seen.ids].sort()).toEqual([...ids].sort());
    for (const link of seen.links) expect(link).toMatch(PUBLIC_LINK);
  });

  it('gives the whole first page where the link itself is spoilt by the LRS', async () => {
    const { headers } = await storeSome(gateway, 2);
    const agent = encodeURIComponent(JSON.stringify({ mbox: 'mailto:lea@example.org' }));
    const response = await fetch(`${gateway.url}/xapi/statements?limit=1&agent=${agent}`, { headers });
    const page = (await response.json()) as Page;
    expect(page.statements).toHaveLength(1);
    expect(page.more).toMatch(PUBLIC_LINK);
    const next = await fetch(new URL(page.more, gateway.url), { headers });
    expect([200, 400]).toContain(next.status);
  });
});
