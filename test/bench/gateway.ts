/** CPU of a call through a gateway, against what an operator would put in its place. */
import { join } from 'node:path';
import { askForJwts, issueBound, issueOpaque } from './callers.ts';
import { median, quantile, type Cost } from './load.ts';
import type { Peer } from './peers/nginx.ts';
import { ISSUER } from './processes.ts';
import { startScene, type Scene } from './scene.ts';
import { writeWorkloads } from './workloads.ts';
import { loadByWrk, type Load } from './wrk.ts';

const ROUNDS = 9;
/** Until its code has been compiled for what it is given. */
const WARM_UP_CALLS = 10_000;
const WARM_UP_MOST_SLICES = 6;
const MANY = [100_000, 1_000_000];
/** More than are sent in a slice. */
const PROOFS = 6000;
const BOTH = 'statements/write statements/read';

interface Row {
  call: string;
  by: string;
  peer: Peer;
  load: Load;
  /** Of the round that begins. */
  renew?: () => Promise<void>;
}

/** The row of the same call by nginx, or that of the mix. */
const NGINX = 'nginx';
const MIX = 'POST 3 : GET 1';

export async function gateway(): Promise<unknown> {
  const scene = await startScene();
  try {
    const rows = await rowsOf(scene);
    const results = new Map<Row, Cost[]>(rows.map((row) => [row, []]));
    const slice = async (row: Row): Promise<Cost> => {
      await row.renew?.();
      return loadByWrk(scene.bench.runBeside, row.peer, row.load);
    };
    for (const row of rows) await warmUp(row, slice);
    for (let round = 0; round < ROUNDS; round++)
      for (const row of round % 2 ? rows : [...rows].reverse()) results.get(row)?.push(await slice(row));
    return table(rows, results);
  } finally {
    await scene.close();
  }
}

async function warmUp(row: Row, slice: (row: Row) => Promise<Cost>): Promise<void> {
  let calls = 0;
  for (let n = 0; n < WARM_UP_MOST_SLICES && calls < WARM_UP_CALLS; n++) calls += (await slice(row)).requests;
}

async function rowsOf(scene: Scene): Promise<Row[]> {
  const { bench, folder, client, plain, startGateway } = scene;
  const workloads = await writeWorkloads(folder);
  const [asking, apache] = [await scene.startAsking(), await scene.startApache()];
  const hallpass = await startGateway();
  const [uncached, kept] = [
    await startGateway({ HALLPASS_CACHE_SECONDS: '0' }),
    await startGateway({ HALLPASS_LRS_AUTHORITY: 'kept' }),
  ];
  const issue = (count: number, scope = BOTH) => issueOpaque(bench.store, count, client.clientId, scope);
  const [few, mine] = [await issue(1000), await issue(1000, 'statements/write statements/read/mine')];
  const many = await issue(Math.max(...MANY));
  const [jwtClient = client] = await bench.register(1, { scope: BOTH, access_token_format: 'jwt' });
  const jwts = await askForJwts(scene.tokenPort, 1000, jwtClient, join(folder, 'jwts'));
  const proofsIn = await issueBound(bench.store, client.clientId, BOTH, ISSUER);

  const usual = (call: keyof typeof workloads): Load => ({
    ...{ requests: workloads[call], headers: few, count: 1000 },
    ...(call === 'POST of 10 MB' && { connections: 4, seconds: 3 }),
  });
  const pair = (call: keyof typeof workloads): Row[] => [
    { call, by: NGINX, peer: plain, load: usual(call) },
    { call, by: 'hallpass', peer: hallpass, load: usual(call) },
  ];
  const mix = usual(MIX);
  const bound: Load = { ...usual('POST of 1 statement'), headers: `@${join(folder, 'proofs')}`, count: 0 };
  const renew = async () => void (await proofsIn(PROOFS, join(folder, 'proofs')));
  return [
    ...pair(MIX),
    { call: MIX, by: 'nginx, auth_request cached', peer: asking, load: mix },
    { call: MIX, by: 'Apache, mod_auth_openidc', peer: apache, load: mix },
    { call: MIX, by: 'hallpass, cache off', peer: uncached, load: mix },
    { call: MIX, by: 'hallpass, JWTs', peer: hallpass, load: { ...mix, headers: jwts } },
    ...MANY.flatMap((count): Row[] => {
      const call = `${MIX}, ${count.toLocaleString('en')} live tokens`;
      const load = { ...mix, headers: many, count };
      return [
        { call, by: 'nginx, auth_request cached', peer: asking, load },
        { call, by: 'Apache, mod_auth_openidc', peer: apache, load },
        { call, by: 'hallpass', peer: hallpass, load },
      ];
    }),
    ...pair('GET of 1 KB'),
    ...pair('POST of 1 statement'),
    { call: 'POST of 1 statement', by: 'hallpass, authority set', peer: kept, load: usual('POST of 1 statement') },
    { call: 'POST of 1 statement', by: 'hallpass, DPoP', peer: hallpass, load: bound, renew },
    ...pair('GET of 20 statements'),
    {
      call: 'GET of 20 statements',
      by: 'hallpass, narrowed to mine',
      peer: kept,
      load: { ...usual('GET of 20 statements'), headers: mine },
    },
    ...pair('GET of 100 KB'),
    ...pair('POST of 10 MB'),
  ];
}

/** Ratios are taken within each round, so that a slow moment of the machine slows both sides of one. */
function table(rows: readonly Row[], results: ReadonlyMap<Row, readonly Cost[]>): unknown[] {
  const nginxFor = ({ call }: Row) =>
    rows.find((row) => row.by === NGINX && row.call === call) ??
    rows.find((row) => row.by === NGINX && row.call === MIX);
  return rows.map((row) => {
    const [costs = [], nginx] = [results.get(row), nginxFor(row)];
    const base = (nginx && results.get(nginx)) ?? [];
    const ratios = costs.map(({ cpuMicroseconds }, n) => cpuMicroseconds / (base[n]?.cpuMicroseconds ?? Number.NaN));
    return {
      call: row.call,
      by: row.by,
      'CPU µs/call (median)': Number(median(costs.map((cost) => cost.cpuMicroseconds)).toFixed(1)),
      'calls/s (median)': Math.round(median(costs.map((cost) => cost.perSecond))),
      '× nginx (median)': Number(median(ratios).toFixed(2)),
      '× nginx (quartiles)': `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`,
    };
  });
}
