/** What a gateway does not load, for it to be there at once and to be small. How small is measured: `make bench ARGS=standing`. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rawRequest } from '../support/raw-request.ts';
import { startEchoLrs } from '../support/echo-lrs.ts';
import { startHallpass } from '../support/hallpass.ts';
import { tempFolder } from '../support/temp-folder.ts';

const TELL_LOADED = fileURLToPath(new URL('../support/tell-loaded.ts', import.meta.url));

/** @returns what was loaded by a gateway that was asked for these, and nothing else. */
async function loadedFor(...paths: string[]): Promise<string[]> {
  const [folder, lrs] = [await tempFolder('standing'), await startEchoLrs()];
  const service = await startHallpass('gateway', {
    NODE_OPTIONS: `--import=${TELL_LOADED}`,
    HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}`,
    HALLPASS_LRS_URL: lrs.url,
    HALLPASS_TOKEN_URL: 'http://127.0.0.1:9',
  });
  for (const path of paths)
    await rawRequest(service.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await service.stop();
  await lrs.close();
  await folder.remove();
  const line = service.process.stderr.split('\n').find((each) => each.startsWith('{"loaded":')) ?? '';
  return (JSON.parse(line) as { loaded: string[] }).loaded;
}

describe('a gateway', () => {
  const DEAR = ['express', 'http-proxy-middleware', 'jose', 'oidc-provider', 'openid-client', 'prom-client'];
  /** What an import of node:http takes with it. */
  const FETCH = 'internal/deps/undici/undici';

  it('that waits, is asked how it is, and for statements, has loaded neither other services nor fetch', async () => {
    const loaded = await loadedFor('/healthz', '/readyz', '/xapi/statements');
    expect(loaded).toEqual(expect.arrayContaining(['pino', 'http']));
    expect([...DEAR, FETCH].filter((name) => loaded.includes(name))).toEqual([]);
  });

  it('loads what passes calls on when there is one, and that one is answered', async () => {
    const loaded = await loadedFor('/oauth2/jwks');
    expect(loaded).toEqual(expect.arrayContaining(['express', 'http-proxy-middleware']));
    expect(loaded).not.toContain('oidc-provider');
  });
});
