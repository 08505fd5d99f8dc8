/** What a caller does wrong, what the caller is told, and that the service outlives it. @see RFC 6749 §3.2, §5.2 */
import { request as httpRequest } from 'node:http';
import { rawRequest, type RawOptions } from '../support/raw-request.ts';
import {
  FORM,
  refusalOf,
  runTokenService,
  type Credentials,
  type Form,
  type TokenService,
} from '../support/token-service.ts';

let service: TokenService;
let credentials: Credentials;
beforeAll(async () => {
  service = await runTokenService();
  credentials = await service.addClient();
});
afterAll(() => service.close());
/** Whatever was sent: it goes on issuing tokens. */
afterEach(() => service.issue(credentials));

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
const grant = () => ({ grant_type: 'client_credentials', ...credentials });
const encoded = (form: Form) => new URLSearchParams(form).toString();
const sendForm = (text: string, path = '/oauth2/token') => service.send('post', path).type('form').send(text);

describe('POST /oauth2/token with the wrong body', () => {
  it.each([
    ['application/json', '{"grant_type":"client_credentials"}'],
    ['text/plain', 'grant_type=client_credentials'],
    ['multipart/form-data; boundary=a', '--a--'],
    ['application/x-www-form-urlencoded-not', 'grant_type=client_credentials'],
    ['"', ''],
  ])('says 400 and the type to send, where it is %s', async (type, body) => {
    const refusal = refusalOf(await service.send('post', '/oauth2/token').set('Content-Type', type).send(body));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.error_description).toContain(FORM);
  });

  it('says 400 and the type to send, where there is none', async () => {
    const refusal = refusalOf(await service.send('post', '/oauth2/token'));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.error_description).toContain(FORM);
  });

  it.each([FORM.toUpperCase(), `${FORM};charset=utf-8`, `${FORM} ; charset="utf-8"`])('reads %s', async (type) => {
    await service.send('post', '/oauth2/token').set('Content-Type', type).send(encoded(grant())).expect(200);
  });

  it('says 400 to a body that claims to be compressed', async () => {
    const refusal = refusalOf(await sendForm(encoded(grant())).set('Content-Encoding', 'gzip'));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('says 400 to a grant type that is missing, empty or not offered, and which there is', async () => {
    for (const grant_type of [undefined, '', 'password', 'implicit', ...PROTOTYPE_NAMES]) {
      const refusal = refusalOf(
        await service.askToken({ ...credentials, ...(grant_type !== undefined && { grant_type }) }),
      );
      expect(refusal.status).toBe(400);
      expect(refusal.error).toBe(grant_type ? 'unsupported_grant_type' : 'invalid_request');
      expect(refusal.error_description).toMatch(grant_type ? /client_credentials/ : /grant_type/);
    }
  });

  it.each(['grant_type', 'client_id', 'client_secret', 'scope', 'expire_seconds', 'anything'])(
    'says 400 and which, where %s comes twice, the same or not',
    async (name) => {
      for (const twice of [`${name}=1&${name}=1`, `${name}=1&${name}=2`, `${name}=&${name}=`]) {
        const refusal = refusalOf(await sendForm(twice));
        expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
        expect(refusal.error_description).toContain(name);
      }
    },
  );

  it.each([...PROTOTYPE_NAMES, 'a[b]', 'a.b', '', '😀'])(
    'takes %j for a parameter name like any other',
    async (name) => {
      const more = `${encodeURIComponent(name)}=x`;
      await sendForm(`${encoded(grant())}&${more}`).expect(200);
      expect(refusalOf(await sendForm(`${encoded(grant())}&${more}&${more}`)).status).toBe(400);
    },
  );

  it('reads a form of separators and broken escapes as it can', async () => {
    for (const text of ['', '&', '&&==&', '%', '%zz=%', '%ff=%fe', '=', 'a'])
      expect(refusalOf(await sendForm(text)).status).toBeGreaterThanOrEqual(400);
  });

  it('answers a client id of a megabyte with 413', async () => {
    const refusal = refusalOf(await service.askToken({ ...grant(), client_id: 'x'.repeat(1_000_000) }));
    expect(refusal).toMatchObject({ status: 413, error: 'invalid_request' });
    expect(refusal.error_description).toContain('65536 bytes');
  });

  it('answers sixty thousand characters in any field, as if they were wrong', async () => {
    for (const name of ['client_id', 'client_secret', 'scope', 'resource', 'grant_type', 'expire_seconds']) {
      const { status } = refusalOf(
        await service.askToken({ ...grant(), [name]: '9'.repeat(60_000) }).set('Connection', 'close'),
      );
      if (name !== 'expire_seconds') expect([400, 401]).toContain(status);
    }
  });

  it('trap, a small body that costs seconds: ten thousand parameters are refused at once', async () => {
    const names = Array.from({ length: 16_000 }, (_, n) => n.toString(36)).join('&');
    const startedAtMs = performance.now();
    expect(refusalOf(await sendForm(names.slice(0, 64_000)))).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
  });
});

