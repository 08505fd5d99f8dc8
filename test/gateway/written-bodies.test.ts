/**
 * Bodies in which an LRS might find another statement than the gateway did. Each that is taken crosses as it came, but for
 * its authority; each that could be read in two ways is refused.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { startTestGateway } from '../support/gateway.ts';
import { eventually } from '../support/wait.ts';
import { rawRequest } from '../support/raw-request.ts';
import {
  ANOTHER_AUTHORITY,
  attachment,
  attachmentPart,
  jsonPart,
  mixed,
  MIXED,
  part,
  STATEMENT,
} from './statements.ts';
import { gatewayScene, JSON_TYPE, refusalOf, VERSION_1, type Headers } from './support.ts';

const MOST_BYTES = 100_000;
const FORGED = JSON.stringify({ ...STATEMENT, authority: ANOTHER_AUTHORITY });
const TEXT = JSON.stringify(STATEMENT);
const DATA = Buffer.from([0, 13, 10, 45, 45, 98, 110, 13, 10, 13, 10, 255]);
const TYPE = { 'Content-Type': MIXED };

const scene = gatewayScene({ lrsRegistration: { authority: 'kept' } });
let headers: Headers;
let own: string;
beforeAll(async () => {
  const { bearer, client } = await scene.gateway.mint('statements/write');
  headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
  const homePage = 'https://lrs.example.org/oauth2/token';
  own = JSON.stringify({ objectType: 'Agent', account: { homePage, name: client.client_id } });
});

const withOwn = (text = TEXT) => `${text.slice(0, -1)},"authority":${own}}`;

async function crossing(body: string | Buffer, said: Headers = {}): Promise<Buffer> {
  const { status, upstream, body: answer } = await scene.ask('POST /xapi/statements', { ...headers, ...said }, body);
  expect([status, answer]).toEqual([200, '{}']);
  return upstream[0]?.body ?? Buffer.alloc(0);
}

async function refusing(body: string | Buffer, said: Headers = {}) {
  const answer = await scene.ask('POST /xapi/statements', { ...headers, ...said }, body);
  expect(answer.upstream.filter(({ complete }) => complete)).toEqual([]);
  const { status, error, error_description } = refusalOf(answer);
  return { status, error, why: error_description };
}

describe('JSON', () => {
  it.each([
    ['two authorities', '{"authority":{"mbox":"mailto:a@b.example"},"authority":{}}', '"authority" twice'],
    ['two authorities, one of them escaped', '{"authority":{},"\\u0061uthority":{}}', '"authority" twice'],
    ['two authorities, apart', `{"authority":{},"actor":{},"verb":{},"authority":{}}`, '"authority" twice'],
    ['a key twice, deep within the second statement', '[{},{"x":[{"a":{"b":1,"b":1}}]}]', '"b" twice'],
    ['another spelling of authority', '{"Authority":{}}', '"Authority" should be written "authority"'],
    ['another spelling of authority beside the right one', '{"authority":{},"AUTHORITY":{}}', '"AUTHORITY" should'],
    ['another spelling of authority, with a dot', '{"author\\u0130ty":{}}', 'should be written "authority"'],
    ['an authority that ends in NUL', '{"authority":{},"authority\\u0000":{}}', 'should be written "authority"'],
    ['a statement after the statement', `${TEXT}${FORGED}`, 'is not JSON'],
    ['a statement in a further line', `${TEXT}\n${FORGED}`, 'is not JSON'],
    ['a comment', `${TEXT.slice(0, -1)}/*,"authority":{}*/}`, 'is not JSON'],
    ['nothing', '', 'is not JSON'],
    ['a byte order mark', `\uFEFF${TEXT}`, 'byte order mark'],
    ['UTF-16', Buffer.from(TEXT, 'utf16le'), 'is not JSON'],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${TEXT}`, 'utf16le'), 'is not UTF-8'],
    ['Latin-1', Buffer.from('{"name":"Zoë"}', 'latin1'), 'is not UTF-8'],
    ['an overlong quote', Buffer.from('{"a":"\xc0\xa2"}', 'latin1'), 'is not UTF-8'],
    ['a surrogate in UTF-8', Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'), 'is not UTF-8'],
    ['a UTF-8 sequence that is cut off', Buffer.from('{"a":"\xe2\x82"}', 'latin1'), 'is not UTF-8'],
    ['a list within the list', `[[${FORGED}]]`, 'statement [0] should be an object'],
    ['a text among the statements', '[{},"x"]', 'statement [1] should be an object'],
    ['null', 'null', 'this statement should be an object'],
  ])('with %s is refused', async (_what, body, why) => {
    const refusal = await refusing(body);
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.why).toContain(why);
  });

  it.each([
    ['an empty list', '[]'],
    ['an empty list, with space', ' [ ]\r\n'],
  ])('that is %s crosses as it came', async (_what, body) => {
    expect(String(await crossing(body))).toBe(body);
  });

  it.each([
    'application/json',
    'application/json;charset=utf-8',
    'Application/JSON; Charset="UTF-8"',
    'application/json ; charset=utf8;',
    'application/json; profile="https://example.org/a b"',
  ])('is taken as %s', async (type) => {
    expect(String(await crossing(TEXT, { 'Content-Type': type }))).toBe(withOwn());
  });

  it.each([
    ['text/plain', 'should be application/json or multipart/mixed'],
    ['application/x-www-form-urlencoded', 'should be application/json or multipart/mixed'],
    ['multipart/form-data; boundary=bnd', 'should be application/json or multipart/mixed'],
    ['application/json; charset=utf-16', 'should be in UTF-8'],
    ['application/json; charset=utf-7', 'should be in UTF-8'],
    ['application/json; charset=utf-8; charset=utf-7', 'more than one way'],
    ["application/json; charset*=utf-8''utf-7", 'more than one way'],
    ['application/json, multipart/mixed; boundary=bnd', 'more than one way'],
    ['application/json; charset="utf-8', 'more than one way'],
    ['application/json; charset', 'more than one way'],
    ['application/json; x="; charset=utf-7"', 'more than one way'],
    ['application/json; x="multipart/mixed boundary=bnd"', 'should be application/json or multipart/mixed'],
    ['application', 'more than one way'],
    ['json', 'more than one way'],
  ])('is not taken as %s', async (type, why) => {
    const refusal = await refusing(TEXT, { 'Content-Type': type });
    expect(refusal.status).toBe(400);
    expect(refusal.why).toContain(why);
  });

  it('is not taken without a Content-Type', async () => {
    const { 'Content-Type': _, ...others } = headers;
    const answer = await scene.ask('POST /xapi/statements', others, TEXT);
    expect([refusalOf(answer).status, answer.upstream]).toEqual([400, []]);
  });

  it.each([
    ['Content-Encoding', 'gzip'],
    ['Content-Encoding', 'identity, gzip'],
    ['Content_Encoding', 'br'],
    ['Content-Transfer-Encoding', 'base64'],
  ])('is not taken with %s: %s', async (name, value) => {
    expect(await refusing(TEXT, { [name]: value })).toMatchObject({ status: 415, error: 'unsupported_media_type' });
  });

  it('is taken with Content-Encoding: identity', async () => {
    expect(String(await crossing(TEXT, { 'Content-Encoding': 'identity' }))).toBe(withOwn());
  });

  describe('of more than may be looked into', () => {
    const large = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    const largest = `{"x":${large(MOST_BYTES - 6)}}`;

    it('is taken up to the bound', async () => {
      expect((await crossing(largest)).length).toBe(withOwn(largest).length);
    });

    it('is 413 by its length, before it is read', async () => {
      const early = await rawRequest(
        scene.gateway.port,
        `POST /xapi/statements HTTP/1.1\r\nHost: a\r\nAuthorization: ${headers.Authorization}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${MOST_BYTES + 1}\r\nExpect: 100-continue\r\n\r\n`,
      );
      expect([early.status, early.text.includes('100 Continue')]).toEqual([413, false]);
    });

    it('is 413 as it comes', async () => {
      const text = `${largest} `;
      const chunk = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
      const refusal = await refusing(chunk, { 'Transfer-Encoding': 'chunked' });
      expect(refusal).toMatchObject({ status: 413, error: 'payload_too_large' });
    });
  });
});

