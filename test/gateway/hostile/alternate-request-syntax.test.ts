/** A POST whose form is the real request: every way in which it could be two requests at once. @see xAPI 1.0.3 Part 3 §1.3 */
import {
  chunked,
  expectRefused,
  FORGED,
  FORM,
  head,
  hostileScene,
  LRS_AUTHORIZATION,
  STATE,
  STATEMENTS,
  VERSION,
  type Sent,
} from './support.ts';

const scene = hostileScene();
let writer: string;
let reader: string;
beforeAll(async () => {
  writer = (await scene.gateway.mint('statements/write')).bearer;
  reader = (await scene.gateway.mint('statements/read')).bearer;
});

type Fields = Record<string, string>;

const encoded = (fields: Fields) => new URLSearchParams(fields).toString();

/** A form with nothing in the head but what is given. */
function form(target: string, body: string, ...lines: string[]): Promise<Sent> {
  const type = lines.some((line) => /^content-type:/i.test(line)) ? [] : [`Content-Type: ${FORM}`];
  return scene.send(head(`POST ${target}`, ...type, ...lines, `Content-Length: ${Buffer.byteLength(body)}`) + body);
}

const good = (): Fields => ({ Authorization: scene.authorized.slice(15), 'X-Experience-API-Version': '1.0.3' });

describe('trap: POST ?method=GET reads with a token that may only write', () => {
  it.each(['GET', 'HEAD'])('not here: %s is 403, and the LRS is not asked, wherever the token is', async (method) => {
    const inForm = await form(
      `${STATEMENTS}?method=${method}`,
      encoded({ Authorization: writer, limit: '1' }),
      VERSION,
    );
    const inHeader = await form(`${STATEMENTS}?method=${method}`, 'limit=1', VERSION, `Authorization: ${writer}`);
    for (const sent of [inForm, inHeader]) expect(expectRefused(sent, 403).error).toBe('insufficient_scope');
  });

  it.each(['PUT', 'POST'])('nor does %s write with a token that may only read', async (method) => {
    const fields = { Authorization: reader, content: '{}' };
    expectRefused(await form(`${STATEMENTS}?method=${method}`, encoded(fields), VERSION), 403);
  });

  it('nor is what was decided upon another resource than the one that is asked', async () => {
    const fields = { ...good(), Authorization: reader, activityId: 'a', agent: 'b' };
    expectRefused(await form('/xapi/activities/state?method=GET', encoded(fields)), 403);
  });

  it('and the caller’s token in the form never reaches the LRS', async () => {
    const sent = await form(`${STATEMENTS}?method=GET`, encoded({ Authorization: reader, limit: '1' }), VERSION);
    expect(sent.status).toBe(200);
    expect(sent.upstream).toMatchObject([
      {
        method: 'GET',
        url: '/lrs/xapi/statements?limit=1',
        bodyLength: 0,
        headers: { authorization: LRS_AUTHORIZATION },
      },
    ]);
    expect(JSON.stringify(sent.upstream)).not.toContain(reader.slice(7));
  });
});

describe('method in a spelling, a number or a place that servers read differently', () => {
  it.each([
    '?METHOD=GET',
    '?Method=GET',
    '?mEthod=GET',
    '?method=GET&method=PUT',
    '?method=PUT&method=GET',
    '?method=GET&Method=PUT',
    '?METHOD=PUT&method=GET',
    '?method=GET&limit=1',
    '?statementId=a&method=PUT',
    '?method=get',
    '?method=Get',
    '?method= GET'.replace(' ', '%20'),
    '?method=GET%00',
    '?method=GET%0d%0a',
    '?method=GET,PUT',
    '?method=PATCH',
    '?method=OPTIONS',
    '?method=TRACE',
    '?method=CONNECT',
    '?method=constructor',
    '?method=__proto__',
    '?method=',
    '?method',
    '?method[]=GET',
    '?method[0]=GET',
    '?_method=GET',
    '?method%00=GET',
    '?method%20=GET',
    '?%20method=GET',
    '?;method=GET',
    '??method=GET',
  ])('is 400: %s', async (query) => {
    expectRefused(await form(STATEMENTS + query, encoded({ ...good(), content: '{}' })), 400);
  });

  it('is the same with its name percent-encoded: the request is read as a form, not passed on', async () => {
    for (const query of ['?%6dethod=GET', '?metho%64=GET']) {
      const sent = await form(STATEMENTS + query, encoded({ Authorization: reader }), VERSION);
      expect(sent.upstream.map(({ method, url }) => [method, url])).toEqual([['GET', '/lrs/xapi/statements']]);
      expectRefused(await form(STATEMENTS + query, encoded({ Authorization: writer }), VERSION), 403);
    }
  });

  it('is a parameter that is not there, where it stands in the form', async () => {
    expectRefused(await form(`${STATEMENTS}?method=GET`, encoded({ ...good(), method: 'PUT' })), 400);
    expectRefused(await form(`${STATEMENTS}?method=GET`, encoded({ ...good(), METHOD: 'PUT' })), 400);
  });

  it.each(['GET', 'PUT', 'DELETE'])('is 400 with %s, which is a plain request', async (method) => {
    expectRefused(await scene.send(scene.head(`${method} ${STATEMENTS}?method=GET`)), 400);
  });

  it('is 400 with HEAD, without a body', async () => {
    const sent = await scene.send(scene.head(`HEAD ${STATEMENTS}?method=GET`));
    expect(sent).toMatchObject({ status: 400, body: '', upstream: [] });
  });

  it('is 404 on what is no resource, whatever the form says', async () => {
    expectRefused(await form('/xapi/nowhere?method=GET', encoded(good())), 404);
  });
});

