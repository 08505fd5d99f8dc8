/** The connections to one LRS: as few as will do, the last used first, and calls that wait for one in their order. */
import type { Asking } from './asking.ts';
import { ticksFor, type Clock } from './clock.ts';
import { createConnection, type Connection, type Home, type Patience } from './connection.ts';
import { UpstreamFault } from './fault.ts';
import type { Origin } from './origin.ts';

export interface Pool {
  ask(asking: Asking): void;
  /** Ends what has waited for too long. @returns whether there is anything left to watch. */
  sweep(): boolean;
  close(): void;
}

export const MOST_CONNECTIONS = 256;

export function createPool(origin: Origin, patience: Patience, clock: Clock): Pool {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting = new Set<Asking>();
  let isClosed = false;

  const home: Home = {
    free: (connection) => {
      const next = takeWaiting();
      if (next) connection.carry(next);
      else idle.push(connection);
    },
    gone: (connection) => {
      all.delete(connection);
      const at = idle.lastIndexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      const next = all.size < MOST_CONNECTIONS ? takeWaiting() : undefined;
      if (next) open(next);
    },
    /* On a new connection where there may be one: what ended this one has mostly ended the others as well. */
    again: (asking) => {
      asking.isSecond = true;
      if (asking.departure.hasGone || isClosed) asking.reject(new Error('it is not asked for any more'));
      else if (all.size < MOST_CONNECTIONS) open(asking);
      else place(asking);
    },
  };

  function place(asking: Asking): void {
    let connection = idle.pop();
    while (connection && !connection.isKept()) {
      connection.end(new Error('it was not used for too long'));
      connection = idle.pop();
    }
    if (connection) connection.carry(asking);
    else if (all.size < MOST_CONNECTIONS) open(asking);
    else queue(asking);
  }

  function open(asking: Asking): void {
    const connection = createConnection(origin, patience, clock, home);
    all.add(connection);
    connection.carry(asking);
  }

  function queue(asking: Asking): void {
    waiting.add(asking);
    asking.deadline = clock.now + ticksFor(patience.responseSeconds);
    asking.departure.onGone = () => forget(asking, new Error('the caller went away'));
  }

  function takeWaiting(): Asking | undefined {
    if (waiting.size === 0 || isClosed) return undefined;
    const [next] = waiting;
    if (next) waiting.delete(next);
    return next;
  }

  function forget(asking: Asking, cause: Error): void {
    waiting.delete(asking);
    asking.departure.onGone = undefined;
    asking.reject(cause);
  }

  return {
    ask: place,
    sweep: () => {
      for (const asking of waiting)
        if (asking.deadline <= clock.now)
          forget(asking, new UpstreamFault('unreached', `all ${MOST_CONNECTIONS} connections to the LRS are busy`));
      for (const connection of all) if (connection.deadline() <= clock.now) connection.expire();
      return all.size > 0;
    },
    close: () => {
      isClosed = true;
      const cause = new Error('the gateway is closing');
      for (const asking of [...waiting]) forget(asking, cause);
      for (const connection of [...all]) connection.end(cause);
    },
  };
}
