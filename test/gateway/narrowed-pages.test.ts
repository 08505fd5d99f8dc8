/**
 * Pages of statements that are narrowed to the caller's own: nothing lost, nothing twice, and nothing of anybody else's,
 * however the LRS writes them.
 *
 * @see xAPI 1.0.3 Part 2 §2.5, Part 3 §2.1.3
 */
import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordedRequest } from '../support/echo-lrs.ts';
import {
  ACTIVITY,
  authorityFor,
  LEA,
  query,
  readingScene,
  refTo,
  VERB,
  type Json,
  type Reader,
} from './reading-scene.ts';
import { gatewayScene, refusalOf, VERSION_1, type Asked, type Headers } from './support.ts';

describe('paging to the end', () => {
  const scene = readingScene(4);
  let [ann, bob]: Reader[] = [];
  beforeEach(async () => {
    [ann, bob] = [await scene.reader(), await scene.reader()];
  });
  const a = () => ann as Reader;
  const b = () => bob as Reader;

  /** Statements of others that the LRS finds by the same agent: only the gateway can tell that they are not Ann's. */
  const decoy = () => b().store({ actor: authorityFor(a().clientId) });

  async function interleaved(): Promise<string[]> {
    const own: string[] = [];
    for (const step of 'ab.aab..ba.....................a..b.a.a') {
      if (step === 'a') own.push(await a().store());
      else if (step === 'b') await b().store();
      else await decoy();
    }
    return own;
  }

  it.each([1, 2, 3, 4, 7, 0])('returns every own statement once, at most %i at a time', async (limit) => {
    const own = await interleaved();
    for (const ascending of [false, true]) {
      const text = query({ limit: String(limit), ascending: String(ascending) });
      const { ids } = await a().toTheEnd(text);
      expect(ids).toEqual(ascending ? own : own.toReversed());
      for (let page = await a().list(text); page.more !== ''; page = await a().list('', page.more))
        expect(page.ids.length).toBeLessThanOrEqual(limit === 0 ? 4 : limit);
    }
  });

  it('keeps to the filters of the query, and to what targets fulfil them, on every page', async () => {
    const wanted = { id: 'http://example.org/verbs/wanted' };
    const expected: string[] = [];
    for (let n = 0; n < 4; n++) {
      const [own, others] = [await a().store({ verb: wanted }), await b().store({ verb: wanted })];
      const ref = await a().store({ object: refTo(own) });
      await a().store({ object: refTo(others) });
      await a().store();
      expected.unshift(ref, own);
    }
    for (const limit of ['1', '2', '3'])
      expect((await a().toTheEnd(query({ verb: wanted.id, limit }))).ids).toEqual(expected);
  });

  it('shows no page of which nothing is left, but the end', async () => {
    const own = await a().store();
    for (let n = 0; n < 9; n++) await decoy();
    expect(await a().list('limit=2')).toMatchObject({ ids: [own], more: '' });
    const { pages } = await a().toTheEnd('limit=2');
    expect(pages).toBe(1);
  });

  it('gives an empty page with a link where there is too much to pass over in one call', async () => {
    const own = await a().store();
    for (let n = 0; n < 60; n++) await decoy();
    const first = await a().list('limit=1');
    expect(first).toMatchObject({ status: 200, ids: [] });
    expect(await a().list('', first.more)).toMatchObject({ ids: [own], more: '' });
  });

  it('neither repeats nor loses anything where statements are stored between two pages', async () => {
    const own = await interleaved();
    const first = await a().list('limit=2&ascending=true');
    const [late] = [await a().store(), await decoy(), await b().store()];
    const ids = [...first.ids];
    for (let { more } = first; more !== '';) {
      const page = await a().list('', more);
      ids.push(...page.ids);
      more = page.more;
    }
    expect(ids).toEqual([...own, late]);
    const newest = await a().list('limit=2');
    await a().store();
    const rest: string[] = [];
    for (let { more } = newest; more !== '';) {
      const page = await a().list('', more);
      rest.push(...page.ids);
      more = page.more;
    }
    expect([...newest.ids, ...rest]).toEqual([late, ...own.toReversed()]);
  });

  it('follows no link of another client, and narrows the one of a token that could read more', async () => {
    await interleaved();
    const { more } = await a().list('limit=1');
    const stolen = await fetch(`${scene.gateway.url}${more}`, { headers: b().headers });
    expect(stolen.status).toBe(400);

    const broad = await scene.reader('statements/read');
    const own = await broad.store();
    for (let n = 0; n < 3; n++) await b().store();
    const { more: everything } = await broad.list('limit=1');
    await scene.gateway.clients.change(broad.clientId, (was) => ({ ...was, scope: 'statements/read/mine' }));
    expect(await broad.list('', everything)).toMatchObject({ status: 200, ids: [own] });
  });

  it('is answered to HEAD without a length and without a body', async () => {
    await interleaved();
    const response = await a().ask('limit=1', {}, 'HEAD');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-length')).toBeNull();
    expect(response.headers.get('x-experience-api-version')).toBe('1.0.3');
  });
});

