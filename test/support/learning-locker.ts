/** Learning Locker's statements service, in memory: a real LRS for the tests, with statements but no documents. */
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { installLearningLocker, LEARNING_LOCKER } from './learning-locker-install.ts';
import { runProcess } from './run-process.ts';
import { tempFolder } from './temp-folder.ts';

export { installLearningLocker };

export interface LearningLocker {
  /** The base of the xAPI resources, `…/xAPI`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  close(): Promise<void>;
}

const USERNAME = 'learning-locker-key';
const PASSWORD = 'learning-locker-secret';

export const LEARNING_LOCKER_CLIENTS = 'https://lrs.example/clients';

/** Learning Locker asks who a Basic pair is at an address; it takes 404 for "nobody". Each has an authority of its own. */
function clientNamed(username: string): object {
  return {
    _id: '111111111111111111111111',
    title: username,
    organisation: '222222222222222222222222',
    lrs_id: '333333333333333333333333',
    authority: { objectType: 'Agent', account: { homePage: LEARNING_LOCKER_CLIENTS, name: username } },
    isTrusted: true,
    scopes: ['all'],
  };
}

/**
 * @param usernames of those it knows, all with the one password.
 *
 * Installs it where that was not done: give the first use in a test run time for it. It has no setting for its address
 * and binds every interface, for as long as the test runs. Its `more` links of a query with an agent are broken.
 */
export async function startLearningLocker(usernames: readonly string[] = [USERNAME]): Promise<LearningLocker> {
  await installLearningLocker();
  const folder = await tempFolder('learning-locker');
  const clients = await startClientInfo(usernames);
  const port = await freePort();
  const server = runProcess(process.execPath, ['--no-deprecation', LEARNING_LOCKER], {
    cwd: folder.path,
    env: {
      EXPRESS_PORT: String(port),
      AUTH_REPO: 'fetch',
      LL_CLIENT_INFO_ENDPOINT: clients.url,
      MODELS_REPO: 'memory',
      STORAGE_REPO: 'memory',
      EVENTS_REPO: 'test',
      SERVICE_AWAIT_UPDATES: 'true',
      WINSTON_CONSOLE_LEVEL: 'info',
    },
  });
  const close = async () => {
    await server.stop();
    await clients.close();
    await folder.remove();
  };
  await server.waitFor(/Listening on port/, 60_000).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  await untilIdsGrow();
  return { url: `http://127.0.0.1:${port}/xAPI`, username: USERNAME, password: PASSWORD, close };
}

/** As long as a scene writes and reads, on a busy machine. */
const SCENE_MS = 45_000;
/** Of a UUID of version 1 since 1582, at the Unix epoch: in units of 100 ns. @see RFC 9562 §5.1 */
const EPOCH_TICKS = 0x01b21dd213814000n;
const CYCLE_TICKS = 2n ** 32n;

/**
 * In memory its pages are in the order of the texts of its own ids, which begin with the low 32 bits of the time: every seven
 * minutes they begin anew, and a page of what was written before and after that has a gap.
 */
async function untilIdsGrow(): Promise<void> {
  const ticks = (BigInt(Date.now()) * 10_000n + EPOCH_TICKS) % CYCLE_TICKS;
  const leftMs = Number(CYCLE_TICKS - ticks) / 10_000;
  if (leftMs < SCENE_MS) await delay(leftMs + 1);
}

async function startClientInfo(usernames: readonly string[]): Promise<{ url: string; close(): Promise<void> }> {
  const basic = (username: string) => `Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`;
  const server = createServer((req, res) => {
    const known = usernames.find((username) => basic(username) === req.headers.authorization);
    res.writeHead(known === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    res.end(known === undefined ? '' : JSON.stringify(clientNamed(known)));
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
