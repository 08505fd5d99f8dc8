/** All statements since a time, page by page, with tokens that end on the way: nothing lost, nothing twice. */
import { randomUUID } from 'node:crypto';
import { startTestGateway, type GatewaySetup, type RunningGateway } from '../support/gateway.ts';
import { startLearningLocker } from '../support/learning-locker.ts';
import { runProcess } from '../support/run-process.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { eventually } from '../support/wait.ts';
import { createPuller, type DataSource, type Pulled, type Puller } from './inbound-puller.ts';
import { sampleLrs } from './lrs-behind.ts';
import { statement } from './product.ts';

const VERSION = { 'X-Experience-API-Version': '1.0.3' };
const BEFORE_EVERYTHING = '2000-01-01T00:00:00.000Z';
const AT_FIRST = 210;

async function idsOf(puller: Puller): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of puller.pull()) ids.push(...page.map(({ id }) => id));
  return ids;
}

const [[, openSqlite], [, openRedis]] = DRIVERS as [(typeof DRIVERS)[number], (typeof DRIVERS)[number]];

const SCENES = [
  { lrs: 'the sample LRS', startLrs: sampleLrs, driver: 'SQLite', openStore: openSqlite },
  { lrs: 'the sample LRS', startLrs: sampleLrs, driver: 'Redis', openStore: openRedis },
  { lrs: 'Learning Locker', startLrs: () => startLearningLocker(), driver: 'SQLite', openStore: openSqlite },
];

