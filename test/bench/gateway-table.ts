/** Costs and answer times as a table. Ratios are taken within each round: a slow moment slows both sides of one. */
import { NGINX, type Row } from './gateway-rows.ts';
import { median, quantile, type Cost } from './load.ts';
import type { ResultRow } from './results.ts';

export interface Measured {
  costs: Cost[];
  /** Microseconds. */
  times: { p50: number; p99: number }[];
  /** Why slices have no number. */
  failures: string[];
}

export function gatewayTable(rows: readonly Row[], results: ReadonlyMap<Row, Measured>): ResultRow[] {
  const cpuOf = (row: Row | undefined) =>
    (row && results.get(row)?.costs.map(({ cpuMicroseconds }) => cpuMicroseconds)) ?? [];
  return rows.map((row) => {
    const { costs = [], times = [], failures = [] } = results.get(row) ?? {};
    const cpu = cpuOf(row);
    const ratios = ratiosOf(cpu, cpuOf(rows.find(({ by, call }) => by === NGINX && call === row.call)));
    const [p50, p99] = [times.map((one) => one.p50), times.map((one) => one.p99)];
    const isCosted = known(cpu).length > 0;
    return {
      call: row.call,
      by: row.by,
      '× nginx (median)': isCosted ? median(ratios).toFixed(2) : '',
      '× nginx (quartiles)': isCosted
        ? `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`
        : '',
      'CPU µs/call': isCosted ? median(known(cpu)).toFixed(1) : '',
      'calls/s': isCosted ? Math.round(median(known(costs.map(({ perSecond }) => perSecond)))) : '',
      '% of a core': isCosted
        ? Math.round(median(known(costs.map((one) => (one.cpuMicroseconds * one.perSecond) / 10_000))))
        : '',
      at: `${row.pace.perSecond}/s`,
      'p50 µs': Math.round(median(known(p50))),
      'p99 µs': Math.round(median(known(p99))),
      'failed slices': failures.length,
      rounds: { cpuMicroseconds: cpu, p50Microseconds: p50, p99Microseconds: p99, failures },
    };
  });
}

/** @returns those of the rounds in which both are known; what a file says is `null` where one is not. */
export function ratiosOf(some: readonly (number | null)[], others: readonly (number | null)[]): number[] {
  return known(some.map((one, round) => (one ?? Number.NaN) / (others[round] ?? Number.NaN)));
}

function known(values: readonly number[]): number[] {
  return values.filter(Number.isFinite);
}
