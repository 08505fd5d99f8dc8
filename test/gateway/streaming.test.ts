/** Bodies stream: the gateway holds little of them, whoever is slow and however large they are. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createClientRegister } from '../../services/store/clients.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import { freePort } from '../support/free-port.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { startHallpass, type RunningService, type Settings } from '../support/hallpass.ts';
import { heldInKernel } from '../support/held-in-kernel.ts';
import { riseMb } from '../support/memory-of.ts';
import { startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { newClient } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';

const MB = 1024 * 1024;
const VERSION = { 'X-Experience-API-Version': '1.0.3' };
const PIECE = Buffer.alloc(64 * 1024, 'a');

/** Writes so many bytes, no faster than they are taken. */
async function pour(bytes: number, into: Socket | ServerResponse | ReturnType<typeof request>): Promise<void> {
  for (let left = bytes; left > 0 && !into.destroyed; left -= PIECE.length)
    if (!into.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE)) await once(into, 'drain');
}

/** Resolves with the value once it has stood still for a while. */
async function atRest(value: () => number): Promise<number> {
  let seen = -1;
  await eventually(
    () => {
      const before = seen;
      seen = value();
      expect(seen).toBe(before);
      expect(seen).toBeGreaterThan(0);
    },
    { timeoutMs: 10_000, everyMs: 400 },
  );
  return seen;
}

describe('back-pressure', () => {
  const BODY_BYTES = 50 * MB;
  const MOST_HELD_BYTES = MB;

  describe('of a slow LRS', () => {
    let upstream: RawUpstream;
    let gateway: RunningGateway;
    let bearer: string;
    let reading: Socket | undefined;
    let received = 0;
    beforeAll(async () => {
      upstream = await startRawUpstream((socket) => {
        reading = socket;
        received = 0;
        socket.on('data', (chunk: Buffer) => (received += chunk.length));
        socket.pause();
      });
      gateway = await startTestGateway({ lrsUrl: upstream.url });
      ({ bearer } = await gateway.mint('all'));
    });
    afterAll(async () => {
      await upstream.close();
      await gateway.close();
    });

    it.each([
      ['statements with a length', 'POST /xapi/statements', `Content-Length: ${BODY_BYTES}`],
      ['a document with a length', 'PUT /xapi/activities/state?stateId=a', `Content-Length: ${BODY_BYTES}`],
      ['statements in chunks', 'POST /xapi/statements', 'Transfer-Encoding: chunked'],
    ])('holds less than 1 MB of 50 MB of %s, and loses none of it', async (_what, line, framing) => {
      const chunked = framing.endsWith('chunked');
      const socket = connect({ port: gateway.port, host: '127.0.0.1' });
      await once(socket, 'connect');
      socket.write(
        `${line} HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer}\r\nX-Experience-API-Version: 1.0.3\r\n` +
          `Content-Type: multipart/mixed; boundary=b\r\n${framing}\r\n\r\n`,
      );
      if (chunked) socket.write(`${BODY_BYTES.toString(16)}\r\n`);
      const poured = pour(BODY_BYTES, socket).then(() => socket.write(chunked ? '\r\n0\r\n\r\n' : ''));

      const pushed = await atRest(() => socket.bytesWritten - socket.writableLength);
      const held = pushed - received - (await heldInKernel([gateway.port, upstream.port]));
      expect(pushed).toBeLessThan(BODY_BYTES / 2);
      expect(held).toBeLessThan(MOST_HELD_BYTES);

      reading?.resume();
      await poured;
      await eventually(() => expect(received).toBeGreaterThan(BODY_BYTES), { timeoutMs: 10_000 });
      reading?.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 204 /);
      socket.destroy();
    });
  });

  describe('of a slow caller', () => {
    let lrs: Server;
    let port: number;
    let written: () => number = () => 0;
    let gateway: RunningGateway;
    let bearer: string;
    let head: Record<string, string | number> = {};
    let opening = '';
    let closing = '';
    beforeAll(async () => {
      lrs = createServer((req, res) => {
        const { socket } = req;
        const before = socket.bytesWritten;
        written = () => socket.bytesWritten - socket.writableLength - before;
        res.writeHead(200, head);
        res.write(opening);
        void pour(BODY_BYTES, res).then(() => res.end(closing));
      });
      port = await freePort();
      await new Promise<void>((resolve) => lrs.listen(port, '127.0.0.1', resolve));
      gateway = await startTestGateway({ lrsUrl: `http://127.0.0.1:${port}/xapi` });
      ({ bearer } = await gateway.mint('all'));
    });
    afterAll(async () => {
      lrs.closeAllConnections();
      lrs.close();
      await gateway.close();
    });

    const JSON_OPENING = '{"statements":[{"id":"';
    const JSON_CLOSING = '"}],"more":""}';

    it.each([
      ['a document', '/xapi/activities/state?stateId=a', { 'Content-Length': BODY_BYTES }, '', ''],
      ['a page of statements', '/xapi/statements', { 'Content-Type': 'application/json' }, JSON_OPENING, JSON_CLOSING],
      [
        'statements with attachments',
        '/xapi/statements?attachments=true',
        { 'Content-Type': 'multipart/mixed; boundary=b' },
        `--b\r\nContent-Type: application/json\r\n\r\n${JSON_OPENING}${JSON_CLOSING}\r\n--b\r\n\r\n`,
        '\r\n--b--\r\n',
      ],
    ])('holds less than 1 MB of 50 MB of %s, and loses none of it', async (_what, path, headers, begin, end) => {
      [head, opening, closing] = [headers, begin, end];
      const asking = request(`${gateway.url}${path}`, { headers: { Authorization: bearer, ...VERSION }, agent: false });
      asking.end();
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      const { socket } = answer.pause();
      socket.pause();

      const pushed = await atRest(() => written());
      const held = pushed - socket.bytesRead - (await heldInKernel([gateway.port, port]));
      expect(pushed).toBeLessThan(BODY_BYTES / 2);
      expect(held).toBeLessThan(MOST_HELD_BYTES);

      let received = 0;
      answer.on('data', (chunk: Buffer) => (received += chunk.length));
      socket.resume();
      answer.resume();
      await once(answer, 'end');
      expect(received).toBe(begin.length + BODY_BYTES + end.length);
    });
  });
});

