/** Without `define`, whoever is held to it writes statements that define no activity. @see xAPI 1.0.3 Part 3 §4.2 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { jsonTexts } from '../support/json-texts.ts';
import { attachment, attachmentPart, jsonPart, mixed, MIXED, STATEMENT } from './statements.ts';
import { askPort, gatewayScene, JSON_TYPE, refusalOf, VERSION_1, type Headers } from './support.ts';

const DEFINITION = { name: { en: 'An activity' }, type: 'http://adlnet.gov/expapi/activities/course' };
const SIGNATURE = 'http://adlnet.gov/expapi/attachments/signature';

const activity = (n: number) => ({ objectType: 'Activity', id: `https://example.org/activities/${n}` });
const defined = (n: number) => ({ ...activity(n), definition: DEFINITION });

/** The same statement with every activity as `one` makes it. */
function statementOf(one: (n: number) => object) {
  const context = (n: number) => ({
    contextActivities: {
      parent: one(n),
      grouping: [one(n + 1), one(n + 2)],
      category: [one(n + 3)],
      other: one(n + 4),
    },
    extensions: { 'https://example.org/x': { definition: 1, object: defined(n) } },
  });
  return {
    actor: { ...STATEMENT.actor, definition: 'no activity has this' },
    verb: STATEMENT.verb,
    object: { objectType: 'SubStatement', ...STATEMENT, object: one(1), context: context(2) },
    result: { extensions: { 'https://example.org/y': { definition: 2 } } },
    context: context(10),
  };
}

