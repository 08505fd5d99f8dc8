/** Tokens that a client asks to be narrower than any scope. @see RFC 9396 §5, §6.1, §7, §9.2 */
import { decodeAccessToken } from '../../services/shared/access-token.ts';
import type { Client } from '../../services/shared/client.ts';
import { keyOf } from '../../services/store/store.ts';
import { ISSUER, refusalOf, runTokenService, type Form, type TokenService } from '../support/token-service.ts';

const RESOURCES = [{ name: 'scim', path: '/scim', upstream: 'http://127.0.0.1:9', methods: { GET: ['scim'] } }];

let service: TokenService;
beforeAll(async () => {
  service = await runTokenService({ resources: RESOURCES });
});
afterAll(() => service.close());

const ANN = { mbox: 'mailto:ann@example.org' };
/** SHA-1 of `mailto:ann@example.org`. */
const ANN_HASHED = { mbox_sha1sum: '6168d27d1f76f1fd61099f4e24f911dbae8314dc' };
const BEN = { account: { homePage: 'https://example.org', name: 'ben' } };
const REGISTRATION = '6b3d7c2e-8f0b-4d07-9a62-4a4ee6e0c7a1';
const ANSWERED = 'http://adlnet.gov/expapi/verbs/answered';
const PASSED = 'http://adlnet.gov/expapi/verbs/passed';
const COURSE = 'https://example.org/course/7';

const DETAILS = [
  { type: 'xapi', actor: ANN, activity: `${COURSE}/*`, registration: REGISTRATION },
  { type: 'xapi', verbs: [ANSWERED], 'no-void': true },
];
const GRANT = { grant_type: 'client_credentials' };
const json = (details: unknown) => ({ authorization_details: JSON.stringify(details) });

async function refusalFor(form: Form, registration: Partial<Client> = {}) {
  return refusalOf(await service.askToken({ ...GRANT, ...(await service.addClient(registration)), ...form }));
}

describe('a token asked for with authorization_details', () => {
  it('has them: its answer, its introspection, and its record say so', async () => {
    const credentials = await service.addClient();
    const { access_token, authorization_details, scope } = await service.issue(credentials, json(DETAILS));
    expect({ authorization_details, scope }).toEqual({ authorization_details: DETAILS, scope: 'all' });
    expect(await service.introspect(credentials, access_token)).toMatchObject({
      active: true,
      authorization_details: DETAILS,
    });
    const record = decodeAccessToken((await service.store.read('access-token', keyOf(access_token))) ?? '');
    expect(record.restrictions).toEqual(DETAILS.map(({ type: _type, ...restriction }) => restriction));
  });

  it('has none where none are asked for', async () => {
    const credentials = await service.addClient();
    for (const form of [{}, { authorization_details: '' }]) {
      const answer = await service.issue(credentials, form);
      expect(answer).not.toHaveProperty('authorization_details');
      expect(await service.introspect(credentials, answer.access_token)).not.toHaveProperty('authorization_details');
      const text = await service.store.read('access-token', keyOf(answer.access_token));
      expect(decodeAccessToken(text ?? '')).not.toHaveProperty('restrictions');
    }
  });

  it('has them beside its scopes, which are narrowed as ever', async () => {
    const credentials = await service.addClient({ scope: 'statements/write state' });
    const answer = await service.issue(credentials, { ...json(DETAILS), scope: 'xapi:write' });
    expect(answer).toMatchObject({ scope: 'statements/write state/write', authorization_details: DETAILS });
  });

  it('may have them laid out over lines', async () => {
    const credentials = await service.addClient();
    const answer = await service.issue(credentials, { authorization_details: JSON.stringify(DETAILS, null, '\t') });
    expect(answer.authorization_details).toEqual(DETAILS);
    await service.issue(credentials, {
      authorization_details: JSON.stringify(DETAILS, null, 2).replaceAll('\n', '\r\n'),
    });
  });

  it('has twenty at most, and every kind of actor', async () => {
    const actors = [
      ANN,
      BEN,
      { objectType: 'Agent', name: 'Zoë 😀', openid: 'https://ann.example.org/' },
      { mbox_sha1sum: 'a'.repeat(40) },
    ];
    const details = Array.from({ length: 20 }, (_, index) => ({ type: 'xapi', actor: actors[index % actors.length] }));
    const credentials = await service.addClient();
    const { authorization_details, access_token } = await service.issue(credentials, json(details));
    expect(authorization_details).toEqual(details);
    expect(await service.introspect(credentials, access_token)).toMatchObject({ authorization_details: details });
  });

  it('is for the LRS, and free of restrictions nowhere else', async () => {
    const credentials = await service.addClient({ scope: 'all scim introspect authority/write' });
    const { access_token, scope } = await service.issue(credentials, json(DETAILS));
    expect(scope).toBe('all authority/write');
    expect(await service.introspect(credentials, access_token)).toMatchObject({ aud: `${ISSUER}/xapi` });
    const named = await service.issue(credentials, { ...json(DETAILS), resource: `${ISSUER}/xapi` });
    expect(named).toMatchObject({ scope: 'all authority/write', authorization_details: DETAILS });
  });

  it('says what it is restricted to, and nothing more, to its own client and to holders of introspect only', async () => {
    const { access_token } = await service.issue(await service.addClient(), json(DETAILS));
    expect(await service.introspect(await service.addClient(), access_token)).toEqual({ active: false });
  });

  it('leaves no learner in the log', async () => {
    const before = service.logged.length;
    await service.issue(await service.addClient(), json(DETAILS));
    const lines = service.logged.slice(before).join('');
    expect(lines).toContain('"restrictions":2');
    expect(lines).not.toContain('ann@example.org');
  });
});