describe('a character that does not belong', () => {
  const fields = ['grant_type', 'client_id', 'client_secret', 'scope', 'resource', 'expire_seconds', 'anything'];

  it.each(fields)('says 400 and where, for a NUL, a newline or another control character in %s', async (name) => {
    for (const character of ['\u0000', '\n', '\r', '\t', '\u001b', '\u007f']) {
      const refusal = refusalOf(await service.askToken({ ...grant(), [name]: `a${character}b` }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
      expect(refusal.error_description).toContain(`'${name}'`);
    }
  });

  it.each(['grant_type', 'client_id', 'client_secret', 'scope', 'resource', 'expire_seconds'])(
    'is refused, and breaks nothing, where it is not ASCII in %s',
    async (name) => {
      for (const text of ['é', '😀', '\u0080', '\ud800', '\u202e', '"', '\\', "'"]) {
        const { status } = refusalOf(await service.askToken({ ...grant(), [name]: text }));
        expect(status).toBe(name.startsWith('client_') ? 401 : 400);
      }
    },
  );

  it('is refused where it is not UTF-8', async () => {
    expect(
      refusalOf(await sendForm('grant_type=client_credentials&client_id=%ff%fe&client_secret=%c0%80')).status,
    ).toBe(401);
  });
});

describe('client authentication at POST /oauth2/token', () => {
  const wrong = () => ({ ...credentials, client_secret: 'not-the-secret' });
  const unknown = () => ({ ...credentials, client_id: 'nobody-has-this' });

  it('says 401 invalid_client and how to authenticate, where there are no credentials', async () => {
    const response = await service.askToken({ grant_type: 'client_credentials' });
    const refusal = refusalOf(response);
    expect(refusal).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(refusal.error_description).toMatch(/client_id and client_secret/);
    expect(response.headers['www-authenticate']).toBe(`Basic realm="${service.issuer}"`);
  });

  it('says 401 to a secret without an id, an id without a secret, and empty ones', async () => {
    const { client_id, client_secret } = credentials;
    for (const sent of [
      { client_secret },
      { client_id },
      { client_id, client_secret: '' },
      { client_id: '', client_secret },
    ])
      expect(refusalOf(await service.askToken({ grant_type: 'client_credentials', ...sent }))).toMatchObject({
        status: 401,
        error: 'invalid_client',
      });
  });

  it('says the same of a wrong secret, an unknown client and an inactive one', async () => {
    const inactive = await service.addClient({ active: false });
    const answers = [];
    for (const sent of [wrong(), unknown(), inactive]) {
      const byForm = await service.askToken({ grant_type: 'client_credentials', ...sent });
      const byHeader = await service.post('/oauth2/token', sent, { grant_type: 'client_credentials' });
      expect(refusalOf(byForm)).toMatchObject({ status: 401, error: 'invalid_client' });
      expect(byHeader.headers['www-authenticate']).toMatch(/^Basic /);
      answers.push(
        [byForm, byHeader].map(({ status, headers, body }) => ({
          status,
          headers: { ...headers, date: '' },
          body: body as unknown,
        })),
      );
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it.each(PROTOTYPE_NAMES)('knows no client called %s', async (client_id) => {
    expect(refusalOf(await service.askToken({ ...grant(), client_id })).status).toBe(401);
    expect(refusalOf(await service.post('/oauth2/token', { ...credentials, client_id }, grant())).status).toBe(400);
  });

  it('says 400 to both ways at once, also where both are right', async () => {
    const refusal = refusalOf(await service.post('/oauth2/token', credentials, grant()));
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.error_description).toMatch(/one way only/);
  });

  it('says 400 to a Basic header for one client and the id of another in the form', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'another' };
    expect(refusalOf(await service.post('/oauth2/token', credentials, form)).status).toBe(400);
  });

  it.each([
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic bm9jb2xvbg==',
    'Basic YTolenolLQ==',
    'Basic YQA6Yg==',
    'Basic YWI6Y2Q= YWI6Y2Q=',
    'Basic Og==',
    'Bearer abc',
    'Digest username="a"',
    'x',
  ])('says 400 or 401, and how to write it, to Authorization: %s', async (header) => {
    const refusal = refusalOf(
      await service
        .send('post', '/oauth2/token')
        .set('Authorization', header)
        .type('form')
        .send({ grant_type: 'client_credentials' }),
    );
    expect([400, 401]).toContain(refusal.status);
    expect(refusal.error_description).toMatch(/Authorization header|client_id/i);
  });

  it.each(['client_secret', 'client%5Fsecret', 'x=1&a=?&client_secret', 'token', 'password', 'client_assertion'])(
    'says 400 to ?%s= in the URL, where logs would keep it',
    async (name) => {
      const refusal = refusalOf(await sendForm(encoded(grant()), `/oauth2/token?${name}=${credentials.client_secret}`));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
      expect(refusal.error_description).toMatch(/never in the URL/);
      expect(service.logged.join('')).not.toContain(credentials.client_secret);
    },
  );

  it('reads no parameter from the URL', async () => {
    expect(refusalOf(await sendForm(encoded(credentials), '/oauth2/token?grant_type=client_credentials')).status).toBe(
      400,
    );
  });
});

describe('the wrong method or path', () => {
  it.each(['get', 'put', 'patch', 'delete', 'options'] as const)(
    'says 405 and POST to %s /oauth2/token',
    async (method) => {
      const response = await service.send(method, '/oauth2/token');
      expect(refusalOf(response)).toMatchObject({ status: 405, error: 'invalid_request' });
      expect(response.headers['allow']).toBe('POST');
    },
  );

  it.each(['/oauth2/introspect', '/oauth2/revoke'])('says 405 and POST to GET %s', async (path) => {
    const response = await service.send('get', path);
    expect(refusalOf(response).status).toBe(405);
    expect(response.headers['allow']).toBe('POST');
  });

  it.each(['/oauth2/jwks', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])(
    'says 405 and GET to POST %s',
    async (path) => {
      const response = await service.send('post', path);
      expect(refusalOf(response).status).toBe(405);
      expect(response.headers['allow']).toBe('GET, HEAD');
      await service.send('head', path).expect(200);
    },
  );

  it('answers HEAD /oauth2/token as it answers GET, without the body', async () => {
    const response = await service.send('head', '/oauth2/token').expect(405).expect('Allow', 'POST');
    expect(response.text).toBeUndefined();
  });

  /** The library matches paths without regard to case and trailing slashes; this service does not. */
  it.each([
    '/OAUTH2/TOKEN',
    '/oauth2/token/',
    '/oauth2//token',
    '//oauth2/token',
    '/oauth2/%74oken',
    '/oauth2/token;a=b',
    '/oauth2/AUTHORIZE',
    '/oauth2/authorize//',
    '/oauth2/authorize/a/b',
    '/oauth2/userinfo/',
    '/token',
    '/.well-known/oauth-authorization-server/',
    '/__proto__',
    '/',
  ])('trap, paths matched loosely: says 404, in JSON, at %s', async (path) => {
    for (const method of ['get', 'post'] as const)
      expect(refusalOf(await service.send(method, path).type('form'))).toMatchObject({
        status: 404,
        error: 'invalid_request',
      });
  });

  it('says 400 to a page of another origin: a client secret has no place in a browser', async () => {
    const response = await service.askToken(grant()).set('Origin', 'https://content.example.org');
    expect(refusalOf(response)).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each(['text/html', 'application/xml', 'image/*', ''])('says it in JSON also to Accept: %j', async (accept) => {
    refusalOf(await service.send('get', '/nowhere').set('Accept', accept));
    refusalOf(await service.askToken({ grant_type: 'x' }).set('Accept', accept));
    refusalOf(await service.askToken(credentials).set('Accept', accept));
    refusalOf(await service.post('/oauth2/introspect', credentials, {}).set('Accept', accept));
  });
});

describe('over a bare socket', () => {
  const raw = (text: string, options?: RawOptions) => rawRequest(service.port, text, options);
  const post = (headers: string[], body: string) =>
    raw(['POST /oauth2/token HTTP/1.1', 'Host: a', `Content-Type: ${FORM}`, ...headers, '', body].join('\r\n'));
  const form = () => encoded(grant());
  const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const errorIn = (body: string) => JSON.parse(body) as { error?: string; error_description?: string };

  it('answers a head of 20 kilobytes with 431 and how much it may have', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatchObject({ status: 431, closed: true });
    expect(errorIn(answer.body)).toMatchObject({
      error: 'invalid_request',
      error_description: 'the request head is larger than 16 KiB',
    });
  });

  it.each([
    ['a bad request line', 'NONSENSE\r\n\r\n'],
    ['another version', 'GET / HTTP/9.9\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS hello', '\u0016\u0003\u0001\u0000\u00a5\u0001\u0000'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n'],
    ['a space in a header name', 'GET / HTTP/1.1\r\nHost: a\r\nX Y: a\r\n\r\n'],
    ['a line that is folded', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nTransfer-Encoding: \r\n chunked\r\n\r\n'],
  ])('answers %s with 400, in JSON', async (_, text) => {
    const answer = await raw(text);
    expect(answer).toMatchObject({ status: 400, closed: true });
    expect(answer.headers.get('content-type')).toEqual(['application/json']);
    expect(errorIn(answer.body)).toEqual({
      error: 'invalid_request',
      error_description: 'this is not a valid HTTP request',
    });
  });

  it('answers Content-Length twice, the same or not, with 400', async () => {
    for (const other of [form().length, 0]) {
      const answer = await post([`Content-Length: ${form().length}`, `Content-Length: ${other}`], form());
      expect(answer).toMatchObject({ status: 400, closed: true });
    }
  });

  it.each([
    ['with a Content-Length beside it', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['chunked and then something else', ['Transfer-Encoding: chunked, identity']],
    ['a word of its own', ['Transfer-Encoding: xchunked']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a vertical tab', ['Transfer-Encoding: \u000bchunked']],
  ])('issues no token by Transfer-Encoding %s, and ends the connection', async (_, headers) => {
    const answer = await post(headers, chunked(form()));
    expect([400, undefined]).toContain(answer.status);
    expect(answer.closed).toBe(true);
    expect(answer.text).not.toContain('access_token');
  });

  it('reads a body that comes in chunks', async () => {
    expect(await post(['Transfer-Encoding: chunked'], chunked(form()))).toMatchObject({ status: 200, closed: false });
  });

  it('ends the connection where a chunk is none', async () => {
    const answer = await post(['Transfer-Encoding: chunked'], `zz\r\n${form()}\r\n0\r\n\r\n`);
    expect(answer).toMatchObject({ closed: true });
    expect(answer.text).not.toContain('access_token');
  });

  it('says 100 Continue to a client that waits for it, then reads its body', async () => {
    const body = form();
    const outcome = await new Promise<string>((resolve, reject) => {
      const headers = { 'Content-Type': FORM, 'Content-Length': body.length, Expect: '100-continue' };
      const asked = httpRequest({
        host: '127.0.0.1',
        port: service.port,
        method: 'POST',
        path: '/oauth2/token',
        headers,
      });
      asked.setTimeout(1500, () => asked.destroy(new Error('no 100 Continue came')));
      asked.on('continue', () => asked.end(body));
      asked.on('response', (response) => {
        response.resume();
        resolve(`${response.statusCode}`);
      });
      asked.on('error', reject);
      asked.flushHeaders();
    });
    expect(outcome).toBe('200');
  });

  it('answers a body that is too large before its end, so that nobody has to send it all', async () => {
    const answer = await post(['Content-Length: 100000000'], 'x'.repeat(100_000));
    expect(answer).toMatchObject({ status: 413, closed: true });
  });

  it('logs no error of its own where a client hangs up in the middle', async () => {
    const before = service.logged.length;
    await raw(`POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nContent-Length: 1000\r\n\r\nhalf`, {
      endAfterWrite: true,
    });
    await service.issue(credentials);
    expect(service.logged.slice(before).join('')).not.toMatch(/"level":50|server error/);
  });

  it('answers two requests in one packet, in their order', async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const { responses } = await raw(one('/nowhere') + one('/healthz'), { responses: 2 });
    expect(responses.map(({ status }) => status)).toEqual([404, 200]);
  });

  it('answers a Host that is none, an Upgrade, a Trailer and CONNECT, and goes on', async () => {
    await raw('GET /healthz HTTP/1.1\r\n\r\n');
    await raw('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await raw('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await raw('GET /healthz HTTP/1.1\r\nHost: a\r\nTrailer: X\r\n\r\n');
    expect(answer).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });

  it('finds nothing at an absolute-form URL of another host', async () => {
    const answer = await raw('GET http://evil.example/healthz/../oauth2/jwks HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer.status).toBe(404);
  });
});
