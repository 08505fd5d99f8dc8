/** One line for a call: who, what, from where, what came of it. Never what the path, a query, a header or a body held. */
import { linesOf, type Log } from '../log.ts';
import { createBatch } from './batch.ts';
import type { EndedCall } from './call.ts';
import { createTimes } from './times.ts';
import type { AccessLog } from './observe.ts';

export interface CallLines {
  write(call: EndedCall): void;
  close(): void;
}

export interface CallLinesOptions {
  audit: string;
  accessLog: AccessLog;
  log: Log;
}

/** pino's number for it. */
const INFO = 30;

export function createCallLines({ audit, accessLog, log }: CallLinesOptions): CallLines {
  const batch = createBatch(linesOf(log));
  const timeNow = createTimes();
  const isWritten = accessLog === 'all';
  const kind = `"service":${JSON.stringify(log.bindings().service)},"audit":${JSON.stringify(audit)}`;

  /** By hand: pino's way to it costs a third of the whole call. What comes from outside is escaped; the rest is ours. */
  function granted({ noted, id, method, status, durationMs, bytes }: EndedCall): string {
    const { caller, address, resource } = noted;
    const who = caller ? `,"client":${JSON.stringify(caller.clientId)},"org":"${caller.org}"` : '';
    const where = address === undefined ? '' : `,"address":"${address}"`;
    const what = resource === undefined ? '' : `,"resource":"${resource}"`;
    const moved = `"bytes_in":${bytes.received},"bytes_out":${bytes.sent}`;
    return `{"level":${INFO},"time":"${timeNow()}",${kind},"granted":true,"status":${status}${who}${where}${what},"method":"${method}","duration_ms":${rounded(durationMs)},${moved},"id":"${id}","msg":"answered"}\n`;
  }

  function refused({ noted, id, method, status, durationMs, bytes }: EndedCall): void {
    const { refusal, caller, address, resource } = noted;
    if (!refusal) return;
    const line = {
      audit,
      granted: false,
      reason: refusal.code,
      status,
      client: caller?.clientId ?? refusal.client,
      org: caller?.org,
      ...{ address, resource, method },
      ...{ duration_ms: rounded(durationMs), bytes_in: bytes.received, bytes_out: bytes.sent, id },
      ...(refusal.cause instanceof Error && { err: refusal.cause }),
    };
    if (refusal.status >= 500) log.error(line, refusal.message);
    else log.info(line, 'refused');
  }

  function brokenOff({ noted, id, method, durationMs, bytes }: EndedCall): void {
    const { brokeOff: reason, caller, address, resource } = noted;
    const [client, org] = [caller?.clientId, caller?.org];
    const how = { duration_ms: rounded(durationMs), bytes_in: bytes.received, bytes_out: bytes.sent, id };
    log.info({ audit, broke_off: true, reason, client, org, address, resource, method, ...how }, 'broke off');
  }

  return {
    write: (call) => {
      if (call.noted.refusal) refused(call);
      else if (call.noted.isToldElsewhere) return;
      else if (!call.isWhole) brokenOff(call);
      else if (isWritten && log.isLevelEnabled('info')) batch.add(granted(call));
    },
    close: () => batch.close(),
  };
}

/** To microseconds. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
