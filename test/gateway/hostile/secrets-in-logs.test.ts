/** Nothing secret is ever logged, wherever a caller put it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateStaticToken } from '../../../services/shared/static-token.ts';
import { startRawUpstream, type RawUpstream } from '../../support/raw-upstream.ts';
import { startTestGateway, type RunningGateway } from '../../support/gateway.ts';
import { rawRequest } from '../../support/raw-request.ts';
import { eventually } from '../../support/wait.ts';
import { FORM, head, STATE, STATEMENTS, VERSION } from './support.ts';

const LRS_PASSWORD = `lrs-${randomBytes(18).toString('base64url')}`;

let upstream: RawUpstream;
let gateway: RunningGateway;
let answer: string;
beforeAll(async () => {
  upstream = await startRawUpstream((socket) => {
    socket.on('data', () => void socket.write(answer));
  });
  gateway = await startTestGateway({
    lrsUrl: upstream.url,
    password: LRS_PASSWORD,
    options: { trustedProxies: ['127.0.0.1/32'], accessLog: 'all' },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const ok = (body: string, ...lines: string[]) =>
  ['HTTP/1.1 200 OK', ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
const form = (target: string, body: string, ...lines: string[]) =>
  head(`POST ${target}`, `Content-Type: ${FORM}`, ...lines, `Content-Length: ${body.length}`) + body;

const json = (target: string, body: object, ...lines: string[]) => {
  const text = JSON.stringify(body);
  return head(`POST ${target}`, 'Content-Type: application/json', ...lines, `Content-Length: ${text.length}`) + text;
};

/** Every place where a caller has been seen to put a secret, and some more. */
function requestsWith(secret: string, id: string): string[] {
  const pair = Buffer.from(`${id}:${secret}`).toString('base64');
  const both = [
    `Bearer ${secret}`,
    `Basic ${pair}`,
    secret,
    `Bearer: ${secret}`,
    `Bearer ${secret} x`,
    `Token ${secret}`,
  ];
  const credentials = `client_id=${id}&client_secret=${secret}`;
  const hints = `token=${secret}&token_type_hint=access_token`;
  const basic = `Authorization: Basic ${pair}`;
  return [
    ...both.flatMap((value) => [
      head(`GET ${STATE}`, VERSION, `Authorization: ${value}`),
      head(`GET ${STATE}`, VERSION, `X-Authorization: ${value}`),
      head(`GET /xapi/nowhere`, VERSION, `Authorization: ${value}`),
      head(`GET ${STATE}&a=b`, VERSION, `Authorization: ${value}`),
      head(`GET ${STATE}`, VERSION, `Authorization: ${value}`, `Authorization: ${value}`),
      head(`GET ${STATE}`, VERSION, `Authorization : ${value}`),
      head(`GET ${STATE}`, VERSION, `Authorization: ${value}\0`),
      head('POST /oauth2/token', `Authorization: ${value}`),
      head('POST /oauth2/introspect', `Authorization: ${value}`),
      form(`${STATEMENTS}?method=GET`, `Authorization=${encodeURIComponent(value)}`, VERSION),
      form(`${STATEMENTS}?method=GET`, `Authorization=${encodeURIComponent(`${value}\r\nX: y`)}`, VERSION),
      form(
        `${STATEMENTS}?method=GET`,
        `Authorization=${encodeURIComponent(value)}`,
        VERSION,
        `Authorization: ${value}`,
      ),
    ]),
    head(`GET ${STATEMENTS}?access_token=${secret}`, VERSION),
    head(`GET ${STATEMENTS}?${secret}`, VERSION),
    head(`GET ${STATEMENTS}?${secret}=%zz`, VERSION),
    head(`GET ${STATEMENTS}?more=${secret}`, VERSION, `Authorization: Bearer ${secret}`),
    head(`GET /xapi/${secret}`, VERSION),
    head(`GET /xapi/statements/${secret}`, VERSION),
    head(`GET /${secret}`),
    head(`GET http://${id}:${secret}@forged.test/xapi/statements`),
    head(`GET /oauth2/token?${credentials}`),
    head(`GET /oauth2/${secret}`),
    head(`${secret.slice(0, 10)} ${STATE}`, VERSION),
    head(`GET ${STATE}`, VERSION, `Cookie: session=${secret}`),
    head(`GET ${STATE}`, VERSION, `${secret}: a`),
    head(`GET ${STATE}`, VERSION, `X-A: ${secret}`, `Expect: ${secret}`),
    head(`GET ${STATE}`, VERSION, `Transfer-Encoding: ${secret}`),
    head(`GET ${STATE}`, `X-Experience-API-Version: ${secret}`, `Authorization: Bearer ${secret}`),
    head(`GET ${STATE}`, VERSION, `Upgrade: ${secret}`),
    head(`GET ${STATE}`, VERSION, `Host: ${secret}`),
    head(`GET ${STATE}`, VERSION, `X-Forwarded-For: ${secret}, 198.51.100.4`),
    head(`GET ${STATE}`, VERSION, `X-Forwarded-For: 198.51.100.4, ${secret}`),
    head(`GET /${secret}`, `X-Forwarded-For: ${secret}`, `X-Hallpass-Address: ${secret}`),
    form('/oauth2/token', `grant_type=client_credentials&${credentials}x`, `X-Forwarded-For: ${secret}`),
    ...Array.from({ length: 25 }, (_, n) =>
      form('/oauth2/token', `grant_type=client_credentials&${credentials}${n}`, 'X-Forwarded-For: 198.51.100.4'),
    ),
    form(STATEMENTS, `{"token":"${secret}"}`, VERSION),
    form('/oauth2/token', `grant_type=client_credentials&${credentials}`),
    form('/oauth2/token', `grant_type=client_credentials&${credentials}x`),
    form('/oauth2/token', `grant_type=password&username=${id}&password=${secret}`),
    form('/oauth2/token', `grant_type=${secret}&${credentials}`),
    form('/oauth2/token', `grant_type=client_credentials&client_id=${secret}&client_secret=${id}`),
    form('/oauth2/token', `grant_type=client_credentials&scope=${secret}&${credentials}`),
    form('/oauth2/token', `grant_type=authorization_code&code=${secret}&${credentials}`),
    form('/oauth2/token', `grant_type=refresh_token&refresh_token=${secret}&${credentials}`),
    form('/oauth2/token', `grant_type=client_credentials&client_assertion=${secret}`),
    form('/oauth2/token', 'grant_type=client_credentials', basic),
    form('/oauth2/token', 'grant_type=client_credentials', basic.replace('=', '!')),
    form(`/oauth2/token?${credentials}`, 'grant_type=client_credentials'),
    form('/oauth2/token', `{"client_secret":"${secret}"}`, `Content-Encoding: ${secret}`),
    form('/oauth2/introspect', hints),
    form('/oauth2/introspect', `${hints}&${credentials}`),
    form('/oauth2/introspect', hints, basic),
    form('/oauth2/revoke', hints),
    form('/oauth2/revoke', `token=${secret}&${credentials}`),
    form('/oauth2/revoke', `token=${secret}&token_type_hint=${secret}`, basic),
    head(`GET /auth/tokens?key=${id}&secret=${secret}`, basic),
    head(`DELETE /auth/tokens?key=${secret}&secret=${secret}&secret=${secret}`, basic),
    head(`DELETE /auth/tokens?key=${id}&secret=${secret}`),
    json('/auth/tokens', { user: { email: secret } }, basic),
    json(
      '/auth/tokens',
      { user: { email: `${secret.slice(0, 12)}@example.org`, password: secret, name: secret } },
      basic,
    ),
    json('/auth/tokens', { user: { email: 'a@example.org', permissions: [secret] }, scopes: secret }, basic),
    json('/auth/tokens', { user: { email: 'a@example.org' }, scopes: [secret], name: secret }, basic),
    json('/auth/tokens', { user: { email: 'a@example.org' }, expiresAt: secret, [secret]: secret }, basic),
  ];
}