describe('attachments', () => {
  const scene = readingScene(3);

  function part(content: string, hash = createHash('sha256').update(content).digest('hex')): string {
    const head = `Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: ${hash}`;
    return `\r\n--of-parts\r\n${head}\r\n\r\n${content}`;
  }

  function declared(content: string): Json {
    const sha2 = createHash('sha256').update(content).digest('hex');
    const usageType = 'http://example.org/usage';
    return {
      usageType,
      display: { en: 'x' },
      contentType: 'text/plain',
      length: content.length,
      sha2: sha2.toUpperCase(),
    };
  }

  function storeWith(reader: Reader, contents: string[], statement: Json = {}): Promise<string> {
    return reader.store(
      { ...statement, ...(contents.length > 0 && { attachments: contents.map(declared) }) },
      { boundary: 'of-parts', parts: contents.map((content) => part(content)).join('') },
    );
  }

  async function partsOf(reader: Reader, text: string): Promise<string[]> {
    const response = await reader.ask(text);
    expect(response.status).toBe(200);
    const boundary = /boundary=(\S+)/.exec(response.headers.get('content-type') ?? '')?.[1] ?? '';
    const body = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect(body.startsWith(`--${boundary}\r\n`)).toBe(true);
    expect(body.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
    return body
      .slice(0, -`\r\n--${boundary}--\r\n`.length)
      .split(new RegExp(`(?:^|\r\n)--${boundary}\r\n`))
      .slice(1);
  }

  it('of the own statements come with them, and no others', async () => {
    const [ann, bob] = [await scene.reader(), await scene.reader()];
    const about = { actor: authorityFor(ann.clientId) };
    const first = await storeWith(ann, ['of Ann\r\n--of-part\r\n--', 'of Ann too']);
    await storeWith(bob, ['of Bob'], about);
    const second = await storeWith(ann, ['third of Ann']);
    const [json = '', ...attached] = await partsOf(ann, 'attachments=true');
    const result = JSON.parse(json.slice(json.indexOf('\r\n\r\n'))) as { statements: Json[] };
    expect(result).toMatchObject({ statements: [{ id: second }, { id: first }], more: '' });
    expect(attached.map((one) => `\r\n--of-parts\r\n${one}`).sort()).toEqual(
      ['of Ann\r\n--of-part\r\n--', 'of Ann too', 'third of Ann'].map((content) => part(content)).sort(),
    );
  });

  it('of SubStatements come as well', async () => {
    const ann = await scene.reader();
    const object = {
      objectType: 'SubStatement',
      actor: LEA,
      verb: VERB,
      object: ACTIVITY,
      attachments: [declared('sub')],
    };
    await ann.store({ object }, { boundary: 'of-parts', parts: part('sub') });
    const [, ...attached] = await partsOf(ann, 'attachments=true');
    expect(attached).toHaveLength(1);
  });

  it('come page by page, with pages of which nothing is left passed over', async () => {
    const [ann, bob] = [await scene.reader(), await scene.reader()];
    const id = await storeWith(ann, ['one']);
    for (let n = 0; n < 7; n++) await storeWith(bob, [`of Bob ${n}`], { actor: authorityFor(ann.clientId) });
    const [json = '', ...attached] = await partsOf(ann, 'attachments=true&limit=2');
    expect(json).toContain(id);
    expect(attached).toHaveLength(1);
  });

  it('of one statement come with it, and not for somebody else', async () => {
    const [ann, bob] = [await scene.reader(), await scene.reader()];
    const id = await storeWith(ann, ['one', 'two']);
    expect(await partsOf(ann, `statementId=${id}&attachments=true`)).toHaveLength(3);
    const refused = await bob.ask(`statementId=${id}&attachments=true`);
    expect([refused.status, (await refused.text()).includes('two')]).toEqual([404, false]);
  });
});

describe('an LRS', () => {
  const scene = gatewayScene({ lrsRegistration: { authority: 'kept' } });
  let caller: Headers;
  let statements: Json[];
  beforeEach(async () => {
    const { bearer, client } = await scene.gateway.mint('statements/read/mine');
    caller = { Authorization: bearer, ...VERSION_1 };
    const authority = authorityFor(client.client_id);
    statements = [
      { id: 'own', actor: LEA, authority },
      { id: 'also about itself', actor: authority, authority },
      { id: 'of another', actor: LEA, authority: LEA },
    ];
  });

  /** @param found by the own agent, broadly. */
  function finds(found: (statement: Json) => boolean, status = 200): void {
    scene.lrs.respond(({ url }, res) => {
      const isNarrowed = url.includes('related_agents=true');
      res.writeHead(isNarrowed ? status : 200, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify({ statements: isNarrowed ? statements.filter(found) : statements, more: '' }));
    });
  }

  const read = async () => {
    const { status, body, upstream } = await scene.ask('GET /xapi/statements?limit=5', caller);
    const ids = (JSON.parse(body) as { statements: { id: string }[] }).statements.map(({ id }) => id);
    return { status, ids, narrowed: upstream.map(({ url }) => url.includes('related_agents=true')) };
  };

  it('that knows an agent only as actor, as Ralph does, is asked for everything: nothing of the own is lost', async () => {
    finds(({ actor, authority }) => actor === authority);
    const expected = { status: 200, ids: ['own', 'also about itself'], narrowed: [true, false] };
    expect(await read()).toEqual(expected);
    expect(await read()).toEqual(expected);
  });

  it('that knows an agent in the context as well, but not as authority, is asked for everything', async () => {
    const [{ authority }] = statements as [Json];
    statements.push({ id: 'taught by itself', actor: LEA, context: { instructor: authority }, authority });
    finds(({ context }) => context !== undefined);
    expect(await read()).toMatchObject({
      ids: ['own', 'also about itself', 'taught by itself'],
      narrowed: [true, false],
    });
  });

  it('that refuses to be asked so is asked for everything', async () => {
    finds(() => false, 400);
    expect(await read()).toMatchObject({ status: 200, ids: ['own', 'also about itself'], narrowed: [true, false] });
  });

  it('that has shown once that it finds statements by their authority is asked for these from then on', async () => {
    finds(({ authority }) => authority !== LEA);
    expect((await read()).narrowed).toEqual([true, true]);
    expect(await read()).toEqual({ status: 200, ids: ['own', 'also about itself'], narrowed: [true] });
  });
});

describe('what an LRS answers', () => {
  const scene = gatewayScene({ lrsRegistration: { authority: 'kept' } });
  const { ask } = scene;
  let caller: Headers;
  let own: (name: string, more?: Json) => string;
  beforeAll(async () => {
    const { bearer, client } = await scene.gateway.mint('statements/read/mine');
    caller = { Authorization: bearer, ...VERSION_1 };
    own = (name, more = {}) => JSON.stringify({ id: name, ...more, authority: authorityFor(client.client_id) });
  });
  const foreign = (name: string) => JSON.stringify({ id: name, authority: authorityFor('somebody-else') });

  function answerWith(text: string | Buffer, headers: Record<string, string> = {}, status = 200): void {
    scene.lrs.respond(
      (_request, res) => void res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text),
    );
  }

  const idsIn = ({ body }: Asked) =>
    (JSON.parse(body) as { statements: { id: string }[] }).statements.map(({ id }) => id);

  describe('is asked so that', () => {
    const asked = async (text: string, more: Headers = {}, method = 'GET') => {
      answerWith('{"statements":[],"more":""}');
      const { upstream } = await ask(`${method} /xapi/statements${text}`, { ...caller, ...more });
      return upstream[0] as RecordedRequest;
    };
    const parametersOf = ({ url }: RecordedRequest) => Object.fromEntries(new URL(url, 'http://lrs').searchParams);

    beforeAll(async () => {
      answerWith(`{"statements":[${own('found by its authority')}]}`);
      expect((await ask('GET /xapi/statements', caller)).upstream).toHaveLength(2);
    });

    it('it leaves out what it can: with the own authority as related agent', async () => {
      const { agent = '', ...others } = parametersOf(await asked('?verb=http%3A%2F%2Fa.example%2Fv&limit=3'));
      expect(others).toEqual({ verb: 'http://a.example/v', limit: '3', related_agents: 'true' });
      expect(JSON.parse(agent)).toMatchObject({ account: { homePage: 'https://lrs.example.org/oauth2/token' } });
    });

    it('the caller’s own agent stays as it was written', async () => {
      const text = '?agent=%7b%22mbox%22:%22mailto:a@b.example%22%7D&related_agents=false';
      expect((await asked(text)).url).toBe(`/lrs/xapi/statements${text}`);
    });

    it('one statement is asked for with nothing else', async () => {
      expect((await asked('?statementId=12&format=exact')).url).toBe(
        '/lrs/xapi/statements?statementId=12&format=exact',
      );
    });

    it('a page is asked for as its link says, and held to the query that the listing began with', async () => {
      answerWith(`{"statements":[${own('1')}],"more":"/lrs/more/1"}`);
      const first = await ask('GET /xapi/statements?verb=v:v', caller);
      const { more } = JSON.parse(first.body) as { more: string };
      const [kept, dropped] = [own('2', { object: refTo('x'), verb: { id: 'v:v' } }), own('3', { object: refTo('x') })];
      scene.lrs.respond(({ url }, res) => {
        if (url === '/lrs/more/1') res.writeHead(200, { 'Content-Type': 'application/json' });
        else res.writeHead(404);
        res.end(`{"statements":[${kept},${dropped}],"more":""}`);
      });
      const second = await ask(`GET ${more}`, caller);
      expect(second.body).toBe(`{"statements":[${kept}],"more":""}`);
      expect(second.upstream.map(({ url }) => url)).toEqual([
        '/lrs/more/1',
        '/lrs/xapi/statements?statementId=x',
        '/lrs/xapi/statements?voidedStatementId=x',
      ]);
    });

    it.each(['?', '?statementId=12'])('no condition, range or encoding reaches it (%s)', async (text) => {
      const conditions = {
        'If-None-Match': '"e"',
        'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT',
        If_Match: '"e"',
        'If-Range': '"e"',
        Range: 'bytes=0-9',
        Accept_Encoding: 'br',
        'Accept-Encoding': 'gzip',
        'Want-Digest': 'sha-256',
        'Accept-Language': 'fi',
      };
      const { headers, method } = await asked(text, conditions, 'HEAD');
      expect(method).toBe('GET');
      expect(headers).toMatchObject({ 'accept-encoding': 'identity', 'accept-language': 'fi' });
      expect(Object.keys(headers).filter((name) => /^(if|range|want|accept_)/.test(name))).toEqual([]);
    });
  });

  describe('is filtered, and every kept statement stays as it was written:', () => {
    const LINK = '/lrs/more/1';

    it.each<[string, (o: (name: string) => string, f: (name: string) => string) => string, string[], boolean]>([
      [
        'the more before',
        (o, f) => `{"more":"${LINK}","statements":[${o('1')},${f('2')},${o('3')}]}`,
        ['1', '3'],
        true,
      ],
      ['only others at the ends', (o, f) => `{"statements":[${f('1')},${o('2')},${f('3')}],"more":""}`, ['2'], false],
      [
        'spacing',
        (o, f) => `\r\n{ "statements" :\t[ ${f('1')}\n, ${o('2')} , ${o('3')} ] , "more" : "${LINK}" }\n`,
        ['2', '3'],
        true,
      ],
      [
        'escaped keys',
        (o, f) => `{"st\\u0061tements":[${o('1')},${f('2')}],"m\\u006fre":"\\/lrs\\/more\\/1"}`,
        ['1'],
        true,
      ],
      ['no more', (o, f) => `{"statements":[${f('1')},${o('2')}]}`, ['2'], false],
      ['more as null', (o) => `{"statements":[${o('2')}],"more":null}`, ['2'], false],
      ['a byte order mark', (o, f) => `\ufeff{"statements":[${o('1')},${f('2')}],"more":""}`, ['1'], false],
      [
        'other lists, objects and counts beside, which may be about others',
        (o, f) =>
          `{"total":2,"x":{"statements":[${f('1')}],"more":"/x"},"y":[[{}]],"statements":[${o('2')}],"more":"","z":"}"}`,
        ['2'],
        false,
      ],
      [
        'nested names, brackets and quotes within a statement',
        (o) =>
          `{"statements":[${o('1').replace('{', '{"result":{"extensions":{"statements":[{"more":"]}"}],"q":"\\"}]\\\\"}},')}],"more":""}`,
        ['1'],
        false,
      ],
      [
        'numbers and escapes',
        (o) => `{"statements":[${o('1').replace('{', '{"n":1.50,"e":"\\u00e4ä\u{1F600}",')}],"more":""}`,
        ['1'],
        false,
      ],
    ])('%s', async (_what, textOf, kept, hasMore) => {
      const text = textOf(own, foreign);
      for (const pieces of [[Buffer.from(text)], [...Buffer.from(text)].map((byte) => Buffer.from([byte]))]) {
        scene.lrs.respond((_request, res) => void inPieces(res, pieces));
        const answer = await ask('GET /xapi/statements', caller);
        expect(idsIn(answer)).toEqual(kept);
        const { more, ...others } = JSON.parse(answer.body) as { more: string };
        expect(Object.keys(others)).toEqual(['statements']);
        expect(more === '').toBe(!hasMore);
        for (const [whole] of text.matchAll(/\{[^{}]*"id":"(\d)".*?\}\}/g))
          if (kept.includes(/"id":"(\d)"/.exec(whole)?.[1] ?? '') && !whole.includes('extensions'))
            expect(answer.body).toContain(whole.trim());
      }
    });

    it('wherever its bytes are split', async () => {
      const text = `{"more":"${LINK}","statements":[${own('ä1')},${foreign('2')},${own('3', { a: '\\"}]' })}],"x":{}}`;
      const bytes = Buffer.from(text);
      let whole: string | undefined;
      for (let at = 0; at < bytes.length; at += 7) {
        scene.lrs.respond((_request, res) => void inPieces(res, [bytes.subarray(0, at), bytes.subarray(at)]));
        const { body } = await ask('GET /xapi/statements', caller);
        whole ??= body;
        expect(body).toBe(whole);
      }
      expect(whole).toContain(`{"statements":[${own('ä1')},${own('3', { a: '\\"}]' })}],"more":"/xapi/`);
    });

    it('without what was said of the whole', async () => {
      answerWith(`{"statements":[${own('1')},${foreign('2')}],"more":""}`, {
        ETag: '"whole"',
        'Last-Modified': 'Fri, 01 Jan 2027 00:00:00 GMT',
        'Content-MD5': 'AAAA',
        Digest: 'sha-256=AAAA',
        'X-Total-Count': '2',
        'X-Experience-API-Version': '1.0.3',
        'X-Experience-API-Consistent-Through': '2026-01-01T00:00:00Z',
        'Cache-Control': 'no-store',
      });
      const answer = await ask('GET /xapi/statements', caller);
      for (const name of ['ETag', 'Last-Modified', 'Content-MD5', 'Digest', 'X-Total-Count', 'Content-Length'])
        expect([name, answer.header(name)]).toEqual([name, undefined]);
      expect(answer.header('X-Experience-API-Consistent-Through')).toBe('2026-01-01T00:00:00Z');
      expect(answer.header('X-Experience-API-Version')).toBe('1.0.3');
      expect(answer.header('Cache-Control')).toBe('no-store');
    });

    it('also where the page is far larger than what may be held of it', async () => {
      const pad = { pad: 'x'.repeat(50_000) };
      const statements = Array.from({ length: 20 }, (_, n) => (n % 2 ? foreign(`${n}`) : own(`${n}`, pad)));
      answerWith(`{"statements":[${statements.join(',')}],"more":""}`);
      expect(idsIn(await ask('GET /xapi/statements', caller))).toHaveLength(10);
    });
  });

  describe('is refused with 502, and nothing of it goes on, where it is', () => {
    it.each<[string, string]>([
      ['two lists', `{"statements":[],"statements":[${foreign('1')}]}`],
      ['two lists in two spellings', `{"statements":[],"st\\u0061tements":[${foreign('1')}]}`],
      ['two links', '{"more":"/a","statements":[],"more":"/b"}'],
      ['a list alone', `[${foreign('1')}]`],
      ['a statement alone', foreign('1')],
      ['no list', '{"more":""}'],
      ['an object for a list', '{"statements":{"0":{}}}'],
      ['a string for a list', '{"statements":"[]"}'],
      ['a number for a list', '{"statements":1}'],
      ['statements that are none', '{"statements":["a"]}'],
      ['statements that are lists', `{"statements":[[${foreign('1')}]]}`],
      ['statements that are null', '{"statements":[null]}'],
      ['a link that is none', '{"statements":[],"more":5}'],
      ['a link that is an object', '{"statements":[],"more":{}}'],
      ['an object after the object', `{"statements":[]}{"statements":[${foreign('1')}]}`],
      ['text after the object', '{"statements":[]} x'],
      ['text before the object', 'x{"statements":[]}'],
      ['cut short', '{"statements":[{"id":"1"'],
      ['cut short after the list', '{"statements":[]'],
      ['brackets that do not match', '{"statements":[}]'],
      ['a statement that is no JSON', '{"statements":[{"id":1,}]}'],
      ['empty', ''],
      ['a page of HTML', '<html></html>'],
      ['a statement larger than may be held', `{"statements":[${JSON.stringify({ pad: 'x'.repeat(100_001) })}]}`],
      ['a link longer than any', `{"more":"/${'x'.repeat(70_000)}","statements":[]}`],
    ])('%s', async (_what, text) => {
      answerWith(text);
      const answer = await ask('GET /xapi/statements', caller);
      expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
    });

    it.each([
      ['in parts without an end', '--b\r\nContent-Type: application/json\r\n\r\n{"statements":[]'],
      ['in no parts', 'preamble'],
      ['in parts of which the first is no list', '--b\r\n\r\n[]\r\n--b--'],
    ])('%s', async (_what, text) => {
      answerWith(text, { 'Content-Type': 'multipart/mixed; boundary=b' });
      expect((await ask('GET /xapi/statements?attachments=true', caller)).status).toBe(502);
    });

    it.each([
      ['another success', 203, {}],
      ['a part', 206, { 'Content-Range': 'bytes 0-1/9' }],
      ['not modified', 304, {}],
      ['in an encoding', 200, { 'Content-Encoding': 'x-own' }],
    ])('%s', async (_what, status, headers) => {
      for (const text of ['', '?statementId=12']) {
        answerWith(status === 304 ? '' : `{"statements":[${foreign('secret')}]}`, headers, status);
        const answer = await ask(`GET /xapi/statements${text}`, caller);
        expect([answer.status, answer.body.includes('secret')]).toEqual([502, false]);
      }
    });

    it.each(['[]', '1', '"a"', 'null', '{', ''])('for one statement: %j', async (text) => {
      answerWith(text);
      expect([404, 502]).toContain((await ask('GET /xapi/statements?statementId=12', caller)).status);
    });
  });

  it('is cut off where it turns out to be none only later, so that nobody takes it for the whole', async () => {
    scene.lrs.respond((_request, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' }).write(`{"statements":[${own('1')},`);
      setTimeout(() => res.end('"x"],"more":""}'), 50);
    });
    const answer = await ask('GET /xapi/statements', caller);
    expect(answer).toMatchObject({ status: 200, complete: false });
  });

  it.each([400, 403, 404, 413, 429, 500, 503])('goes on as it is where it is %i', async (status) => {
    answerWith('{"its":"own words"}', { 'Retry-After': '7' }, status);
    const answer = await ask('GET /xapi/statements', caller);
    expect(answer).toMatchObject({ status, body: '{"its":"own words"}' });
    expect(answer.header('Retry-After')).toBe('7');
  });

  it('says of how far a list is complete what was said of the first of its pages: what came since may be missing', async () => {
    answerWith(`{"statements":[${own('1')}],"more":""}`);
    await ask('GET /xapi/statements', caller);
    scene.lrs.respond(({ url }, res) => {
      const second = url.endsWith('/more/2');
      const through = `2026-01-01T00:00:0${second ? 2 : 1}Z`;
      res.writeHead(200, { 'Content-Type': 'application/json', 'X-Experience-API-Consistent-Through': through });
      res.end(second ? `{"statements":[${own('2')}]}` : `{"statements":[${foreign('1')}],"more":"/more/2"}`);
    });
    const answer = await ask('GET /xapi/statements', caller);
    expect(idsIn(answer)).toEqual(['2']);
    expect(answer.header('X-Experience-API-Consistent-Through')).toBe('2026-01-01T00:00:01Z');
  });

  it('is an error of the LRS where a statement on which the list depends cannot be looked up', async () => {
    const ref = own('1', { object: refTo('x') });
    scene.lrs.respond(({ url }, res) => {
      res.writeHead(url.includes('statementId') ? 500 : 200, { 'Content-Type': 'application/json' });
      res.end(`{"statements":[${ref}],"more":""}`);
    });
    expect((await ask('GET /xapi/statements?verb=v:v', caller)).status).toBe(502);
    expect((await ask('GET /xapi/statements', caller)).status).toBe(200);
  });

  it('knows a part without content as one', async () => {
    const empty = createHash('sha256').digest('hex');
    const mine = own('1', { attachments: [{ sha2: empty }] });
    const head = (hash: string) => `\r\n--b\r\nX-Experience-API-Hash: ${hash}`;
    const text = `--b\r\n\r\n{"statements":[${mine}]}${head(empty)}\r\n${head('of-another')}\r\n\r\nsecret\r\n--b--`;
    answerWith(text, { 'Content-Type': 'multipart/mixed; boundary=b' });
    const { body } = await ask('GET /xapi/statements?attachments=true', caller);
    expect(body).toBe(`--b\r\n\r\n{"statements":[${mine}],"more":""}${head(empty)}\r\n\r\n\r\n--b--\r\n`);
  });

  it('keeps of several parts only those that a kept statement declares, byte by byte', async () => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const file = (text: string, head = `X-Experience-API-Hash: ${hash(text)}`) =>
      `\r\n--b\r\nA: b\r\n${head}\r\n\r\n${text}`;
    const mine = own('1', { attachments: [{ sha2: hash('mine') }, { sha2: hash('\r\n--bx') }, { sha2: hash('') }] });
    const others = JSON.stringify({ id: '2', attachments: [{ sha2: hash('theirs') }] });
    const json = `\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"statements":[${mine},${others}],"more":""}`;
    const parts = [
      file('theirs'),
      file('mine'),
      file('nobody', 'X-Other: 1'),
      file('\r\n--bx'),
      file('twice', `X-Experience-API-Hash: ${hash('mine')}\r\nX-Experience-API-Hash: ${hash('theirs')}`),
      file(''),
    ];
    const text = Buffer.from(`ignored\r\n--b${json}${parts.join('')}\r\n--b--\r\nignored`);
    const expected = `--b\r\nContent-Type: application/json\r\n\r\n{"statements":[${mine}],"more":""}${parts[1]}${parts[3]}${parts[5]}\r\n--b--\r\n`;
    for (const size of [1, 2, 3, 5, 64, text.length]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
        text.subarray(n * size, (n + 1) * size),
      );
      scene.lrs.respond((_request, res) => void inPieces(res, pieces, 'multipart/mixed; boundary="b"'));
      const answer = await ask('GET /xapi/statements?attachments=true', caller);
      expect([size, answer.body]).toEqual([size, expected]);
    }
  });

  it('ends with the caller: nothing is asked any more for one that has gone', async () => {
    let asked = 0;
    scene.lrs.respond((_request, res) => {
      asked += 1;
      res.writeHead(200, { 'Content-Type': 'application/json' });
      setTimeout(() => res.end(`{"statements":[${foreign(randomUUID())}],"more":"/lrs/more/${asked}"}`), 20);
    });
    await ask('GET /xapi/statements', caller, undefined, { timeoutMs: 100 }).catch(() => undefined);
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(asked - before).toBeLessThanOrEqual(2);
  });
});

async function inPieces(res: ServerResponse, pieces: Buffer[], contentType = 'application/json'): Promise<void> {
  res.writeHead(200, { 'Content-Type': contentType });
  for (const piece of pieces) {
    res.write(piece);
    await nextTurn();
  }
  res.end();
}
