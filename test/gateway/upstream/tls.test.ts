/** An LRS behind TLS: it has to be who it says, and what only the end of a connection ends is not believed. */
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates, createServer, type Server, type TLSSocket } from 'node:tls';
import { makeCertificates, type Certificates } from '../../support/certificates.ts';
import { freePort } from '../../support/free-port.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { ok, textOf, upstreamScene } from './support.ts';

const scene = upstreamScene({ connectSeconds: 5, responseSeconds: 5, idleSeconds: 5 });
const USUAL = getCACertificates('default');

let folder: TempFolder;
let certificates: Certificates;
let lrs: Server;
let port: number;
let answer: (socket: TLSSocket) => void;
let asked: { name: string | false; resumed: boolean }[] = [];
beforeAll(async () => {
  folder = await tempFolder('upstream-tls');
  certificates = await makeCertificates(folder.path);
  const { keyFile, certFile } = certificates;
  lrs = createServer(
    { key: readFileSync(keyFile), cert: readFileSync(certFile), ALPNProtocols: ['http/1.1'] },
    (socket) => {
      asked.push({
        name: (socket as TLSSocket & { servername: string | false }).servername,
        resumed: socket.isSessionReused(),
      });
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        if (bytes.toString('latin1').includes('\r\n\r\n')) answer(socket);
      });
    },
  );
  port = await freePort();
  await new Promise<void>((resolve) => lrs.listen(port, '127.0.0.1', resolve));
});
afterAll(async () => {
  lrs.close();
  await folder.remove();
});
beforeEach(() => {
  asked = [];
  setDefaultCACertificates([...USUAL, readFileSync(certificates.caFile, 'utf8')]);
  answer = (socket) => void socket.write(ok('abc'));
});
afterEach(() => setDefaultCACertificates(USUAL));

const at = (host: string) => `https://${host}:${port}`;

describe('an LRS behind TLS', () => {
  it('is asked by its name, or by its address without one, over a connection that is kept', async () => {
    for (let n = 0; n < 3; n++) expect(await scene.outcome({ origin: at('127.0.0.1') })).toBe('200 abc');
    for (let n = 0; n < 3; n++) expect(await scene.outcome({ origin: at('localhost') })).toBe('200 abc');
    expect(asked.map(({ name }) => name)).toEqual([false, 'localhost']);
  });

  it('takes a body, and gives one of any size', async () => {
    const large = 'a'.repeat(1_000_000);
    answer = (socket) => void socket.write(ok(large));
    const body = Buffer.alloc(300_000);
    expect(await scene.outcome({ origin: at('127.0.0.1'), method: 'PUT', body, length: body.length })).toBe(
      `200 ${large}`,
    );
  });

  it('gives its answer in chunks of any size, and is read no faster than its answer is taken', async () => {
    const piece = 'a'.repeat(100_000);
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let n = 0; n < 50; n++) socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      socket.write('0\r\n\r\n');
    };
    const { body } = await scene.ask({ origin: at('127.0.0.1') });
    if (Buffer.isBuffer(body)) throw new Error('it is not all there');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(body.readableLength).toBeLessThanOrEqual(128 * 1024);
    expect((await textOf(body)).length).toBe(50 * piece.length);
    expect(await scene.outcome({ origin: at('127.0.0.1'), method: 'HEAD' })).toBe('200 ');
  });

  it('need not begin from nothing with each connection', async () => {
    answer = (socket) => void socket.end(ok('abc', 'Connection: close'));
    for (let n = 0; n < 3; n++) expect(await scene.outcome({ origin: at('127.0.0.1') })).toBe('200 abc');
    expect(asked.map(({ resumed }) => resumed)).toEqual([false, true, true]);
  });

  it('is not asked where nobody trusts who signed for it', async () => {
    setDefaultCACertificates(USUAL);
    expect(await scene.outcome({ origin: at('127.0.0.1') })).toBe('broken');
    expect(asked).toEqual([]);
  });

  it('is not asked where its certificate is of another name', async () => {
    const elsewhere = createServer({
      key: readFileSync(certificates.keyFile),
      cert: readFileSync(certificates.certFile),
    });
    await new Promise<void>((resolve) => elsewhere.listen(port, '127.0.0.2', resolve));
    try {
      expect(await scene.outcome({ origin: at('127.0.0.2') })).toBe('broken');
    } finally {
      elsewhere.close();
    }
  });

  it('is not asked where it does not speak TLS', async () => {
    expect(await scene.outcome({ origin: scene.origin.replace('http:', 'https:') })).toMatch(/broken|unreached/);
  });

  it('gives no answer whose end only the end of the connection shows: that could be anybody’s doing', async () => {
    answer = (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nabc');
    expect(await scene.outcome({ origin: at('127.0.0.1') })).toBe('broken');
  });
});