describe('definitions', () => {
  const scene = gatewayScene();
  let headers: Headers;
  const held = { enforce_define: true };
  beforeAll(async () => {
    const { bearer } = await scene.gateway.mint('statements/write', held);
    headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
  });

  async function crossing(body: string | Buffer, said: Headers = {}): Promise<string> {
    const { status, upstream, body: answer } = await scene.ask('POST /xapi/statements', { ...headers, ...said }, body);
    expect([status, answer]).toEqual([200, '{}']);
    return String(upstream[0]?.body);
  }

  it('are taken out of objects and context activities, of a SubStatement too, and nothing else is', async () => {
    expect(JSON.parse(await crossing(JSON.stringify(statementOf(defined))))).toEqual(statementOf(activity));
  });

  it('are taken out of each of a batch, and of a first part', async () => {
    const batch = [statementOf(defined), STATEMENT, { ...STATEMENT, object: defined(1) }];
    const expected = JSON.stringify([statementOf(activity), STATEMENT, { ...STATEMENT, object: activity(1) }]);
    expect(await crossing(JSON.stringify(batch))).toBe(expected);
    const body = (json: string) => mixed(jsonPart(json), attachmentPart('x'));
    expect(await crossing(body(JSON.stringify(batch)), { 'Content-Type': MIXED })).toBe(String(body(expected)));
  });

  it('are taken out with the one comma that they needed', async () => {
    const around = (object: string) => `{"object":{${object}} , "x" : 1.0}`;
    for (const [object, expected] of [
      ['"definition":{}', ''],
      ['"id":"a" , "definition" : {"definition":1}', '"id":"a"'],
      ['"definition":null,"id":"a"', '"id":"a"'],
      ['"d\\u0065finition":{},"id":"a"', '"id":"a"'],
      ['"id":"a","definition":[],"objectType":"Activity"', '"id":"a","objectType":"Activity"'],
    ])
      expect(await crossing(around(object ?? ''))).toBe(around(expected ?? ''));
  });

  it.each(['Agent', 'Group', 'StatementRef'])('that a %s has are for the LRS to refuse', async (objectType) => {
    const text = JSON.stringify({ ...STATEMENT, object: { objectType, definition: {} } });
    expect(await crossing(text)).toBe(text);
  });

  it.each([
    ['an object', { Object: defined(1) }],
    ['a definition', { object: { ...activity(1), Definition: DEFINITION } }],
    ['context activities', { context: { ContextActivities: { parent: defined(1) } } }],
    ['a type', { object: { objectType: 'substatement', object: defined(1) } }],
    ['a name with a long s', { 'ver\u017fion': 1 }],
  ])('do not get by in another spelling of %s', async (_what, said) => {
    const answer = await scene.ask('POST /xapi/statements', headers, JSON.stringify({ ...STATEMENT, ...said }));
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusalOf(answer).error_description).toMatch(/should be written/);
    expect(answer.upstream).toEqual([]);
  });

  it('pass in whatever an extension, a display or a definition calls its own', async () => {
    const extensions = { Object: 1, AUTHORITY: 2, 'https://example.org/x': { Definition: 1 } };
    const text = JSON.stringify({ verb: { display: { ID: 'nama' } }, context: { extensions }, result: { extensions } });
    expect(await crossing(text)).toBe(text);
  });

  it('without any, a statement crosses as it came', async () => {
    await fc.assert(
      fc.asyncProperty(jsonTexts(), async (text) => {
        const statement = `{"object" : {"id":"a"},\n"result":{"extensions" : ${text}},"timestamp":1.0}`;
        expect(await crossing(statement)).toBe(statement);
      }),
      { numRuns: 50 },
    );
  });

  describe('in a signed statement', () => {
    const signed = (object: object) => ({
      ...STATEMENT,
      object,
      attachments: [attachment('x'), attachment('a.b.c', { usageType: SIGNATURE })],
    });

    it('cannot be taken out: it is refused, and says which it is', async () => {
      const body = JSON.stringify([signed(activity(1)), signed(defined(1))]);
      const answer = await scene.ask('POST /xapi/statements', headers, body);
      expect(refusalOf(answer)).toMatchObject({ status: 403, error: 'insufficient_scope' });
      expect(refusalOf(answer).error_description).toMatch(/^statement \[1\] is signed/);
      expect(answer.header('WWW-Authenticate')).toMatch(/scope="define"/);
      expect(answer.upstream).toEqual([]);
    });

    it('that has none crosses as it came', async () => {
      const text = JSON.stringify(signed(activity(1)));
      expect(await crossing(text)).toBe(text);
    });
  });

  it.each<[what: string, scope: string, said: object]>([
    ['holds define', 'statements/write define', held],
    ['holds all', 'all', held],
    ['is not held to it', 'statements/write', {}],
  ])('stay where the client %s', async (_what, scope, said) => {
    const { bearer } = await scene.gateway.mint(scope, said);
    const text = JSON.stringify(statementOf(defined));
    expect(await crossing(text, { Authorization: bearer })).toBe(text);
  });
});

describe('at the sample LRS', () => {
  let lrs: SampleLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    const credentials = [{ username: 'gateway-user', password: 'gateway-password' }];
    lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials });
    gateway = await startTestGateway({ lrsUrl: lrs.url, lrsRegistration: { authority: 'kept' } });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });

  it('an activity stays as it was defined by one that may, whatever one writes that may not', async () => {
    const object = { ...activity(1), definition: DEFINITION };
    const other = { ...activity(1), definition: { name: { en: 'Another' } } };
    const [teacher, tool] = [
      await gateway.mint('all'),
      await gateway.mint('statements/write', { enforce_define: true }),
    ];
    for (const [{ bearer }, body] of [
      [teacher, { id: randomUUID(), ...STATEMENT, object }],
      [tool, { id: randomUUID(), ...STATEMENT, object: other }],
      [tool, { id: randomUUID(), ...STATEMENT, context: { contextActivities: { parent: [other] } } }],
    ] as const) {
      const headers = { Authorization: bearer, ...VERSION_1, ...JSON_TYPE };
      expect((await askPort(gateway.port, 'POST /xapi/statements', headers, JSON.stringify(body))).status).toBe(200);
    }
    const target = `GET /xapi/activities?activityId=${encodeURIComponent(object.id)}`;
    const read = await askPort(gateway.port, target, { Authorization: teacher.bearer, ...VERSION_1 });
    expect(JSON.parse(read.body)).toMatchObject({ id: object.id, definition: DEFINITION });
  });
});
