/** @see xAPI 1.0.3 Part 2 §2.4.11, Part 3 §1.5.2 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  attachment,
  createClient,
  multipart,
  sha256,
  statement,
  type Client,
  type StatementResult,
} from './support.ts';

/** Every byte there is, and what a careless parser stumbles over. */
const BYTES = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\r\n--\r\n\r\n--abc\r\n--abcd\r\n\n\r'),
]);
const BOUNDARY = "abcABC0123'()+_,-./:=?";
const CONTENT_TYPE = `multipart/mixed; boundary="${BOUNDARY}"`;
const JSON_PART = ['Content-Type: application/json'];
const dataPart = (content: Buffer | string): [string[], Buffer | string] => [
  [
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: binary',
    `X-Experience-API-Hash: ${sha256(content)}`,
  ],
  content,
];

let xapi: Client;
beforeEach(() => {
  xapi = createClient();
});

const post = (body: Buffer, contentType = CONTENT_TYPE) =>
  xapi.post('/statements').set('Content-Type', contentType).send(body);

const send = (sent: object, ...contents: (Buffer | string)[]) =>
  post(multipart(BOUNDARY, [JSON_PART, JSON.stringify(sent)], ...contents.map(dataPart)));

/** The answer's bytes: supertest would read multipart as a form. */
async function fetchMultipart(query: Record<string, string>) {
  const response = await xapi
    .get('/statements', { attachments: 'true', ...query })
    .buffer(true)
    .parse((res, done) => {
      const chunks: Buffer[] = [];
      (res as unknown as IncomingMessage).on('data', (chunk: Buffer) => chunks.push(chunk));
      (res as unknown as IncomingMessage).on('end', () => done(null, Buffer.concat(chunks)));
    })
    .expect(200);
  const body = response.body as Buffer;
  expect(response.headers['content-length']).toBe(String(body.length));
  return { parts: partsOf(body.toString('latin1'), response.headers['content-type'] ?? ''), body };
}

function partsOf(body: string, contentType: string) {
  const boundary = /^multipart\/mixed; boundary=([\w-]+)$/.exec(contentType)?.[1] ?? '';
  expect(boundary).not.toBe('');
  const [preamble, ...parts] = `\r\n${body}`.split(`\r\n--${boundary}`);
  expect(preamble).toBe('');
  expect(parts.pop()).toBe('--\r\n');
  return parts.map((part) => {
    const [head = '', ...rest] = part.slice(2).split('\r\n\r\n');
    return { head: head.split('\r\n'), content: Buffer.from(rest.join('\r\n\r\n'), 'latin1') };
  });
}

describe('POST /statements as multipart/mixed', () => {
  it("accepts the specification's own example", async () => {
    const content = 'here is a simple attachment';
    const sent = statement({
      attachments: [
        {
          usageType: 'http://example.com/attachment-usage/test',
          display: { 'en-US': 'A test attachment' },
          contentType: 'text/plain; charset=ascii',
          length: 27,
          sha2: '495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a',
        },
      ],
    });
    await send(sent, content).expect(200, [sent.id]);
  });

  it('keeps every byte of an attachment', async () => {
    const sent = statement({ attachments: [attachment(BYTES)] });
    await send(sent, BYTES).expect(200);
    const { parts } = await fetchMultipart({ statementId: sent.id as string });
    expect(parts).toHaveLength(2);
    expect(parts[1]?.content.equals(BYTES)).toBe(true);
  });

  it('accepts PUT, an empty attachment, and one of a sub-statement', async () => {
    const inner = { ...statement(), id: undefined, objectType: 'SubStatement', attachments: [attachment('')] };
    const sent = statement({ object: inner });
    await xapi
      .put('/statements', { statementId: sent.id as string })
      .set('Content-Type', CONTENT_TYPE)
      .send(multipart(BOUNDARY, [JSON_PART, JSON.stringify(sent)], dataPart('')))
      .expect(204);
    const { parts } = await fetchMultipart({});
    expect(parts[1]?.content).toHaveLength(0);
  });

  it('accepts statements without attachments, and attachments with only a fileUrl', async () => {
    await send(statement()).expect(200);
    await send(statement({ attachments: [attachment('x', { fileUrl: 'http://example.org/x' })] })).expect(200);
  });

  it('accepts SHA-384 and SHA-512, in upper case too', async () => {
    for (const algorithm of ['sha384', 'sha512']) {
      const sha2 = createHash(algorithm).update('x').digest('hex').toUpperCase();
      const part = ['Content-Transfer-Encoding: binary', `X-Experience-API-Hash: ${sha2}`];
      const sent = statement({ attachments: [attachment('x', { sha2 })] });
      await post(multipart(BOUNDARY, [JSON_PART, JSON.stringify(sent)], [part, 'x'])).expect(200);
    }
  });

  it('accepts a boundary without quotes, header names in any case, preamble and epilogue', async () => {
    const sent = statement({ attachments: [attachment('x')] });
    const part = [
      'content-TYPE:text/plain',
      'CONTENT-transfer-encoding:BINARY',
      `x-experience-api-hash:${sha256('x')}`,
    ];
    const body = multipart('b1', [['content-type:application/json; charset=utf-8'], JSON.stringify(sent)], [part, 'x']);
    await post(
      Buffer.concat([Buffer.from('preamble --b1'), body, Buffer.from('\r\nepilogue')]),
      'Multipart/Mixed; charset=x; Boundary=b1',
    ).expect(200);
  });

  const declared = statement({ attachments: [attachment('x')] });
  const json: [string[], string] = [JSON_PART, JSON.stringify(declared)];
  const HASH = `X-Experience-API-Hash: ${sha256('x')}`;
  const BINARY = 'Content-Transfer-Encoding: binary';
  it.each<[string, Buffer, string?]>([
    ['an attachment without data and fileUrl', multipart(BOUNDARY, json)],
    ['data that no statement declares', multipart(BOUNDARY, json, dataPart('x'), dataPart('y'))],
    ['a part without hash', multipart(BOUNDARY, json, [[BINARY], 'x'])],
    ['a part whose hash is another', multipart(BOUNDARY, json, [[BINARY, HASH], 'X'])],
    ['a part that is not binary', multipart(BOUNDARY, json, [[HASH, 'Content-Transfer-Encoding: base64'], 'x'])],
    ['a part without Content-Transfer-Encoding', multipart(BOUNDARY, json, [[HASH], 'x'])],
    ['a first part that is not JSON', multipart(BOUNDARY, [['Content-Type: text/plain'], json[1]], dataPart('x'))],
    ['a first part without Content-Type', multipart(BOUNDARY, [[], json[1]], dataPart('x'))],
    ['a bad statement', multipart(BOUNDARY, [JSON_PART, '{}'])],
    ['no part at all', Buffer.from(`--${BOUNDARY}--`)],
    ['no closing boundary', multipart(BOUNDARY, json, dataPart('x')).subarray(0, -2)],
    ['another boundary than the header says', multipart('another', json, dataPart('x'))],
    ['a header without colon', multipart(BOUNDARY, json, [[BINARY, HASH, 'oops'], 'x'])],
    ['a Content-Type without boundary', multipart(BOUNDARY, json, dataPart('x')), 'multipart/mixed'],
    ['multipart/form-data', multipart(BOUNDARY, json, dataPart('x')), `multipart/form-data; boundary="${BOUNDARY}"`],
    ['an empty body', Buffer.alloc(0)],
  ])('refuses %s and stores nothing', async (...[, body, contentType]) => {
    await post(body, contentType).expect(400);
    expect(await xapi.idsOf({})).toEqual([]);
  });

  it('refuses application/json with an attachment that has no fileUrl', () =>
    xapi.post('/statements').send(declared).expect(400));

  it('refuses an attachment whose data came with an earlier request only', async () => {
    await send(declared, 'x').expect(200);
    await send(statement({ attachments: [attachment('x')] })).expect(400);
  });
});

