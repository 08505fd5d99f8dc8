/** What is said of each call when it has ended: a line in the log, and figures. */
import type { HttpAnswer, HttpRequest } from '../front/message.ts';
import type { Log } from '../log.ts';
import { createCallFigures } from './call-figures.ts';
import { createCallLines } from './call-lines.ts';
import { notedOf, type EndedCall, type NotedCall } from './call.ts';
import type { Metrics } from './figures.ts';
import { bytesOf } from './connection-bytes.ts';

/** Which calls have a line: all, or those that were refused or broke off. */
export const ACCESS_LOGS = ['all', 'refused'] as const;
export type AccessLog = (typeof ACCESS_LOGS)[number];

export interface Observer {
  /** @returns when: of `performance.now()`. */
  begun(): number;
  /** Called once for each call, when its answer has been sent or will never be. */
  ended(req: HttpRequest, res: HttpAnswer, begunMs: number): void;
  /** Something came that is no request. */
  unreadable(): void;
  /** Writes what is left. */
  close(): void;
}

export interface ObserverOptions {
  service: string;
  /** What the `audit` of its lines is, where they are also the record of what was decided. */
  audit?: string;
  accessLog: AccessLog;
  log: Log;
  /** Absent where nobody asks for figures. */
  metrics?: Metrics | undefined;
}

const UNKNOWN: NotedCall = {};

export function createObserver(options: ObserverOptions): Observer {
  const { service, metrics } = options;
  const figures = metrics && createCallFigures(service, metrics);
  const lines = createCallLines(options);

  function tell(req: HttpRequest, res: HttpAnswer, begunMs: number): void {
    const noted = notedOf(req) ?? UNKNOWN;
    const call: EndedCall = {
      noted,
      method: noted.method ?? req.method ?? '',
      status: res.statusCode,
      isWhole: res.writableFinished,
      durationMs: performance.now() - begunMs,
      bytes: bytesOf(req.socket),
    };
    lines.write(call);
    figures?.ended(call);
  }

  return {
    begun: () => {
      figures?.begun();
      return performance.now();
    },
    unreadable: () => figures?.unreadable(),
    ended: (req, res, begunMs) => {
      if (res.writableFinished) tell(req, res, begunMs);
      /* Why is known only once the pipeline has heard of the end as well. */
      else setImmediate(tell, req, res, begunMs);
    },
    close: () => lines.close(),
  };
}