describe('the form', () => {
  const get = (body: string, ...lines: string[]) => form(`${STATEMENTS}?method=GET`, body, ...lines);

  it('400 where there is a token in the form and another, or the same, in the header', async () => {
    for (const inHeader of [
      scene.authorized,
      `Authorization: ${writer}`,
      'Authorization: Basic YTpi',
      'Authorization:',
    ])
      expect(expectRefused(await get(encoded(good()), inHeader), 400).error_description).toMatch(/not both/);
  });

  it.each(['Authorization', 'authorization', 'AUTHORIZATION'])('reads the token under %s', async (name) => {
    expect((await get(encoded({ [name]: reader }), VERSION)).status).toBe(200);
  });

  it.each([
    ['Authorization twice', () => `Authorization=${encodeURIComponent(reader)}&Authorization=x`],
    ['Authorization twice in different case', () => `Authorization=${encodeURIComponent(reader)}&authorization=x`],
    ['a parameter twice', () => `${encoded(good())}&limit=1&limit=2`],
    ['a parameter twice in different case', () => `${encoded(good())}&limit=1&LIMIT=2`],
    ['a parameter twice, once encoded', () => `${encoded(good())}&limit=1&%6cimit=2`],
    ['content with a GET', () => encoded({ ...good(), content: '{}' })],
    ['an unknown parameter', () => encoded({ ...good(), foo: 'bar' })],
    ['a parameter in the wrong case', () => encoded({ ...good(), Limit: '1' })],
    ['__proto__', () => encoded({ ...good() }) + '&__proto__=a'],
    ['__proto__ with brackets', () => encoded(good()) + '&__proto__[limit]=1'],
    ['constructor', () => encoded({ ...good(), constructor: 'a' })],
    ['a header that is no field of the syntax', () => encoded({ ...good(), 'X-Hallpass-Client': FORGED })],
    ['Cookie', () => encoded({ ...good(), Cookie: FORGED })],
    ['Host', () => encoded({ ...good(), Host: 'forged.test' })],
    ['Transfer-Encoding', () => encoded({ ...good(), 'Transfer-Encoding': 'chunked' })],
    ['Connection', () => encoded({ ...good(), Connection: 'Authorization' })],
    ['an empty name', () => `${encoded(good())}&=a`],
    ['JSON instead of a form', () => JSON.stringify(good())],
    ['a more link that was never given', () => encoded({ ...good(), more: 'abc' })],
    ['no scheme before the token', () => encoded({ ...good(), Authorization: reader.slice(7) + ' x:' })],
  ])('4xx, and the LRS is not asked, where it has %s', async (_name, body) => {
    const sent = await get(body());
    expect(sent.upstream).toEqual([]);
    expect([400, 401]).toContain(expectRefused(sent, sent.status ?? 0).status);
  });

  it.each(['If-Match', 'If-None-Match', 'X-Experience-API-Version', 'Content-Type'])(
    'cannot start a header, or a request, of its own: CRLF in %s',
    async (name) => {
      const endings = [
        '\r\nX-Hallpass-Client: forged',
        '\nX-Hallpass-Client: forged',
        '\rX: forged',
        '\0',
        '\x0b',
        'é',
        '\u{1f600}',
      ];
      for (const ending of [...endings, '\r\n\r\nGET /lrs/xapi/forged HTTP/1.1\r\nHost: a\r\n\r\n']) {
        const fields = { ...good(), activityId: 'a', agent: 'b', stateId: 'c', content: '{}', [name]: `"a"${ending}` };
        expectRefused(await form('/xapi/activities/state?method=PUT', encoded(fields)), 400);
      }
    },
  );

  it('cannot start one through Authorization either', async () => {
    const fields = { ...good(), Authorization: `${reader}\r\nX-Hallpass-Client: forged` };
    expectRefused(await get(encoded(fields)), 400);
  });

  it('may have CRLF in a parameter and in content, where it is data', async () => {
    const fields = { ...good(), activityId: 'a\r\nX: b', agent: 'c', stateId: 'd', content: 'e\r\n\r\nGET / HTTP/1.1' };
    const sent = await form('/xapi/activities/state?method=PUT', encoded(fields));
    expect(sent.upstream.map(({ method, url, body }) => [method, url, body.toString()])).toEqual([
      ['PUT', '/lrs/xapi/activities/state?activityId=a%0D%0AX%3A%20b&agent=c&stateId=d', fields.content],
    ]);
  });

  it('does not say how long the body is: Content-Length in it is passed over', async () => {
    for (const length of ['0', '2', '-1', '99999', 'forged', '2\r\nX: forged']) {
      const sent = await form(
        `${STATEMENTS}?method=POST`,
        encoded({ ...good(), content: '{"a":1}', 'Content-Length': length }),
      );
      expect(sent.upstream.map(({ headers, body }) => [headers['content-length'], body.toString()])).toEqual([
        ['7', '{"a":1}'],
      ]);
    }
  });

  it.each([
    ['another type', 'Content-Type: application/json'],
    ['a type that only begins so', `Content-Type: ${FORM}x`],
    ['no type', 'Content-Type:'],
  ])('400 where it has %s', async (_name, line) => {
    expectRefused(await get(encoded(good()), line), 400);
  });

  it('its Content-Encoding is not the LRS’s to undo', async () => {
    const sent = await get(encoded(good()), 'Content-Encoding: gzip');
    expect(sent.upstream.map(({ headers }) => headers['content-encoding'])).not.toContain('gzip');
  });

  it.each([
    ['in the header', '2.0.0', {}],
    ['in the form', undefined, { 'X-Experience-API-Version': '2.0' }],
    ['in the form, though the header says 1.0.3', '1.0.3', { 'X-Experience-API-Version': '2.0.0' }],
    ['in the header, though the form says 1.0.3', '2.0', { 'X-Experience-API-Version': '1.0.3' }],
  ])('400 with 2.0, which has no such syntax: %s', async (_name, version, fields) => {
    const lines = version === undefined ? [] : [`X-Experience-API-Version: ${version}`];
    const body = encoded({ Authorization: scene.authorized.slice(15), ...fields });
    expect(expectRefused(await get(body, ...lines), 400).error_description).toMatch(/2\.0/);
  });

  it('is read where it comes in chunks', async () => {
    const text = head(`POST ${STATEMENTS}?method=GET`, `Content-Type: ${FORM}`, 'Transfer-Encoding: chunked');
    const sent = await scene.send(text + chunked(encoded({ ...good(), limit: '1' }), `Authorization: ${FORGED}`));
    expect(sent.upstream.map(({ method, url }) => [method, url])).toEqual([['GET', '/lrs/xapi/statements?limit=1']]);
  });

  it('413 where it is larger than the bound, however it is framed', async () => {
    const large = encoded({ ...good(), content: 'x'.repeat(100_000) });
    const target = `${STATEMENTS}?method=POST`;
    expect(expectRefused(await form(target, large), 413).error).toBe('payload_too_large');
    const text = head(`POST ${target}`, `Content-Type: ${FORM}`, 'Transfer-Encoding: chunked');
    expectRefused(await scene.send(text + chunked(large)), 413);
  });

  it('413 at once where its length is said to be larger, and the caller is not told to go on', async () => {
    const lines = [`Content-Type: ${FORM}`, 'Content-Length: 100001'];
    expectRefused(await scene.send(head(`POST ${STATEMENTS}?method=POST`, ...lines)), 413);
    const waiting = await scene.send(head(`POST ${STATEMENTS}?method=POST`, ...lines, 'Expect: 100-continue'));
    expectRefused(waiting, 413);
    expect(waiting).toMatchObject({ continued: false, closed: true });
  });

  it('asks nothing of the LRS where it never comes to its end', async () => {
    const text =
      head(`POST ${STATEMENTS}?method=GET`, `Content-Type: ${FORM}`, 'Content-Length: 5000') + encoded(good());
    const cut = await scene.send(text, { timeoutMs: 100 });
    const chunks = head(`POST ${STATEMENTS}?method=GET`, `Content-Type: ${FORM}`, 'Transfer-Encoding: chunked');
    const bad = await scene.send(`${chunks}zz\r\n${encoded(good())}`);
    expect([...cut.upstream, ...bad.upstream, ...(await scene.late())]).toEqual([]);
  });

  it('with invalid UTF-8 in it is one request all the same', async () => {
    const sent = await form('/xapi/activities/state?method=GET', `${encoded(good())}&activityId=%ff%fe&agent=a`);
    for (const { url } of sent.upstream)
      expect(url).toMatch(/^\/lrs\/xapi\/activities\/state\?activityId=[%A-F0-9]+&agent=a$/);
  });
});

describe('identity headers beside a form', () => {
  it('do not reach the LRS', async () => {
    const lines = [
      `X-Hallpass-Client: ${FORGED}`,
      `Cookie: a=${FORGED}`,
      `X_Forwarded_User: ${FORGED}`,
      `Trailer: ${FORGED}`,
    ];
    const fields = { ...good(), activityId: 'a', agent: 'b', stateId: 'c', content: '{}' };
    const sent = await form('/xapi/activities/state?method=PUT', encoded(fields), ...lines);
    expect(sent.upstream.map(({ headers }) => Object.keys(headers).sort())).toEqual([
      ['authorization', 'connection', 'content-length', 'content-type', 'host', 'x-experience-api-version'],
    ]);
  });

  it('a plain request has no such fields: If-Match in its query is a parameter that is not there', async () => {
    expectRefused(await scene.send(scene.head(`PUT ${STATE}&If-Match=a`, 'Content-Length: 2') + '{}'), 400);
  });
});
