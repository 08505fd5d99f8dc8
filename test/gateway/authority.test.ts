/** Whose statements are: set on every statement that is written to an LRS which keeps what it is sent, and nothing else. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { jsonTexts, objectText } from '../support/json-texts.ts';
import { ANOTHER_AUTHORITY, attachment, attachmentPart, jsonPart, mixed, MIXED, STATEMENT } from './statements.ts';
import { askPort, gatewayScene, JSON_TYPE, refusalOf, VERSION_1, VERSION_2, type Headers } from './support.ts';

const TOKEN_ENDPOINT = 'https://lrs.example.org/oauth2/token';
const ISSUER = 'https://lrs.example.org';

/** "an Agent … identified by account: name = consumer key, homePage = token request endpoint" (1.0.3 Part 3 §4.1) */
const agentOf = (clientId: string) => ({
  objectType: 'Agent',
  account: { homePage: TOKEN_ENDPOINT, name: clientId },
});

describe('in front of an LRS that keeps an authority', () => {
  const scene = gatewayScene({ lrsRegistration: { authority: 'kept' } });
  let own: { objectType: string };
  let headers: Headers;
  let trusted: Headers;
  beforeAll(async () => {
    const { client, bearer } = await scene.gateway.mint('statements/write');
    headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
    own = agentOf(client.client_id);
    const { bearer: other } = await scene.gateway.mint('statements/write authority/write');
    trusted = { ...headers, Authorization: other };
  });

  async function sent(body: string | Buffer, said: Headers = {}, target = 'POST /xapi/statements') {
    const { status, upstream, body: answer } = await scene.ask(target, { ...headers, ...said }, body);
    expect([status, answer]).toEqual([200, '{}']);
    const [request] = upstream;
    if (!request || upstream.length > 1) throw new Error(`the LRS was asked ${upstream.length} times`);
    return { bytes: request.body, text: request.body.toString('utf8'), crossed: request.headers };
  }

  it('is added after the last member, with the length that this makes', async () => {
    const text = JSON.stringify(STATEMENT);
    const { text: crossed, crossed: head } = await sent(text);
    expect(crossed).toBe(`${text.slice(0, -1)},"authority":${JSON.stringify(own)}}`);
    expect(head['content-length']).toBe(String(crossed.length));
    expect(head['transfer-encoding']).toBeUndefined();
  });

  it('replaces the one that the client wrote, where it stands', async () => {
    const [before, after] = ['{ "authority" : ', `,\n "actor":{"mbox":"mailto:a@b.example"}, "x": 1.0 }`];
    const { text } = await sent(`${before}${JSON.stringify(ANOTHER_AUTHORITY)}${after}`);
    expect(text).toBe(before + JSON.stringify(own) + after);
  });

  it.each(['null', '"x"', '[]', '{}', '0'])('replaces even %s, which is none', async (value) => {
    expect((await sent(`{"authority":${value}}`)).text).toBe(`{"authority":${JSON.stringify(own)}}`);
  });

  it('is set on each of a batch', async () => {
    const batch = [STATEMENT, { authority: ANOTHER_AUTHORITY, ...STATEMENT }, {}];
    const { text } = await sent(JSON.stringify(batch));
    expect(JSON.parse(text)).toEqual(batch.map((one) => ({ ...one, authority: own })));
  });

  it('is set by PUT', async () => {
    const id = randomUUID();
    const { text } = await sent(JSON.stringify({ ...STATEMENT, id }), {}, `PUT /xapi/statements?statementId=${id}`);
    expect(JSON.parse(text)).toEqual({ ...STATEMENT, id, authority: own });
  });

  it('is set by alternate request syntax', async () => {
    const form = new URLSearchParams({ ...headers, content: JSON.stringify(STATEMENT) }).toString();
    const type = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Experience-API-Version': '1.0.3' };
    const { upstream } = await scene.ask('POST /xapi/statements?method=POST', type, form);
    expect(JSON.parse(String(upstream[0]?.body))).toEqual({ ...STATEMENT, authority: own });
  });

  it('is set on what comes in chunks, which goes on in chunks', async () => {
    const text = JSON.stringify(STATEMENT);
    const chunks = [...text].map((character) => `1\r\n${character}\r\n`).join('');
    const { text: crossed, crossed: head } = await sent(`${chunks}0\r\n\r\n`, { 'Transfer-Encoding': 'chunked' });
    expect(JSON.parse(crossed)).toEqual({ ...STATEMENT, authority: own });
    expect([head['content-length'], head['transfer-encoding']]).toEqual([undefined, 'chunked']);
  });

  it('leaves one in extensions, in a SubStatement and in a text alone', async () => {
    const inner = { authority: ANOTHER_AUTHORITY };
    const statement = {
      ...STATEMENT,
      object: { ...STATEMENT, objectType: 'SubStatement', ...inner },
      context: { extensions: { 'https://example.org/x': inner } },
      result: { response: '{"authority":{}}' },
    };
    const { text } = await sent(JSON.stringify(statement));
    expect(JSON.parse(text)).toEqual({ ...statement, authority: own });
  });

  it('is a Group of two, the client first, where a person gave consent', async () => {
    const { client, bearer } = await scene.gateway.mint('statements/write', {}, { sub: 'lea' });
    const { text } = await sent(JSON.stringify(STATEMENT), { Authorization: bearer });
    expect(JSON.parse(text)).toMatchObject({
      authority: {
        objectType: 'Group',
        member: [{ account: agentOf(client.client_id).account }, { account: { homePage: ISSUER, name: 'lea' } }],
      },
    });
  });

  it('is the one that the client was registered with, in ASCII whatever its name is', async () => {
    const authority = { name: 'Zoë “Ø”', account: { homePage: 'https://example.org', name: '{client_id}' } };
    const { client, bearer } = await scene.gateway.mint('statements/write', { authority });
    const { text, bytes } = await sent('{}', { Authorization: bearer });
    expect(JSON.parse(text)).toEqual({
      authority: { name: 'Zoë “Ø”', account: { homePage: 'https://example.org', name: client.client_id } },
    });
    expect(bytes.every((byte) => byte < 0x80)).toBe(true);
  });

  it.each(['Content-MD5', 'Digest', 'Content-Digest', 'Repr-Digest'])('voids %s', async (name) => {
    const { crossed } = await sent('{}', { [name]: 'x' });
    expect(crossed[name.toLowerCase()]).toBeUndefined();
  });

  describe('by a client that may say it itself', () => {
    it('is left as it came, to the byte, and added where there is none', async () => {
      const text = `[{"authority" : ${JSON.stringify(ANOTHER_AUTHORITY)}},{}]`;
      const { text: crossed } = await sent(text, trusted);
      const { account } = (JSON.parse(crossed) as { authority: ReturnType<typeof agentOf> }[])[1]?.authority ?? {};
      expect(crossed.startsWith(text.slice(0, -3))).toBe(true);
      expect(account?.homePage).toBe(TOKEN_ENDPOINT);
    });

    it('keeps its digest where nothing was changed', async () => {
      const { text, crossed } = await sent('{"authority":{}}', { ...trusted, Digest: 'x' });
      expect([text, crossed.digest]).toEqual(['{"authority":{}}', 'x']);
    });
  });

  it('does not come with "all": saying whose statements are is granted by name', async () => {
    const { client, bearer } = await scene.gateway.mint('all');
    const { text } = await sent(`{"authority":${JSON.stringify(ANOTHER_AUTHORITY)}}`, { Authorization: bearer });
    expect(JSON.parse(text)).toEqual({ authority: agentOf(client.client_id) });
  });

  it('is set in the first part of a multipart body, and every other byte stays', async () => {
    const data = Buffer.from(Array.from({ length: 1024 }, (_, n) => n % 256));
    const statement = { ...STATEMENT, attachments: [attachment(data)] };
    const text = JSON.stringify(statement);
    const [body, expected] = [text, `${text.slice(0, -1)},"authority":${JSON.stringify(own)}}`].map((json) =>
      mixed(jsonPart(json), attachmentPart(data)),
    );
    const { bytes, crossed } = await sent(body ?? '', { 'Content-Type': MIXED });
    expect(bytes.equals(expected ?? Buffer.alloc(0))).toBe(true);
    expect(crossed['content-type']).toBe(MIXED);
    expect(crossed['content-length']).toBe(String(bytes.length));
  });

  it('is set on a signed statement, and the signature crosses as it came', async () => {
    const jws = 'eyJhbGciOiJSUzI1NiJ9.eyJhY3RvciI6e319.c2lnbmF0dXJl';
    const usageType = 'http://adlnet.gov/expapi/attachments/signature';
    const signed = { ...STATEMENT, attachments: [attachment(jws, { usageType })] };
    const { bytes } = await sent(mixed(jsonPart(JSON.stringify(signed)), attachmentPart(jws)), {
      'Content-Type': MIXED,
    });
    const withOwn = JSON.stringify({ ...signed, authority: own });
    expect(bytes.toString()).toBe(mixed(jsonPart(withOwn), attachmentPart(jws)).toString());
  });

  it('changes nothing else of any statement, however it is written', async () => {
    const keys: fc.Arbitrary<string> = fc.constantFrom('"id"', '"verb"', '"x"', '"\\u0061ctor"', '"y"', '"__proto__"');
    const values = jsonTexts().map((text) => text.replace(/^\s+|\s+$/g, ''));
    const members = fc.uniqueArray(fc.tuple(keys, values), { maxLength: 4, selector: ([key]) => key });
    const submitted = fc.option(fc.tuple(fc.constantFrom('"authority"', '"\\u0061uthorit\\u0079"'), values));
    const statements = fc
      .tuple(members, submitted, fc.nat(4), fc.constantFrom('', ' ', '\r\n'))
      .map(([others, authority, at, space]) => {
        const withAuthority = (text: string) => others.toSpliced(at, 0, [authority?.[0] ?? '', text]);
        if (authority)
          return {
            text: objectText(withAuthority(authority[1]), space),
            expected: objectText(withAuthority(JSON.stringify(own)), space),
          };
        const text = objectText(others, space);
        const last = others.length > 0 ? text.length - 1 - space.length : 1;
        const added = `${others.length > 0 ? ',' : ''}"authority":${JSON.stringify(own)}`;
        return { text, expected: text.slice(0, last) + added + text.slice(last) };
      });
    const batches = fc.array(statements, { maxLength: 25 }).map((all) => ({
      text: `[ ${all.map(({ text }) => text).join(' ,')}\n]`,
      expected: `[ ${all.map(({ expected }) => expected).join(' ,')}\n]`,
    }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(statements, batches), async ({ text, expected }) => {
        expect((await sent(text)).text).toBe(expected);
      }),
      { numRuns: 150 },
    );
  });
});

