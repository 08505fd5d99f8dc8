/** Where a gateway's time goes in the two commonest calls, by `--cpu-prof`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/wait.ts';
import { issueOpaque } from './callers.ts';
import type { Cost } from './load.ts';
import { startScene } from './scene.ts';
import { functionsIn, selfTimeIn, type CpuProfile, type Window } from './self-time.ts';
import { writeWorkloads } from './workloads.ts';
import { loadByWrk } from './wrk.ts';

const CALLS = ['GET of 1 KB', 'POST of 1 statement'] as const;
const WARM_UP_SECONDS = 12;
const SECONDS = 8;
const FUNCTIONS = 25;
const SAMPLED_EVERY_MICROSECONDS = 500;

export async function profile(): Promise<unknown> {
  const scene = await startScene();
  try {
    const { bench, folder, client } = scene;
    const options = [`--cpu-prof --cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLED_EVERY_MICROSECONDS}`];
    const gateway = await scene.startGateway({ NODE_OPTIONS: options.join(' ') });
    const workloads = await writeWorkloads(folder);
    const headers = await issueOpaque(bench.store, 1000, client.clientId, 'statements/write statements/read');
    const load = (call: (typeof CALLS)[number], seconds: number) =>
      loadByWrk(bench.runBeside, gateway, { requests: workloads[call], headers, count: 1000, seconds });
    for (const call of CALLS) await load(call, WARM_UP_SECONDS);
    const measured: { call: string; window: Window; cost: Cost }[] = [];
    for (const call of CALLS) {
      const from = now();
      const cost = await load(call, SECONDS);
      measured.push({ call, window: { from, to: now() }, cost });
    }
    await gateway.close();
    const written = await profileIn(folder);
    return measured.flatMap(({ call, window, cost: { cpuMicroseconds } }) => {
      const rowOf = ({ where, share }: { where: string; share: number }) => ({
        ...{ call, where, '% of its time': Number((share * 100).toFixed(1)) },
        'µs/call': Number((share * cpuMicroseconds).toFixed(1)),
      });
      const all = { call, where: 'all', '% of its time': 100, 'µs/call': Number(cpuMicroseconds.toFixed(1)) };
      const functions = functionsIn(written, window).slice(0, FUNCTIONS).map(rowOf);
      return [{ ...all, functions }, ...selfTimeIn(written, window).map(rowOf)];
    });
  } finally {
    await scene.close();
  }
}

/** A process writes it when it ends. */
async function profileIn(folder: string): Promise<CpuProfile> {
  let found: CpuProfile | undefined;
  await eventually(async () => {
    const [name = 'no profile yet'] = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'));
    found = JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile;
  });
  if (!found) throw new Error('unreachable');
  return found;
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1000;
}
