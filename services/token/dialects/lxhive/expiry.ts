/** `expiresAt`: when a temporary credential is over, as it is asked for. */
import type { Client } from '../../../shared/client.ts';
import { Refusal } from '../../../shared/refusal.ts';

/** With its offset: without one it would be another time for everybody who reads it. */
const ISO_8601 =
  /^(?<date>\d{4}-\d{2}-\d{2})T(?<time>\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?)(?<offset>Z|[+-]\d{2}(:?\d{2})?)$/i;
/** In the year 5138; as milliseconds it was in 1973. */
const MOST_SECONDS = 100_000_000_000;

/**
 * @param now unix seconds.
 * @returns unix seconds: an hour from now, or what the client's tokens live, where nothing is asked; never later than a
 * token of the client may last.
 * @throws Refusal 400 for what is past, and for what is not one moment to everybody.
 */
export function readExpiry(value: unknown, { token_seconds, max_token_seconds }: Client, now: number): number {
  const latest = now + max_token_seconds;
  if (value === undefined || value === null) return Math.min(now + token_seconds, latest);
  const at = momentIn(value);
  if (at === undefined)
    throw new Refusal('invalid_request', 'expiresAt should be like 2030-05-05T12:00:00Z, or unix seconds');
  if (at >= MOST_SECONDS)
    throw new Refusal('invalid_request', 'expiresAt should be in seconds; this looks like milliseconds');
  if (at <= now) throw new Refusal('invalid_request', 'expiresAt is past');
  return Math.min(at, latest);
}

/** @returns whole unix seconds. */
function momentIn(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.floor(value) : undefined;
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  const { date, time, offset } = ISO_8601.exec(value)?.groups ?? {};
  if (date === undefined || time === undefined || offset === undefined) return undefined;
  const ms = Date.parse(`${date}T${time.replace(',', '.')}${withColon(offset)}`);
  return Number.isNaN(ms) || !isDay(date) ? undefined : Math.floor(ms / 1000);
}

/** ISO 8601 also has `+02` and `+0200`. */
function withColon(offset: string): string {
  const [, hours = '', minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(offset) ?? [];
  return hours === '' ? 'Z' : `${hours}:${minutes}`;
}

/** The 30th of February is read as some day of March otherwise. */
function isDay(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}
