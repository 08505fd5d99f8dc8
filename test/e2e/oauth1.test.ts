/** Clients of ADL LRS, made with requests-oauthlib: nothing of them knows that hallpass is not ADL LRS. @see RFC 5849 */
import { fileURLToPath } from 'node:url';
import type { Client } from '../../services/shared/client.ts';
import { addSigner, ISSUER, RSA } from '../gateway/oauth1-scene.ts';
import { hiddenFields } from '../support/people-flow.ts';
import { runProcess } from '../support/run-process.ts';
import { openPeopleDoor, STATEMENT, type PeopleDoor } from './people-door.ts';

const CLIENT = fileURLToPath(new URL('oauth1-client.py', import.meta.url));
const REDIRECT_URI = 'https://tool.example.com/oauth';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const STATE =
  '/xapi/activities/state?activityId=https%3A%2F%2Fa.example%2Fa&stateId=s~t%2Bu%20v&agent=%7B%22mbox%22%3A%22mailto%3Aann%40example.org%22%7D';
const BYTES = Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256)).toString('base64');

interface Answer {
  status: number;
  challenge: string | null;
  body: string;
}

interface Step {
  do: 'call' | 'pages' | 'initiate' | 'token';
  url: string;
  method?: string;
  headers?: Record<string, string>;
  /** In base64. */
  body?: string;
  form?: Record<string, string>;
}

let door: PeopleDoor;
beforeAll(async () => {
  door = await openPeopleDoor({ oauth1: true });
});
afterAll(() => door?.close());

/** Whatever `OAuth1Session` takes. */
type Session = Record<string, string | undefined>;

interface Run {
  keys: Session;
  steps: Step[];
}

async function runAll<T = Answer>(runs: Run[], at = door.gateway.url, issuer = ISSUER): Promise<T[]> {
  const input = JSON.stringify({ issuer, at, runs });
  const python = runProcess('/usr/bin/python3', [CLIENT], { input });
  expect([(await python.exited).code, python.stderr]).toEqual([0, '']);
  return JSON.parse(python.stdout) as T[];
}

const run = <T = Answer>(keys: Session, ...steps: Step[]): Promise<T[]> => runAll<T>([{ keys, steps }]);

const text = ({ body }: Answer | undefined = { status: 0, challenge: null, body: '' }) =>
  Buffer.from(body, 'base64').toString();
const encoded = (said: string) => Buffer.from(said).toString('base64');
const store: Step = {
  do: 'call',
  method: 'POST',
  url: '/xapi/statements',
  headers: JSON_TYPE,
  body: encoded(STATEMENT),
};

async function signer(
  method: string,
  said: Partial<Client> = {},
  { gateway } = door,
): Promise<{ client: Client; session: Session }> {
  const isRsa = method === 'RSA-SHA1';
  const { client, keys } = await addSigner(gateway, 'all', {
    ...(isRsa && { oauth1: { rsa_public_key: RSA.publicKey } }),
    ...said,
  });
  const key = isRsa ? { rsa_key: RSA.privateKey } : { client_secret: keys.clientSecret };
  return { client, session: { client_key: client.client_id, signature_method: method, ...key } };
}

describe.each(['HMAC-SHA1', 'HMAC-SHA256', 'RSA-SHA1', 'PLAINTEXT'])('two-legged, by %s', (method) => {
  it('stores and reads statements and documents, signed in the header, and in the query', async () => {
    const { client, session } = await signer(method);
    const document = { url: STATE, headers: { 'Content-Type': 'application/octet-stream' } };
    const verb = encodeURIComponent('http://adlnet.gov/expapi/verbs/completed');
    const steps: Step[] = [
      store,
      { do: 'call', method: 'GET', url: `/xapi/statements?limit=1&verb=${verb}` },
      { do: 'call', method: 'PUT', ...document, body: BYTES },
      { do: 'call', method: 'GET', url: STATE },
      { do: 'call', method: 'DELETE', url: STATE },
      { do: 'call', method: 'GET', url: STATE },
      { do: 'call', method: 'HEAD', url: '/xapi/statements' },
    ];
    const places = ['AUTH_HEADER', 'QUERY'];
    const all = await runAll(places.map((signature_type) => ({ keys: { ...session, signature_type }, steps })));
    const account = { homePage: `${ISSUER}/oauth2/token`, name: client.client_id };
    for (const answers of [all.slice(0, steps.length), all.slice(steps.length)]) {
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 204, 200, 204, 404, 200]);
      const [, read, , stored] = answers;
      expect(JSON.parse(text(read))).toMatchObject({ statements: [{ authority: { objectType: 'Agent', account } }] });
      expect(stored?.body).toBe(BYTES);
    }
  });

  it('speaks alternate request syntax, signed in the header, and in the form', async () => {
    const { session } = await signer(method);
    const agent = '{"mbox":"mailto:ann@example.org"}';
    const form = { stateId: 'é &=', activityId: 'https://a.example/', agent };
    const url = '/xapi/activities/state?method=';
    const content = '{"a": "+ %20 é"}';
    const steps: Step[] = [
      { do: 'call', method: 'POST', url: `${url}PUT`, form: { ...form, content, 'Content-Type': 'application/json' } },
      { do: 'call', method: 'POST', url: `${url}GET`, form },
    ];
    const places = ['AUTH_HEADER', 'BODY'];
    const all = await runAll(places.map((signature_type) => ({ keys: { ...session, signature_type }, steps })));
    expect(all.map(({ status }) => status)).toEqual([204, 200, 204, 200]);
    expect([text(all[1]), text(all[3])]).toEqual([content, content]);
  });
});

