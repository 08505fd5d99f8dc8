/** Everything a gateway is measured among: an LRS, a token service, and what an operator would put in the gateway's place. */
import { makeCertificates } from '../support/certificates.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { childrenOf } from './cpu.ts';
import { startApache } from './peers/apache.ts';
import { startCannedLrs } from './peers/lrs.ts';
import type { Peer } from './peers/nginx.ts';
import { startAskingNginx, startPlainNginx, startTlsNginx } from './peers/nginx-proxies.ts';
import { ISSUER, startBench, type Bench, type Credential, type Run } from './processes.ts';

export interface Scene {
  bench: Bench;
  /** For what is written. */
  folder: string;
  /** With the authority of every second statement of a page. */
  client: Credential;
  lrs: Peer;
  tokenPort: number;
  plain: Peer;
  /** Started when they are wanted: both are slow to. */
  startAsking: () => Promise<Peer>;
  startApache: () => Promise<Peer>;
  /** hallpass as it ships. @param on runs it otherwise than alone on its core. */
  startGateway: (more?: Record<string, string>, on?: Run) => Promise<Peer>;
  close(): Promise<void>;
}

export async function startScene(): Promise<Scene> {
  const bench = await startBench();
  const folder = await tempFolder('bench');
  const peers: Peer[] = [];
  const kept = async (starting: Promise<Peer>): Promise<Peer> => {
    const peer = await starting;
    peers.push(peer);
    return peer;
  };
  const close = async () => {
    for (const peer of peers.reverse()) await peer.close();
    await bench.close();
    await folder.remove();
  };
  try {
    const [client = NOBODY] = await bench.register(1);
    const [asking = NOBODY] = await bench.register(1, { scope: 'introspect' });
    const own = { account: { homePage: `${ISSUER}/oauth2/token`, name: client.clientId } };
    const lrs = await kept(startCannedLrs(bench.runBeside, own));
    const token = await bench.start('token', {}, { beside: true });
    const behind = {
      HALLPASS_LRS_URL: `http://127.0.0.1:${lrs.port}/xAPI`,
      HALLPASS_LRS_USERNAME: 'gateway',
      HALLPASS_LRS_PASSWORD: 'a password',
      HALLPASS_LRS_AUTHORITY: 'shared',
    };
    const startGateway = async (more: Record<string, string> = {}, on?: Run) => {
      const { pid, port, close } = await bench.start('gateway', { ...behind, ...more }, { on });
      return { port, pids: [pid, ...childrenOf(pid)], close };
    };
    return {
      ...{ bench, folder: folder.path, client, lrs, tokenPort: token.port, startGateway, close },
      plain: await kept(startPlainNginx(bench.run, lrs.port)),
      startAsking: () => kept(startAskingNginx(bench.run, lrs.port, { port: token.port, ...asking })),
      startApache: async () => {
        const tls = await kept(startTlsNginx(bench.runBeside, token.port, await makeCertificates(folder.path)));
        return kept(startApache(bench.run, lrs.port, { port: tls.port, ...asking }));
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const NOBODY = { clientId: '', secret: '' };
