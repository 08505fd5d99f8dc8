/** One line for a call: who, what, from where, what came of it. Never what the path, a query, a header or a body held. */
import { asciiJson } from '../json-edit.ts';
import { linesOf, type Log } from '../log.ts';
import { remembered } from '../remembered.ts';
import { createBatch } from './batch.ts';
import { createCallIds } from './call-ids.ts';
import type { EndedCall } from './call.ts';
import type { AccessLog } from './observe.ts';
import { createTimes } from './times.ts';

export interface CallLines {
  write(call: EndedCall): void;
  close(): void;
}

export interface CallLinesOptions {
  service: string;
  /** Absent where each decision has a line of its own already. */
  audit?: string;
  accessLog: AccessLog;
  log: Log;
}

/** pino's number for it. */
const INFO = 30;

export function createCallLines({ service, audit, accessLog, log }: CallLinesOptions): CallLines {
  const batch = createBatch(linesOf(log));
  const timeNow = createTimes();
  const nextId = createCallIds();
  /* Ids and addresses come again and again: to escape one each time would cost more than to find it. In ASCII, a line has as
     many bytes as characters, and nobody has to count them. */
  const textOf = remembered(asciiJson, { most: 5000 });
  const isEach = accessLog === 'all';
  /* As pino has them: who speaks. */
  const speaker = asciiJson(log.bindings()).slice(1, -1);
  const kind = audit === undefined ? `"access":"${service}"` : `"audit":"${audit}","granted":true`;
  const start = `${speaker},${kind}`;

  /** By hand: pino's way to it costs a third of the whole call. What comes from outside is escaped; the rest is ours. */
  function lineOf({ noted, method, status, isWhole, durationMs, bytes }: EndedCall): string {
    const { caller, address, resource, refusal, error = refusal?.code } = noted;
    const how = isWhole ? '' : ',"broke_off":true';
    const why = error === undefined ? '' : `,"reason":"${error}"`;
    const who = caller ? `,"client":${textOf(caller.clientId)}` : '';
    const whose = caller?.org === undefined ? '' : `,"org":"${caller.org}"`;
    const where = address === undefined ? '' : `,"address":${textOf(address)}`;
    const what = resource === undefined ? '' : `,"resource":"${resource}"`;
    const moved = `"bytes_in":${bytes.received},"bytes_out":${bytes.sent}`;
    return `{"level":${INFO},"time":"${timeNow()}",${start},"status":${status}${how}${why}${who}${whose}${where}${what},"method":"${method}","duration_ms":${spelt(durationMs)},${moved},"id":"${nextId()}","msg":"answered"}\n`;
  }

  const measuresOf = ({ noted: { address, resource }, method, durationMs, bytes }: EndedCall) => {
    const { received: bytes_in, sent: bytes_out } = bytes;
    return { address, resource, method, duration_ms: Number(spelt(durationMs)), bytes_in, bytes_out, id: nextId() };
  };

  function refused(call: EndedCall): void {
    const { refusal, caller } = call.noted;
    if (!refusal) return;
    const { code: reason, cause } = refusal;
    const client = caller?.clientId ?? refusal.client;
    const line = { audit, granted: false, reason, status: call.status, client, org: caller?.org, ...measuresOf(call) };
    if (refusal.status >= 500) log.error({ ...line, ...(cause instanceof Error && { err: cause }) }, refusal.message);
    else log.info({ ...line, ...(cause instanceof Error && { err: cause }) }, 'refused');
  }

  function brokenOff(call: EndedCall): void {
    const { brokeOff: reason, caller } = call.noted;
    const who = { client: caller?.clientId, org: caller?.org };
    log.info({ audit, broke_off: true, reason, ...who, ...measuresOf(call) }, 'broke off');
  }

  return {
    write: (call) => {
      const { refusal, isSilent } = call.noted;
      const isAudited = audit !== undefined;
      if (isAudited && refusal) refused(call);
      else if (isSilent) return;
      else if (isAudited && !call.isWhole) brokenOff(call);
      else if (isEach && log.isLevelEnabled('info')) batch.add(lineOf(call));
    },
    close: () => batch.close(),
  };
}

/** To microseconds; as two whole numbers, which V8 spells several times as fast as one with a fraction. */
function spelt(milliseconds: number): string {
  const all = Math.round(milliseconds * 1000);
  const whole = Math.floor(all / 1000);
  const rest = all - whole * 1000;
  return `${whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}
