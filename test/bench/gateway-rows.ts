/** Which calls are measured, through what, with which tokens. */
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { Pace } from './answer-times.ts';
import { askForJwts, issueBound, issueOpaque } from './callers.ts';
import type { Peer } from './peers/nginx.ts';
import { ISSUER } from './processes.ts';
import type { Scene } from './scene.ts';
import { writeWorkloads, type Workload } from './workloads.ts';
import type { Load } from './wrk.ts';

export interface Row {
  call: string;
  by: string;
  /** Without processes where its CPU is not what is asked. */
  peer: Peer;
  load: Load;
  pace: Pace;
  /** Measured in some of the rounds, as no goal depends on it. */
  isAside?: boolean;
  /** What has every token in the cache, where they fit. */
  cached?: Load;
  /** Writes what each call uses up, for one slice or for so many calls. */
  renew?: (count?: number) => Promise<void>;
}

export const DIRECT = 'direct';
export const NGINX = 'nginx';
export const ASKING = 'nginx, auth_request cached';
export const APACHE = 'Apache, mod_auth_openidc';
export const HALLPASS = 'hallpass';
export const UNCACHED = 'hallpass, cache off';
export const UNCACHED_FEW = 'hallpass, cache off, 1,000 tokens';
export const JWTS = 'hallpass, JWTs';

export const MIX = 'POST 3 : GET 1';
export const withLiveTokens = (count: number) => `${MIX}, ${count.toLocaleString('en')} live tokens`;

const FEW = 1000;
/** For 10 MB each: a slice has few of those. */
const A_FEW = 10;
export const MANY = [100_000, 1_000_000];
/** More than are sent in a slice. */
const PROOFS = 8000;
const BOTH = 'statements/write statements/read';

/** Well below what the slowest of a group can answer. */
const PACES = {
  usual: { perSecond: 500, count: 300 },
  /** Apache introspects each of many. */
  many: { perSecond: 100, count: 100 },
  'GET of 100 KB': { perSecond: 200, count: 120 },
  'POST of 10 MB': { perSecond: 5, count: 8 },
};

/** @returns the rows of one call together: they are measured one right after the other. */
export async function groupsOf(scene: Scene): Promise<Row[][]> {
  const { bench, folder, client, lrs, plain } = scene;
  const workloads = await writeWorkloads(folder);
  const [asking, apache] = [await scene.startAsking(), await scene.startApache()];
  /* With its figures for Prometheus, which an operator will want. */
  const startGateway = async (more = {}) =>
    scene.startGateway({ HALLPASS_METRICS_PORT: String(await freePort()), ...more });
  const hallpass = await startGateway();
  const uncached = await startGateway({ HALLPASS_CACHE_SECONDS: '0' });
  const kept = await startGateway({ HALLPASS_LRS_AUTHORITY: 'kept' });
  const direct: Peer = { ...lrs, pids: [] };

  const issue = (count: number, scope = BOTH) => issueOpaque(bench.store, count, client.clientId, scope);
  const [few, mine] = [await issue(FEW), await issue(FEW, 'statements/write statements/read/mine')];
  const many = await issue(Math.max(...MANY));
  const [jwtClient = client] = await bench.register(1, { scope: BOTH, access_token_format: 'jwt' });
  const jwts = await askForJwts(scene.tokenPort, FEW, jwtClient, join(folder, 'jwts'));
  const proofsIn = await issueBound(bench.store, client.clientId, BOTH, ISSUER);
  const proofs = join(folder, 'proofs');

  const rowOf = (call: Workload, by: string, peer: Peer, headers = few): Row => {
    const isLarge = call === 'POST of 10 MB';
    const tokens = { headers, count: isLarge ? A_FEW : FEW };
    return {
      ...{ call, by, peer, pace: call in PACES ? PACES[call as keyof typeof PACES] : PACES.usual },
      load: { ...tokens, requests: workloads[call], ...(isLarge && { connections: 4, seconds: 2 }) },
      cached: { ...tokens, requests: workloads['GET of 1 KB'] },
    };
  };
  const usual = (call: Workload): Row[] => [
    rowOf(call, DIRECT, direct),
    rowOf(call, NGINX, plain),
    { ...rowOf(call, ASKING, asking), isAside: call !== MIX },
    { ...rowOf(call, APACHE, apache), isAside: call !== MIX },
    rowOf(call, HALLPASS, hallpass),
  ];
  const withMany = (count: number): Row[] => {
    const call = withLiveTokens(count);
    const load: Load = { requests: workloads[MIX], headers: many, count };
    const row = (by: string, peer: Peer): Row => ({ call, by, peer, load, pace: PACES.many });
    return [
      { ...rowOf(MIX, NGINX, plain), call, pace: PACES.many },
      row(ASKING, asking),
      row(APACHE, apache),
      row(HALLPASS, hallpass),
      { ...row(UNCACHED, uncached), isAside: true },
      { ...rowOf(MIX, UNCACHED_FEW, uncached), call, pace: PACES.many },
    ];
  };
  const [POST, LIST] = ['POST of 1 statement', 'GET of 20 statements'] as const;
  return [
    [...usual(MIX), rowOf(MIX, UNCACHED, uncached), rowOf(MIX, JWTS, hallpass, jwts)],
    ...MANY.map(withMany),
    usual('GET of 1 KB'),
    [
      ...usual(POST),
      rowOf(POST, 'hallpass, authority set', kept),
      {
        ...{ call: POST, by: 'hallpass, DPoP', peer: hallpass, pace: PACES.usual },
        load: { requests: workloads[POST], headers: `@${proofs}`, count: 0 },
        renew: async (count = PROOFS) => void (await proofsIn(count, proofs)),
      },
    ],
    [...usual(LIST), rowOf(LIST, 'hallpass, narrowed to mine', kept, mine)],
    usual('GET of 100 KB'),
    usual('POST of 10 MB'),
  ];
}
