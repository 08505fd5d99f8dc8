/** What hallpass is to cost at most, each held against what was measured last. */
import { APACHE, ASKING, HALLPASS, JWTS, MIX, NGINX, UNCACHED_FEW, withLiveTokens } from './gateway-rows.ts';
import { ratiosOf } from './gateway-table.ts';
import { median } from './load.ts';
import { readResult, type ResultRow } from './results.ts';

export interface Goal {
  goal: string;
  limit: number;
  /** Whether it has to have that at least, and not at most. */
  isLeast?: boolean;
  /** The measurement that tells. */
  of: string;
  /** @returns nothing, or no number, where the rows do not tell. */
  figure: (rows: readonly ResultRow[]) => number | undefined;
}

/** CPU of a call, the median of what it is in each round as a multiple of another's. */
const cpu =
  (call: string, by: string, other: string): Goal['figure'] =>
  (rows) => {
    const roundsOf = (name: string) =>
      (rowWhere(rows, { call, by: name })?.['rounds'] as { cpuMicroseconds: (number | null)[] } | undefined)
        ?.cpuMicroseconds;
    const [some, others] = [roundsOf(by), roundsOf(other)];
    const ratios = ratiosOf(some ?? [], others ?? []);
    return ratios.length > 0 ? median(ratios) : undefined;
  };

const cell =
  (column: string, where: Readonly<Record<string, unknown>> = {}): Goal['figure'] =>
  (rows) => {
    const value = rowWhere(rows, where)?.[column];
    return typeof value === 'number' ? value : undefined;
  };

const [TOKENS_1E5, TOKENS_1E6] = [withLiveTokens(100_000), withLiveTokens(1_000_000)];

export const GOALS: readonly Goal[] = [
  { goal: 'mix, × nginx', limit: 3, of: 'gateway', figure: cpu(MIX, HALLPASS, NGINX) },
  { goal: 'mix, × Apache', limit: 0.5, of: 'gateway', figure: cpu(MIX, HALLPASS, APACHE) },
  { goal: 'mix, JWTs, × opaque tokens', limit: 1.1, of: 'gateway', figure: cpu(MIX, JWTS, HALLPASS) },
  { goal: '10⁵ tokens, × nginx', limit: 4, of: 'gateway', figure: cpu(TOKENS_1E5, HALLPASS, NGINX) },
  { goal: '10⁶ tokens, × nginx', limit: 4, of: 'gateway', figure: cpu(TOKENS_1E6, HALLPASS, NGINX) },
  {
    ...{ goal: '10⁵ tokens, × its own 10³ with the cache off', limit: 1.25, of: 'gateway' },
    figure: cpu(TOKENS_1E5, HALLPASS, UNCACHED_FEW),
  },
  {
    ...{ goal: '10⁶ tokens, × its own 10³ with the cache off', limit: 1.25, of: 'gateway' },
    figure: cpu(TOKENS_1E6, HALLPASS, UNCACHED_FEW),
  },
  {
    ...{ goal: '10⁵ tokens, × nginx auth_request cached', limit: 0.6, of: 'gateway' },
    figure: cpu(TOKENS_1E5, HALLPASS, ASKING),
  },
  { goal: '10⁵ tokens, × Apache', limit: 0.06, of: 'gateway', figure: cpu(TOKENS_1E5, HALLPASS, APACHE) },
  {
    ...{ goal: 'one connection, p50 added, × what nginx adds', limit: 3, of: 'latency' },
    figure: cell('added p50, × nginx', { way: 'hallpass' }),
  },
  {
    ...{ goal: '1,000 calls/s, p99, × nginx', limit: 3, of: 'latency' },
    figure: cell('p99, × nginx', { way: 'hallpass' }),
  },
  {
    ...{ goal: '100 MB upload, CPU, × nginx unbuffered', limit: 2, of: 'uploads' },
    figure: cell('× nginx (median)', { way: 'hallpass' }),
  },
  {
    ...{ goal: 'eight uploads of 100 MB to a slow LRS, rise of memory, MB', limit: 60, of: 'uploads' },
    figure: cell('rise of memory, 8 at once, MB', { way: 'hallpass' }),
  },
  {
    ...{ goal: 'token issue, × bare oidc-provider', limit: 1, of: 'token-issue' },
    figure: cell('× bare (median)', { variant: 'hallpass, 1 client' }),
  },
  {
    ...{ goal: 'a line and figures for each call, more, × nginx', limit: 0.2, of: 'observing' },
    figure: cell('more than with neither, × nginx (median)', { by: 'hallpass, with both' }),
  },
  {
    ...{ goal: 'start to listening, ms', limit: 1000, of: 'standing' },
    figure: cell('start to listening, ms (median)'),
  },
  { goal: 'idle memory of a gateway, MB', limit: 90, of: 'standing', figure: cell('idle memory, MB (median)') },
  {
    ...{ goal: 'two workers carry, × one (by CPU of a call)', limit: 1.8, isLeast: true, of: 'workers' },
    figure: cell('as many cores carry × one', { workers: 2 }),
  },
  {
    ...{ goal: 'Redis for each of 10⁶ live tokens, bytes', limit: 350, of: 'token-memory' },
    figure: cell('bytes a token', { measured: 'used_memory, growth' }),
  },
];

/** @returns each goal with the figure that the last run of its measurement found. */
export async function goals(): Promise<ResultRow[]> {
  const rows: ResultRow[] = [];
  for (const goal of GOALS) {
    const { rows: measured = [], measured: when = '' } = (await readResult(goal.of)) ?? {};
    rows.push({ ...judge(goal, measured), when: when.slice(0, 'YYYY-MM-DDThh:mm'.length) });
  }
  return rows;
}

export function judge({ goal, limit, isLeast = false, of, figure }: Goal, measured: readonly ResultRow[]): ResultRow {
  const found = figure(measured);
  const isKnown = found !== undefined && !Number.isNaN(found);
  return {
    goal,
    wanted: `${isLeast ? '≥' : '≤'} ${limit}`,
    measured: isKnown ? Number(found.toPrecision(3)) : '',
    by: of,
    outcome: isKnown ? outcomeOf(isLeast ? found >= limit : found <= limit) : 'not measured',
  };
}

function outcomeOf(isMet: boolean): string {
  return isMet ? 'met' : 'not met';
}

function rowWhere(rows: readonly ResultRow[], where: Readonly<Record<string, unknown>>): ResultRow | undefined {
  return rows.find((row) => Object.entries(where).every(([column, value]) => row[column] === value));
}