it('follows more links, each signed anew, in the header and in the query', async () => {
  const { session } = await signer('HMAC-SHA1');
  await run(session, ...Array<Step>(5).fill(store));
  const steps: Step[] = [{ do: 'pages', url: '/xapi/statements?limit=2&ascending=true' }];
  const places = ['AUTH_HEADER', 'QUERY'];
  const runs = places.map((signature_type) => ({ keys: { ...session, signature_type }, steps }));
  const [one = [], other = []] = await runAll<{ id: string }[]>(runs);
  expect(new Set(one.map(({ id }) => id)).size).toBe(one.length);
  expect(one.length).toBeGreaterThanOrEqual(5);
  expect(other).toEqual(one);
});

it('is refused by PLAINTEXT, and by nothing else, where the service is not at https', async () => {
  const issuer = 'http://lrs.example.org';
  const clear = await openPeopleDoor({ oauth1: true, issuer });
  try {
    const signers = [await signer('PLAINTEXT', {}, clear), await signer('HMAC-SHA1', {}, clear)];
    const runs = signers.map(({ session }) => ({ keys: session, steps: [store] }));
    const [inTheClear, signed] = await runAll(runs, clear.gateway.url, issuer);
    expect([inTheClear?.status, signed?.status]).toEqual([401, 200]);
    expect(text(inTheClear)).toContain('PLAINTEXT shows its secrets');
  } finally {
    await clear.close();
  }
});

describe('three-legged', () => {
  const authorizeAt = (token: string) => `${ISSUER}/xapi/OAuth/authorize?oauth_token=${token}`;

  interface Credentials {
    oauth_token: string;
    oauth_token_secret: string;
  }

  async function granted(session: Session, scope: string, callback_uri: string) {
    const [temporary] = await run<Credentials & { oauth_callback_confirmed: string }>(
      { ...session, callback_uri },
      {
        do: 'initiate',
        url: `/xapi/OAuth/initiate?scope=${encodeURIComponent(scope)}`,
      },
    );
    if (!temporary) throw new Error('no temporary credentials');
    expect(temporary.oauth_callback_confirmed).toBe('true');
    const owner = { resource_owner_key: temporary.oauth_token, resource_owner_secret: temporary.oauth_token_secret };
    return {
      authorizeUrl: authorizeAt(temporary.oauth_token),
      withVerifier: (verifier: string) => ({ ...session, ...owner, verifier }),
    };
  }

  const redeem: Step = { do: 'token', url: '/xapi/OAuth/token' };

  it.each(['HMAC-SHA1', 'HMAC-SHA256', 'RSA-SHA1', 'PLAINTEXT'])(
    'by %s: initiate, authorize, token; then stores for the person, until they withdraw it',
    async (method) => {
      const { client, session } = await signer(method, {
        grant_types: ['authorization_code'],
        redirect_uris: [REDIRECT_URI],
      });
      const { authorizeUrl, withVerifier } = await granted(
        session,
        'statements/write statements/read/mine',
        REDIRECT_URI,
      );
      const browser = door.openBrowser();
      const back = await door.browse(authorizeUrl, browser);
      expect(back.href.split('?')[0]).toBe(REDIRECT_URI);
      const [token, stored, read, state] = await run<Answer & Credentials>(
        withVerifier(back.searchParams.get('oauth_verifier') ?? ''),
        redeem,
        store,
        { do: 'call', method: 'GET', url: '/xapi/statements' },
        { do: 'call', method: 'GET', url: STATE },
      );
      expect([stored?.status, read?.status, state?.status]).toEqual([200, 200, 403]);
      const account = (homePage: string, name: string) => ({ objectType: 'Agent', account: { homePage, name } });
      const member = [account(`${ISSUER}/oauth2/token`, client.client_id), account(ISSUER, door.person.person_id)];
      expect(JSON.parse(text(read))).toMatchObject({ statements: [{ authority: { objectType: 'Group', member } }] });

      const page = await browser.get('/sign-in/granted');
      const forms = [...page.text.matchAll(/<form\b[\s\S]*?<\/form>/g)].map(([form]) => hiddenFields(form));
      const form = forms.find(({ client_id }) => client_id === client.client_id) ?? {};
      expect((await browser.post('/sign-in/granted/withdraw', form)).status).toBeLessThan(400);
      const owner = { resource_owner_key: token?.oauth_token, resource_owner_secret: token?.oauth_token_secret };
      const [withdrawn] = await run({ ...session, ...owner }, store);
      expect(withdrawn).toMatchObject({
        status: 401,
        challenge: expect.stringMatching(/^OAuth realm="xapi", error="invalid_token"/) as string,
      });
    },
  );

  it('out of band: the person copies the verifier from the page', async () => {
    const { session } = await signer('HMAC-SHA1', { grant_types: ['authorization_code'] });
    const { authorizeUrl, withVerifier } = await granted(session, 'statements/write', 'oob');
    const browser = door.openBrowser();
    const last = await door.browse(authorizeUrl, browser);
    const verifier = /\b\d{10}\b/.exec((await browser.get(last.href)).text)?.[0] ?? '';
    const [, stored] = await run(withVerifier(verifier), redeem, store);
    expect(stored?.status).toBe(200);
  });
});
