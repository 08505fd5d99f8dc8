/** Where the time of a process goes, by kind of code, from what `--cpu-prof` wrote. */

/** @see https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  nodes: readonly { id: number; callFrame: { functionName: string; url: string } }[];
  /** Microseconds of the clock that `process.hrtime` reads. */
  startTime: number;
  samples: readonly number[];
  /** Before each sample, in microseconds. */
  timeDeltas: readonly number[];
}

/** On the clock that `process.hrtime` reads, in microseconds. */
export interface Window {
  from: number;
  to: number;
}

export interface SelfTime {
  where: string;
  /** Of all the time in the window that was not idle. */
  share: number;
}

/** The first that fits. A frame is told by its function in parentheses (V8's own), or `url function`. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\(garbage collector\)$/, 'garbage collection'],
  [/^\(program\)$/, 'V8 and libuv'],
  [/^ (?:write\w*|shutdown|readStart|readStop)$/, 'writing to sockets'],
  [/^ RegExp: /, 'regular expressions'],
  [/^ /, 'other native code'],
  [/^node:_http_|^node:internal\/http/, 'node:http'],
  [/^node:net |^node:stream|^node:internal\/(?:streams\/|stream_base|js_stream|net )/, 'sockets and streams'],
  [
    /^node:internal\/(?:abort_controller|event_target|events\/|per_context\/domexception|errors)/,
    'AbortSignal, errors',
  ],
  [/^node:(?:internal\/)?(?:events|timers|async_hooks|async_local|process\/)/, 'events, timers, ticks'],
  [/^node:/, 'other modules of Node'],
  [/^wasm:|\/node_modules\/undici\/|\/services\/gateway\/(?:forward\.ts|upstream\/)/, 'upstream client'],
  [/\/services\/gateway\/rules\//, 'services/gateway/rules'],
  [/\/services\/shared\/xapi\//, 'services/shared/xapi'],
  [/\/services\/gateway\//, 'services/gateway, the rest'],
  [/\/services\/caller\//, 'services/caller'],
  [/\/services\/shared\//, 'services/shared, the rest'],
  [
    /\/services\/store\/|\/node_modules\/(?:ioredis|@ioredis|lru-cache|redis-parser)\//,
    'services/store, ioredis, lru-cache',
  ],
  [/\/node_modules\//, 'other dependencies'],
];

/** @returns the kinds that took any time in the window, the greatest first. */
export function selfTimeIn(profile: CpuProfile, window: Window): SelfTime[] {
  return sharesIn(profile, window, ({ url, functionName }) => kindOf(url, functionName));
}

/** @returns the functions that took any, the greatest first. */
export function functionsIn(profile: CpuProfile, window: Window): SelfTime[] {
  return sharesIn(profile, window, ({ url, functionName }) =>
    `${functionName || '(anonymous)'} ${url.replace(/^file:.*?\/(?=services\/|node_modules\/)/, '')}`.trim(),
  );
}

type Frame = CpuProfile['nodes'][number]['callFrame'];

function sharesIn(profile: CpuProfile, { from, to }: Window, nameOf: (frame: Frame) => string): SelfTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, number>();
  let [at, sum] = [profile.startTime, 0];
  for (const [n, id] of profile.samples.entries()) {
    at += profile.timeDeltas[n] ?? 0;
    const frame = frames.get(id);
    const until = profile.timeDeltas[n + 1] ?? 0;
    if (!frame || frame.functionName === '(idle)' || at < from || at > to) continue;
    const name = nameOf(frame);
    spent.set(name, (spent.get(name) ?? 0) + until);
    sum += until;
  }
  return [...spent].map(([where, time]) => ({ where, share: time / sum })).sort((a, b) => b.share - a.share);
}

function kindOf(url: string, functionName: string): string {
  const told = functionName.startsWith('(') && url === '' ? functionName : `${url} ${functionName}`;
  return KINDS.find(([pattern]) => pattern.test(told))?.[1] ?? 'the rest';
}
