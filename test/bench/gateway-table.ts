/** Costs and answer times as a table. Ratios are taken within each round: a slow moment slows both sides of one. */
import { NGINX, type Row } from './gateway-rows.ts';
import { median, quantile, type Cost } from './load.ts';
import type { ResultRow } from './results.ts';

export interface Measured {
  costs: Cost[];
  /** Microseconds. */
  times: { p50: number; p99: number }[];
}

export function gatewayTable(rows: readonly Row[], results: ReadonlyMap<Row, Measured>): ResultRow[] {
  const cpuOf = (row: Row | undefined) =>
    (row && results.get(row)?.costs.map(({ cpuMicroseconds }) => cpuMicroseconds)) ?? [];
  return rows.map((row) => {
    const { costs = [], times = [] } = results.get(row) ?? {};
    const cpu = cpuOf(row);
    const ratios = ratiosOf(cpu, cpuOf(rows.find(({ by, call }) => by === NGINX && call === row.call)));
    const [p50, p99] = [times.map((one) => one.p50), times.map((one) => one.p99)];
    const isCosted = costs.length > 0;
    return {
      call: row.call,
      by: row.by,
      '× nginx (median)': isCosted ? median(ratios).toFixed(2) : '',
      '× nginx (quartiles)': isCosted
        ? `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`
        : '',
      'CPU µs/call': isCosted ? median(cpu).toFixed(1) : '',
      'calls/s': isCosted ? Math.round(median(costs.map(({ perSecond }) => perSecond))) : '',
      '% of a core': isCosted
        ? Math.round(median(costs.map((one) => (one.cpuMicroseconds * one.perSecond) / 10_000)))
        : '',
      at: `${row.pace.perSecond}/s`,
      'p50 µs': Math.round(median(p50)),
      'p99 µs': Math.round(median(p99)),
      rounds: { cpuMicroseconds: cpu, p50Microseconds: p50, p99Microseconds: p99 },
    };
  });
}

export function ratiosOf(some: readonly number[], others: readonly number[]): number[] {
  return some.map((one, round) => one / (others[round] ?? Number.NaN));
}
