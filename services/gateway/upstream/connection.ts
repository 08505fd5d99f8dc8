/** One connection to an LRS: a call, its answer, then the next call, and never anything of one in another. */
import { sendTogether } from '../../shared/sent-together.ts';
import { createAnswerReader } from './answer-reader.ts';
import { mayBeAskedAgain, type Asking } from './asking.ts';
import { NEVER, ticksFor, ticksWithin, type Clock } from './clock.ts';
import { createDelivery } from './delivery.ts';
import { UpstreamFault } from './fault.ts';
import { openSocket, type Origin } from './origin.ts';
import { sendStream, sendWhole } from './send-body.ts';

export interface Patience {
  connectSeconds: number;
  /** To the head of the answer, once the call was sent. */
  responseSeconds: number;
  /** Between two pieces of it. */
  idleSeconds: number;
}

/** Where connections live. */
export interface Home {
  /** It is good for another call. */
  free(connection: Connection): void;
  /** It is no more. */
  gone(connection: Connection): void;
  /** A call of which a connection that was used before has seen nothing come back. */
  again(asking: Asking): void;
}

export interface Connection {
  /** When its patience is over, in ticks. */
  deadline(): number;
  /** Whether the LRS keeps it still. Not in ticks: while this process stood still none has passed, but time at the LRS has. */
  isKept(): boolean;
  carry(asking: Asking): void;
  expire(): void;
  /** Ends it, and the call it is busy with. */
  end(cause: Error): void;
}

/** Shorter than most servers keep a connection, so that a call seldom meets one that is just being closed. */
const KEPT_SECONDS = 4;
/** However long the LRS says. */
const MOST_KEPT_SECONDS = 60;
/** Before the LRS closes it by its own account. */
const MARGIN_SECONDS = 1;

export function createConnection(origin: Origin, patience: Patience, clock: Clock, home: Home): Connection {
  let asking: Asking | undefined;
  let isOpen = false;
  let isOver = false;
  let isUsed = false;
  /** How much of the call has gone out, and whether anything has come back. */
  let sent: 'nothing' | 'some' | 'all' = 'nothing';
  let isHeard = false;
  let stopSending: (() => void) | undefined;
  let deadline = clock.now + ticksFor(patience.connectSeconds);
  let keptUntilMs = 0;

  const wait = (seconds: number) => void (deadline = clock.now + ticksFor(seconds));
  const leave = () => end(new Error('the caller went away'));

  const delivery = createDelivery(
    () => {
      wait(patience.idleSeconds);
      socket.resume();
    },
    () => end(new Error('the answer was not read to its end')),
  );

  const reader = createAnswerReader(
    {
      head: delivery.heard,
      piece: delivery.piece,
      end: (isSpent) => {
        const keptSeconds = sent === 'all' && !isSpent ? keptFor() : 0;
        delivery.end();
        release();
        if (keptSeconds <= 0) return close();
        isUsed = true;
        deadline = clock.now + ticksWithin(keptSeconds);
        keptUntilMs = performance.now() + keptSeconds * 1000;
        home.free(connection);
      },
    },
    !origin.isSecure,
  );

  const socket = openSocket(origin, {
    connected: () => {
      isOpen = true;
      if (asking) send(asking);
    },
    take: (bytes) => {
      if (isOver) return true;
      isHeard = true;
      try {
        reader.take(bytes);
      } catch (error) {
        end(error as Error);
      }
      if (asking && delivery.head) {
        delivery.handOn();
        if (delivery.isPaused) deadline = NEVER;
        else wait(patience.idleSeconds);
      }
      return !delivery.isPaused;
    },
    ended: () => {
      try {
        if (!isOver) reader.ended();
      } catch (error) {
        end(error as Error);
      }
    },
    failed: (cause) => end(new UpstreamFault('broken', 'the connection to the LRS broke off', cause)),
    closed: () => end(new UpstreamFault('broken', 'the connection to the LRS was closed')),
  });

  function keptFor(): number {
    const { isKept = false, keptSeconds } = delivery.head ?? {};
    if (!isKept) return 0;
    return keptSeconds === undefined ? KEPT_SECONDS : Math.min(keptSeconds - MARGIN_SECONDS, MOST_KEPT_SECONDS);
  }

  function send(call: Asking): void {
    const { head, body, length } = call;
    isHeard = false;
    delivery.begin(call);
    reader.begin(call.method);
    wait(patience.responseSeconds);
    if (body === undefined || Buffer.isBuffer(body)) {
      sent = 'all';
      sendWhole(socket, head, body);
    } else {
      sent = 'some';
      stopSending = sendStream(socket, head, body, length, { moved, sent: wasSent, failed: end });
    }
  }

  const moved = () => {
    if (!delivery.isPaused) wait(delivery.head ? patience.idleSeconds : patience.responseSeconds);
  };
  const wasSent = () => {
    sent = 'all';
    stopSending = undefined;
    moved();
  };

  /** The call is over, one way or another. */
  function release(): void {
    if (asking?.departure.onGone === leave) asking.departure.onGone = undefined;
    asking = undefined;
    sent = 'nothing';
    stopSending?.();
    stopSending = undefined;
  }

  function close(): void {
    isOver = true;
    socket.destroy();
    home.gone(connection);
  }

  function end(cause: Error): void {
    if (isOver) return;
    const call = asking;
    const isUnsent = isOpen && sent === 'nothing';
    const isUnseen = isUsed && !isHeard && cause instanceof UpstreamFault && cause.kind === 'broken';
    release();
    if (call && (isUnsent || (isUnseen && mayBeAskedAgain(call)))) {
      close();
      return home.again(call);
    }
    if (call && !isOpen) call.reject(cause);
    else delivery.fail(cause);
    close();
  }

  const connection: Connection = {
    deadline: () => deadline,
    isKept: () => performance.now() < keptUntilMs,
    carry: (next) => {
      asking = next;
      next.departure.onGone = leave;
      if (!isOpen) return;
      wait(patience.responseSeconds);
      sendTogether(() => {
        if (asking === next) send(next);
      });
    },
    expire: () => {
      if (!isOpen) end(new UpstreamFault('unreached', 'the LRS took too long to be connected to'));
      else end(new UpstreamFault('unanswered', 'the LRS took too long to answer'));
    },
    end,
  };
  return connection;
}
