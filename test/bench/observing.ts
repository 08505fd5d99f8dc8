/**
 * What a line for each call and figures cost: a gateway with both beside one with neither, in the same rounds as nginx. The
 * lines go to a pipe that is read as fast as they come; the figures are asked for every fifteen seconds of load, as Prometheus mostly
 * does.
 */
import { freePort } from '../support/free-port.ts';
import { issueOpaque } from './callers.ts';
import { median, quantile, type Cost } from './load.ts';
import type { Peer } from './peers/nginx.ts';
import type { Run } from './processes.ts';
import { startScene } from './scene.ts';
import { writeWorkloads } from './workloads.ts';
import { loadByWrk, type Load } from './wrk.ts';

/** Many, as what is looked for is a small part of what is measured. */
const ROUNDS = 24;
/** For each row, in turn: two of the very same kind differ by several per cent, for as long as they live. */
const PROCESSES = 3;
/** In slices of one process: each is loaded for two seconds, and measured in the second. */
const SCRAPED_EVERY = 8;
const WARM_UP_SLICES = 4;
const TOKENS = 1000;
/** The benchmark itself would read them too slowly, and keep them. */
const READ_LINES = `exec "$0" "$@" 2> >(sed -u '/"listening"/q' >&2; exec taskset -c 0 cat > /dev/null)`;

interface Observed extends Peer {
  scrape?: () => Promise<void>;
}

export async function observing(): Promise<unknown> {
  const scene = await startScene();
  const { bench } = scene;
  try {
    const workloads = await writeWorkloads(scene.folder);
    const headers = await issueOpaque(bench.store, TOKENS, scene.client.clientId, 'statements/write statements/read');
    const load: Load = { requests: workloads['POST 3 : GET 1'], headers, count: TOKENS };
    const read: Run = (command, args, env) => bench.run('bash', ['-c', READ_LINES, command, ...args], env);
    const start = async (settings: Record<string, string>) => {
      const peer = await scene.startGateway(settings, read);
      return { ...peer, pids: peer.pids.slice(0, 1) };
    };
    const lines = { HALLPASS_ACCESS_LOG: 'all' };
    const withBoth = async () => {
      const port = await freePort();
      const scrape = async () => void (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
      return { ...(await start({ ...lines, HALLPASS_METRICS_PORT: String(port) })), scrape };
    };
    const some = (one: () => Promise<Observed>) => Promise.all(Array.from({ length: PROCESSES }, one));
    const rows = [
      { by: 'nginx', peers: [scene.plain] },
      { by: 'hallpass, with neither', peers: await some(() => start({})) },
      { by: 'hallpass, with both', peers: await some(withBoth) },
      { by: 'hallpass, with lines', peers: await some(() => start(lines)) },
    ].map((row) => ({ ...row, costs: [] as Cost[] }));
    const slice = async (peers: readonly Observed[], n: number): Promise<Cost> => {
      const peer: Observed = peers[n % peers.length] ?? scene.plain;
      /* It has waited for those before it, and what is saturated has not. */
      await loadByWrk(bench.runBeside, peer, load);
      const isScraped = Math.floor(n / PROCESSES) % SCRAPED_EVERY === 0;
      const [cost] = await Promise.all([loadByWrk(bench.runBeside, peer, load), isScraped && peer.scrape?.()]);
      return cost;
    };
    for (const { peers } of rows) for (let n = 0; n < WARM_UP_SLICES * peers.length; n++) await slice(peers, n);
    for (let round = 0; round < ROUNDS; round++)
      for (const row of round % 2 ? rows : rows.toReversed()) row.costs.push(await slice(row.peers, round));
    const [nginx = [], neither = []] = rows.map(({ costs }) => costs);
    return rows.map(({ by, costs }) => resultOf(by, costs, nginx, neither));
  } finally {
    await scene.close();
  }
}

/** Within each round, so that a slow moment of the machine slows all of one. */
function resultOf(by: string, costs: readonly Cost[], nginx: readonly Cost[], neither: readonly Cost[]) {
  const cpu = (all: readonly Cost[], n: number) => all[n]?.cpuMicroseconds ?? Number.NaN;
  const ratios = costs.map((_, n) => cpu(costs, n) / cpu(nginx, n));
  const more = costs.map((_, n) => (cpu(costs, n) - cpu(neither, n)) / cpu(nginx, n));
  const spread = (values: readonly number[]) =>
    `${quantile(values, 0.25).toFixed(2)} to ${quantile(values, 0.75).toFixed(2)}`;
  const isOurs = by.startsWith('hallpass');
  return {
    by,
    'CPU µs/call (median)': Number(median(costs.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1)),
    '× nginx (median)': Number(median(ratios).toFixed(2)),
    '× nginx (quartiles)': spread(ratios),
    'more than with neither, × nginx (median)': isOurs ? Number(median(more).toFixed(2)) : '',
    'more (quartiles)': isOurs ? spread(more) : '',
  };
}
