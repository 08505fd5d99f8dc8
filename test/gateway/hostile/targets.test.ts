/** The request target: the path decided upon is the path asked, and a query means one thing to all who read it. */
import { expectRefused, head, hostileScene, STATE, STATEMENTS, VERSION } from './support.ts';

const scene = hostileScene();

describe('a path that some server might take for another', () => {
  const NOT_FOUND = [
    '//xapi/statements',
    '///xapi/statements',
    '/xapi//statements',
    '/xapi///activities/state',
    '/xapi/../admin',
    '/xapi/../xapi/statements',
    '/xapi/./statements',
    '/./xapi/statements',
    '/xapi/statements/.',
    '/xapi/statements/..',
    '/xapi/%2e%2e/admin',
    '/xapi/%2E%2E/admin',
    '/xapi/.%2e/admin',
    '/xapi/%252e%252e/admin',
    '/xapi/..%2fadmin',
    '/xapi/..%5cadmin',
    '/xapi/..;/admin',
    '/xapi/.../admin',
    '/xapi%2fstatements',
    '/xapi/activities%2fstate',
    '/%78api/statements',
    '/xapi/%73tatements',
    '/xapi/statement%73',
    '/xapi/statements/',
    '/xapi/statements//',
    '/xapi/statements/x',
    '/xapi/statements.json',
    '/xapi/statements;x=1',
    '/xapi;x=1/statements',
    '/xapi/statements%00',
    '/xapi/statements%20',
    '/xapi/statements%0d%0aX-Hallpass-Client:%20forged',
    '/xapi/statements&method=GET',
    '/xapi/statements%3fmethod=GET',
    '/xapi/statements:443',
    '/xapi/statements*',
    '/xapi/statements~',
    '/xapi/"statements"',
    '/XAPI/statements',
    '/Xapi/statements',
    '/xapi/Statements',
    '/xapi/STATEMENTS',
    '/xapi/activities/State',
    '/xapi/',
    '/xapi',
    '/xapi\\statements',
    '/xapi/__proto__',
    '/xapi/constructor',
    '/xapi/toString',
    '/xapi/hasOwnProperty',
    '/xapi/valueOf',
    '/xapi/activities/__proto__',
    '/xapi/statements/__proto__',
    '/xapi/more',
    '/xapi/statements/more/abc',
    '/xapi/extensions/x',
    '/lrs/xapi/statements',
    '/statements',
    '/admin',
    '/',
    '*',
    'http://forged.test/xapi/statements',
    'http://gateway.test/xapi/statements',
    'https://forged.test/xapi/statements',
    'ftp://forged.test/xapi/statements',
    'http:///xapi/statements',
    '/http://forged.test/xapi/statements',
    '/\\forged.test/xapi/statements',
  ];

  /* No path at all, or one that the parser or the door refuses before it is compared with any. */
  const BAD_REQUEST = [
    '/xapi/statements#',
    '/xapi/statements#?method=GET',
    '/xapi/#/statements',
    '/xapi/..\\admin',
    '/xapi/\\statements',
    '/xapi/statements\t',
    '/xapi/state\tments',
    '/xapi/statements\x0b',
    '/xapi/statements\0',
    '/xapi/statements\x7f',
    '/xapi/statements\xe9',
    '/xapi/\xff\xfe',
    '/xapi/st\xc3\xa4tements',
    '/xapi/\xef\xbd\x93tatements',
    '/xapi/statements extra',
    'statements',
    'http:/xapi/statements',
    '\\xapi\\statements',
    '@forged.test/xapi/statements',
    'xapi/statements',
    '',
  ];

  it.each(NOT_FOUND)('is 404, with a token or without: %s', async (target) => {
    expectRefused(await scene.send(scene.head(`GET ${target}`)), 404);
    expectRefused(await scene.send(head(`GET ${target}`, VERSION)), 404);
    expectRefused(await scene.send(`${scene.head(`POST ${target}`, 'Content-Length: 2')}{}`), 404);
  });

  it.each(BAD_REQUEST)('is 400: %j', async (target) => {
    expectRefused(await scene.send(scene.head(`GET ${target}`)), 400);
  });

  it('is 404 where it is long', async () => {
    for (const target of [`/xapi/${'a'.repeat(15_000)}`, `/xapi${'/..'.repeat(4_000)}/admin`])
      expectRefused(await scene.send(scene.head(`GET ${target}`)), 404);
  });

  it('431 where it has 20 KB', async () => {
    expectRefused(await scene.send(scene.head(`GET /xapi/${'a'.repeat(20_000)}`)), 431);
  });
});