/** What of it a log could have: as it is, encoded once more, or the beginning of it. */
function tracesOf(secret: string, id: string): string[] {
  const pair = Buffer.from(`${id}:${secret}`).toString('base64').replace(/=+$/, '');
  const encodings = [
    secret,
    pair,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
  ];
  return [...encodings, secret.slice(0, 12), secret.slice(-12)];
}

it('neither a token nor a secret nor the LRS’s password is in the log, after requests of every kind', async () => {
  const secrets: [secret: string, id: string][] = [];
  for (const scope of ['all', 'statements/write', 'statements/read/mine', 'introspect', 'super all']) {
    const { token } = await gateway.mint(scope);
    const { secret, client } = await gateway.register(scope);
    secrets.push([token, client.client_id], [secret, client.client_id]);
  }
  const { client } = await gateway.register('all');
  const { token: lasting, stored } = generateStaticToken(client.client_id);
  await gateway.clients.change(client.client_id, (now) => ({ ...now, static_token: stored }));
  secrets.push([lasting, client.client_id]);
  secrets.push([randomBytes(32).toString('base64url'), 'nobody']);

  const statuses = new Set<number | undefined>();
  for (const [secret, id] of secrets) {
    const answers = [
      ok('{}'),
      ok(`{"statements":[],"more":"http://[${LRS_PASSWORD}"}`),
      `HTTP/1.1 401 No ${secret}\r\nWWW-Authenticate: Basic realm="${secret}"\r\nX-A: ${LRS_PASSWORD}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 302 Found\r\nLocation: http://gateway-user:${LRS_PASSWORD}@a.test/${secret}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nX-A: ${secret}\0${LRS_PASSWORD}\r\n\r\n`,
    ];
    for (answer of answers) {
      const texts = [
        head(`GET ${STATEMENTS}`, VERSION, `Authorization: Bearer ${secret}`),
        ...(answer === answers[0] ? requestsWith(secret, id) : []),
      ];
      for (const text of texts) statuses.add((await rawRequest(gateway.port, text, { timeoutMs: 1_000 })).status);
    }
  }

  /* It was a test only if the requests were of every kind, and if there was something to log. */
  for (const status of [200, 400, 401, 403, 404, 417, 429, 502]) expect([...statuses]).toContain(status);
  await sleep(300);
  await eventually(() => expect(gateway.logged().match(/"granted":false/g)?.length).toBeGreaterThan(300));
  const logged = gateway.logged();
  for (const [secret, id] of secrets)
    for (const trace of tracesOf(secret, id)) expect(logged.includes(trace)).toBe(false);
  for (const trace of [...tracesOf(LRS_PASSWORD, 'gateway-user'), 'Basic ', 'Bearer '])
    expect(logged.includes(trace)).toBe(false);
});
