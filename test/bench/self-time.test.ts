/** The summary of a profile: which kind of code a frame is counted for, and what is counted at all. */
import { functionsIn, selfTimeIn, type CpuProfile } from './self-time.ts';

const frame = (functionName: string, url = '') => ({ functionName, url });
const FRAMES = [
  frame('(idle)'),
  frame('(garbage collector)'),
  frame('writev'),
  frame('parserOnHeadersComplete', 'node:_http_common'),
  frame('onStreamRead', 'node:internal/stream_base_commons'),
  frame('bearer', 'file:///srv/hallpass/services/caller/bearer.ts'),
  frame('[kOnExecute]', 'file:///srv/hallpass/node_modules/undici/lib/dispatcher/client-h1.js'),
  frame('', 'file:///srv/hallpass/services/gateway/rules/mine.ts'),
];

/** Each frame for as many microseconds as are said, one after the other, from 1000 on. */
function profileOf(...spent: (readonly [frame: number, microseconds: number])[]): CpuProfile {
  return {
    nodes: FRAMES.map((callFrame, id) => ({ id, callFrame })),
    startTime: 1000,
    samples: [...spent.map(([id]) => id), 0],
    timeDeltas: [0, ...spent.map(([, microseconds]) => microseconds)],
  };
}

describe('the self time of a profile', () => {
  it('is told by kind of code, the greatest first, as shares of what was not idle', () => {
    const profile = profileOf([1, 100], [0, 5000], [2, 400], [3, 200], [4, 150], [5, 50], [6, 60], [7, 40]);
    expect(selfTimeIn(profile, { from: 0, to: 10_000 })).toEqual([
      { where: 'writing to sockets', share: 0.4 },
      { where: 'node:http', share: 0.2 },
      { where: 'sockets and streams', share: 0.15 },
      { where: 'garbage collection', share: 0.1 },
      { where: 'upstream client', share: 0.06 },
      { where: 'services/caller', share: 0.05 },
      { where: 'services/gateway/rules', share: 0.04 },
    ]);
  });

  it('is that of the window alone', () => {
    const profile = profileOf([1, 100], [2, 100], [3, 300], [4, 100]);
    expect(selfTimeIn(profile, { from: 1100, to: 1400 })).toEqual([
      { where: 'node:http', share: 0.75 },
      { where: 'writing to sockets', share: 0.25 },
    ]);
  });

  it('is told by function, too', () => {
    const profile = profileOf([5, 300], [7, 100]);
    expect(functionsIn(profile, { from: 0, to: 10_000 })).toEqual([
      { where: 'bearer services/caller/bearer.ts', share: 0.75 },
      { where: '(anonymous) services/gateway/rules/mine.ts', share: 0.25 },
    ]);
  });
});
