/** The judgement of a run: what counts as met, and that a figure nobody measured never does. */
import { GOALS, judge } from './goals.ts';
import { gatewayTable } from './gateway-table.ts';
import { HALLPASS, MIX, NGINX, type Row } from './gateway-rows.ts';
import type { ResultRow } from './results.ts';
import type { Cost } from './load.ts';

const goalOf = (name: string) => {
  const goal = GOALS.find((one) => one.goal === name);
  if (!goal) throw new Error(`there is no goal ${name}`);
  return goal;
};
const cost = (cpuMicroseconds: number): Cost => ({ requests: 1000, perSecond: 1000, cpuMicroseconds });
const row = (by: string): Row => ({
  ...{ call: MIX, by, load: { requests: [], headers: '', count: 1 }, pace: { perSecond: 500, count: 500 } },
  peer: { port: 1, pids: [1], close: () => Promise.resolve() },
});

/** The mix in three rounds, the second of them in a slow moment of the machine. */
function mixOf(hallpass: readonly number[], nginx = [10, 40, 10]) {
  const rows = [row(NGINX), row(HALLPASS)];
  const costs = [nginx, hallpass].map((each) => ({
    costs: each.map(cost),
    times: [{ p50: 100, p99: 200 }],
    failures: [],
  }));
  return gatewayTable(rows, new Map(rows.map((one, n) => [one, costs[n] ?? { costs: [], times: [], failures: [] }])));
}

describe('a goal', () => {
  it('is met by a figure that is at most what it says, taken within each round', () => {
    expect(judge(goalOf('mix, × nginx'), mixOf([30, 121, 29]))).toMatchObject({ measured: 3, outcome: 'met' });
    expect(judge(goalOf('mix, × nginx'), mixOf([31, 120, 31]))).toMatchObject({ measured: 3.1, outcome: 'not met' });
  });

  it('is judged without the rounds in which a slice failed, also when read from a file', () => {
    const rows = JSON.parse(JSON.stringify(mixOf([20, Number.NaN, 40, 40], [10, 10, Number.NaN, 10]))) as ResultRow[];
    expect(judge(goalOf('mix, × nginx'), rows)).toMatchObject({ measured: 3, outcome: 'met' });
  });

  it('is read from the table of its measurement', () => {
    const rows = [
      { way: 'nginx', 'p99, × nginx': 1 },
      { way: 'hallpass', 'p99, × nginx': 2.5 },
    ];
    expect(judge(goalOf('1,000 calls/s, p99, × nginx'), rows)).toMatchObject({ measured: 2.5, outcome: 'met' });
  });

  it('may be one of having that much at least', () => {
    const carried = (times: number) => [{ workers: 2, 'as many cores carry × one': times }];
    const goal = goalOf('two workers carry, × one (by CPU of a call)');
    expect(judge(goal, carried(1.9))).toMatchObject({ wanted: '≥ 1.8', outcome: 'met' });
    expect(judge(goal, carried(1.7))).toMatchObject({ outcome: 'not met' });
  });

  it('is not measured where there was no run, no such row, no such column or no number in it', () => {
    const outcome = { measured: '', outcome: 'not measured' };
    const noNumber = { way: 'hallpass', 'p99, × nginx': null, 'added p50, × nginx': '' };
    for (const goal of GOALS)
      for (const rows of [[], [{}], [{ call: MIX, by: NGINX }], [{ way: 'hallpass' }], [noNumber], mixOf([], [])])
        expect(judge(goal, rows)).toMatchObject(outcome);
  });
});
