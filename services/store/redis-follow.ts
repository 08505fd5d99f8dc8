/** Hears withdrawals over Redis pub/sub, and knows when it does not. */
import { setTimeout as pause } from 'node:timers/promises';
import { connectSubscriber, type RedisClient } from './redis-connection.ts';
import { isKind, type Following, type Key, type Withdrawal } from './store.ts';

export const CHANNEL = 'hp:withdrawn';

/**
 * A channel that has not answered a ping sent in this time may be cut off without knowing (a black-holed network), so
 * what was cached is not to be trusted any more.
 */
const LEASE_MS = 1000;
const PING_INTERVAL_MS = 300;
const RECONNECT_DELAY_MS = 100;

type Subscriber = ReturnType<typeof connectSubscriber>;

/** @param tell hears `everything` whenever messages may have been missed: at every loss and every return. */
export async function followRedis(client: RedisClient, tell: (withdrawal: Withdrawal) => void): Promise<Following> {
  let subscriber: Subscriber | undefined;
  let subscribed = false;
  let confirmedAtMs = 0;
  let closed = false;
  const listener = (withdrawal: Withdrawal) => {
    if (!closed) tell(withdrawal);
  };

  async function open(): Promise<void> {
    const opened = connectSubscriber(client);
    subscriber = opened;
    opened.on('error', () => undefined);
    opened.on('message', (_channel: string, text: string) => listener(readMessage(text)));
    opened.once('close', () => lost(opened));
    await opened.connect();
    await opened.subscribe(CHANNEL);
    listener('everything');
    subscribed = true;
    await confirm(opened);
  }

  function lost(which: Subscriber): void {
    which.disconnect();
    if (which !== subscriber) return;
    subscribed = false;
    listener('everything');
    void reopen();
  }

  async function reopen(): Promise<void> {
    if (closed) return;
    await pause(RECONNECT_DELAY_MS, undefined, { ref: false });
    if (!closed) await open().catch(() => subscriber && lost(subscriber));
  }

  /** Answered in order after every message sent before it, so its answer confirms them too. */
  async function confirm(which: Subscriber): Promise<void> {
    const sentAtMs = Date.now();
    await which.ping();
    if (which === subscriber) confirmedAtMs = sentAtMs;
  }

  const heartbeat = setInterval(() => {
    if (subscribed && subscriber) confirm(subscriber).catch(() => subscriber?.disconnect());
  }, PING_INTERVAL_MS);
  heartbeat.unref();

  await open().catch(() => (subscriber ? lost(subscriber) : void reopen()));

  return {
    isCurrent: () => subscribed && Date.now() - confirmedAtMs < LEASE_MS,
    settled: async () => {
      if (subscribed && subscriber) await confirm(subscriber).catch(() => listener('everything'));
    },
    close: async () => {
      closed = true;
      clearInterval(heartbeat);
      subscriber?.disconnect();
      await Promise.resolve();
    },
  };
}

export function writeMessage(kind: string, key: Key): string {
  return `${kind}:${key}`;
}

/** What is not understood, from a newer version perhaps, withdraws everything: the safe reading. */
function readMessage(text: string): Withdrawal {
  const [kind = '', key] = text.split(':');
  return isKind(kind) && key ? { kind, key: key as Key } : 'everything';
}