describe('a query', () => {
  const state = '/xapi/activities/state';

  it.each([
    ['an unknown parameter', `${STATE}&foo=bar`],
    ['a parameter of another resource', `${STATE}&statementId=a`],
    ['a name in the wrong case', `${STATEMENTS}?StatementId=a`],
    ['a name in the wrong case, once more', `${STATEMENTS}?LIMIT=1`],
    ['Method', `${STATEMENTS}?Method=GET`],
    ['a name with a space', `${STATEMENTS}?limit%20=1`],
    ['a name with NUL', `${STATEMENTS}?limit%00=1`],
    ['a name with brackets', `${STATEMENTS}?limit[]=1`],
    ['a name with a dot', `${STATEMENTS}?agent.name=1`],
    ['an empty name', `${STATEMENTS}?=1`],
    ['a name without a value', `${STATEMENTS}?foo`],
    ['a second question mark', `${STATEMENTS}??limit=1`],
    ['a second question mark before method', `${STATEMENTS}??method=GET`],
    ['a parameter twice', `${STATEMENTS}?limit=1&limit=2`],
    ['a parameter twice, the same', `${STATE}&stateId=c`],
    ['a parameter twice, once encoded', `${STATEMENTS}?limit=1&%6cimit=2`],
    ['an incomplete escape', `${STATEMENTS}?verb=%zz`],
    ['an escape that is cut off', `${STATEMENTS}?verb=%e`],
    ['a lone percent sign', `${STATEMENTS}?verb=100%`],
    ['invalid UTF-8', `${STATEMENTS}?verb=%ff`],
    ['overlong UTF-8', `${STATEMENTS}?verb=%c0%af`],
    ['a surrogate', `${STATEMENTS}?verb=%ed%a0%80`],
    ['%u', `${STATEMENTS}?verb=%u0041`],
    ['__proto__', `${STATEMENTS}?__proto__=a`],
    ['__proto__ with brackets', `${STATEMENTS}?__proto__[limit]=1`],
    ['constructor', `${STATEMENTS}?constructor=a`],
    ['a token', `${STATEMENTS}?access_token=abc`],
    ['a token, alone', `${STATEMENTS}?token`],
    ['a more link that was never given', `${STATEMENTS}?more=abc`],
    ['an empty more link', `${STATEMENTS}?more=`],
    ['a more link beside others', `${STATEMENTS}?more=abc&limit=1`],
    ['a more link elsewhere', `${STATE}&more=abc`],
    ['the path of the LRS as more link', `${STATEMENTS}?more=${encodeURIComponent('/lrs/xapi/statements')}`],
    ['a fragment', `${STATEMENTS}?limit=1#`],
    ['a backslash', `${STATEMENTS}?verb=\\`],
    ['a bare non-ASCII byte', `${STATEMENTS}?verb=\xe9`],
    ['10 KB of unknown names', `${STATEMENTS}?${'a&'.repeat(5_000)}`],
  ])('400 where it has %s', async (_name, target) => {
    expectRefused(await scene.send(scene.head(`GET ${target}`)), 400);
  });

  it('400 to a more link of another client, or of one’s own that was changed', async () => {
    scene.echo.respond((_request, res) => res.end('{"statements":[],"more":"/lrs/xapi/statements?page=2"}'));
    const page = await scene.send(scene.head(`GET ${STATEMENTS}`));
    scene.echo.respond((_request, res) => res.end('{}'));
    const { more } = JSON.parse(page.body) as { more: string };
    const other = `Authorization: ${(await scene.gateway.mint('all')).bearer}`;
    expectRefused(await scene.send(head(`GET ${more}`, VERSION, other)), 400);
    expectRefused(await scene.send(head(`GET ${more}`, VERSION)), 401);
    for (const changed of [more.slice(0, -1), more.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')), `${more}&limit=1`])
      expectRefused(await scene.send(scene.head(`GET ${changed}`)), 400);
    const followed = await scene.send(scene.head(`GET ${more}`));
    expect(followed.upstream.map(({ url }) => url)).toEqual(['/lrs/xapi/statements?page=2']);
  });

  it.each([
    `${state}?activityId=http://a.test/?b=c%26d&agent=%7B%22mbox%22%3A%22mailto:a%2Bb@c.test%22%7D&stateId=%E2%82%AC`,
    `${state}?activityId=a+b&agent=c%20d&stateId=%2B`,
    `${state}?activityId=a%3BstateId=b&agent=c%3b`,
    `${state}?activityId=../..&agent=//&stateId=..%2f`,
    `${state}?activityId=%0d%0aX-A:%20b&agent=%00`,
    `${state}?activityId=&agent=&stateId=`,
    `${state}?`,
    `${STATEMENTS}?verb='"<>[]{}|^\`!$*(),~`,
  ])('goes on exactly as it came: %s', async (target) => {
    const sent = await scene.send(scene.head(`GET ${target}`));
    expect(sent.upstream.map(({ url }) => url)).toEqual([target.replace('/xapi', '/lrs/xapi').replace(/\?$/, '')]);
  });

  it.each([`${state}?activityId=a;stateId=b&agent=c`, `${state}?;`, `${STATEMENTS}?limit=1;limit=2`])(
    'is refused with a ";" that an LRS could take for "&": %s',
    async (target) => {
      const sent = await scene.send(scene.head(`GET ${target}`));
      expect(expectRefused(sent, 400).error_description).toContain('write %3B');
    },
  );
});

describe('a method', () => {
  it.each(['PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH', 'LOCK', 'LINK', 'MERGE', 'PURGE', 'DELETE'])(
    '405 and those there are, where it is %s',
    async (method) => {
      const sent = await scene.send(scene.head(`${method} ${STATEMENTS}`));
      expectRefused(sent, 405);
      expect(sent.headers.get('allow')).toEqual(['GET, HEAD, OPTIONS, PUT, POST']);
      expect(sent.text).not.toContain(scene.authorized);
    },
  );

  it.each(['get', 'Get', 'constructor', '__proto__', 'toString', 'GET\t', 'GETGET', 'G\xcbT', 'OPTIONS2', '"GET"', ''])(
    '400 where it is %j',
    async (method) => {
      expectRefused(await scene.send(scene.head(`${method} ${STATEMENTS}`)), 400);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('405 where a resource that is only read has no %s', async (method) => {
    for (const resource of ['about', 'activities', 'agents'])
      expectRefused(await scene.send(scene.head(`${method} /xapi/${resource}`)), 405);
  });

  it('of another method’s scope is not lent: HEAD reads, and needs what a GET needs', async () => {
    const writer = `Authorization: ${(await scene.gateway.mint('statements/write state/write')).bearer}`;
    for (const target of [STATEMENTS, STATE])
      for (const method of ['GET', 'HEAD']) {
        const sent = await scene.send(head(`${method} ${target}`, VERSION, writer));
        expect([sent.status, sent.upstream]).toEqual([403, []]);
      }
  });
});