describe('authorization_details that cannot be granted', () => {
  const one = (fields: object) => JSON.stringify([{ type: 'xapi', ...fields }]);

  it.each<[text: string, sentence: RegExp]>([
    ['xapi', /is not JSON: it should be a JSON array of objects/],
    ['[', /is not JSON/],
    ["[{'type':'xapi'}]", /is not JSON/],
    ['[{"type":"xapi","verbs":["http://a.example/b"],}]', /is not JSON/],
    ['NaN', /is not JSON/],
    ['{"type":"xapi"}', /should be a JSON array/],
    ['null', /should be a JSON array/],
    ['"xapi"', /should be a JSON array/],
    ['7', /should be a JSON array/],
    ['[]', /is empty: leave it out/],
    [' [ ] ', /is empty: leave it out/],
    ['[null]', /object/],
    ['[[]]', /object/],
    ['["xapi"]', /object/],
    ['[{}]', /type/],
    ['[{"type":""}]', /type/],
    ['[{"type":["xapi"]}]', /type/],
    ['[{"type":"openid_credential"}]', /type that is not known here; there is xapi/],
    ['[{"type":"XAPI"}]', /type that is not known here/],
    ['[{"type":"__proto__"}]', /type that is not known here/],
    ['[{"type":"toString"}]', /type that is not known here/],
    [one({ verbs: [ANSWERED] }).replace(']}]', ']},{"type":"payment"}]'), /type that is not known here/],
    [one({}), /authorization_details\[0\] should have at least one of actor, activity/],
    [one({ verb: ANSWERED }), /authorization_details\[0\] should have no field 'verb'/],
    [one({ verbs: [ANSWERED], locations: [`${ISSUER}/xapi`] }), /should have no field 'locations'/],
    [one({ verbs: ANSWERED }), /should have as verbs an array/],
    [one({ verbs: [] }), /should have as verbs an array/],
    [one({ registration: 'x' }), /should have as registration a UUID/],
    [one({ 'no-void': false }), /no-void/],
    [one({ activity: '*' }), /should have as activity/],
    [one({ actor: {} }), /should have as actor/],
    [one({ actor: { ...ANN, openid: 'https://a.example/' } }), /should have as actor/],
    [one({ actor: { objectType: 'Group', ...ANN } }), /should have as actor/],
    [one({ 'é"\\': 1 }), /should have no field/],
    ['[{"type":"xapi","verbs":["http://a.example/b"],"verbs":["http://a.example/c"]}]', /twice|more than once/],
    ['[{"type":"x","type":"xapi","verbs":["http://a.example/b"]}]', /twice|more than once/],
    [
      '[{"type":"xapi","actor":{"mbox":"mailto:a@example.org","\\u006dbox":"mailto:b@example.org"}}]',
      /twice|more than once/,
    ],
    [JSON.stringify(Array(21).fill(DETAILS[1])), /20 objects at most, and has 21/],
    [one({ activity: `https://example.org/${'x'.repeat(10_000)}` }), /10000 bytes at most/],
    [`[${'['.repeat(4_000)}${']'.repeat(4_000)}]`, /object/],
  ])('are invalid_authorization_details, and it is said why: %.60s', async (text, sentence) => {
    const refusal = await refusalFor({ authorization_details: text });
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_authorization_details' });
    expect(refusal.error_description).toMatch(sentence);
  });

  it('are refused before anything else of them is said, where the client is unknown', async () => {
    const { client_id } = await service.addClient();
    const form = { ...GRANT, client_id, client_secret: 'wrong', authorization_details: '[' };
    expect(refusalOf(await service.askToken(form))).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('are refused twice, and with a NUL', async () => {
    const credentials = await service.addClient();
    const form = new URLSearchParams({ ...GRANT, ...credentials, ...json(DETAILS) });
    const text = form.toString();
    form.append('authorization_details', JSON.stringify(DETAILS));
    const twice = await service.send('post', '/oauth2/token').type('form').send(form.toString());
    expect(refusalOf(twice)).toMatchObject({ status: 400, error: 'invalid_request' });
    const withNul = await service.send('post', '/oauth2/token').type('form').send(`${text}%00`);
    expect(refusalOf(withNul)).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('are refused for another resource than the LRS, where they mean nothing', async () => {
    const form = { ...json(DETAILS), resource: `${ISSUER}/scim` };
    const refusal = await refusalFor(form, { scope: 'all scim' });
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_authorization_details' });
    expect(refusal.error_description).toContain('about the LRS');
  });

  it('are invalid_scope for a client that has no scope at the LRS', async () => {
    expect(await refusalFor(json(DETAILS), { scope: 'scim' })).toMatchObject({ status: 400, error: 'invalid_scope' });
  });
});

describe('authorization_details of a client that is restricted itself', () => {
  const restrictions: Client['restrictions'] = [
    { actor: ANN, activity: `${COURSE}/*`, registration: REGISTRATION, verbs: [ANSWERED, PASSED] },
  ];

  it.each<[asked: object]>([
    [{ actor: ANN }],
    [{ actor: { ...ANN, name: 'Ann', objectType: 'Agent' } }],
    [{ registration: REGISTRATION.toUpperCase() }],
    [{ verbs: [PASSED, 'http://example.org/other'] }],
    [{ activity: `${COURSE}/page/1` }],
    [{ activity: `${COURSE}/*` }],
    [{ activity: `${COURSE}/page/*` }],
    [{ activity: 'https://example.org/*' }],
    [{ 'no-void': true }],
  ])('are granted as they were asked where something is within both: %j', async (asked) => {
    const { authorization_details } = await service.issue(
      await service.addClient({ restrictions }),
      json([{ type: 'xapi', ...asked }]),
    );
    expect(authorization_details).toHaveLength(1);
  });

  it.each<[asked: object, reason: string]>([
    [{ actor: BEN }, 'another actor'],
    [{ registration: '6b3d7c2e-8f0b-4d07-9a62-4a4ee6e0c7a2' }, 'another registration'],
    [{ verbs: ['http://example.org/other'] }, 'other verbs'],
    [{ activity: COURSE }, 'another activity'],
    [{ activity: 'https://example.org/course/8/*' }, 'another activity'],
    [{ activity: 'https://example.org/course/8' }, 'another activity'],
    [{ actor: ANN, verbs: ['http://example.org/other'] }, 'other verbs'],
  ])('trap, a token that works nowhere: are refused where nothing is within both: %j', async (asked, reason) => {
    const refusal = await refusalFor(json([{ type: 'xapi', ...asked }]), { restrictions });
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_authorization_details' });
    expect(refusal.error_description).toBe(
      `authorization_details[0] is outside what this client is restricted to: ${reason}`,
    );
  });

  it('are refused for the one that is outside, also beside one that is not', async () => {
    const details = [
      { type: 'xapi', actor: ANN },
      { type: 'xapi', actor: BEN },
    ];
    const { error_description } = await refusalFor(json(details), { restrictions });
    expect(error_description).toContain('authorization_details[1]');
  });

  it('need to be within one of its alternatives only', async () => {
    const either = [{ actor: ANN }, { actor: BEN, verbs: [PASSED] }];
    const ask = (detail: object) => json([{ type: 'xapi', ...detail }]);
    const credentials = await service.addClient({ restrictions: either });
    await service.issue(credentials, ask({ actor: BEN }));
    await service.issue(credentials, ask({ actor: ANN, verbs: [ANSWERED] }));
    const refusal = await refusalFor(ask({ actor: BEN, verbs: [ANSWERED] }), { restrictions: either });
    expect(refusal.error_description).toContain('another actor, or other verbs');
  });

  it('may name the same Agent by the hash of its address', async () => {
    const credentials = await service.addClient({ restrictions });
    await service.issue(credentials, json([{ type: 'xapi', actor: ANN_HASHED }]));
  });
});
