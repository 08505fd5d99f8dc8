/** Time in whole microseconds since 1970: fine enough that every statement gets a `stored` of its own. */

const TIMESTAMP =
  /^(?<date>\d{4}-\d{2}-\d{2})T(?<minutes>\d{2}:\d{2})(?::(?<seconds>\d{2})(?:[.,](?<fraction>\d+))?)?(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * The instant an ISO 8601 timestamp names, or nothing where it names none. Without a zone it is read as UTC.
 *
 * @see xAPI 1.0.3 Part 2 §4.5
 */
export function microsecondsOf(timestamp: string): number | undefined {
  const parts = TIMESTAMP.exec(timestamp)?.groups;
  if (!parts) return undefined;
  const { date, minutes, seconds = '00', fraction = '', zone = 'Z' } = parts;
  // RFC 3339 §4.3: -00:00 says that the local offset is unknown; ISO 8601 does not allow it.
  if (/^-00(:?00)?$/.test(zone)) return undefined;
  const milliseconds = Date.parse(`${date}T${minutes}:${seconds}${offset(zone)}`);
  if (Number.isNaN(milliseconds) || !isCalendarDay(`${date}`)) return undefined;
  return milliseconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

export function timestampOf(microseconds: number): string {
  const toTheSecond = new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19);
  return `${toTheSecond}.${String(microseconds % 1_000_000).padStart(6, '0')}Z`;
}

export interface Clock {
  /** Never the same twice and never backwards, whatever the machine's clock does. */
  tick(): number;
  /** No later tick is before this. */
  now(): number;
}

export function createClock(): Clock {
  let last = 0;
  const now = () => Math.max(Date.now() * 1000, last);
  return {
    now,
    tick: () => (last = Math.max(Date.now() * 1000, last + 1)),
  };
}

function offset(zone: string): string {
  if (/^z$/i.test(zone)) return 'Z';
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
}

/** Date.parse takes 30 February for 2 March. */
function isCalendarDay(date: string): boolean {
  const day = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
}
