/** The time as log lines have it, without a `Date` for each. */

/** @returns what tells it: `2026-11-22T11:05:00.123Z`. */
export function createTimes(): () => string {
  let second = Number.NaN;
  let spelt = '';
  return () => {
    const nowMs = Date.now();
    const now = Math.floor(nowMs / 1000);
    if (now !== second) {
      second = now;
      spelt = new Date(now * 1000).toISOString().slice(0, -4);
    }
    const ms = nowMs - now * 1000;
    return `${spelt}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
  };
}