describe('a gateway process', () => {
  const MOST_MB = 30;

  let lrs: Server;
  let folder: TempFolder;
  let env: Settings;
  let gateway: RunningService;
  let authorization: string;
  beforeAll(async () => {
    lrs = createServer((req, res) => {
      req.resume().once('end', () => void respond(req, res));
    });
    const lrsPort = await freePort();
    await new Promise<void>((resolve) => lrs.listen(lrsPort, '127.0.0.1', resolve));
    folder = await tempFolder('streaming');
    const path = join(folder.path, 'hallpass.db');
    const store = openSqlite(path);
    const { client, client_secret } = newClient();
    await createClientRegister(store).add(client);
    await store.close();
    authorization = `Basic ${Buffer.from(`${client.client_id}:${client_secret}`).toString('base64')}`;
    env = { HALLPASS_STORE: `sqlite:${path}`, HALLPASS_LRS_URL: `http://127.0.0.1:${lrsPort}/xapi` };
  });
  afterAll(async () => {
    lrs.closeAllConnections();
    lrs.close();
    await folder.remove();
  });
  beforeEach(async () => {
    gateway = await startHallpass('gateway', env);
  });
  afterEach(() => gateway.stop());

  async function respond({ url = '' }: IncomingMessage, res: ServerResponse): Promise<void> {
    const megabytes = Number(/(?:limit|stateId)=(\d+)/.exec(url)?.[1] ?? 0);
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.write('{"statements":["');
    await pour(megabytes * MB, res);
    res.end('"],"more":""}');
  }

  async function call(method: string, path: string, bytes = 0): Promise<number> {
    const asking = request(`${gateway.url}/xapi/${path}`, {
      method,
      headers: {
        Authorization: authorization,
        ...VERSION,
        ...(bytes > 0 && { 'Content-Type': 'multipart/mixed; boundary=b', 'Content-Length': bytes }),
      },
    });
    const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
    await pour(bytes, asking);
    asking.end();
    const [answer] = await answered;
    expect(answer.statusCode).toBe(200);
    let received = 0;
    answer.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(answer, 'end');
    return received;
  }

  /** What a process that has served for a while has compiled and allocated. */
  async function warmUp(): Promise<void> {
    for (let n = 0; n < 50; n++) {
      await call('GET', 'statements');
      await call('POST', 'statements', 1000);
    }
    await call('POST', 'statements', MB);
  }

  it.each([
    ['200 MB of attachments pass to the LRS', 'POST', 'statements', 200, 0],
    ['a document of 200 MB passes to the caller', 'GET', 'activities/state?stateId=200', 0, 200],
    ['a page of 100 MB is looked through for its more link', 'GET', 'statements?limit=100', 0, 100],
  ])('needs less than 30 MB more while %s', async (_what, method, path, up, down) => {
    await warmUp();
    const rise = await riseMb(gateway.process.pid ?? 0, async () => {
      expect(await call(method, path, up * MB)).toBeGreaterThanOrEqual(down * MB);
    });
    expect(rise).toBeLessThan(MOST_MB);
  });
});