describe.each(SCENES)('from $lrs, through a hallpass on $driver', ({ lrs: name, startLrs, openStore }) => {
  const opened: (() => Promise<void>)[] = [];
  let store: SharedStore;
  let setup: GatewaySetup;
  let gateway: RunningGateway;
  let endpoint: string;
  let oauth: string;
  let writer: string;
  /** Of everything that was written, in that order. */
  const written: string[] = [];

  beforeAll(async () => {
    const lrs = await startLrs();
    opened.unshift(() => lrs.close());
    store = await openStore();
    opened.unshift(() => store.close());
    setup = { lrsUrl: lrs.url, username: lrs.username, password: lrs.password };
    gateway = await startTestGateway({ ...setup, store: await store.connect() });
    opened.unshift(() => gateway.close());
    endpoint = `${gateway.url}/api/organizations/default/lrs/`;
    oauth = `${gateway.url}/api/organizations/default/oauth2/token`;
    writer = (await gateway.register('statements/write')).basic;
    while (written.length < AT_FIRST) await write(30);
  }, 240_000);
  afterAll(async () => {
    for (const close of opened) await close();
  });

  async function write(count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => randomUUID());
    const response = await fetch(`${endpoint}statements`, {
      method: 'POST',
      headers: { ...VERSION, Authorization: writer, 'Content-Type': 'application/json' },
      body: JSON.stringify(ids.map((id) => statement({ id }))),
    });
    expect(response.status).toBe(200);
    written.push(...ids);
  }

  async function source(more: Partial<DataSource> = {}): Promise<DataSource> {
    const { client, secret } = await gateway.register('statements/read');
    return { endpoint, oauth, key: client.client_id, secret, lastTimestamp: BEFORE_EVERYTHING, ...more };
  }

  /**
   * What the LRS itself gives whoever pulls from it. Learning Locker in memory orders by UUIDs of version 1, whose first
   * digits begin anew every seven minutes: then it loses some, asked directly or not.
   */
  async function directly(lastTimestamp = BEFORE_EVERYTHING): Promise<string[]> {
    const { lrsUrl, username = '', password = '' } = setup;
    return idsOf(createPuller({ endpoint: `${lrsUrl}/`, key: username, secret: password, lastTimestamp }));
  }

  const statusOf = async (authorization: string, url = new URL('statements?limit=1', endpoint)) =>
    (await fetch(url, { headers: { ...VERSION, Authorization: authorization } })).status;
  const ended = (authorization: string) => eventually(async () => expect(await statusOf(authorization)).toBe(401));

  if (name === 'the sample LRS')
    it('by tokens that expire on the way, while others write', async () => {
      const puller = createPuller(await source({ expireSeconds: 2 }));
      const ids: string[] = [];
      let pages = 0;
      let isPulling = true;
      const writing = (async () => {
        for (let n = 0; n < 40 && isPulling; n++) await write(1);
      })();
      for await (const page of puller.pull()) {
        ids.push(...page.map(({ id }) => id));
        pages += 1;
        if (pages === 5) await ended(puller.authorization());
      }
      isPulling = false;
      await writing;
      expect(pages).toBeGreaterThan(10);
      expect(puller.tokens()).toBeGreaterThanOrEqual(2);
      /* As it does after a quarter of an hour. */
      await write(5);
      for await (const page of puller.pull()) ids.push(...page.map(({ id }) => id));
      expect(ids).toEqual(written);
    });

  it('by tokens that are withdrawn after every page', async () => {
    const given = await source();
    const puller = createPuller(given);
    const ids: string[] = [];
    let pages = 0;
    for await (const page of puller.pull()) {
      ids.push(...page.map(({ id }) => id));
      pages += 1;
      const token = puller.authorization().replace('Bearer ', '');
      const form = { token, client_id: given.key, client_secret: given.secret };
      await fetch(`${gateway.url}/oauth2/revoke`, { method: 'POST', body: new URLSearchParams(form) });
      await ended(puller.authorization());
    }
    expect(ids).toEqual(await directly());
    expect(puller.tokens()).toBe(pages);
  });

  it('by Basic, at both endpoints', async () => {
    const { oauth: _, ...withoutOauth } = await source();
    for (const at of [endpoint, `${gateway.url}/xapi/`]) {
      const ids = await idsOf(createPuller({ ...withoutOauth, endpoint: at }));
      expect(ids).toEqual(await directly());
    }
  });

  it('from another process each time, by token and by Basic in turn: links are the client’s', async () => {
    const other = await startTestGateway({ ...setup, store: await store.connect() });
    opened.unshift(() => other.close());
    const { basic, client } = await gateway.register('statements/read');
    const { bearer } = await gateway.mint('statements/read', {}, { client_id: client.client_id });
    const ids: string[] = [];
    let target = '/xapi/statements?ascending=true&limit=20';
    for (let pages = 0; target !== ''; pages++) {
      const headers = { ...VERSION, Authorization: pages % 3 === 0 ? basic : bearer };
      const response = await fetch(`${pages % 2 === 0 ? gateway.url : other.url}${target}`, { headers });
      expect(response.status).toBe(200);
      const { statements, more } = (await response.json()) as { statements: Pulled[]; more: string };
      ids.push(...statements.map(({ id }) => id));
      target = more;
    }
    expect(ids).toEqual(await directly());
  });

  it('since a time: what was stored before it is not pulled again', async () => {
    const all: Pulled[] = [];
    for await (const page of createPuller(await source()).pull()) all.push(...page);
    const { id: last = '', stored: lastTimestamp = '' } =
      all.findLast(({ stored }) => stored < (all.at(-1)?.stored ?? '')) ?? {};
    const ids = await idsOf(createPuller(await source({ lastTimestamp })));
    expect(ids).toEqual(await directly(lastTimestamp));
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).not.toContain(last);
  });

  it('by Authlib, which renews what has expired by itself', async () => {
    const { client, secret } = await gateway.register('statements/read', { token_seconds: 2 });
    const given = { endpoint, oauth, key: client.client_id, secret };
    const python = runProcess('/usr/bin/python3', ['-c', AUTHLIB], { input: JSON.stringify(given) });
    expect([(await python.exited).code, python.stderr]).toEqual([0, '']);
    const { ids, tokens } = JSON.parse(python.stdout) as { ids: string[]; tokens: number };
    expect(ids).toEqual(await directly());
    expect(tokens).toBeGreaterThanOrEqual(2);
  });

  it('hostile: with the more link of another client it gets nothing, by token or by Basic', async () => {
    const first = new URL('statements?limit=2', endpoint);
    const { basic } = await gateway.register('statements/read');
    const response = await fetch(first, { headers: { ...VERSION, Authorization: basic } });
    const { more } = (await response.json()) as { more: string };
    const other = await gateway.register('all');
    const { bearer } = await gateway.mint('all');
    for (const authorization of [other.basic, bearer])
      expect(await statusOf(authorization, new URL(more, endpoint))).toBe(400);
    expect(await statusOf('Bearer never-issued', new URL(more, endpoint))).toBe(401);
    expect(await statusOf(basic, new URL(more, endpoint))).toBe(200);
  });
});

const AUTHLIB = `
import json, sys, time
from urllib.parse import urljoin
from authlib.integrations.requests_client import OAuth2Session

source = json.load(sys.stdin)
tokens = 1

def renewed(token, **_):
    global tokens
    tokens += 1

session = OAuth2Session(
    source['key'], source['secret'], scope='xapi:read', grant_type='client_credentials',
    token_endpoint=source['oauth'], token_endpoint_auth_method='client_secret_post', update_token=renewed)
session.fetch_token(source['oauth'], grant_type='client_credentials')
session.headers['X-Experience-API-Version'] = '1.0.3'

ids, pages = [], 0
url = urljoin(source['endpoint'], 'statements?since=2000-01-01T00:00:00Z&ascending=true&limit=20')
while url:
    answer = session.get(url)
    if answer.status_code == 401:
        session.fetch_token(source['oauth'], grant_type='client_credentials')
        continue
    answer.raise_for_status()
    page = answer.json()
    ids += [statement['id'] for statement in page['statements']]
    pages += 1
    if pages == 3:
        while not session.token.is_expired():
            time.sleep(0.05)
    url = page.get('more') and urljoin(source['endpoint'], page['more'])
print(json.dumps({'ids': ids, 'tokens': tokens}))
`;