describe('in front of the sample LRS, which keeps an authority', () => {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    const credentials = [{ username: 'gateway-user', password: 'gateway-password' }];
    lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials, authority: 'kept' });
    gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration: { authority: 'kept' } });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  it.each([VERSION_1, VERSION_2])('is recorded for each client, whatever it says: %j', async (version) => {
    for (const said of [{}, { authority: { objectType: 'Agent', ...ANOTHER_AUTHORITY } }]) {
      const { bearer, client } = await gateway.mint('statements/write statements/read');
      const headers = { Authorization: bearer, ...version };
      const data = 'a certificate';
      const id = randomUUID();
      const statement = { id, ...STATEMENT, ...said, attachments: [attachment(data)] };
      const body = mixed(jsonPart(JSON.stringify([statement, STATEMENT])), attachmentPart(data));
      const written = await askPort(gateway.port, 'POST /xapi/statements', { ...headers, 'Content-Type': MIXED }, body);
      expect([written.status, JSON.parse(written.body)]).toEqual([200, [id, expect.any(String)]]);
      for (const one of JSON.parse(written.body) as string[]) {
        const read = await askPort(gateway.port, `GET /xapi/statements?statementId=${one}`, headers);
        expect(JSON.parse(read.body)).toMatchObject({ id: one, authority: agentOf(client.client_id) });
      }
    }
  });

  it('is left to the LRS to refuse what is no statement', async () => {
    const { bearer } = await gateway.mint('statements/write');
    const headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
    const answer = await askPort(gateway.port, 'POST /xapi/statements', headers, '{"actor":{}}');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).not.toHaveProperty('error_description');
  });
});

describe('in front of an LRS that keeps none', () => {
  const scene = gatewayScene();

  it('is nobody’s business: what is no JSON passes as it came', async () => {
    const { bearer } = await scene.gateway.mint('statements/write');
    const headers = { Authorization: bearer, ...VERSION_1, 'Content-Type': 'text/plain', 'Content-Encoding': 'br' };
    const { upstream } = await scene.ask('POST /xapi/statements', headers, '{"authority":1,"authority":2}');
    expect(String(upstream[0]?.body)).toBe('{"authority":1,"authority":2}');
  });
});

describe('that cannot be told', () => {
  const template = { account: { homePage: 'https://example.org/{subject}', name: '{subject}' } };
  const scene = gatewayScene({ lrsRegistration: { authority: 'kept', authority_template: template } });

  it('is never somebody else’s: nothing is forwarded, and the log says why', async () => {
    const { bearer } = await scene.gateway.mint('statements/write');
    const headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
    const answer = await scene.ask('POST /xapi/statements', headers, JSON.stringify(STATEMENT));
    expect(refusalOf(answer)).toMatchObject({ status: 500, error: 'server_error' });
    expect(answer.upstream).toEqual([]);
    expect(scene.gateway.logged()).toContain('subject');
  });
});