describe('GET /statements?attachments=true', () => {
  it('answers multipart/mixed with the statements first and then each attachment once', async () => {
    const batch = [
      statement({ attachments: [attachment(BYTES), attachment('text', { contentType: 'text/plain' })] }),
      statement({ attachments: [attachment(BYTES)] }),
    ];
    await send(batch, BYTES, 'text').expect(200);
    const { parts } = await fetchMultipart({});
    expect(parts[0]?.head).toEqual(['Content-Type: application/json']);
    const { statements } = JSON.parse(parts[0]?.content.toString() ?? '') as StatementResult;
    expect(statements.map(({ id }) => id)).toEqual([batch[1]?.id, batch[0]?.id]);
    expect(parts.slice(1).map(({ head }) => head)).toEqual([
      [
        'Content-Type: application/octet-stream',
        'Content-Transfer-Encoding: binary',
        `X-Experience-API-Hash: ${sha256(BYTES)}`,
      ],
      ['Content-Type: text/plain', 'Content-Transfer-Encoding: binary', `X-Experience-API-Hash: ${sha256('text')}`],
    ]);
    expect(parts.slice(1).map(({ content }) => content)).toEqual([BYTES, Buffer.from('text')]);
  });

  it('sends the attachments of the statements of this page only, also by more', async () => {
    await send(statement({ attachments: [attachment('first')] }), 'first').expect(200);
    await send(statement({ attachments: [attachment('second')] }), 'second').expect(200);
    const { parts } = await fetchMultipart({ limit: '1' });
    expect(parts.slice(1).map(({ content }) => content.toString())).toEqual(['second']);
    const { more } = JSON.parse(parts[0]?.content.toString() ?? '') as StatementResult;
    const { headers } = await xapi.head(more).expect(200);
    expect(headers['content-type']).toMatch(/^multipart\/mixed; boundary=/);
  });

  it('answers multipart/mixed also where there is no attachment', async () => {
    await xapi.store(statement());
    expect((await fetchMultipart({})).parts).toHaveLength(1);
  });

  it('sends the attachments of a voided statement asked for by voidedStatementId', async () => {
    const sent = statement({ attachments: [attachment(BYTES)] });
    await send(sent, BYTES).expect(200);
    await xapi.store(
      statement({
        verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
        object: { objectType: 'StatementRef', id: sent.id },
      }),
    );
    expect((await fetchMultipart({ voidedStatementId: sent.id as string })).parts[1]?.content).toEqual(BYTES);
  });

  it('has nothing to do with attachments=false, which is application/json', async () => {
    await send(statement({ attachments: [attachment('x')] }), 'x').expect(200);
    await xapi
      .get('/statements', { attachments: 'false' })
      .expect(200)
      .expect('Content-Type', /^application\/json/);
  });
});
