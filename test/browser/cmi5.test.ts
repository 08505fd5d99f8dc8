/** Content that is made with @xapi/cmi5, in a real browser and on an origin of its own: a whole session. @see cmi5 §7 to §11 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { printedBy, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { launchBrowser } from './support.ts';

/** Its `exports` name no file: as a page would, by its path. */
const CMI5 = readFileSync(join(import.meta.dirname, '../../node_modules/@xapi/cmi5/dist/Cmi5.umd.js'), 'utf8');

const LEARNER = { objectType: 'Agent', account: { homePage: 'https://lms.example.org', name: '1625378' } };
const LESSON = 'https://lms.example.org/au/7';
const SESSION_ID = 'https://w3id.org/xapi/cmi5/context/extensions/sessionid';
const RETURN_URL = 'https://lms.example.org/done';

/** What a course author writes. */
const LESSON_PAGE = `<!doctype html><html lang="en"><title>A lesson</title><script src="/cmi5.js"></script><script>
const session = async () => {
  const cmi5 = Cmi5.instance;
  await cmi5.initialize();
  const asBearer = await fetch(cmi5.launchParameters.endpoint + 'statements', {
    method: 'POST',
    headers: {
      Authorization: 'Bearer ' + cmi5.getAuthToken(),
      'Content-Type': 'application/json',
      'X-Experience-API-Version': '1.0.3',
    },
    body: JSON.stringify({
      actor: cmi5.launchParameters.actor,
      verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
      object: { id: cmi5.launchParameters.activityId + '/page/2' },
      context: { ...cmi5.launchData.contextTemplate, registration: cmi5.launchParameters.registration },
    }),
  });
  await cmi5.progress(40);
  const period = { start: new Date(Date.now() - 4000), end: new Date() };
  await cmi5.interactionTrueFalse('1', 'sky', true, true, { en: 'The sky is blue' }, undefined, true, period);
  await cmi5.interactionChoice('1', 'colour', ['blue'], ['blue'], undefined, { en: 'Which?' }, undefined, true, period);
  await cmi5.interactionNumeric('1', 'height', 8848, { exact: 8848 }, { en: 'How high?' }, undefined, true, period);
  await cmi5.interactionMatching('1', 'pairs', { a: '1' }, { a: '1' });
  await cmi5.pass({ scaled: 0.9 });
  await cmi5.complete();
  await cmi5.terminate();
  return {
    bearer: asBearer.status,
    launchData: cmi5.getLaunchData(),
    preferences: cmi5.getLearnerPreferences(),
  };
};
window.outcome = session().catch((error) => ({ failed: String(error), status: error.response && error.response.status }));
</script></html>`;

interface Outcome {
  failed?: string;
  status?: number;
  bearer?: number;
  launchData?: { launchMode: string };
  preferences?: object;
}

interface Statement {
  verb: { id: string };
  object: { id: string };
  actor: object;
  authority: { account?: { name: string } };
  context: { registration: string; extensions: Record<string, string> };
}

/** Pages on an origin of their own. */
async function contentServer(): Promise<{ url: string; server: Server }> {
  const server = createServer((req, res) => {
    const isScript = req.url === '/cmi5.js';
    res.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    res.end(isScript ? CMI5 : LESSON_PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

let folder: TempFolder;
let service: RunningService;
let browser: Browser;
let content: { url: string; server: Server };
let elsewhere: { url: string; server: Server };
let lms: { client_id: string; client_secret: string };
beforeAll(async () => {
  folder = await tempFolder('browser-cmi5');
  const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  [content, elsewhere] = [await contentServer(), await contentServer()];
  [service, browser] = await Promise.all([startHallpass('all', env), launchBrowser()]);
  lms = await printedBy(
    [
      ...['client', 'create', '--name', 'An LMS', '--scope', 'launch statements/write all/read state profile'],
      ...['--allowed-origin', content.url],
    ],
    { env },
  );
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  for (const { server } of [content, elsewhere]) server?.close();
  await folder?.remove();
});

/** As the LMS, with its id and secret. */
async function asLms(method: string, path: string, body?: object): Promise<Response> {
  const pair = Buffer.from(`${lms.client_id}:${lms.client_secret}`).toString('base64');
  return fetch(`${service.url}${path}`, {
    method,
    headers: {
      Authorization: `Basic ${pair}`,
      'X-Experience-API-Version': '1.0.3',
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function launch(registration: string, url = `${content.url}/lesson?lang=en`): Promise<string> {
  const asked = { actor: LEARNER, activityId: LESSON, registration, url, returnURL: RETURN_URL };
  const response = await asLms('POST', '/cmi5/launches', asked);
  expect(response.status).toBe(201);
  const { launch_url, returnURL } = (await response.json()) as { launch_url: string; returnURL: string };
  const query = new URLSearchParams({
    ...{ activityId: LESSON, agent: JSON.stringify(LEARNER), registration, stateId: 'LMS.LaunchData' },
  });
  const written = await asLms('PUT', `/xapi/activities/state?${query.toString()}`, {
    contextTemplate: { extensions: { [SESSION_ID]: registration } },
    launchMode: 'Normal',
    moveOn: 'CompletedAndPassed',
    masteryScore: 0.8,
    returnURL,
  });
  expect(written.status).toBe(204);
  return launch_url;
}

async function statementsOf(registration: string): Promise<Statement[]> {
  const query = new URLSearchParams({ agent: JSON.stringify(LEARNER), registration, ascending: 'true' });
  const response = await asLms('GET', `/xapi/statements?${query.toString()}`);
  return ((await response.json()) as { statements: Statement[] }).statements;
}

async function inBrowser<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext();
  try {
    return await use(await context.newPage());
  } finally {
    await context.close();
  }
}

const outcomeOf = async (page: Page, url: string): Promise<Outcome> => {
  await page.goto(url);
  return page.evaluate<Outcome>('window.outcome');
};

it('is launched, fetches its token, asks questions, passes, completes and ends, and does so once', async () => {
  const registration = randomUUID();
  const url = await launch(registration);
  expect(new URL(url).searchParams.get('lang')).toBe('en');
  await inBrowser(async (page) => {
    expect(await outcomeOf(page, url)).toMatchObject({
      bearer: 200,
      launchData: { launchMode: 'Normal', masteryScore: 0.8, returnURL: RETURN_URL },
    });
    const before = await statementsOf(registration);
    expect(before.map(({ verb, object }) => `${verb.id.split('/').at(-1)} ${object.id.slice(LESSON.length)}`)).toEqual([
      'initialized ',
      'experienced /page/2',
      'progressed ',
      'answered /test/1/question/sky',
      'answered /test/1/question/colour',
      'answered /test/1/question/height',
      'answered /test/1/question/pairs',
      'passed ',
      'completed ',
      'terminated ',
    ]);
    for (const { actor, context, authority } of before) {
      expect(actor).toMatchObject(LEARNER);
      expect(context).toMatchObject({ registration, extensions: { [SESSION_ID]: registration } });
      expect(authority.account?.name).toBe(lms.client_id);
    }
    /* The URL is in the history now, and gives nothing. */
    expect(await outcomeOf(page, url)).toMatchObject({ status: 401 });
    expect(await statementsOf(registration)).toHaveLength(before.length);
  });
});

it('is told nothing on an origin that its LMS is not registered for', async () => {
  const registration = randomUUID();
  const url = await launch(registration, `${elsewhere.url}/lesson`);
  const outcome = await inBrowser((page) => outcomeOf(page, url));
  expect(outcome.failed).toBeDefined();
  expect(outcome.bearer).toBeUndefined();
  expect(await statementsOf(registration)).toEqual([]);
});
