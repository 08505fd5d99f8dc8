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

  /** From one connection's beginning to its end. @param told once it hears, or is known not to. */
  async function attend(told: () => void): Promise<void> {
    const opened = connectSubscriber(client);
    subscriber = opened;
    opened.on('error', () => undefined);
    opened.on('message', (_channel: string, text: string) => listener(readMessage(text)));
    const ended = new Promise((resolve) => opened.once('close', resolve));
    try {
      await opened.connect();
      await opened.subscribe(CHANNEL);
      listener('everything');
      subscribed = true;
      await confirm(opened);
      told();
      await ended;
    } finally {
      subscribed = false;
      opened.disconnect();
    }
  }

  /** One connection after the other: an outage, however long, must not end in a storm of them. */
  async function attendAlways(told: () => void): Promise<void> {
    while (!closed) {
      await attend(told).catch(() => undefined);
      listener('everything');
      told();
      await pause(RECONNECT_DELAY_MS, undefined, { ref: false });
    }
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

  await new Promise<void>((told) => void attendAlways(told));

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