describe('a multipart body', () => {
  const declared = JSON.stringify({ ...STATEMENT, attachments: [attachment(DATA)] });

  it.each<[what: string, body: (json: string) => Buffer, type?: string]>([
    ['statements and an attachment', (json) => mixed(jsonPart(json), attachmentPart(DATA))],
    ['statements alone', (json) => mixed(jsonPart(json))],
    ['two attachments', (json) => mixed(jsonPart(json), attachmentPart(DATA), attachmentPart('x'))],
    ['an attachment that is JSON', (json) => mixed(jsonPart(json), attachmentPart(FORGED))],
    ['an empty attachment', (json) => mixed(jsonPart(json), attachmentPart(''))],
    ['a line end before it', (json) => Buffer.concat([Buffer.from('\r\n'), mixed(jsonPart(json))])],
    ['no line end after it', (json) => mixed(jsonPart(json), attachmentPart(DATA)).subarray(0, -2)],
    [
      'a file name that is not ASCII',
      (json) => mixed(jsonPart(json), attachmentPart(DATA, 'Content-Disposition: attachment; filename="Zoë.pdf"')),
    ],
    ['a plain transfer encoding', (json) => mixed(jsonPart(json, 'Content-Transfer-Encoding: 8bit'))],
    ['a charset', (json) => mixed(part(['content-type:application/json;charset=UTF-8'], json))],
    ['a quoted boundary', (json) => mixed(jsonPart(json)), 'multipart/mixed; boundary="bnd"'],
    ['what a form has', (json) => mixed(jsonPart(json, 'Content-Disposition: form-data; name="statement"'))],
    ['space around the JSON', (json) => mixed(jsonPart(json))],
  ])('with %s crosses as it came, but for the authority', async (what, body, type = MIXED) => {
    const space = what.startsWith('space') ? ['\r\n\t ', ' \r\n'] : ['', ''];
    const [json, expected] = [declared, withOwn(declared)].map((text) => space.join(text));
    const crossed = await crossing(body(json ?? ''), { 'Content-Type': type });
    expect(crossed.equals(body(expected ?? ''))).toBe(true);
  });

  it.each(['a-boundary-of-mine', '----WebKitFormBoundary7MA4YWxkTrZu0gW', "'()+_-./:=?"])(
    'with the boundary %s crosses as it came, but for the authority',
    async (boundary) => {
      const body = (json: string) => Buffer.from(String(mixed(jsonPart(json))).replaceAll('bnd', boundary));
      const crossed = await crossing(body(TEXT), { 'Content-Type': `multipart/mixed; boundary="${boundary}"` });
      expect(String(crossed)).toBe(String(body(withOwn())));
    },
  );

  it('as npm’s clients write it crosses as it came, but for the authority', async () => {
    /* @xapi/xapi and tincanjs: no line end before the delimiter of a second attachment. */
    const written = (json: string) =>
      Buffer.concat([
        Buffer.from(`--bnd\r\nContent-Type: application/json\r\n\r\n${json}\r\n`),
        ...[DATA, Buffer.from('x')].flatMap((data) => [Buffer.from('--bnd\r\n'), attachmentPart(data)]),
        Buffer.from('\r\n--bnd--\r\n'),
      ]);
    expect((await crossing(written(declared), TYPE)).equals(written(withOwn(declared)))).toBe(true);
  });

  it('has the length of its first part where it is said', async () => {
    const head = ['Content-Type: application/json', `content-length: ${TEXT.length}`, 'Content-MD5: x'];
    const crossed = await crossing(mixed(part(head, TEXT)), TYPE);
    const changed = ['Content-Type: application/json', `Content-Length: ${withOwn().length}`];
    expect(String(crossed)).toBe(String(mixed(part(changed, withOwn()))));
  });

  it('crosses whole wherever it is cut into two pieces', async () => {
    const body = mixed(jsonPart(TEXT), attachmentPart(Buffer.from('--bn\r\n--bn\r\n-')));
    const expected = mixed(jsonPart(withOwn()), attachmentPart(Buffer.from('--bn\r\n--bn\r\n-')));
    const agent = { host: '127.0.0.1', port: scene.gateway.port, method: 'POST', path: '/xapi/statements' };
    for (let at = 1; at < body.length; at++) {
      const sending = request({ ...agent, headers: { ...headers, ...TYPE } });
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      sending.write(body.subarray(0, at));
      await new Promise((resolve) => setImmediate(resolve));
      sending.end(body.subarray(at));
      const [answer] = await answered;
      expect([at, answer.resume().statusCode]).toEqual([at, 200]);
      expect(scene.lrs.requests.at(-1)?.body.equals(expected)).toBe(true);
    }
  });

  it('crosses whole byte by byte', async () => {
    const body = mixed(jsonPart(TEXT), attachmentPart(DATA));
    const chunks = Array.from(body, (byte) => Buffer.from([0x31, 13, 10, byte, 13, 10]));
    const chunked = Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
    const crossed = await crossing(chunked, { ...TYPE, 'Transfer-Encoding': 'chunked' });
    expect(crossed.equals(mixed(jsonPart(withOwn()), attachmentPart(DATA)))).toBe(true);
  });

  it.each([
    'multipart/mixed',
    'multipart/mixed; boundary=',
    'multipart/mixed; boundary=""',
    'multipart/mixed; boundary=bnd; boundary=other',
    'multipart/mixed; boundary=bnd; Boundary=bnd',
    'multipart/mixed; xboundary=other; boundary=bnd',
    'multipart/mixed; type="boundary=other"; boundary=bnd',
    'multipart/mixed; boundary="xboundary=bnd"',
    'multipart/mixed; boundary*=bnd',
    'multipart/mixed; boundary*0=bn; boundary*1=d',
    'multipart/mixed; boundary="b\\nd"',
    'multipart/mixed; boundary="bnd "',
    'multipart/mixed; boundary="bnd',
    'multipart/mixed; boundary=bnd, other',
    'multipart/mixed; boundary=bnd;type',
    'multipart/mixed; boundary=a=b',
    `multipart/mixed; boundary=${'b'.repeat(71)}`,
    'multipart/mixed; boundary=bnd; charset=utf-16',
  ])('is not taken as %s', async (type) => {
    expect(await refusing(mixed(jsonPart(TEXT)), { 'Content-Type': type })).toMatchObject({ status: 400 });
  });

  const text = (...lines: string[]) => Buffer.from(lines.join('\r\n'));
  const HEAD = 'Content-Type: application/json';
  it.each<[what: string, body: Buffer, why: string]>([
    ['a preamble', text('preamble', `--bnd`, HEAD, '', TEXT, '--bnd--'), 'should begin with --bnd'],
    ['a hidden part as preamble', text('--other', HEAD, '', FORGED, '--bnd', HEAD, '', TEXT, '--bnd--'), 'begin with'],
    ['an empty line more before it', text('', '', '--bnd', HEAD, '', TEXT, '--bnd--'), 'should begin with'],
    ['another boundary', text('--dnb', HEAD, '', TEXT, '--dnb--'), 'should begin with'],
    ['a longer boundary', text('--bndx', HEAD, '', TEXT, '--bndx--'), 'should begin with'],
    ['blanks after the delimiter', text('--bnd ', HEAD, '', TEXT, '--bnd--'), 'should begin with'],
    ['nothing in it', Buffer.alloc(0), 'should begin with'],
    ['lines that end with LF', Buffer.from(`--bnd\n${HEAD}\n\n${TEXT}\n--bnd--\n`), 'should begin with'],
    ['LF in its head', Buffer.from(`--bnd\r\n${HEAD}\nX: y\r\n\r\n${TEXT}\r\n--bnd--`), 'the head of the first part'],
    ['CR in its head', Buffer.from(`--bnd\r\n${HEAD}\rX: y\r\n\r\n${TEXT}\r\n--bnd--`), 'the head of the first part'],
    ['LF before a delimiter', Buffer.from(`--bnd\r\n${HEAD}\r\n\r\n${TEXT}\n--bnd--`), 'should end with CR LF'],
    [
      'LF after a delimiter',
      text('--bnd', HEAD, '', TEXT, `--bnd\nX: y\n\n${FORGED}`, '--bnd--'),
      'has more in its line',
    ],
    ['a folded line', text('--bnd', HEAD, ' ;charset=utf-7', '', TEXT, '--bnd--'), 'lines "Name: value"'],
    ['a blank before a colon', text('--bnd', 'Content-Type : application/json', '', TEXT, '--bnd--'), 'lines "Name'],
    ['NUL in a line', text('--bnd', `${HEAD}\u0000`, '', TEXT, '--bnd--'), 'lines "Name: value"'],
    ['two types', text('--bnd', HEAD, 'content-type: text/plain', '', TEXT, '--bnd--'), 'each name once'],
    ['no head', text('--bnd', '', TEXT, '--bnd--'), 'needs a Content-Type'],
    ['another type', text('--bnd', 'Content-Type: text/plain', '', TEXT, '--bnd--'), 'should have Content-Type'],
    ['another charset', text('--bnd', `${HEAD}; charset=utf-16`, '', TEXT, '--bnd--'), 'should be in UTF-8'],
    [
      'base64',
      text('--bnd', HEAD, 'Content-Transfer-Encoding: base64', '', btoa(TEXT), '--bnd--'),
      'Transfer-Encoding',
    ],
    [
      'quoted-printable',
      text('--bnd', HEAD, 'Content-Transfer-Encoding: Quoted-Printable', '', TEXT, '--bnd--'),
      'Transfer',
    ],
    [
      'a shorter length',
      text('--bnd', HEAD, 'Content-Length: 2', '', `{}${TEXT.slice(2)}`, '--bnd--'),
      'another length',
    ],
    [
      'a length that is none',
      text('--bnd', HEAD, `Content-Length: +${TEXT.length}`, '', TEXT, '--bnd--'),
      'another length',
    ],
    ['no end', text('--bnd', HEAD, '', TEXT), 'ends within its first part'],
    ['no end of its head', text('--bnd', HEAD), 'ends within its first part'],
    ['a head of more than 8 KB', text('--bnd', HEAD, `X: ${'x'.repeat(9000)}`, '', TEXT, '--bnd--'), 'does not end'],
    ['its delimiter within the JSON', text('--bnd', HEAD, '', '{"a":"--bnd--"}', '--bnd--'), 'have none within'],
    ['its delimiter in a line of the JSON', text('--bnd', HEAD, '', '{}', '--bndx', '--bnd--'), 'has more in its line'],
    ['no content', text('--bnd', HEAD, '', '--bnd--'), 'should end with CR LF'],
    [
      'two authorities',
      mixed(jsonPart('{"authority":{},"authority":{}}')),
      'the first part has the key "authority" twice',
    ],
    [
      'JSON that is not UTF-8',
      mixed(part([HEAD], Buffer.from('{"a":"\xff"}', 'latin1'))),
      'the first part is not UTF-8',
    ],
    ['a byte order mark', mixed(jsonPart(`\uFEFF${TEXT}`)), 'begins with a byte order mark'],
  ])('with %s is refused', async (_what, body, why) => {
    const refusal = await refusing(body, TYPE);
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.why).toContain(why);
  });

  it('whose first part is compressed is refused', async () => {
    expect(await refusing(mixed(jsonPart(TEXT, 'Content-Encoding: gzip')), TYPE)).toMatchObject({ status: 415 });
  });

  it('whose statements are more than may be looked into is 413, whatever is attached', async () => {
    const large = (bytes: number) => `{"x":"${'x'.repeat(bytes - 8)}"}`;
    const attached = attachmentPart(Buffer.alloc(2 * MOST_BYTES, 1));
    expect((await crossing(mixed(jsonPart(large(MOST_BYTES)), attached), TYPE)).length).toBeGreaterThan(3 * MOST_BYTES);
    const refusal = await refusing(mixed(jsonPart(large(MOST_BYTES + 1)), attached), TYPE);
    expect(refusal).toMatchObject({ status: 413, error: 'payload_too_large' });
  });

  describe('after its statements', () => {
    const far = attachmentPart(Buffer.alloc(300_000, 0x61));
    const FORGED_PART = `\r\n--bnd\r\nContent-Type: application/json\r\n\r\n${FORGED}`;

    it.each<[what: string, rest: (Buffer | string)[], why: string]>([
      ['a second part of statements', [jsonPart(FORGED)], 'should be an attachment'],
      ['a second part of statements, after an attachment', [attachmentPart(DATA), jsonPart(FORGED)], 'an attachment'],
      ['a part without a head', [part([], FORGED)], 'should be an attachment'],
      ['a part within an attachment', [attachmentPart(`x${FORGED_PART}`)], 'should be an attachment'],
      [
        'a part within a line of one',
        [attachmentPart(`x--bnd\r\nContent-Type: application/json\r\n\r\n${FORGED}`)],
        'an',
      ],
      ['its boundary within a line', [attachmentPart('a --bnd b')], 'the boundary occurs within a part'],
      ['a longer boundary', [attachmentPart('a\r\n--bndx\r\nb')], 'the boundary occurs within a part'],
      ['blanks after a delimiter', [attachmentPart(`a\r\n--bnd \r\n\r\n${FORGED}`)], 'has more in its line'],
      ['its end before its end', [attachmentPart(`a\r\n--bnd--${FORGED_PART}`)], 'nothing should follow'],
      ['its end within a line', [attachmentPart(`a--bnd--${FORGED_PART}`)], 'nothing should follow'],
      ['a folded line', [attachmentPart('a', 'X: y', ' z')], 'lines "Name: value"'],
      ['a hash twice', [attachmentPart('a', `x-experience-api-hash: ${'0'.repeat(64)}`)], 'each name once'],
      ['LF in a head', [part(['Content-Type: text/plain\nX-Experience-API-Hash: 0'], 'a')], 'lines "Name: value"'],
    ])('is refused with %s, near and far', async (_what, rest, why) => {
      for (const before of [[], [far]]) {
        const body = mixed(jsonPart(TEXT), ...before, ...rest.map((bytes) => Buffer.from(bytes)));
        const refusal = await refusing(body, TYPE);
        expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
        expect(refusal.why).toContain(why);
      }
    });

    it('is refused with an epilogue', async () => {
      const body = Buffer.concat([mixed(jsonPart(TEXT)), Buffer.from(FORGED)]);
      expect((await refusing(body, TYPE)).why).toContain('nothing should follow');
    });

    it('is refused where it ends within a head', async () => {
      const body = text('--bnd', HEAD, '', TEXT, '--bnd', 'X-Experience-API-Hash: 0');
      expect((await refusing(body, TYPE)).why).toContain('ends within the head');
    });

    it('leaves one without an end to the LRS', async () => {
      const body = mixed(jsonPart(TEXT), attachmentPart(DATA)).subarray(0, -9);
      expect((await crossing(body, TYPE)).length).toBe(body.length + withOwn().length - TEXT.length);
    });

    it('keeps what looks like a boundary and is none', async () => {
      const data = Buffer.from('--bn\r\n--bn-\r\n-bnd--\r\n --BND\r\n- -bnd\r\n--\r\n\r\n--b\u0000nd');
      const crossed = await crossing(mixed(jsonPart(TEXT), attachmentPart(data)), TYPE);
      expect(crossed.equals(mixed(jsonPart(withOwn()), attachmentPart(data)))).toBe(true);
    });
  });

  it('of 50 MB streams: the LRS has the first of it long before the last was sent', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'attached');
    const around = mixed(jsonPart(TEXT), attachmentPart('THE DATA')).toString('latin1');
    const [before = '', after = ''] = around.split('THE DATA');
    const length = before.length + 50 * chunk.length + after.length;
    const sending = request({
      host: '127.0.0.1',
      port: scene.gateway.port,
      method: 'POST',
      path: '/xapi/statements',
      headers: { ...headers, ...TYPE, 'Content-Length': length },
    });
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
    const hash = createHash('sha256');
    const already = scene.lrs.requests.length;
    sending.write(before);
    for (let n = 0; n < 50; n++) {
      if (!sending.write(chunk)) await once(sending, 'drain');
      if (n === 25)
        await eventually(() => expect(scene.lrs.requests[already]?.bodyLength).toBeGreaterThan(10 * chunk.length));
    }
    sending.end(after);
    const [answer] = await answered;
    answer.resume();
    hash.update(before.replace(TEXT, withOwn()));
    for (let n = 0; n < 50; n++) hash.update(chunk);
    hash.update(after);
    const [crossed] = scene.lrs.requests.slice(already);
    expect([answer.statusCode, crossed?.bodyLength]).toEqual([200, length + withOwn().length - TEXT.length]);
    expect(crossed?.bodySha256).toBe(hash.digest('hex'));
  });

  it('of 50 MB waits for an LRS that does not read it', async () => {
    const deaf = createServer((socket) => socket.pause());
    deaf.listen(await freePort(), '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    const gateway = await startTestGateway({
      lrsUrl: `http://127.0.0.1:${port}/xapi`,
      lrsRegistration: { authority: 'kept' },
      lrs: { responseSeconds: 60, idleSeconds: 60 },
    });
    const { bearer } = await gateway.mint('statements/write');
    const sending = request({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/xapi/statements',
      headers: { ...headers, ...TYPE, Authorization: bearer },
    }).on('error', () => undefined);
    sending.write(mixed(jsonPart(TEXT), attachmentPart('x')).subarray(0, -11));
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    const drained = () => Promise.race([once(sending, 'drain'), setTimeout(1000, false)]);
    let sent = 0;
    while (sent < 50 && (sending.write(megabyte) || (await drained()))) sent += 1;
    expect(sent).toBeLessThan(25);
    sending.destroy();
    await gateway.close();
    deaf.close();
  });

  it('ends no process when its caller goes away in the middle', async () => {
    const sending = request({
      host: '127.0.0.1',
      port: scene.gateway.port,
      method: 'POST',
      path: '/xapi/statements',
      headers: { ...headers, ...TYPE, 'Content-Length': 1_000_000 },
    }).on('error', () => undefined);
    const already = scene.lrs.requests.length;
    sending.write(mixed(jsonPart(TEXT), attachmentPart('x')).subarray(0, -10));
    await eventually(() => expect(scene.lrs.requests[already]?.bodyLength).toBeGreaterThan(0));
    sending.destroy();
    await eventually(() => expect(scene.lrs.requests[already]).toMatchObject({ complete: false, aborted: true }));
    expect(String(await crossing(TEXT))).toBe(withOwn());
  });

  it('is refused on a connection that can be used again', async () => {
    const body = mixed(jsonPart(TEXT), attachmentPart(Buffer.alloc(500_000)), jsonPart(FORGED));
    const head = (type: string, length: number) =>
      `POST /xapi/statements HTTP/1.1\r\nHost: a\r\nAuthorization: ${headers.Authorization}\r\n` +
      `X-Experience-API-Version: 1.0.3\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
    const first = Buffer.concat([Buffer.from(head(MIXED, body.length)), body]);
    const { responses } = await rawRequest(scene.gateway.port, [first, head('application/json', TEXT.length) + TEXT], {
      responses: 2,
    });
    expect(responses.map(({ status }) => status)).toEqual([400, 200]);
  });
});
